/** A record of the ledger, from JSON. */
import { z } from "zod";
import type { MailRecord } from "../../controller/ports/ledger.ts";

const schema = z.object({
  state: z.enum(["sending", "sent", "refused", "unsent", "uncertain"]),
  at: z.string(),
  reason: z.string().optional(),
});

/** @returns undefined for what is no record of this version */
export function readMailRecord(json: string): MailRecord | undefined {
  const data = schema.safeParse(parsed(json)).data;
  if (data === undefined) return undefined;
  const { state, at, reason } = data;
  return { state, at, ...(reason !== undefined && { reason }) };
}

/** undefined when it is no JSON: that is no record either. */
function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
