/**
 * The two places where a data-management command runs: this process with a site of its own, and a running IOC, whose
 * inputs are put back afterwards.
 */

import { messageOf } from "../base/errors.ts";
import { ownPrefix } from "../config/prefixes.ts";
import { listLine } from "../controller/daq/daq-pvs.ts";
import type { PvOutput, PvValue } from "../controller/ports/pvs.ts";
import type { CommandName } from "../controller/pvs/commands.ts";
import type { InputName, PvName } from "../controller/pvs/index.ts";
import { type Outcome, RejectedError } from "../controller/run/outcome.ts";
import type { Site } from "../controller/site.ts";
import { toByteString } from "../epics/byte-string.ts";
import type { DataCommand, Progress } from "./data-command.ts";
import { inputOptionsOf, pvCommandOf } from "./data-commands.ts";
import { DIALOGUES } from "./dialogues.ts";
import { UsageError } from "./exit-status.ts";
import { IocRunner } from "./ioc-runner.ts";
import { LocalRunner } from "./local-runner.ts";
import type { CommandRun, RunRequest } from "./run-request.ts";
import { numberOf, type Runner, type RunnerEvents } from "./runner.ts";
import { runningDaqs, showAll } from "./show-command.ts";

/**
 * Runs a command with the site's ports in this process.
 * @throws what opening the site throws, and an error for which `holderOf` knows an IOC
 */
export async function runHere(request: RunRequest): Promise<CommandRun> {
  const site = request.context.openSite(request.config.settings, request.log);
  try {
    const inputs = inputsOf(request);
    const { signal, holderOf, scheduler, clock } = request.context;
    const followed = follow(request);
    const passes = (thrown: unknown): boolean => holderOf(thrown) !== undefined;
    const runner = new LocalRunner({ site, inputs, signal, clock, scheduler, passes, ...followed });
    if (request.row.runs === "daq-status") return await showDaqs(site, signal);
    if (request.row.runs !== "show") return await runCommand(request, runner, followed.ran);
    const asked = { input: (name: PvName) => inputs[name] ?? "" };
    const shown = await showAll({ ...request, site, runner, signal, clock, request: asked });
    return { outcome: shown, results: new Map(), details: shown.details };
  } finally {
    await site.close();
  }
}

/** What inputs hold: by the settings, and over them by the options. */
const inputsOf = ({ given, config, context }: RunRequest): Readonly<Partial<Record<PvName, PvValue>>> => ({
  ...context.initialPvs(config.settings),
  ...Object.fromEntries(given.inputs),
  Testing: given.common.dryRun ? 1 : 0,
});

async function showDaqs(site: Site, signal: AbortSignal): Promise<CommandRun> {
  const daqs = await runningDaqs({ site, signal });
  const message = daqs.length === 1 ? "1 DAQ runs at the station." : `${daqs.length} DAQs run at the station.`;
  return {
    outcome: { state: "Done", message },
    results: new Map([["DaqList", daqs.map(listLine).join("\n")]]),
    details: { daqs },
  };
}

/** Settings that count with --ioc: all other settings are the IOC's own. */
const COUNTED = [
  ["general"],
  ["epics", "ioc-prefix"],
  ["epics", "globus-prefix"],
  ["epics", "globus-ioc-prefix"],
  ["globus", "globus-server-name"],
] as const;

/**
 * Runs a command through the PVs of an IOC.
 * @param holder the IOC's prefix, where the command line gives none.
 * @throws UsageError for options that have no effect on an IOC
 */
export async function runOnIoc(request: RunRequest, holder?: string): Promise<CommandRun> {
  const { given, config, context, row } = request;
  if (given.common.dryRun)
    throw new UsageError("--dry-run is for commands that run here: the IOC's Testing PV would be set for everybody.");
  const idle = given.settings.find(
    (one) => !COUNTED.some(([section, key]) => one.section === section && (key === undefined || one.key === key)),
  );
  if (idle !== undefined)
    throw new UsageError(`${idle.option} has no effect on a running IOC, which has settings of its own.`);
  const prefix = typeof given.common.ioc === "string" ? given.common.ioc : (holder ?? ownPrefix(config.settings));
  const client = await context.openClient();
  const watched = row.progress === undefined ? [] : [...row.progress.done, row.progress.total];
  const followed = follow(request);
  const runner = new IocRunner({ client, prefix, watched, signal: context.signal, ...followed });
  request.screen.say(`Through the IOC at ${prefix}…`);
  try {
    await runner.connected(pvCommandOf(row) ?? "Version");
    return await withInputs(request, runner, () => runCommand(request, runner, followed.ran));
  } finally {
    runner.close();
    await client.close();
  }
}

