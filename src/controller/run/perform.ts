/**
 * Which action a command is, and one run of it, or of its plan in a dry run: the same for the IOC and for the command
 * line.
 */

import type { CommandName } from "../pvs/commands.ts";
import type { Site } from "../site.ts";
import type { ActionOf, RunContext, Server } from "./action.ts";
import { type ActionResult, RejectedError } from "./outcome.ts";

/**
 * The command's action on the chosen server, or the one that does not depend on it.
 * @throws RejectedError when there is none
 */
export function actionOf<N extends CommandName>(site: Pick<Site, "actions">, server: Server, name: N): ActionOf<N> {
  const action = server.actions[name] ?? site.actions[name];
  if (action !== undefined) return action;
  throw new RejectedError(
    `${name} does not exist on ${server.name}, a server of kind ${server.kind}; choose another ServerName.`,
  );
}

/** An action as seen with the context that it gets. */
interface Performable<C> {
  readonly plan: (request: C) => readonly string[];
  readonly run: (context: C) => Promise<ActionResult>;
}

/** @throws what the action throws */
export async function perform<C extends RunContext>(
  name: CommandName,
  action: Performable<C>,
  context: C & { readonly experiment?: { readonly name: string } },
): Promise<ActionResult> {
  const { say, experiment } = context;
  if (Number(context.input("Testing")) === 1) {
    return { state: "Done", message: `Dry run: ${action.plan(context).join("; ")}.` };
  }
  say(`${name} has begun${experiment === undefined ? "" : ` for ${experiment.name}`}.`);
  return action.run(context);
}
