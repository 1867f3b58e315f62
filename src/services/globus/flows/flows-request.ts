/**
 * What requests to Globus Flows have in common: which token they take, what helps when they are refused, and lists in
 * pages. globus.md §3.4.
 */

import type { z } from "zod";
import { oneLine } from "../../../base/clean-text.ts";
import { ActionError } from "../../../base/errors.ts";
import { UUID } from "../../../base/uuid.ts";
import type { CallOptions } from "../../../controller/ports/call.ts";
import { readAnswer } from "../answer.ts";
import type { GlobusCall, GlobusRequest } from "../call.ts";
import { refusalOf } from "../errors.ts";
import { FLOWS_SERVER } from "../scopes.ts";

export interface FlowsRoom {
  readonly call: GlobusCall;
  /** What operators call a flow, by its id, as `globus-ioc login --flow` takes it; the id where it has no name. */
  readonly nameOf: (flow: string) => string;
}

/** @throws ActionError for what is none: it would become another address */
export function requireId(what: "flow" | "run" | "question", id: string): void {
  if (!UUID.test(id))
    throw new ActionError(
      `${JSON.stringify(oneLine(id))} is no id of a ${what}: give the UUID that Globus has for it.`,
    );
}

/** With the token of the service, unless it names another resource server. */
export type FlowsCallRequest = Omit<GlobusRequest, "resourceServer"> & Partial<Pick<GlobusRequest, "resourceServer">>;

/** @throws what `call` throws; UnavailableError for an answer of another form */
export async function askFlows<S extends z.ZodType>(
  { call }: FlowsRoom,
  schema: S,
  request: FlowsCallRequest,
  options: CallOptions,
): Promise<z.output<S>> {
  return readAnswer(schema, request.what, await call({ resourceServer: FLOWS_SERVER, ...request }, options));
}

/** Of requests that the flow's own token is for. */
export const ofFlow = ({ nameOf }: FlowsRoom, flow: string): Pick<GlobusRequest, "resourceServer" | "advice"> => ({
  resourceServer: flow,
  advice: {
    flow: nameOf(flow),
    permission: `let the owner of the flow ${nameOf(flow)} make this login one of its starters`,
    absent: absentFlow(nameOf(flow)),
  },
});

/** @param name what operators call it */
export const absentFlow = (name: string): string =>
  `the flow ${name} was deleted, or this login may not see it: ${UUID.test(name) ? "correct its id, or name a flow of `globus-ioc flow list`" : `run \`globus-ioc flow deploy ${name}\``}`;

export const ABSENT_RUN = "it was deleted, is older than Flows keeps runs (90 days), or is another login's";

/** Pages of a list at most: a list that does not come to its end must not be read for ever. */
const MOST_PAGES = 100;

/**
 * A list, page by page, until it ends, or `isEnough` of what was read.
 * @param ask the page behind a marker, and the marker of the next page; the first where it is undefined
 */
export async function pagesOf<T>(
  ask: (marker: string | undefined) => Promise<{ readonly rows: readonly T[]; readonly next: string | undefined }>,
  isEnough: (rows: readonly T[]) => boolean = () => false,
): Promise<readonly T[]> {
  const rows: T[] = [];
  let marker: string | undefined;
  for (let page = 0; page < MOST_PAGES; page++) {
    const got = await ask(marker);
    rows.push(...got.rows);
    if (got.next === undefined || got.next === marker || isEnough(rows)) break;
    marker = got.next;
  }
  return rows;
}

/** What a check of Flows finds wrong, sentences; empty: nothing. @throws what is no finding */
export async function findings(check: Promise<unknown>, codes: readonly string[]): Promise<readonly string[]> {
  try {
    await check;
    return [];
  } catch (thrown) {
    const refusal = refusalOf(thrown);
    if (refusal === undefined || !codes.includes(refusal.code)) throw thrown;
    return refusal.problems.length > 0 ? refusal.problems : [refusal.message || refusal.code];
  }
}
