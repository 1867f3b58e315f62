/**
 * Globus' own command line against the simulated Globus: as the service account, or as the person, who opens the
 * address that it prints in a browser and types the code that the page shows.
 */
import { join } from "node:path";
import type { GlobusService } from "../../../src/sandbox/globus/service.ts";
import { inheritedEnvironment } from "./epics-environment.ts";
import { peerPath, ROOT } from "./real-peers.ts";
import { type Finished, runPeer, spawnPeer } from "./spawn-peer.ts";

export interface GlobusCommand {
  readonly run: (...words: string[]) => Promise<Finished>;
  /** What it prints. @throws Error where it does not end well */
  readonly text: (...words: string[]) => Promise<string>;
  /** What it prints with `--format json`. */
  readonly json: (...words: string[]) => Promise<Readonly<Record<string, unknown>>>;
  /** A command that wants a login on its way, to its end. */
  readonly withLogin: (...words: string[]) => Promise<Finished>;
}

/** @param home its own, where it keeps its tokens */
export function globusCommand(globus: GlobusService, home: string, who: "account" | "person"): GlobusCommand {
  const services = ["AUTH", "TRANSFER", "FLOWS", "GROUPS", "SEARCH", "TIMER", "COMPUTE"];
  const options = {
    cwd: home,
    env: {
      ...inheritedEnvironment(),
      HOME: home,
      ...Object.fromEntries(services.map((name) => [`GLOBUS_SDK_SERVICE_URL_${name}`, `${globus.url}/`])),
      GLOBUS_SDK_VERIFY_SSL: join(ROOT, "test/support/tls/ca.pem"),
      ...(who === "account" && {
        GLOBUS_CLI_CLIENT_ID: globus.serviceAccount.clientId,
        GLOBUS_CLI_CLIENT_SECRET: globus.serviceAccount.secret,
      }),
    },
  };
  const run: GlobusCommand["run"] = (...words) => runPeer(peerPath("globus-cli"), words, options);
  const text: GlobusCommand["text"] = async (...words) => {
    const { code, stdout, stderr } = await run(...words);
    if (code !== 0) throw new Error(`globus ${words.join(" ")} ended with ${code}\n${stdout}${stderr}`);
    return stdout.trimEnd();
  };
  return {
    run,
    text,
    json: async (...words) => JSON.parse(await text("--format", "json", ...words)) as Readonly<Record<string, unknown>>,
    withLogin: async (...words) => {
      const program = await spawnPeer(peerPath("globus-cli"), [...words, "--no-local-server"], options);
      const [url] = await program.said(/http:\S+\/v2\/oauth2\/authorize\S+/);
      program.write(`${await codeAt(url)}\n`);
      program.endInput();
      const exit = await program.exited;
      return { ...exit, stdout: program.stdout, stderr: program.stderr };
    },
  };
}

/** What the page shows to the person; empty where it shows no code. */
async function codeAt(url: string): Promise<string> {
  const page = await (await fetch(url)).text();
  return /<textarea id="auth-code"[^>]*>([^<]+)</.exec(page)?.[1] ?? "";
}