/** Fills the inputs that were given, and afterwards puts back what they held: the options are for this run alone. */
async function withInputs<T>(request: RunRequest, runner: IocRunner, work: () => Promise<T>): Promise<T> {
  const { given, screen, row } = request;
  const server = given.settings.find(({ key }) => key === "globus-server-name");
  const inputs = new Map<InputName, string | number>(given.inputs);
  if (server !== undefined) inputs.set("ServerName", server.text);
  const before = new Map<InputName, PvOutput | undefined>();
  try {
    for (const [name, value] of inputs) {
      await refuseTooLong(row, runner, name, value);
      before.set(name, await runner.value(name));
      await runner.set(name, value).catch((thrown: unknown) => {
        if (thrown instanceof RejectedError) before.delete(name); // nothing was written
        throw thrown;
      });
    }
    return await work();
  } finally {
    for (const [name, value] of before) {
      if (typeof value === "object" || value === undefined) continue;
      await runner
        .set(name, value)
        .catch((thrown: unknown) => screen.warn(`${name} was not put back: ${messageOf(thrown)}`));
    }
  }
}

/** @throws UsageError for a text of which the IOC's PV would hold the beginning alone */
async function refuseTooLong(
  row: DataCommand,
  runner: IocRunner,
  name: InputName,
  value: string | number,
): Promise<void> {
  const info = (await runner.connected(name)).info();
  if (typeof value !== "string" || info?.nativeType !== "CHAR") return;
  const [bytes, most] = [toByteString(value).length, info.elementCount - 1]; // the last element is for the NUL
  if (bytes <= most) return;
  const option = inputOptionsOf(row).find(({ input }) => input === name)?.flag ?? name;
  throw new UsageError(`--${option} has ${bytes} characters, and an IOC's ${name} holds ${most}: give less at once.`);
}

/** Runs the command with its questions, and reads what its PVs hold afterwards. */
async function runCommand(
  { row, person, given }: RunRequest,
  runner: Runner,
  ran: RunFollower["ran"],
): Promise<CommandRun> {
  const name = pvCommandOf(row);
  const dialogue = name === undefined ? undefined : DIALOGUES[name];
  const outcome: Outcome =
    name === undefined
      ? { state: "Done", message: "This is what its PVs hold." }
      : dialogue === undefined
        ? await runner.run(name)
        : await dialogue({ runner, person, common: given.common, inputs: given.inputs });
  const results = new Map<PvName, PvOutput>();
  const isOld = (name !== undefined && !ran.has(name)) || (outcome.state === "Rejected" && name !== "Tag");
  if (isOld) return { outcome, results }; // an IOC's PVs would show an earlier run
  const experiment = await runner.value("ExperimentName");
  const isWhole = outcome.state === "Done" || outcome.state === "Partial";
  for (const one of row.shows ?? []) {
    const value = await runner.value(one);
    if (value === undefined || (!isWhole && value === 0)) continue; // 0 says nothing of a run that broke off
    results.set(one, value);
  }
  return {
    outcome,
    results,
    details: experiment === undefined || experiment === "" ? {} : { experiment: { name: experiment } },
  };
}

interface RunFollower extends RunnerEvents {
  /** The commands that have begun. */
  readonly ran: ReadonlySet<CommandName>;
}

/** Tells the screen what happens; the counts of the row's own command become a bar. */
function follow({ row, screen }: RunRequest): RunFollower {
  const { progress } = row;
  const counts = new Map<PvName, number>();
  const ran = new Set<CommandName>();
  let isRunning = false;
  return {
    ran,
    say: (sentence) => screen.say(sentence),
    began: (name) => {
      ran.add(name);
      isRunning = name === row.runs;
      for (const one of progress?.done ?? []) counts.delete(one); // the counts of an earlier run
    },
    ended: () => {
      isRunning = false;
      screen.endProgress();
    },
    changed: (name, value, isNew) => {
      if (progress === undefined || (!isNew && name !== progress.total)) return;
      counts.set(name, numberOf(value));
      const total = counts.get(progress.total) ?? 0;
      const done = progress.done.reduce((sum, one) => sum + (counts.get(one) ?? 0), 0);
      if (isRunning && total > 0 && isCounted(progress, name)) screen.progress(done, total, progress.what);
    },
  };
}

const isCounted = ({ done, total }: Progress, name: PvName): boolean => name === total || done.includes(name);
