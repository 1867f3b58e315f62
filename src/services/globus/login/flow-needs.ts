/** What a flow does in the name of whoever starts it, read from the flow as Flows has it. globus.md §3.2. */
import { flows } from "@globus/sdk";
import { z } from "zod";
import type { CallOptions } from "../../../controller/ports/call.ts";
import { readAnswer } from "../answer.ts";
import type { GlobusCall } from "../call.ts";
import { LoginNeededError } from "../errors.ts";
import { absentFlow } from "../flows/flows-request.ts";
import { FLOWS_SERVER } from "../scopes.ts";
import type { WantedFlow } from "./wants.ts";

const flowSchema = z.object({
  globus_auth_scope: z.string().nullish().catch(undefined),
  definition: z.unknown(),
});

/** Transfer's action provider, and its addresses of earlier years. */
const TRANSFER_PROVIDER = /\/\/(transfer\.actions|actions(\.automate)?)\.globus\.org\//;

interface FlowNeeds extends WantedFlow {
  /** Whether the login can look at the flow; else it may be one that was deleted, whose scope nobody knows. */
  readonly isSeen: boolean;
}

/**
 * Where the login cannot look at the flow yet, it counts as one that transfers: nearly all do.
 * @throws NotFoundError, UnavailableError
 */
export async function flowNeeds(
  call: GlobusCall,
  { id, name }: { readonly id: string; readonly name: string },
  options: CallOptions,
): Promise<FlowNeeds> {
  const what = `show the flow ${name}`;
  try {
    const answer = await call(
      {
        what,
        resourceServer: FLOWS_SERVER,
        send: (headers, sdk) => flows.flows.get(id, { headers }, sdk),
        repeatable: true,
        advice: { absent: absentFlow(name) },
      },
      options,
    );
    const { globus_auth_scope: scope, definition } = readAnswer(flowSchema, what, answer);
    const text = JSON.stringify(definition ?? null);
    return {
      id,
      name,
      ...(typeof scope === "string" && scope !== "" && { scope }),
      usesTransfer: definition === undefined || definition === null || TRANSFER_PROVIDER.test(text),
      isSeen: true,
    };
  } catch (thrown) {
    if (thrown instanceof LoginNeededError) return { id, name, usesTransfer: true, isSeen: false };
    throw thrown;
  }
}
