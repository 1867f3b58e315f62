/** What the PVs of FlowRun ask: which flow, from where to where, and whatever else it takes. */
import { ActionError, messageOf } from "../../base/errors.ts";
import { type JsonObject, readJsonObject } from "../../base/json-object.ts";
import type { CallOptions } from "../ports/call.ts";
import type { PvName } from "../pvs/index.ts";
import { type ActionRequest, textInput } from "../run/action.ts";
import { InputError } from "../run/outcome.ts";
import { collectionInput, pathInput } from "../transfers/transfer-run.ts";
import { mergedJson, type RunEnd } from "./asked-input.ts";
import { askedRun, type EndPart } from "./asked-run.ts";
import type { AskedFlowRun } from "./flow-runs.ts";
import type { FlowSite } from "./flow-site.ts";
import { chosenFlow, type NamedFlow } from "./named-flow.ts";

const INPUTS: Readonly<Record<EndPart, PvName>> = {
  "source.id": "SourceCollection",
  "source.path": "SourcePath",
  "destination.id": "DestCollection",
  "destination.path": "DestPath",
};

/** What FlowRun would do: Globus is not asked. @throws InputError; ActionError for an input-file of no use */
export async function flowRunPlan(request: ActionRequest, site: Pick<FlowSite, "flow" | "input">): Promise<string> {
  const input = JSON.stringify(mergedJson(await site.input(), ...layersOf(request)));
  const flow = textInput(request, "FlowId") || site.flow || "of FlowId";
  return `would start a run of the flow ${flow} with the input ${input}`;
}

/** @throws InputError, RejectedError; what Globus says */
export async function flowRunByPvs(
  request: ActionRequest,
  site: FlowSite,
  options: CallOptions,
): Promise<AskedFlowRun> {
  const layers = layersOf(request);
  const flow = await flowToRun(textInput(request, "FlowId"), site);
  const report = await site.flows.flow(flow.id, options);
  const words = textInput(request, "RunLabel");
  return await askedRun({ flow, report, layers, words, tags: tagsInput(request), missing }, site, options);
}

/** The Source and Dest PVs, then RunInput, which wins. @throws InputError */
function layersOf(request: ActionRequest): readonly JsonObject[] {
  const end = (collection: PvName, path: PvName): RunEnd => ({
    ...(textInput(request, collection) !== "" && { id: collectionInput(request, collection) }),
    ...(textInput(request, path) !== "" && { path: pathInput(request, path) }),
  });
  const ends = { source: end("SourceCollection", "SourcePath"), destination: end("DestCollection", "DestPath") };
  const said = Object.entries(ends).filter(([, one]) => Object.keys(one).length > 0);
  return [Object.fromEntries(said), extraInput(request)];
}

async function flowToRun(flow: string, site: FlowSite): Promise<NamedFlow> {
  const named = await chosenFlow(flow, site);
  if (named !== undefined) return named;
  throw new InputError(
    "FlowId",
    "FlowId is empty, and the [flows] section of globus.conf names no flow: write its name or UUID",
  );
}

function missing([part = "source.id"]: readonly EndPart[]): InputError {
  const pv = INPUTS[part];
  const what = part.endsWith("path") ? "the path" : "the collection's UUID";
  return new InputError(pv, `${pv} is empty, and neither RunInput nor input-file of [flows] says it: write ${what}`);
}

function extraInput(request: ActionRequest): JsonObject {
  const text = textInput(request, "RunInput");
  if (text === "") return {};
  try {
    return readJsonObject(text, "RunInput", "what joins the input of a run");
  } catch (thrown) {
    if (!(thrown instanceof ActionError)) throw thrown;
    throw new InputError("RunInput", messageOf(thrown), { cause: thrown });
  }
}

const tagsInput = (request: ActionRequest): readonly string[] => [
  ...new Set(
    textInput(request, "RunTags")
      .split(",")
      .map((tag) => tag.trim())
      .filter((tag) => tag !== ""),
  ),
];
