/**
 * `globus-ioc show` and `daq-status`: what the settings say and what can be read, without changing anything. A part that cannot be read is a line, not a
 * failure.
 */
import { messageOf } from "../base/errors.ts";
import type { Config } from "../config.ts";
import type { ActionRequest } from "../controller/action.ts";
import { beamtimeOf, contains, hasProposal, type Schedule, scheduleDay } from "../controller/beamtimes.ts";
import type { Experiment } from "../controller/experiment.ts";
import { type ActionResult, RejectedError } from "../controller/outcome.ts";
import { type Beamtime, type DmTransfer, isUnderWay } from "../controller/ports.ts";
import type { Site } from "../controller/site.ts";
import { experimentLines, type LocalRunner } from "./local-runner.ts";
import type { Screen } from "./screen.ts";

export interface ShowContext {
  readonly site: Site;
  readonly config: Config;
  readonly runner: LocalRunner;
  readonly screen: Screen;
  readonly signal: AbortSignal;
  /** For Set. */
  readonly request: ActionRequest;
}

/** What a command found out, for --json. */
export interface Shown extends ActionResult {
  readonly details: Readonly<Record<string, unknown>>;
}

/** Shows everything, part by part, as it comes. */
export async function showAll(context: ShowContext): Promise<Shown> {
  const { config, screen, site, signal } = context;
  showSettings(config, screen);
  const failed: string[] = [];
  const part = async <T>(
    title: string,
    read: () => Promise<T>,
    lines: (found: T) => readonly string[],
  ): Promise<T | undefined> => {
    try {
      const found = await read();
      screen.show(title, lines(found).join("\n"));
      return found;
    } catch (thrown) {
      signal.throwIfAborted();
      failed.push(title);
      screen.show(title, messageOf(thrown));
      return undefined;
    }
  };
  const servers = site.servers.map(({ name, kind }) => ({ name, kind, chosen: name === context.runner.server.name }));
  screen.show(
    "Servers",
    servers.map(({ name, kind, chosen }) => `${name} (${kind})${chosen ? ", chosen" : ""}`).join("\n"),
  );
  const experiment = await part("TomoScan", () => context.runner.tagged(), tagLines);
  const beamtimes = await part(
    "Beamtime",
    () => readBeamtimes(context, experiment),
    (found) => found.flatMap(beamtimeLines),
  );
  const onServer = experiment && (await part("Experiment", () => readExperiment(context, experiment), experimentLines));
  return {
    state: "Done",
    message: failed.length === 0 ? "All could be read." : `Not everything could be read: ${failed.join(", ")}.`,
    details: { settings: settingsObject(config), servers, tag: experiment, beamtimes, experiment: onServer },
  };
}

function showSettings({ lines }: Config, screen: Screen): void {
  for (const section of new Set(lines.map((line) => line.section))) {
    const own = lines.filter((line) => line.section === section);
    const text = own.map(({ key, text: value, origin }) => `${key} = ${value}  (${origin})`);
    screen.show(`[${section}]`, text.join("\n"));
  }
}

const settingsObject = ({ lines }: Config): Record<string, Record<string, unknown>> =>
  Object.fromEntries(
    [...new Set(lines.map(({ section }) => section))].map((section) => [
      section,
      Object.fromEntries(
        lines.filter((line) => line.section === section).map(({ key, text, origin }) => [key, { text, origin }]),
      ),
    ]),
  );

const tagLines = (experiment: Experiment): string[] => [
  `experiment: ${experiment.name}`,
  `PI: ${experiment.piLastName}`,
  `proposal: ${experiment.proposalNumber}, ${experiment.proposalTitle}`,
  `ESAF: ${experiment.esafNumber || "none"}`,
];

/** The proposal's beamtime, or without a proposal those of the day. */
async function readBeamtimes(context: ShowContext, experiment: Experiment | undefined): Promise<readonly Beamtime[]> {
  const { request, signal } = context;
  const schedule = required(context.site.schedule, "schedule");
  if (experiment !== undefined && hasProposal(experiment))
    return [await beamtimeOf(schedule, experiment, request, { signal })];
  const at = scheduleDay(schedule, request);
  const now = (await schedule.scheduling.beamtimes(at, { signal })).filter((one) => contains(one, at));
  if (now.length === 0) throw new RejectedError(noBeamtime(schedule, at));
  return now;
}

const noBeamtime = ({ beamline }: Schedule, at: Date): string =>
  `There is no beamtime at ${beamline} on ${at.toISOString().slice(0, 10)}; look at another day with --set DAYS.`;

const beamtimeLines = (one: Beamtime): string[] => [
  `${one.title}: ${one.start.toISOString()} to ${one.end.toISOString()}`,
  `proposal: ${one.gupId ?? "none"}, ESAF: ${one.esafId ?? "none"}`,
  ...(one.details ?? []).map(([label, text]) => `${label}: ${text}`),
  ...one.experimenters.map(
    ({ firstName, lastName, badge, email, isPi }) =>
      `${firstName} ${lastName}${isPi ? " (PI)" : ""}, badge ${badge}${email === undefined ? "" : `, ${email}`}`,
  ),
];

const readExperiment = ({ site, signal }: ShowContext, { name }: Experiment) =>
  required(site.dataManagement, "Data Management").experimentByName(name, { signal });

function required<T>(port: T | undefined, what: string): T {
  if (port === undefined) throw new RejectedError(`This site has no ${what}.`);
  return port;
}

/** All DAQs of the station that are under way. */
export async function runningDaqs({
  site,
  signal,
}: Pick<ShowContext, "site" | "signal">): Promise<readonly DmTransfer[]> {
  return (await required(site.dataManagement, "Data Management").daqs({ signal })).filter(isUnderWay);
}
