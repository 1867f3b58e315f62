/**
 * The command line in this process: a real parser and real settings, with a site of fakes, a person with prepared
 * answers, and virtual time.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { Command } from "commander";
import { VirtualTimeScheduler } from "rxjs";
import { initialPvs } from "../../../src/assemble/ioc.ts";
import { addDataCommands } from "../../../src/cli/data-program.ts";
import { runDataCommand } from "../../../src/cli/run-command.ts";
import type { DataContext } from "../../../src/cli/run-request.ts";
import type { Settings } from "../../../src/config/settings.ts";
import { TOMOSCAN_KEYS, type TomoScanKey } from "../../../src/controller/pvs/tomoscan.ts";
import type { ActionContext, Actions, FreeAction } from "../../../src/controller/run/action.ts";
import type { ActionResult } from "../../../src/controller/run/outcome.ts";
import type { Site } from "../../../src/controller/site.ts";
import { FakeBeamline } from "./fake-beamline.ts";
import { FakeClock } from "./fake-clock.ts";
import { noIdentity } from "./fake-services.ts";
import { FakeVisitSite } from "./fake-visit.ts";

export const TAGGED: Readonly<Partial<Record<TomoScanKey, string>>> = {
  yearMonth: "2026-03",
  lastName: "Levy",
  proposalNumber: "1014288",
  proposalTitle: "Foams",
};
export const EXPERIMENT = "2026-03-Levy-1014288";

/** An action that runs `run`, and plans one sentence. */
export const doing = (
  run: (context: ActionContext) => ActionResult | Promise<ActionResult>,
  plan: readonly string[] = ["would do it"],
): FreeAction => ({ plan: () => plan, run: async (context) => run(context as ActionContext) });
export const done = (message = "It was done."): ActionResult => ({ state: "Done", message });

export function fakeSite(actions: Actions, changes: Partial<Site> = {}): Site {
  const beamline = new FakeBeamline();
  for (const key of TOMOSCAN_KEYS) beamline.set(`t:${key}`, TAGGED[key] ?? "");
  const { dataManagement } = changes;
  return {
    servers: [
      {
        name: "voyager",
        kind: "dm",
        actions,
        dataLink: () => "https://example.org/link",
        ...(dataManagement !== undefined && { dataManagement }),
      },
      { name: "petrel", kind: "globus", actions: {}, dataLink: () => "" },
    ],
    actions: {},
    arms: {},
    watches: [],
    directories: [],
    auth: { dm: noIdentity, globus: noIdentity },
    visit: new FakeVisitSite(),
    beamline,
    tomoScanName: (key) => `t:${key}`,
    close: () => Promise.resolve(),
    ...changes,
  };
}

export interface CliRun {
  readonly status: number;
  readonly out: string;
  readonly err: string;
  /** The settings that the site was opened with. */
  readonly settings: Settings | undefined;
  /** The zones that were set for telling times. */
  readonly zones: readonly string[];
  /** The questions that the person was asked. */
  readonly questions: readonly string[];
}

export interface CliOptions {
  /** The person's answers, in order; without answers there is no terminal. */
  readonly answers?: readonly string[];
  readonly config?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly context?: Partial<DataContext>;
}

/** Runs `globus-ioc` with these arguments on this site. */
export async function runCli(args: readonly string[], site: Site, options: CliOptions = {}): Promise<CliRun> {
  const folder = mkdtempSync(join(tmpdir(), "globus-ioc-cli-"));
  const file = join(folder, "globus.conf");
  writeFileSync(file, options.config ?? "[general]\nlog-directory =\n");
  const scheduler = new VirtualTimeScheduler();
  const answers = [...(options.answers ?? [])];
  const questions: string[] = [];
  const zones: string[] = [];
  const isTerminal = options.answers !== undefined;
  let [out, err, status] = ["", "", -1];
  let settings: Settings | undefined;
  const context: DataContext = {
    environment: { HOME: folder, GLOBUS_CONF: file, ...options.environment },
    setZone: (zone) => void zones.push(zone),
    clock: new FakeClock(),
    signal: new AbortController().signal,
    stdin: Object.assign(Readable.from([]), { isTTY: isTerminal }),
    isTerminal,
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    ask: (question) => {
      questions.push(question);
      return Promise.resolve(answers.shift());
    },
    commandLine: "globus-ioc",
    openSite: (given) => {
      settings = given;
      return site;
    },
    initialPvs,
    openClient: () => {
      throw new Error("no client was expected");
    },
    holderOf: () => undefined,
    scheduler,
    ...options.context,
  };
  const program = new Command("globus-ioc").exitOverride();
  addDataCommands(program, async (row, read, isJson) => {
    status = await runDataCommand(row, read, isJson, context);
  });
  try {
    await inVirtualTime(program.parseAsync(args, { from: "user" }), scheduler);
  } finally {
    rmSync(folder, { recursive: true });
  }
  return { status, out, err, settings, zones, questions };
}

/** Lets virtual time pass until the promise has settled. */
async function inVirtualTime(work: Promise<unknown>, scheduler: VirtualTimeScheduler): Promise<void> {
  const turn = (): Promise<"going on"> => new Promise((resolve) => setImmediate(() => resolve("going on")));
  while ((await Promise.race([work, turn()])) === "going on") scheduler.flush();
}
