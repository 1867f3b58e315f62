/**
 * One data-management command from its options to its exit status: settings, log file, the place where it runs (here,
 * or on an IOC), questions, report. What a command does is the actions' matter; how it is printed is the screen's.
 */
import { asSentences, messageOf } from "../base/errors.ts";
import { Troubles } from "../base/troubles.ts";
import {
  type Config,
  ConfigError,
  findConfigFile,
  loadConfig,
  lookForConfigFile,
  parseSource,
} from "../config/config.ts";
import type { PvOutput } from "../controller/ports/pvs.ts";
import type { PvName } from "../controller/pvs/index.ts";
import { failureOutcome } from "../controller/run/outcome.ts";
import { openCommandLog } from "./command-log.ts";
import { writeConfig } from "./config-command.ts";
import type { DataCommand } from "./data-command.ts";
import type { GivenOptions } from "./data-options.ts";
import type { Operator } from "./dialogues.ts";
import { EXIT, exitStatusOf, UsageError } from "./exit-status.ts";
import { inOptionWords } from "./option-words.ts";
import { runHere, runOnIoc } from "./run-places.ts";
import type { CommandRun, DataContext, RunRequest } from "./run-request.ts";
import { JsonScreen, type Report, type Screen, TextScreen, wantsColours } from "./screen.ts";

/** @param read the options that were given. @throws nothing: every failure is reported. @returns the exit status */
export async function runDataCommand(
  row: DataCommand,
  read: () => GivenOptions,
  isJson: boolean,
  context: DataContext,
): Promise<number> {
  let screen = newScreen(context, isJson, true);
  let report: Report;
  try {
    const given = read();
    if (row.runs === "config") {
      const outcome = await writeConfig({
        ...given.common,
        ...asFile(given),
        settings: given.settings,
        environment: context.environment,
      });
      report = reportOf(row, { outcome, results: new Map() });
    } else {
      const config = configOf(given, context);
      context.setZone(config.settings.general["time-zone"]);
      screen = newScreen(context, isJson, config.settings.general.verbose);
      report = await runWithLog({ row, given, config, context, screen });
    }
  } catch (thrown) {
    report = failureReport(row, thrown, context.signal);
  }
  screen.end(report);
  return report.exitStatus;
}

/** The settings. An IOC whose prefix is given can be driven without a globus.conf. @throws ConfigError */
function configOf({ common, settings }: GivenOptions, { environment }: DataContext): Config {
  const file = lookForConfigFile(common.config, environment);
  if (file === undefined && typeof common.ioc === "string")
    return parseSource("", {
      file: "globus.conf",
      home: environment["HOME"] ?? "/",
      options: settings,
      isServerUnknown: true,
    });
  return loadConfig(file ?? findConfigFile(common.config, environment), environment, settings);
}

const asFile = ({ common }: GivenOptions): { readonly file?: string } =>
  common.config === undefined ? {} : { file: common.config };

function newScreen({ out, err, isTerminal, environment }: DataContext, isJson: boolean, isVerbose: boolean): Screen {
  if (isJson) return new JsonScreen(out);
  return new TextScreen({ out, err, isTerminal, hasColours: wantsColours(isTerminal, environment), isVerbose });
}

/**
 * The report of a run. An outcome that blames an input is a Usage error: the input was given, or left out, on the
 * command line.
 */
const reportOf = (row: DataCommand, { outcome, results, details }: CommandRun): Report => ({
  command: row.name,
  ...(outcome.input === undefined
    ? { state: outcome.state, exitStatus: exitStatusOf(outcome) }
    : { state: "Usage", exitStatus: EXIT.usage }),
  message: inOptionWords(row, outcome.message),
  results,
  ...(details === undefined ? {} : { details }),
});

/** The report of an error that was thrown before the command ran, or outside of it. */
function failureReport(row: DataCommand, thrown: unknown, signal: AbortSignal): Report {
  const results = new Map<PvName, PvOutput>();
  if (thrown instanceof UsageError || thrown instanceof ConfigError)
    return {
      command: row.name,
      state: "Usage",
      message: asSentences(messageOf(thrown)),
      results,
      exitStatus: EXIT.usage,
    };
  const outcome = failureOutcome(thrown, signal);
  return reportOf(row, { outcome: { ...outcome, message: outcome.stack ?? outcome.message }, results });
}

/** Runs a command with a log file of its own. */
async function runWithLog(parts: Omit<RunRequest, "log" | "person">): Promise<Report> {
  const { config, context, row } = parts;
  const troubles = new Troubles();
  troubles.listen(({ sentence, isOver }) => (isOver ? parts.screen.say(sentence) : parts.screen.warn(sentence)));
  const { general } = config.settings;
  const kept = openCommandLog({ general, clock: context.clock, screen: parts.screen, troubles });
  const { log, screen } = kept;
  try {
    log.info(context.commandLine);
    const request = { ...parts, screen, log, person: personOf(parts, screen) };
    const report = await runSomewhere(request).then(
      (run) => reportOf(row, run),
      (thrown: unknown) => failureReport(row, thrown, context.signal),
    );
    kept.end(report);
    return report;
  } finally {
    await kept.close();
  }
}

const personOf = ({ given, context }: Omit<RunRequest, "log" | "person">, screen: Screen): Operator => ({
  canAnswer: context.stdin.isTTY === true && context.isTerminal && !given.common.json,
  ask: context.ask,
  show: (title, text) => screen.show(title, text),
});

/** Runs a command here, or on the IOC that was asked for or that holds the ledger. */
async function runSomewhere(request: RunRequest): Promise<CommandRun> {
  const { given, context, screen } = request;
  if (given.common.ioc !== false) return runOnIoc(request);
  const told = new Set<string>();
  const telling = (say: (sentence: string) => void): Screen => ({ ...screen, say });
  try {
    const noted = telling((sentence) => {
      told.add(sentence);
      screen.say(sentence);
    });
    return await runHere({ ...request, screen: noted });
  } catch (thrown) {
    const holder = context.holderOf(thrown);
    if (holder === undefined) throw thrown;
    screen.say(`The IOC ${holder} holds the ledger, so the command goes through its PVs.`);
    // The IOC begins anew, and says again what this process has said.
    const again = telling((sentence) => {
      if (!told.delete(sentence)) screen.say(sentence);
    });
    return runOnIoc({ ...request, screen: again }, holder);
  }
}
