/**
 * What FlowRun asks of Flows, from the PVs and the site's own input: which flow, from where to where, and whatever else
 * it takes. What is missing or makes no sense is told before anything is started.
 */
import { ActionError, messageOf } from "../../base/errors.ts";
import type { CallOptions } from "../ports/call.ts";
import type { PvName } from "../pvs/index.ts";
import { type ActionRequest, textInput } from "../run/action.ts";
import { InputError, RejectedError } from "../run/outcome.ts";
import { baseName } from "../transfers/scan-path.ts";
import { collectionInput, pathInput } from "../transfers/transfer-run.ts";
import { type AskedInput, askedInput, hasSource } from "./asked-input.ts";
import { type JsonObject, readJsonObject } from "./definition.ts";
import type { AskedFlowRun } from "./flow-runs.ts";
import type { FlowSite } from "./flow-site.ts";
import { chosenFlow, type NamedFlow } from "./named-flow.ts";
import { runInput, type TransferInput } from "./run-input.ts";
import { runLabel } from "./run-label.ts";

/** As long as our ids are: for the check of a run that has none yet. */
const SOME_ID = "0".repeat(26);

/** What the PVs say by themselves. @throws InputError */
export function askedOf(request: ActionRequest): {
  readonly flow: string;
  readonly ends: Pick<AskedInput, "source" | "destination">;
  readonly extra: JsonObject;
  readonly tags: readonly string[];
} {
  const end = (collection: PvName, path: PvName): AskedInput["source"] => ({
    ...(textInput(request, collection) !== "" && { id: collectionInput(request, collection) }),
    ...(textInput(request, path) !== "" && { path: pathInput(request, path) }),
  });
  return {
    flow: textInput(request, "FlowId"),
    ends: { source: end("SourceCollection", "SourcePath"), destination: end("DestCollection", "DestPath") },
    extra: extraInput(request),
    tags: tagsInput(request),
  };
}

/** @throws InputError, RejectedError; what Globus says */
export async function askedRun(request: ActionRequest, site: FlowSite, options: CallOptions): Promise<AskedFlowRun> {
  const { flow, ends, extra, tags } = askedOf(request);
  const named = await flowToRun(flow, site);
  const { inputSchema } = await site.flows.flow(named.id, options);
  const asked = askedInput({ site: await site.input(), ...ends, extra });
  const base = await baseOf(asked, inputSchema, site, options);
  const input = base === undefined ? asked.others : runInput(base, asked.others, inputSchema);
  const words = textInput(request, "RunLabel") || (base === undefined ? named.name : baseName(base.source.path));
  const run = { flow: named.id, flowName: named.name, tags, words, input };
  const problems = await site.flows.problems({ ...run, label: runLabel(SOME_ID, words) }, options);
  if (problems.length > 0)
    throw new RejectedError(`The flow ${named.name} does not take this input: ${problems.join("; ")}`);
  return run;
}

async function flowToRun(flow: string, site: FlowSite): Promise<NamedFlow> {
  const named = await chosenFlow(flow, site);
  if (named !== undefined) return named;
  throw new InputError(
    "FlowId",
    "FlowId is empty, and the [flows] section of globus.conf names no flow: write its name or UUID",
  );
}

/** @returns undefined where the flow moves nothing, and nobody has said anything of it */
async function baseOf(
  { source, destination, isFolder }: AskedInput,
  schema: JsonObject,
  { tasks }: FlowSite,
  options: CallOptions,
): Promise<TransferInput | undefined> {
  const said = {
    SourceCollection: source.id,
    SourcePath: source.path,
    DestCollection: destination.id,
    DestPath: destination.path,
  };
  if (!hasSource(schema) && Object.values(said).every((one) => one === undefined)) return undefined;
  const [missing] = Object.entries(said).find(([, one]) => one === undefined) ?? [];
  if (missing !== undefined)
    throw new InputError(
      missing as PvName,
      `${missing} is empty, and neither RunInput nor input-file of [flows] says it: write ${missing.endsWith("Path") ? "the path" : "the collection's UUID"}`,
    );
  const from = source as TransferInput["source"];
  const recursive = isFolder ?? (await tasks.typeOf(from.id, from.path, options)) === "folder";
  return { source: from, destination: destination as TransferInput["destination"], recursive_tx: recursive };
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
