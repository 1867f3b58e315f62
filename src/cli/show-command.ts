/**
 * `globus-ioc show` and `daq-status`: what the settings say and what can be read, without changing anything. A part
 * that cannot be read is told in a line and makes the command Partial; a part that the settings leave off, or that does
 * not exist, is told in a line and changes nothing.
 */
import type { Clock } from "../base/clock.ts";
import { ActionError, messageOf, pieceOf } from "../base/errors.ts";
import { facilityZone } from "../base/facility-time.ts";
import type { Config } from "../config/config.ts";
import { fileSentences, missingSentence, missingSettings } from "../config/needs.ts";
import type { Experiment } from "../controller/experiment.ts";
import { NotFoundError, OffError } from "../controller/ports/call.ts";
import { type DmExperiment, type DmTransfer, isUnderWay } from "../controller/ports/data-management.ts";
import type { Beamtime } from "../controller/ports/scheduling.ts";
import type { ActionRequest } from "../controller/run/action.ts";
import type { ActionResult } from "../controller/run/outcome.ts";
import { findExperiment } from "../controller/setup/dm-experiment.ts";
import type { Site } from "../controller/site.ts";
import { beamtimesFor, beamtimeText } from "../controller/tagging/beamtimes.ts";
import { experimentLines, type LocalRunner } from "./local-runner.ts";
import type { Screen } from "./screen.ts";

export interface ShowContext {
  readonly site: Site;
  readonly config: Config;
  readonly runner: LocalRunner;
  readonly screen: Screen;
  readonly signal: AbortSignal;
  readonly clock: Pick<Clock, "now">;
  /** The request, whose input Set moves the day. */
  readonly request: ActionRequest;
}

/** What a command found out, for --json. */
export interface Shown extends ActionResult {
  readonly details: Readonly<Record<string, unknown>>;
}

/** Shows everything, part by part, as it comes. */
export async function showAll(context: ShowContext): Promise<Shown> {
  const configured = showConfigured(context);
  const failed: string[] = [];
  const part: ShowPart = async (title, read, lines) => {
    const found = await showPart(context, title, read, lines);
    if (found === "failed") failed.push(title);
    return found === "failed" || found === "absent" ? undefined : found.value;
  };
  const experiment = await part("TomoScan", () => readTag(context), tagLines);
  const beamtimes = await part(
    "Beamtime",
    () => readBeamtimes(context, experiment),
    (found) => (found.length === 0 ? [NO_BEAMTIME] : found.flatMap(beamtimeLines)),
  );
  const onServer = experiment && (await part("Experiment", () => readExperiment(context, experiment), serverLines));
  return {
    state: failed.length === 0 ? "Done" : "Partial",
    message: failed.length === 0 ? "All could be read." : `Not everything could be read: ${failed.join(", ")}.`,
    details: { ...configured, tag: experiment, beamtimes, experiment: onServer },
  };
}

/** Shows what is known without asking a service. @returns the same for --json */
function showConfigured({ clock, config, screen, site, runner }: ShowContext): Readonly<Record<string, unknown>> {
  showSettings(config, screen);
  const zone = facilityZone(new Date(clock.now()));
  screen.show("Time zone", zone);
  const missing = missingSettings(config.settings);
  if (config.idle.length > 0) screen.show("Without effect", config.idle.join("\n"));
  if (missing.length > 0) screen.show("Not set", missing.map(missingSentence).join("\n"));
  const files = fileSentences(config.settings);
  if (files.length > 0) screen.show("Files", files.join("\n"));
  const servers = site.servers.map(({ name, kind }) => ({ name, kind, chosen: name === runner.server.name }));
  screen.show(
    "Servers",
    servers.map(({ name, kind, chosen }) => `${name} (${kind})${chosen ? ", chosen" : ""}`).join("\n"),
  );
  return { settings: settingsObject(config), zone, missing, files, servers };
}

type ShowPart = <T>(
  title: string,
  read: () => Promise<T>,
  lines: (found: T) => readonly string[],
) => Promise<T | undefined>;

/** Shows one part, or why it cannot be read. @returns `absent` where there is no such part */
async function showPart<T>(
  { screen, signal }: ShowContext,
  title: string,
  read: () => Promise<T>,
  lines: (found: T) => readonly string[],
): Promise<{ readonly value: T } | "absent" | "failed"> {
  try {
    const value = await read();
    screen.show(title, lines(value).join("\n"));
    return { value };
  } catch (thrown) {
    signal.throwIfAborted();
    if (!(thrown instanceof ActionError)) throw thrown;
    screen.show(title, messageOf(thrown));
    return thrown instanceof OffError || thrown instanceof NotFoundError ? "absent" : "failed";
  }
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

const NO_BEAMTIME = "There is no beamtime on that day; look at another one with --set DAYS.";

const beamtimeLines = (one: Beamtime): string[] => [
  beamtimeText(one),
  `ESAF: ${one.esafId ?? "none"}`,
  ...(one.details ?? []).map(([label, text]) => `${label}: ${text}`),
  ...one.experimenters.map(
    ({ firstName, lastName, badge, email, isPi }) =>
      `${firstName} ${lastName}${isPi ? " (PI)" : ""}, badge ${badge}${email === undefined ? "" : `, ${email}`}`,
  ),
];

/** @throws OffError where the settings do not say where TomoScan is */
async function readTag({ site, runner }: ShowContext): Promise<Experiment> {
  if (site.tomoScanProblem !== undefined) throw new OffError(site.tomoScanProblem);
  return runner.tagged();
}

/** No run today is no failure: there are weeks between two runs. With Set, a day that lies in no run is a failure. */
async function readBeamtimes({ site, request, signal }: ShowContext, experiment: Experiment | undefined) {
  try {
    return await beamtimesFor(required(site.schedule, "schedule"), experiment, request, { signal });
  } catch (thrown) {
    if (!(thrown instanceof NotFoundError) || Number(request.input("Set")) === 0) throw thrown;
    throw new ActionError(`${pieceOf(thrown)}: give --set the days to another one`);
  }
}

/** The experiment at Data Management. @returns undefined when there is none */
async function readExperiment({ runner, signal }: ShowContext, experiment: Experiment) {
  const { name, dataManagement } = runner.server;
  if (dataManagement === undefined)
    throw new OffError(`${name} is a Globus collection, which keeps no list of experiments.`);
  return findExperiment(dataManagement, experiment, signal);
}

const serverLines = (found: DmExperiment | undefined): readonly string[] =>
  found === undefined ? ["It does not exist yet: Init creates it."] : experimentLines(found);

/** The port. @throws OffError where the site has none */
function required<T>(port: T | undefined, what: string): T {
  if (port === undefined) throw new OffError(`This site has no ${what}.`);
  return port;
}

/** All DAQs of the station that are under way, of whatever experiment. */
export async function runningDaqs({
  site,
  signal,
}: Pick<ShowContext, "site" | "signal">): Promise<readonly DmTransfer[]> {
  return (await required(site.dataManagement, "Data Management").daqs({ signal })).filter(isUnderWay);
}
