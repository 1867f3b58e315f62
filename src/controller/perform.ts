/** One run of an action, or of its plan in a dry run: the same for the IOC and for the command line. */
import type { RunContext } from "./action.ts";
import type { ActionResult } from "./outcome.ts";
import type { CommandName } from "./pvs.ts";

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
    const plan = action.plan(context);
    for (const sentence of plan) say(`Dry run: ${sentence}.`);
    return { state: "Done", message: `Dry run: ${plan.join("; ")}.` };
  }
  say(`${name} has begun${experiment === undefined ? "" : ` for ${experiment.name}`}.`);
  return action.run(context);
}
