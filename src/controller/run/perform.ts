/**
 * One run of a command from the chosen server to the result: its inputs, the experiment where the command needs one,
 * its action, or the action's plan in a dry run. The same for the IOC and for the command line. A failure becomes an
 * outcome elsewhere (outcome.ts).
 */

import type { Experiment } from "../experiment.ts";
import type { Pvs } from "../ports/pvs.ts";
import { COMMANDS, type CommandName } from "../pvs/commands.ts";
import type { Site } from "../site.ts";
import {
  type ActionContext,
  type ActionOf,
  type FreeAction,
  flagInput,
  type RunAbout,
  type RunContext,
  type Server,
} from "./action.ts";
import { takeInputs } from "./inputs.ts";
import { type ActionResult, RejectedError } from "./outcome.ts";

/** Where a command runs: on the PVs of an IOC, or on the values that the command line holds instead. */
export interface RunPlace extends Pick<RunContext, "signal" | "say" | "isUncut" | "isRunning"> {
  readonly pvs: Pick<Pvs, "get" | "put">;
  /** The experiment of the tag, once the tag has settled; asked for where the command needs an experiment. */
  readonly experiment: () => Promise<Experiment>;
  /** Wraps the work; absent: the work runs as it is. */
  readonly around?: (about: RunAbout, work: () => Promise<ActionResult>) => Promise<ActionResult>;
}

/** @throws what the action throws, RejectedError without an action or an experiment, the signal's reason */
export async function performCommand(
  site: Pick<Site, "actions" | "servers">,
  name: CommandName,
  place: RunPlace,
): Promise<ActionResult> {
  const { pvs, signal, experiment: tagged, around = (_about, work) => work(), ...given } = place;
  const server = chosenServer(site, pvs);
  const action = actionOf(site, server, name);
  const context: RunContext = {
    ...given,
    signal,
    input: takeInputs(pvs),
    publish: (suffix, value) => pvs.put(suffix, value),
  };
  const about = { isDry: isDryRun(context), server: server.name };
  signal.throwIfAborted();
  if (COMMANDS[name].needs === "nothing") return around(about, () => perform(name, action as FreeAction, context));
  const experiment = await tagged();
  signal.throwIfAborted();
  return around({ ...about, experiment: experiment.name }, () =>
    perform<ActionContext>(name, action, { ...context, experiment }),
  );
}

/** The server that ServerName names. */
export const chosenServer = ({ servers }: Pick<Site, "servers">, pvs: Pick<Pvs, "get">): Server =>
  servers[Number(pvs.get("ServerName"))] ?? servers[0]; // the first server before anybody has chosen

/**
 * The command's action on the chosen server, or the action that does not depend on the server.
 * @throws RejectedError when there is no such action
 */
export function actionOf<N extends CommandName>(site: Pick<Site, "actions">, server: Server, name: N): ActionOf<N> {
  const action = server.actions[name] ?? site.actions[name];
  if (action !== undefined) return action;
  throw new RejectedError(
    `${name} does not exist on ${server.name}, a server of kind ${server.kind}; choose another ServerName.`,
  );
}

/** An action, typed by the context that it gets. */
interface Performable<C> {
  readonly plan: (request: C) => readonly string[] | Promise<readonly string[]>;
  readonly run: (context: C) => Promise<ActionResult>;
}

async function perform<C extends RunContext>(
  name: CommandName,
  action: Performable<C>,
  context: C & { readonly experiment?: { readonly name: string } },
): Promise<ActionResult> {
  const { say, experiment } = context;
  if (isDryRun(context)) return { state: "Done", message: `Dry run: ${(await action.plan(context)).join("; ")}.` };
  say(`${name} has begun${experiment === undefined ? "" : ` for ${experiment.name}`}.`);
  return action.run(context);
}

const isDryRun = (context: RunContext): boolean => flagInput(context, "Testing");
