/**
 * Each change of a file with which a store is written fails once, and is once the last thing that the IOC does: what
 * was written before must still be there.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { test, vi } from "vitest";
import type { Beamline } from "../../src/sandbox/beamline.ts";
import { AUTH_SERVER, TRANSFER_SERVER, usualScopes } from "../../src/services/globus/scopes.ts";
import { printTokens, type TokenRecord } from "../../src/services/globus/token-store.ts";
import { ROOT } from "../support/peers/real-peers.ts";
import { comeToStart, openBench, quickSaves } from "./bench.ts";
import type { Bench } from "./command-case.ts";
import { caseOf } from "./command-cases.ts";
import { Tally } from "./tally.ts";

vi.setConfig({ testTimeout: 600_000, hookTimeout: 60_000 });
const PRELOAD = pathToFileURL(join(ROOT, "tools/preload/files.mjs")).href;
/** More than any store has. */
const MOST_STEPS = 40;
const WAIT = { timeout: 20_000, interval: 20 };

interface Store {
  readonly title: string;
  /** In the path of each of its files. */
  readonly part: string;
  /** Lets it be written; resolves when it has been, or has failed. `value` differs each time. */
  readonly write: (bench: Bench, value: string, faults: FileFaults) => Promise<void>;
  /** What is wrong with it when the IOC runs again. @param values the one that was written, and the one under way */
  readonly judge: (bench: Bench, values: readonly string[]) => Promise<readonly string[]>;
}

const collection = caseOf("CreateManual", "petrel");

const STORES: readonly Store[] = [
  {
    title: "the settings",
    part: "/autosave/",
    write: async ({ beamline }, value, faults) => {
      const { saveFolder } = beamline.site;
      const codes = Array.from(Buffer.from(value), String).join('" "');
      const isSaved = (): boolean =>
        ["globus_settings.sav", "globus_settings.savB"].every((name) => textOf(join(saveFolder, name)).includes(codes));
      await beamline.pvs.put("EmailSubject", value).catch(() => undefined);
      await vi.waitUntil(() => faults.hasStruck || isSaved(), WAIT);
    },
    judge: async ({ beamline }, values) => {
      const subject = await beamline.pvs.text("EmailSubject");
      return values.includes(subject) ? [] : [`EmailSubject is ${JSON.stringify(subject)}, not ${values.join(" or ")}`];
    },
  },
  {
    title: "what is under way",
    part: "/under-way-",
    write: async ({ beamline }) => void (await beamline.pvs.put("CreateManual", 1).catch(() => undefined)),
    // A write that fails keeps no command from running.
    judge: async (bench) => runsOnCollection(bench),
  },
  {
    title: "the Globus tokens",
    part: "/tokens.json",
    write: async (bench) => {
      bench.beamline.site.beamline.globus.expireTokens();
      await bench.beamline.pvs.put("CreateManual", 1).catch(() => undefined);
    },
    judge: async (bench) => runsOnCollection(bench),
  },
];

async function runsOnCollection(bench: Bench): Promise<readonly string[]> {
  const { pvs } = bench.beamline;
  await comeToStart(bench, collection);
  await pvs.put("CreateManual", 1);
  const state = await pvs.state("CreateManual");
  return state === "Done" ? [] : [`CreateManual is ${state}: ${await pvs.text("CreateManualMessage")}`];
}

/** Nothing of a file that does not exist. */
function textOf(file: string): string {
  return existsSync(file) ? readFileSync(file, "latin1") : "";
}

/** The login of a person, whose tokens are kept in a file: a service account's are not. */
function personSettings({ globus, configFile }: Beamline): Readonly<Record<string, readonly string[]>> {
  const tokens = [AUTH_SERVER, TRANSFER_SERVER].map((resourceServer): [string, TokenRecord] => {
    const scope = usualScopes(resourceServer).join(" ");
    const refreshToken = globus.loginFor(scope);
    return [resourceServer, { resourceServer, accessToken: "over", scope, obtained: 0, expires: 1, refreshToken }];
  });
  writeFileSync(join(dirname(configFile), "tokens.json"), printTokens(new Map(tokens)), { mode: 0o600 });
  return { "globus-auth": [`client-id = ${globus.nativeClientId}`, "client-secret-file ="] };
}

test.each(STORES)("$title are whole whichever of their writes fails", async (store) => {
  (await tryEachStep(store, "fail")).close();
});

test.each(STORES)("$title are whole whichever of their writes is the last of an IOC that is killed", async (store) => {
  (await tryEachStep(store, "kill")).close();
});

async function tryEachStep(store: Store, effect: "fail" | "kill"): Promise<Tally> {
  const tally = new Tally(`${effect === "fail" ? "failing write" : "SIGKILL"} at each step of ${store.title}`);
  const faults = new FileFaults();
  const bench = await openBench({
    script: quickSaves,
    environment: () => faults.environment,
    settings: personSettings,
  });
  await using _ = bench.beamline;
  const { site, pvs } = bench.beamline;
  faults.file = join(bench.world.folder, "file-faults.json");
  faults.order({});
  await site.restartIoc(undefined, "SIGTERM");
  await comeToStart(bench, collection);
  let written = await pvs.text("EmailSubject");
  for (let step = 1; step <= MOST_STEPS; step++) {
    const value = `step ${step}`;
    faults.order({ part: store.part, at: step, effect });
    await store.write(bench, value, faults);
    if (!faults.hasStruck) break;
    tally.tried++;
    faults.order({});
    if (effect === "fail" && site.ioc.hasExited) tally.find("crashed", value, [site.ioc.stderr.slice(-300)]);
    // In order, so that what failed is tried again; a killed one has nothing more to say.
    await site.restartIoc(undefined, "SIGTERM");
    const values = effect === "fail" ? [value] : [written, value];
    tally.find("lost", value, await store.judge(bench, values));
    written = await pvs.text("EmailSubject");
  }
  return tally;
}

/** Tells the preloaded module what is to fail. */
class FileFaults {
  file = "";
  #id = 0;

  get environment(): Readonly<Record<string, string>> {
    return this.file === "" ? {} : { NODE_OPTIONS: `--import ${PRELOAD}`, FAULTS_FILES: this.file };
  }
  order(what: { readonly part?: string; readonly at?: number; readonly effect?: "fail" | "kill" }): void {
    this.#id++;
    writeFileSync(this.file, JSON.stringify({ id: this.#id, ...what }));
  }
  get hasStruck(): boolean {
    try {
      return readFileSync(`${this.file}.hit`, "utf8") === String(this.#id);
    } catch {
      return false;
    }
  }
}
