/**
 * `globus-ioc flow run`: what the options and the site's own input ask of a flow, and one run of it. Where an answer is
 * lost the run is looked for by its label before it is asked for again; with an IOC its ledger does that.
 */
import { cleanJson } from "../base/clean-text.ts";
import { ActionError, messageOf, pieceOf } from "../base/errors.ts";
import { AgeIds } from "../base/ids.ts";
import { type JsonObject, readJsonObject } from "../base/json-object.ts";
import { listed } from "../base/word-list.ts";
import { mergedJson, type RunEnd } from "../controller/flows/asked-input.ts";
import { type EndPart, requireTaken, unchecked } from "../controller/flows/asked-run.ts";
import type { NamedFlow } from "../controller/flows/named-flow.ts";
import { RunStarts } from "../controller/flows/run-starts.ts";
import { runUrl } from "../controller/flows/run-words.ts";
import type { RunReport } from "../controller/ports/flows.ts";
import type { FlowRunRecord } from "../controller/ports/queue-ledger.ts";
import { ASKED } from "../controller/transfers/submissions.ts";
import { done, type Ending } from "./ending.ts";
import { EXIT, UsageError } from "./exit-status.ts";
import { type FlowWork, flowNamed } from "./flow-context.ts";
import { intervalOf, monitor } from "./flow-monitor.ts";
import type { RunFlags } from "./flow-request.ts";
import { flowText } from "./flow-source.ts";
import { collectionId, collectionPath } from "./foreground-plan.ts";

export async function startRun(request: RunFlags, work: FlowWork): Promise<Ending> {
  const seconds = intervalOf(request.interval, work.pollSeconds);
  const layers = await layersOf(request);
  const flow = await flowOf(request, work);
  const report = await work.flows.flow(flow.id, work);
  const usualSource = work.settings.source.collection;
  const { label: words = "", tags = [] } = request;
  const asked = await unchecked({ flow, report, layers, usualSource, words, tags, missing }, work, work);
  const starts = new RunStarts({ clock: work.clock, newId: newId(work) }, work.flows, work.tasks);
  const record = await starts.newRecord({ ...asked, destination: ASKED, scans: [] }, work);
  if (request.dryRun === true) sayRecord(record, work);
  await requireTaken(asked, report, work, work);
  if (request.dryRun === true)
    return done(`Nothing was started. The flow ${flow.name} takes this input.`, { request: record.request });
  work.screen.say(`The label of the run is ${cleanJson(record.request.label)}.`);
  let run: RunReport;
  try {
    run = await starts.begin(record, work);
  } catch (thrown) {
    if (!starts.isInDoubt(record)) throw thrown;
    if (work.signal.aborted) return doubtful(record);
    throw thrown instanceof ActionError
      ? new ActionError(`${pieceOf(thrown)}: ${mayHaveBegun(record)}`, { cause: thrown })
      : thrown;
  }
  const message = `The run ${run.id} of the flow ${flow.name} was started: ${runUrl(run.id)}`;
  if (request.wait !== true) return done(message, { run, url: runUrl(run.id) });
  work.screen.say(message);
  return await monitor({ run: run.id, seconds }, work);
}

const newId = ({ clock }: Pick<FlowWork, "clock">): (() => string) => {
  const ids = new AgeIds();
  return () => ids.next(clock.now());
};

/** @throws UsageError, ActionError */
async function flowOf({ flow, flowId }: RunFlags, { files, flow: usual }: FlowWork): Promise<NamedFlow> {
  if (flow !== undefined && flowId !== undefined && flow !== flowId)
    throw new UsageError("Two flows are named: give one of them.");
  const given = flow ?? flowId ?? usual;
  if (given !== "") return await flowNamed(given, files);
  throw new UsageError(
    "Which flow? Give the name under which globus-ioc flow deploy made it, its UUID or an info file, or set flow in the [flows] section of globus.conf.",
  );
}

/** What files and texts say, then what the options say, which win. @throws UsageError, ActionError */
async function layersOf(request: RunFlags): Promise<readonly JsonObject[]> {
  const source = endOf("--source", request.sourceCollection, request.sourcePath);
  const destination = endOf("--dest", request.destCollection, request.destPath);
  const said = Object.entries({ source, destination }).filter(([, end]) => Object.keys(end).length > 0);
  return [await extraInput(request), Object.fromEntries(said)];
}

/** What files and texts on the command line say of the input. @throws UsageError, ActionError */
export async function extraInput({ input: file, inputJson, recursive }: RunFlags): Promise<JsonObject> {
  const fromFile = file === undefined ? {} : readJsonObject(await flowText(file), file, "the input of a run");
  const fromText = inputJson === undefined ? {} : jsonOption(inputJson);
  return mergedJson(mergedJson(fromFile, fromText), recursive === undefined ? {} : { recursive_tx: recursive });
}

function jsonOption(text: string): JsonObject {
  try {
    return readJsonObject(text, "--input-json", "the input of a run");
  } catch (thrown) {
    throw new UsageError(messageOf(thrown), { cause: thrown });
  }
}

const endOf = (option: "--source" | "--dest", id: string | undefined, path: string | undefined): RunEnd => ({
  ...(id !== undefined && { id: collectionId(`${option}-collection`, id) }),
  ...(path !== undefined && { path: collectionPath(`${option}-path`, path) }),
});

const OPTIONS: Readonly<Record<EndPart, string>> = {
  "source.id": "--source-collection",
  "source.path": "--source-path",
  "destination.id": "--dest-collection",
  "destination.path": "--dest-path",
};

const missing = (parts: readonly EndPart[]): UsageError =>
  new UsageError(
    `The flow moves data, and ${listed(parts.map((part) => OPTIONS[part]))} ${parts.length === 1 ? "is" : "are"} missing.`,
  );

/** The command was ended before an answer came: who starts it again may have two. */
const doubtful = (record: FlowRunRecord): Ending => ({
  state: "Cancelled",
  message: `The command has ended before Globus answered, and ${mayHaveBegun(record)}.`,
  exitStatus: EXIT.interrupted,
  details: { request: record.request },
});

const mayHaveBegun = ({ request, flowName }: FlowRunRecord): string =>
  `the run of the flow ${flowName} may have begun: look for the label ${cleanJson(request.label)} at https://app.globus.org/runs before it is started again`;

function sayRecord({ request }: FlowRunRecord, { screen }: FlowWork): void {
  screen.show("The input", JSON.stringify(request.input, null, 2));
  screen.say(`The label would be ${cleanJson(request.label)}.`);
}
