/**
 * `globus-ioc flow run`: what the options and the site's own input ask of a flow, and one run of it. Where an answer is
 * lost the run is looked for by its label before it is asked for again; with an IOC its ledger does that.
 */
import { cleanJson } from "../base/clean-text.ts";
import { ActionError, messageOf } from "../base/errors.ts";
import { AgeIds } from "../base/ids.ts";
import { type AskedInput, askedInput, hasSource, mergedJson } from "../controller/flows/asked-input.ts";
import { type JsonObject, readJsonObject } from "../controller/flows/definition.ts";
import type { NamedFlow } from "../controller/flows/named-flow.ts";
import { runInput, type TransferInput } from "../controller/flows/run-input.ts";
import { RunStarts, type WantedRun } from "../controller/flows/run-starts.ts";
import { runUrl } from "../controller/flows/run-words.ts";
import type { FlowRunRecord } from "../controller/ports/queue-ledger.ts";
import { ASKED } from "../controller/transfers/submissions.ts";
import type { Ending } from "./ending.ts";
import { EXIT, UsageError } from "./exit-status.ts";
import { type FlowWork, flowNamed } from "./flow-context.ts";
import { intervalOf, monitor } from "./flow-monitor.ts";
import type { RunFlags } from "./flow-request.ts";
import { flowText } from "./flow-source.ts";
import { collectionId, collectionPath } from "./foreground-plan.ts";

export async function startRun(request: RunFlags, work: FlowWork): Promise<Ending> {
  const seconds = intervalOf(request.interval, work.pollSeconds);
  const given = await givenInput(request, work);
  const flow = await flowOf(request, work);
  const starts = new RunStarts({ clock: work.clock, newId: newId(work) }, work.flows, work.tasks);
  const record = await starts.newRecord(await wanted(request, flow, given, work), work);
  if (request.dryRun === true) return await dryRun(record, work);
  work.screen.say(`The label of the run is ${cleanJson(record.request.label)}.`);
  const report = await starts.begin(record, work);
  const message = `The run ${report.id} of the flow ${flow.name} was started: ${runUrl(report.id)}`;
  if (request.wait !== true)
    return { state: "Done", message, exitStatus: EXIT.done, details: { run: report, url: runUrl(report.id) } };
  work.screen.say(message);
  return await monitor({ run: report.id, seconds }, work);
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

/** What the options say, over what the site says. @throws UsageError, ActionError */
async function givenInput(request: RunFlags, { settings, input }: FlowWork): Promise<AskedInput> {
  const asked = askedInput({
    site: mergedJson(await input(), await extraInput(request)),
    source: endOf("--source", request.sourceCollection, request.sourcePath),
    destination: endOf("--dest", request.destCollection, request.destPath),
    extra: {}, // behind the options, which win
  });
  const usual = settings.source.collection;
  const source = asked.source.id === undefined && usual !== "" ? { ...asked.source, id: usual } : asked.source;
  return { ...asked, source };
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

const endOf = (
  option: "--source" | "--dest",
  id: string | undefined,
  path: string | undefined,
): AskedInput["source"] => ({
  ...(id !== undefined && { id: collectionId(`${option}-collection`, id) }),
  ...(path !== undefined && { path: collectionPath(`${option}-path`, path) }),
});

async function wanted(
  { label, tags = [] }: RunFlags,
  flow: NamedFlow,
  asked: AskedInput,
  work: FlowWork,
): Promise<WantedRun> {
  const { inputSchema } = await work.flows.flow(flow.id, work);
  const base = await baseOf(asked, inputSchema, work);
  return {
    flow: flow.id,
    flowName: flow.name,
    words: label ?? base?.source.path ?? flow.name,
    tags,
    input: base === undefined ? asked.others : runInput(base, asked.others, inputSchema),
    destination: ASKED,
    scans: [],
  };
}

/** @returns undefined where the flow moves nothing, and nothing was said of it @throws UsageError */
async function baseOf(
  { source, destination, isFolder }: AskedInput,
  schema: JsonObject,
  work: FlowWork,
): Promise<TransferInput | undefined> {
  const said = {
    "--source-collection": source.id,
    "--source-path": source.path,
    "--dest-collection": destination.id,
    "--dest-path": destination.path,
  };
  const missing = Object.entries(said).flatMap(([option, value]) => (value === undefined ? [option] : []));
  if (!hasSource(schema) && missing.length === Object.keys(said).length) return undefined;
  if (missing.length > 0)
    throw new UsageError(
      `The flow moves data, and ${missing.join(", ")} ${missing.length === 1 ? "is" : "are"} missing.`,
    );
  const from = source as TransferInput["source"];
  return {
    source: from,
    destination: destination as TransferInput["destination"],
    recursive_tx: isFolder ?? (await work.tasks.typeOf(from.id, from.path, work)) === "folder",
  };
}

async function dryRun({ request, flowName }: FlowRunRecord, { flows, screen, signal }: FlowWork): Promise<Ending> {
  screen.show("The input", JSON.stringify(request.input, null, 2));
  screen.say(`The label would be ${cleanJson(request.label)}.`);
  const problems = await flows.problems(request, { signal });
  if (problems.length > 0)
    throw new ActionError(`The flow ${flowName} does not take this input: ${problems.join("; ")}`);
  return {
    state: "Done",
    message: `Nothing was started. The flow ${flowName} takes this input.`,
    exitStatus: EXIT.done,
    details: { request },
  };
}
