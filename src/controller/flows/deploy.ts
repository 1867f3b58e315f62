/**
 * Deploys a flow once, whatever the answers: changes the flow that an earlier deployment has made, found by its id or
 * by its title among the login's own, and makes one where there is none. Never changes what it did not make, unless it
 * is told to. Files are the caller's.
 */
import { visible } from "../../base/clean-text.ts";
import { type Clock, sleep } from "../../base/clock.ts";
import { ActionError, pieceOf } from "../../base/errors.ts";
import { isSameJson } from "../../base/json-object.ts";
import { AccessDeniedError, type CallOptions, NotFoundError, UnavailableError } from "../ports/call.ts";
import type { FlowDraft, FlowReport, Flows } from "../ports/flows.ts";
import { LOOKS_SECONDS } from "../run/late-looks.ts";

/** On each flow that was deployed by us. */
const OUR_KEYWORD = "globus-ioc";

export interface DeployRequest {
  readonly draft: FlowDraft & Required<Pick<FlowDraft, "title" | "definition" | "inputSchema">>;
  /** The id of an earlier deployment, and the file that has it. */
  readonly known?: { readonly id: string; readonly file: string };
  /** Files of other deployments, by the id of the flow that each names. */
  readonly others: ReadonlyMap<string, string>;
  /** Also a flow that was not made by us, or is another deployment's. */
  readonly takeOver: boolean;
  /** Whose login it is: has the identity's id in it. */
  readonly login: string;
  readonly isDryRun: boolean;
}

export interface Deployed {
  /** Absent in a dry run that would make one. */
  readonly flow?: FlowReport;
  readonly did: "made" | "changed" | "unchanged";
  /** What was found on the way, sentences. */
  readonly notes: readonly string[];
}

export async function deployFlow(
  flows: Flows,
  request: DeployRequest,
  { clock, ...options }: CallOptions & { readonly clock: Clock },
): Promise<Deployed> {
  const notes: string[] = [];
  const found = await existing(flows, request, notes, options);
  if (found === undefined) {
    if (request.isDryRun) return { did: "made", notes };
    return { flow: await make(flows, request, clock, options), did: "made", notes };
  }
  requireOurs(found, request);
  const draft = differences(found, request.draft);
  if (Object.keys(draft).length === 0) return { flow: found, did: "unchanged", notes };
  if (request.isDryRun) return { flow: found, did: "changed", notes };
  return { flow: await flows.change(found.id, draft, options), did: "changed", notes };
}

async function existing(
  flows: Flows,
  { draft, known, login }: DeployRequest,
  notes: string[],
  options: CallOptions,
): Promise<FlowReport | undefined> {
  if (known !== undefined) {
    try {
      return await flows.flow(known.id, options);
    } catch (thrown) {
      if (!(thrown instanceof NotFoundError)) throw thrown;
      notes.push(
        `The flow ${known.id} of ${known.file} is there no more, or this login may not see it: Globus deletes flows without a subscription after 30 days.`,
      );
    }
  }
  const titled = await ownTitled(flows, draft.title, login, options);
  const ours = titled.filter(isOurs);
  const [first, ...others] = ours.length > 0 ? ours : titled;
  if (first === undefined) return undefined;
  if (others.length > 0)
    throw new ActionError(
      `${others.length + 1} flows of this login are called ${visible(draft.title)} (${[first, ...others].map(({ id }) => id).join(", ")}): say which with --info-file, or delete the others with globus-ioc flow delete`,
    );
  return await flows.flow(first.id, options);
}

const ownTitled = async (
  flows: Flows,
  title: string,
  login: string,
  options: CallOptions,
): Promise<readonly FlowReport[]> =>
  (await flows.flows(options)).filter(
    (flow) => flow.title === title && flow.owner !== "" && login.includes(flow.owner),
  );

export const isOurs = ({ keywords }: Pick<FlowReport, "keywords">): boolean => keywords.includes(OUR_KEYWORD);

function requireOurs(flow: FlowReport, { takeOver, known, others }: DeployRequest): void {
  const other = others.get(flow.id);
  if (other !== undefined && known?.id !== flow.id && !takeOver)
    throw new ActionError(
      `The flow ${visible(flow.title)} (${flow.id}) is the one of ${other}, and stays as it is: give another --title for a flow of its own, or --take-over to change that one`,
    );
  if (isOurs(flow) || takeOver) return;
  const named = known === undefined ? "of this login" : `of ${known.file}`;
  throw new ActionError(
    `The flow ${visible(flow.title)} (${flow.id}) ${named} was not made by globus-ioc and stays as it is: give --take-over to change it, or --title for a flow of its own`,
  );
}

/** What a change has to send; keywords of others stay. */
function differences(flow: FlowReport, draft: FlowDraft): FlowDraft {
  const keywords = [...new Set([...flow.keywords, ...keywordsOf(draft)])];
  const { subtitle, description, flow_starters, flow_viewers } = flow.document as Record<string, unknown>;
  const has: Readonly<Record<keyof FlowDraft, unknown>> = {
    title: flow.title,
    definition: flow.definition,
    inputSchema: flow.inputSchema,
    keywords: flow.keywords,
    subtitle,
    description,
    // Any subscription is the default one where nobody names another
    subscription: draft.subscription === "DEFAULT" && flow.subscription !== undefined ? "DEFAULT" : flow.subscription,
    starters: flow_starters,
    viewers: flow_viewers,
  };
  const wanted = Object.entries({ ...draft, keywords }) as [keyof FlowDraft, unknown][];
  return Object.fromEntries(wanted.filter(([key, value]) => value !== undefined && !isSameJson(value, has[key])));
}

const keywordsOf = ({ keywords = [] }: FlowDraft): readonly string[] => [...new Set([OUR_KEYWORD, ...keywords])];

/** A flow whose making has had no answer is looked for: a second one would be another flow. */
async function make(
  flows: Flows,
  { draft, login }: DeployRequest,
  clock: Clock,
  options: CallOptions,
): Promise<FlowReport> {
  const asked = clock.monotonic();
  try {
    return await flows.create({ ...draft, keywords: keywordsOf(draft) }, options);
  } catch (thrown) {
    if (thrown instanceof AccessDeniedError) throw (await limitOf(flows, login, draft, thrown, options)) ?? thrown;
    if (!(thrown instanceof UnavailableError && thrown.mayHaveHappened)) throw thrown;
    for (const at of LOOKS_SECONDS) {
      await sleep(clock, Math.max(0, asked + at - clock.monotonic()), options.signal);
      const [found] = (await ownTitled(flows, draft.title, login, options)).filter(isOurs);
      if (found !== undefined) return await flows.flow(found.id, options);
    }
    throw new ActionError(`${pieceOf(thrown)}; the flow is not there after ${LOOKS_SECONDS[1]} s: deploy it again`, {
      cause: thrown,
    });
  }
}

/** Why an account without a subscription is refused a flow; undefined: that is not why. */
async function limitOf(
  flows: Flows,
  login: string,
  { subscription }: FlowDraft,
  cause: AccessDeniedError,
  options: CallOptions,
): Promise<ActionError | undefined> {
  if (subscription !== undefined) return undefined;
  const own = (await flows.flows(options)).find((flow) => flow.owner !== "" && login.includes(flow.owner));
  if (own === undefined || own.subscription !== undefined) return undefined;
  return new ActionError(
    `Globus keeps one flow for an account without a subscription, and this login has ${visible(own.title)} (${own.id}) already: give --subscription-id, or delete that one with \`globus-ioc flow delete ${own.id}\`; the template beamline has all others in one`,
    { cause: cause.cause }, // its own advice is another one
  );
}
