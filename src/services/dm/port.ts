/**
 * The DataManagement port as operations of DM: which operation does what, with which arguments, and what its answer
 * must be. How an operation gets to DM, over HTTP or through the site's Python package, is not its matter.
 */

import * as z from "zod";
import { oneLine } from "../../base/clean-text.ts";
import { type Log } from "../../base/log.ts";
import { type CallOptions, UnavailableError } from "../../controller/ports/call.ts";
import type { DataManagement } from "../../controller/ports/data-management.ts";
import {
  esafsAnswer,
  experimentAnswer,
  experimentsAnswer,
  type Listed,
  newExperimentArguments,
  transferAnswer,
  transfersOfStation,
  userAnswer,
} from "./json.ts";
import { DM_ROUTES, type DmArguments, type DmOperation } from "./routes.ts";

/** A way to DM: over HTTP, through the site's Python package, or none. */
export interface DmWay {
  /** Does one operation. */
  ask(operation: DmOperation, args: DmArguments, options: CallOptions): Promise<DmAnswer>;
  checkLogin(options: CallOptions): Promise<void>;
}
export interface DmAnswer {
  /** As it came, unchecked. */
  readonly json: unknown;
  /** Who gave it, at the beginning of a sentence. */
  readonly by: string;
}

/** The role of everyone on an experiment, as DM spells it. */
const USER_ROLE = "User";
/** Of what is wrong with an entry. */
const MOST_CHARACTERS = 300;

export function dmPort(station: string, way: DmWay, log: Log): DataManagement {
  const ask = async <S extends z.ZodType>(
    operation: DmOperation,
    args: DmArguments,
    schema: S,
    options: CallOptions,
  ): Promise<z.output<S>> => {
    const { json, by } = await way.ask(operation, args, options);
    const checked = schema.safeParse(json);
    if (checked.success) return checked.data;
    const problem = z.prettifyError(checked.error).replaceAll("\n", " ");
    throw new UnavailableError(`${by}: the answer is not what ${operation} gives (${problem})`, {
      mayHaveHappened: DM_ROUTES[operation].method !== "GET",
    });
  };
  /** An operation that is done or not. */
  const run = async (operation: DmOperation, args: DmArguments, call: CallOptions): Promise<void> => {
    await ask(operation, args, z.unknown(), call);
  };
  const told = new Map<DmOperation, string>();
  /**
   * What can be read of a list. What cannot is left out and said, once until it changes, since lists are asked for
   * again and again.
   */
  const list = async <T>(
    operation: DmOperation,
    args: DmArguments,
    schema: z.ZodType<Listed<T>>,
    call: CallOptions,
  ): Promise<readonly T[]> => {
    const { list: entries, unread } = await ask(operation, args, schema, call);
    const problem = oneLine(unread[0] ?? "").slice(0, MOST_CHARACTERS);
    const sentence = `DM's answer to ${operation}: entries that cannot be read are left out, ${unread.length} in all; the first: ${problem}`;
    if (unread.length > 0 && sentence !== told.get(operation)) log.warn(sentence);
    told.set(operation, sentence);
    return entries;
  };
  const named = (experimentName: string): DmArguments => ({ experimentName, stationName: station });
  const role = (username: string, name: string): DmArguments => ({ ...named(name), username, roleName: USER_ROLE });
  return {
    experimentByName: (name, call) => ask("getExperimentByName", named(name), experimentAnswer, call),
    stationExperiments: (call) => list("getExperimentsByStation", { stationName: station }, experimentsAnswer, call),
    addExperiment: (experiment, call) =>
      ask("addExperiment", newExperimentArguments(experiment, station), experimentAnswer, call),
    setExperimentMetadata: (experimentName, key, value, call) =>
      run("upsertExperimentMetadata", { experimentName, key, value }, call),
    deleteExperiment: (name, call) => run("deleteExperimentByName", named(name), call),
    userByUsername: (username, call) => ask("getUserByUsername", { username }, userAnswer, call),
    addUserToExperiment: (username, name, call) => run("addUserExperimentRole", role(username, name), call),
    removeUserFromExperiment: (username, name, call) => run("deleteUserExperimentRole", role(username, name), call),
    startDaq: (experimentName, dataDirectory, taskInfo, call) =>
      ask("startDaq", { experimentName, dataDirectory, taskInfo }, transferAnswer, call),
    stopDaq: (experimentName, dataDirectory, call) => run("stopDaq", { experimentName, dataDirectory }, call),
    daqs: (call) => list("listDaqs", {}, transfersOfStation(station), call),
    startUpload: (experimentName, dataDirectory, taskInfo, call) =>
      ask("upload", { experimentName, dataDirectory, taskInfo }, transferAnswer, call),
    uploads: (call) => list("listUploads", {}, transfersOfStation(station), call),
    upload: (id, call) => ask("getUploadInfo", { id }, transferAnswer, call),
    stopUpload: (id, call) => run("stopUpload", { id }, call),
    checkLogin: (call) => way.checkLogin(call),
    esafs: (year, call) => list("listStationEsafs", { stationName: station, year }, esafsAnswer, call),
  };
}
