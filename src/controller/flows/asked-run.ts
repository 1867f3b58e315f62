/**
 * One run as it is asked of Flows, whoever asks: a command PV, the command line, or a scan that goes through a flow.
 * Its input is put together here, and checked by Flows before anything is started.
 */
import { facilityIso } from "../../base/facility-time.ts";
import type { JsonObject } from "../../base/json-object.ts";
import type { CallOptions } from "../ports/call.ts";
import type { FlowReport } from "../ports/flows.ts";
import { RejectedError } from "../run/outcome.ts";
import { baseName } from "../transfers/scan-path.ts";
import { type AskedInput, askedInput, hasSource, type RunEnd } from "./asked-input.ts";
import type { AskedFlowRun } from "./flow-runs.ts";
import type { FlowSite } from "./flow-site.ts";
import type { NamedFlow } from "./named-flow.ts";
import { runInput, type TransferInput } from "./run-input.ts";
import { runLabel } from "./run-label.ts";

/** As long as our ids are: for the check of a run that has none yet. */
const SOME_ID = "0".repeat(26);

/** What a flow that moves data has to be told. */
export type EndPart = "source.id" | "source.path" | "destination.id" | "destination.path";

export interface RunAsk {
  readonly flow: NamedFlow;
  readonly report: Pick<FlowReport, "inputSchema" | "updated">;
  /** Parts of the input, over the site's own: those behind win. */
  readonly layers: readonly JsonObject[];
  /** The collection of the source where nobody says one. */
  readonly usualSource?: string;
  /** For the label; empty or absent: what moves, or the flow, is named. */
  readonly words?: string;
  readonly tags: readonly string[];
  /** What is thrown where nobody has said something of the data's way; absent: `layers` say all of it. */
  readonly missing?: (parts: readonly EndPart[]) => Error;
}

type RunSite = Pick<FlowSite, "flows" | "tasks" | "input">;

/** The flow does not take what it is asked. */
class InputNotTakenError extends RejectedError {}

/** @throws what `missing` gives, RejectedError, what Globus says */
export async function askedRun(ask: RunAsk, site: RunSite, options: CallOptions): Promise<AskedFlowRun> {
  const run = await unchecked(ask, site, options);
  await requireTaken(run, ask.report, site, options);
  return run;
}

/** As `askedRun`, before Flows has checked the input. */
export async function unchecked(ask: RunAsk, site: RunSite, options: CallOptions): Promise<AskedFlowRun> {
  const { flow, report, layers, tags } = ask;
  const asked = askedInput([await site.input(), ...layers], report.inputSchema);
  const base = await baseOf(asked, ask, site, options);
  const input = base === undefined ? asked.others : runInput(base, asked.others, report.inputSchema);
  const words = ask.words || (base === undefined ? flow.name : baseName(base.source.path));
  return { flow: flow.id, flowName: flow.name, tags, words, input };
}

/** @throws InputNotTakenError */
export async function requireTaken(
  run: AskedFlowRun,
  { updated }: RunAsk["report"],
  { flows }: Pick<RunSite, "flows">,
  options: CallOptions,
): Promise<void> {
  const problems = await flows.problems({ ...run, label: runLabel(SOME_ID, run.words) }, options);
  if (problems.length === 0) return;
  const when = updated > 0 ? `, last changed at ${facilityIso(new Date(updated))},` : "";
  throw new InputNotTakenError(
    `The flow ${run.flowName}${when} does not take this input (${problems.join("; ")}): \`globus-ioc flow show ${run.flowName}\` shows its input schema`,
  );
}

/** @returns undefined where the flow moves nothing, and nobody has said anything of it */
async function baseOf(
  { source, destination, isFolder, items }: AskedInput,
  { report, usualSource = "", missing }: RunAsk,
  { tasks }: Pick<RunSite, "tasks">,
  options: CallOptions,
): Promise<TransferInput | undefined> {
  const said = [source.id, source.path, destination.id, destination.path];
  if (!hasSource(report.inputSchema) && said.every((one) => one === undefined)) return undefined;
  const from = source.id === undefined && usualSource !== "" ? { ...source, id: usualSource } : source;
  const absent = [...absentOf("source", from), ...absentOf("destination", destination)];
  if (absent.length > 0) throw missing?.(absent) ?? new Error(`A run without ${absent.join(", ")}`);
  const whole = from as TransferInput["source"];
  const recursive = isFolder ?? (await tasks.typeOf(whole.id, whole.path, options)) === "folder";
  const spelt = (end: RunEnd): TransferInput["source"] => {
    const { id, path } = end as TransferInput["source"];
    return { ...end, id, path: recursive ? folderPath(path) : path };
  };
  const way = { source: spelt(from), destination: spelt(destination), recursive_tx: recursive };
  return items === undefined ? way : { ...way, items: items as NonNullable<TransferInput["items"]> };
}

const absentOf = (name: "source" | "destination", end: RunEnd): EndPart[] =>
  (["id", "path"] as const).flatMap((part) => (end[part] === undefined ? [`${name}.${part}` as const] : []));

/** With the slash that Transfer has at the end of a folder; the top and the home of a collection stay as they are. */
const folderPath = (path: string): string => (path.endsWith("/") || /^\/?~?$/.test(path) ? path : `${path}/`);
