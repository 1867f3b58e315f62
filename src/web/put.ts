/**
 * `POST /api/put`: what may be put through the page, and what becomes of it. Who may put comes before it (rights.ts).
 */
import type { ClientIdentity } from "../base/client-identity.ts";
import { didYouMeanSentence } from "../base/suggest.ts";
import { allPvs, type PvSuffix, rowOf } from "../controller/pvs/index.ts";
import type { Refusal } from "./guard.ts";
import type { WebPvs, WebRefusal } from "./ports.ts";

const STATUS: Readonly<Record<WebRefusal["kind"], 400 | 403 | 409>> = {
  denied: 403,
  "read-only": 403,
  disabled: 409,
  refused: 409,
  failed: 400,
};

/** Puts what a request asks for. @returns undefined once it was made */
export function putFrom(pvs: WebPvs, request: unknown, by: ClientIdentity): Refusal | undefined {
  const { pv, value } = (request ?? {}) as { readonly pv?: unknown; readonly value?: unknown };
  if (typeof pv !== "string") return { status: 400, message: 'The request must be {"pv": "Init", "value": 1}.' };
  const row = rowOf(pv);
  if (row === undefined) {
    const near = didYouMeanSentence(pv.slice(0, 80), allPvs().keys());
    return { status: 404, message: `There is no PV ${shown(pv)} here.${near}` };
  }
  if (row.kind === "result") return { status: 403, message: `${pv} is a result: the program alone writes it.` };
  if (typeof value !== "string" && !(typeof value === "number" && Number.isFinite(value)))
    return {
      status: 400,
      message: `${pv} takes a number or a text, not ${shown(JSON.stringify(value) ?? "nothing")}.`,
    };
  if (typeof value === "string" && value.includes("\0"))
    return { status: 400, message: `${pv} takes text without NUL characters; nothing was written.` };
  const refusal = pvs.put(pv as PvSuffix, value, by);
  return refusal === undefined ? undefined : { status: STATUS[refusal.kind], message: refusal.reason };
}

/** What a request has said, short and harmless. */
const shown = (text: string): string => text.slice(0, 80).replace(/[^\w:.-]/g, "?");
