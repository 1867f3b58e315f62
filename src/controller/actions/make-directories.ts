/** Dirs: the experiment's directory on the detector and on the analysis host. */
import { ActionError, messageOf } from "../../base/errors.ts";
import type { Action, ActionContext } from "../action.ts";
import { directoryParts, type Experiment } from "../experiment.ts";
import type { DirectoryTree } from "../ports.ts";
import { DIRECTORY_STATES, type PvName } from "../pvs.ts";

/** One tree to make the directory in, and the PVs that tell of it. */
export interface DirectoryTarget {
  readonly tree: DirectoryTree;
  /** Levels below the tree's top, e.g. `{exp}` or `{ym}/{exp}`. */
  readonly template: string;
  readonly statePv: PvName;
  readonly pathPv: PvName;
}

export const directoryPath = (target: DirectoryTarget, experiment: Experiment): string =>
  [target.tree.top.replace(/\/+$/, ""), ...directoryParts(target.template, experiment)].join("/");

const place = (target: DirectoryTarget, experiment: Experiment): string =>
  `${target.tree.name}:${directoryPath(target, experiment)}`;

/**
 * All targets at once, each reported on its own: Done when all have the directory, Partial when some have, Failed when none has.
 */
export function makeDirectories(targets: readonly DirectoryTarget[]): Action {
  return {
    plan: ({ experiment }) => targets.map((target) => `would make ${place(target, experiment)}`),
    run: async (context) => {
      const results = await Promise.all(targets.map((target) => makeOne(target, context)));
      const sentence = results.map((result) => result.sentence).join("; ");
      const failed = results.filter((result) => result.error !== undefined);
      if (failed.length === results.length && failed[0] !== undefined) {
        throw failed.length === 1 ? failed[0].error : new AggregateActionError(sentence, { cause: failed[0].error });
      }
      context.signal.throwIfAborted();
      return { state: failed.length === 0 ? "Done" : "Partial", message: `${sentence}.` };
    },
  };
}

/** Several directories failed; the message tells of each. */
class AggregateActionError extends ActionError {}

interface OneResult {
  readonly sentence: string;
  readonly error?: unknown;
}

async function makeOne(target: DirectoryTarget, context: ActionContext): Promise<OneResult> {
  const { experiment, signal, publish } = context;
  const where = place(target, experiment);
  try {
    const state = await target.tree.makeDirectories(directoryParts(target.template, experiment), { signal });
    publish(target.statePv, DIRECTORY_STATES.indexOf(state));
    return { sentence: state === "Created" ? `${where} was made` : `${where} exists` };
  } catch (error) {
    publish(target.statePv, DIRECTORY_STATES.indexOf("Error"));
    return { sentence: messageOf(error), error };
  }
}
