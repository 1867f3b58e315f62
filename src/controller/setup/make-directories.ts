/**
 * Dirs: the experiment's directory on the detector and on the analysis host, and, where SetFilePath says so, TomoScan's
 * FilePath.
 */

import { ActionError, AppError, asSentence, CancelledError, clauseOf, messageOf, pieceOf } from "../../base/errors.ts";
import { directoryParts, type Experiment, pathUnder } from "../experiment.ts";
import type { DirectoryTree } from "../ports/directories.ts";
import type { PvName } from "../pvs/index.ts";
import { DIRECTORY_STATES } from "../pvs/setup.ts";
import { type Action, type ActionContext, type ActionRequest, flagInput } from "../run/action.ts";
import { serviceFailure } from "../run/failure.ts";
import type { TomoScan } from "../tomoscan.ts";
import { setFilePath } from "./file-path.ts";

/** One tree in which to make the directory, and the PVs that tell of the directory. */
export interface DirectoryTarget {
  readonly tree: DirectoryTree;
  /** Levels below the tree's top, e.g. `{exp}` or `{ym}/{exp}`. */
  readonly template: string;
  readonly statePv: PvName;
  readonly pathPv: PvName;
}

export const directoryPath = (target: DirectoryTarget, experiment: Experiment): string =>
  target.tree.top === "" ? "" : pathUnder(target.tree.top, directoryParts(target.template, experiment));

const place = (target: DirectoryTarget, experiment: Experiment): string =>
  `${target.tree.name}:${directoryPath(target, experiment)}`;

/** The directory that TomoScan's FilePath is set to. */
const FILE_PATH_PV: PvName = "DetectorDir";

/**
 * Works on all targets at once and reports each on its own: Done when all have the directory, Partial when some have
 * it, Failed when none has.
 * @param tomoScan whose FilePath SetFilePath sets
 */
export function makeDirectories(targets: readonly DirectoryTarget[], tomoScan: TomoScan): Action {
  const detector = targets.find(({ pathPv }) => pathPv === FILE_PATH_PV);
  const filePathTarget = (request: ActionRequest): DirectoryTarget | undefined =>
    flagInput(request, "SetFilePath") ? detector : undefined;
  return {
    plan: (request) => [
      ...targets.map((target) => `would make ${place(target, request.experiment)}`),
      ...[filePathTarget(request)].flatMap((target) =>
        target === undefined
          ? []
          : [`would set ${tomoScan.nameOf("filePath")} to ${directoryPath(target, request.experiment)}/`],
      ),
    ],
    run: async (context) => {
      const results = await Promise.all(targets.map((target) => makeOne(target, context)));
      const failed = results.filter(({ error }) => error !== undefined);
      // Thrown when all targets have ended, so that nothing goes on behind a run that is over.
      const bug = failed.find(({ error }) => !(error instanceof AppError));
      if (bug !== undefined) throw bug.error;
      if (failed.length === results.length && failed[0] !== undefined) {
        if (failed.length === 1) throw failed[0].error;
        throw new AggregateActionError(sentenceOf(results), { cause: failed[0].error });
      }
      context.signal.throwIfAborted();
      const target = filePathTarget(context);
      const isThere = results.some((result) => result.target === target && result.error === undefined);
      if (target !== undefined && isThere) results.push(await tellTomoScan(tomoScan, target, context));
      const isWhole = results.every(({ error }) => error === undefined);
      return { state: isWhole ? "Done" : "Partial", message: asSentence(sentenceOf(results)) };
    },
  };
}

/** Several directories failed; the message tells of each. */
class AggregateActionError extends ActionError {}

interface OneResult {
  readonly target: DirectoryTarget;
  readonly sentence: string;
  readonly error?: unknown;
}

const sentenceOf = (results: readonly OneResult[]): string =>
  results.map(({ sentence }, index) => (index === 0 ? pieceOf : clauseOf)(sentence)).join("; ");

async function makeOne(target: DirectoryTarget, context: ActionContext): Promise<OneResult> {
  const { experiment, signal, publish } = context;
  const where = place(target, experiment);
  try {
    const state = await target.tree.makeDirectories(directoryParts(target.template, experiment), { signal });
    publish(target.statePv, DIRECTORY_STATES.indexOf(state));
    return { target, sentence: state === "Created" ? `${where} was made` : `${where} exists` };
  } catch (error) {
    publish(target.statePv, DIRECTORY_STATES.indexOf("Error"));
    return { target, sentence: messageOf(error), error };
  }
}

/** The directories are there by now: what fails here makes the run partial. */
async function tellTomoScan(tomoScan: TomoScan, target: DirectoryTarget, context: ActionContext): Promise<OneResult> {
  try {
    const path = await setFilePath(tomoScan, directoryPath(target, context.experiment), context);
    return { target, sentence: `${tomoScan.nameOf("filePath")} is ${path}` };
  } catch (error) {
    if (context.signal.aborted)
      throw new CancelledError(
        `${messageOf(error)} The directories are there; TomoScan's FilePath is perhaps not set: run Dirs again.`,
      );
    const failure = serviceFailure(error);
    return { target, sentence: messageOf(failure), error: failure };
  }
}
