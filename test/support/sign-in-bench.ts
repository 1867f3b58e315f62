/** The commands about the Globus login in this process, against a simulated Globus, with a person who answers. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { openGlobusLogin } from "../../src/assemble/globus-login.ts";
import { silentLog } from "../../src/base/log.ts";
import { clientSettings } from "../../src/cli/client-settings.ts";
import { runSignIn } from "../../src/cli/sign-in-command.ts";
import type { SignInContext, SignInRequest } from "../../src/cli/sign-in-request.ts";
import type { GlobusService } from "../../src/sandbox/globus/service.ts";
import type { GlobusSession } from "../../src/services/globus/login/session.ts";
import { createTokenStore, type TokenStore } from "../../src/services/globus/token-store.ts";
import { ImpatientClock } from "./fakes/impatient-clock.ts";

/** What a command has written, and how it ended. */
export interface SignInEnd {
  readonly status: number;
  readonly text: string;
}

/** What the person at the terminal types where the page of an address is shown. */
export type Answer = (url: string) => Promise<string | undefined> | string | undefined;

/** Opens the address, as a browser does, up to where it is sent. @returns the address it ends at */
export async function browse(url: string): Promise<URL> {
  const answer = await fetch(url, { redirect: "manual" });
  const location = answer.headers.get("location");
  if (location === null) throw new Error(`the page says: ${await answer.text()}`);
  return new URL(location);
}

/** The person copies the code from the page. */
export const copyCode: Answer = async (url) => (await browse(url)).searchParams.get("code") ?? "";

export class SignInBench {
  readonly folder: string;
  readonly configFile: string;
  readonly store: TokenStore;
  readonly clock = new ImpatientClock(Date.now());
  /** Addresses that were shown. */
  readonly shown: string[] = [];
  answer: Answer = copyCode;
  isTerminal = true;
  readonly abort = new AbortController();
  readonly #globus: GlobusService;

  constructor(globus: GlobusService, conf = "") {
    this.#globus = globus;
    this.folder = mkdtempSync(join(tmpdir(), "sign-in-"));
    onTestFinished(() => rmSync(this.folder, { recursive: true }));
    mkdirSync(join(this.folder, "home"));
    this.configFile = join(this.folder, "globus.conf");
    this.configure(conf);
    this.store = createTokenStore(join(this.folder, "tokens.json"));
  }
  /** @param auth keys of [globus-auth] beside, or instead of, the usual @param flows lines of [flows] */
  configure(conf: string, auth: Readonly<Record<string, string>> = {}, flows = ""): void {
    const { url, nativeClientId } = this.#globus;
    const keys = {
      "client-id": nativeClientId,
      "token-store": join(this.folder, "tokens.json"),
      "auth-url": url,
      "transfer-url": url,
      "flows-url": url,
      ...auth,
    };
    const lines = Object.entries(keys).map(([key, value]) => `${key} = ${value}`);
    writeFileSync(
      this.configFile,
      `[globus-auth]\n${lines.join("\n")}\n[flows]\ndirectory = ${join(this.folder, "flows")}\n${flows}\n${conf}`,
    );
  }
  get home(): string {
    return join(this.folder, "home");
  }
  /** The scopes that an address asks for. */
  static scopesIn(url: string): readonly string[] {
    return (new URL(url).searchParams.get("scope") ?? "").split(/ (?![^[]*\])/);
  }
  /** The login of globus.conf, as an IOC has it. @param said takes what it would log */
  open(said: (sentence: string) => void = () => {}): GlobusSession {
    const environment = { HOME: this.home, GLOBUS_CONF: this.configFile };
    const session = openGlobusLogin({
      settings: clientSettings({}, environment),
      environment: { ...environment },
      clock: this.clock,
      log: { ...silentLog, info: said, warn: said },
    });
    if (session === undefined) throw new Error("globus.conf names no application");
    onTestFinished(() => session.close());
    return session;
  }
  async run(request: SignInRequest): Promise<SignInEnd> {
    let text = "";
    const write = (more: string): void => {
      text += more;
      const url = /^(https?:\/\/\S+authorize\S*)$/m.exec(more)?.[1];
      if (url !== undefined) this.shown.push(url);
    };
    const environment = { HOME: this.home, GLOBUS_CONF: this.configFile };
    const context: SignInContext = {
      environment,
      setZone: () => {},
      clock: this.clock,
      host: "testhost",
      signal: this.abort.signal,
      isTerminal: false,
      out: write,
      err: write,
      commandLine: `globus-ioc ${request.what}`,
      dialogue: {
        isTerminal: this.isTerminal,
        write: (line) => write(`${line}\n`),
        ask: async () => await this.answer(this.shown.at(-1) ?? ""),
      },
      open: (settings, say) =>
        openGlobusLogin({
          settings,
          environment: { ...environment }, // the test has told the SDK where the services are
          clock: this.clock,
          log: { ...silentLog, info: say, warn: say },
        }),
    };
    const status = await runSignIn(request, context);
    return { status, text };
  }
}
