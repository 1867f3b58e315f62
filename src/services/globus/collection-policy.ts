/**
 * Whether a collection takes plain transfers, read from its own description before anything is submitted. Permissions
 * are not looked at: Transfer says those itself. globus.md §3.3.
 */
import { transfer } from "@globus/sdk";
import { z } from "zod";
import { oneLine } from "../../base/clean-text.ts";
import type { CallOptions } from "../../controller/ports/call.ts";
import { readAnswer } from "./answer.ts";
import type { GlobusCall } from "./call.ts";
import type { NamedCollection } from "./collection.ts";
import { TRANSFER_SERVER } from "./scopes.ts";

const sideSchema = z.object({ flow: z.string().nullish() }).nullish().catch(undefined);

/** Null, absent, and of another form are alike: the collection then says nothing that we understand. */
const collectionSchema = z.object({
  entity_type: z.string().nullish().catch(undefined),
  non_functional: z.boolean().nullish().catch(undefined),
  associated_flow_policy: z
    .object({ transfer: z.object({ source: sideSchema, destination: sideSchema }).nullish() })
    .nullish()
    .catch(undefined),
});

/** Why it takes no plain transfer in this role, a sentence; undefined: it does. @throws NotFoundError */
export async function transferRefusal(
  call: GlobusCall,
  { id, name }: NamedCollection,
  role: "source" | "destination",
  options: CallOptions,
): Promise<string | undefined> {
  const what = `describe ${name}`;
  const answer = await call(
    {
      what,
      resourceServer: TRANSFER_SERVER,
      send: (headers, sdk) => transfer.endpoint.get(id, { headers }, sdk),
      repeatable: true,
    },
    options,
  );
  const { associated_flow_policy: policy, ...kind } = readAnswer(collectionSchema, what, answer);
  if (kind.entity_type === "GCSv5_endpoint")
    return `${name} (${id}) is an endpoint, not a collection: set the id of one of its collections.`;
  if (kind.non_functional === true)
    return `The collection ${name} (${id}) works no more at Globus: set the id of the one that took its place.`;
  const flow = policy?.transfer?.[role]?.flow ?? "";
  if (flow === "") return undefined;
  const through = `${name} takes transfers as a ${role} through its flow ${oneLine(flow)} alone`;
  const instead = role === "destination" ? "let the destination be of kind flow with it" : "set another collection";
  return `${through}: ${instead}, or let its administrator take that rule away.`;
}
