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

/** How an operation is asked, and what comes of its answer. */
class DmQuestions {
  readonly #way: DmWay;
  readonly #log: Log;
  /** What was said last of each list. */
  readonly #told = new Map<DmOperation, string>();

  constructor(way: DmWay, log: Log) {
    this.#way = way;
    this.#log = log;
  }

  async ask<S extends z.ZodType>(
    operation: DmOperation,
    args: DmArguments,
    schema: S,
    call: CallOptions,
  ): Promise<z.output<S>> {
    const { json, by } = await this.#way.ask(operation, args, call);
    const checked = schema.safeParse(json);
    if (checked.success) return checked.data;
    const problem = z.prettifyError(checked.error).replaceAll("\n", " ");
    throw new UnavailableError(`${by}: the answer is not what ${operation} gives (${problem})`, {
      mayHaveHappened: DM_ROUTES[operation].method !== "GET",
    });
  }

  /** An operation that is done or not. */
  async run(operation: DmOperation, args: DmArguments, call: CallOptions): Promise<void> {
    await this.ask(operation, args, z.unknown(), call);
  }

  /**
   * What can be read of a list. What cannot is left out and said, once until it changes, since lists are asked for
   * again and again.
   */
  async list<T>(
    operation: DmOperation,
    args: DmArguments,
    schema: z.ZodType<Listed<T>>,
    call: CallOptions,
  ): Promise<readonly T[]> {
    const { list, unread } = await this.ask(operation, args, schema, call);
    const problem = oneLine(unread[0] ?? "").slice(0, MOST_CHARACTERS);
    const sentence = `DM's answer to ${operation}: entries that cannot be read are left out, ${unread.length} in all; the first: ${problem}`;
    if (unread.length > 0 && sentence !== this.#told.get(operation)) this.#log.warn(sentence);
    this.#told.set(operation, sentence);
    return list;
  }
}

export function dmPort(station: string, way: DmWay, log: Log): DataManagement {
  const dm = new DmQuestions(way, log);
  const named = (experimentName: string): DmArguments => ({ experimentName, stationName: station });
  const role = (username: string, name: string): DmArguments => ({ ...named(name), username, roleName: USER_ROLE });
  return {
    experimentByName: (name, call) => dm.ask("getExperimentByName", named(name), experimentAnswer, call),
    stationExperiments: (call) => dm.list("getExperimentsByStation", { stationName: station }, experimentsAnswer, call),
    addExperiment: (experiment, call) =>
      dm.ask("addExperiment", newExperimentArguments(experiment, station), experimentAnswer, call),
    setExperimentMetadata: (experimentName, key, value, call) =>
      dm.run("upsertExperimentMetadata", { experimentName, key, value }, call),
    deleteExperiment: (name, call) => dm.run("deleteExperimentByName", named(name), call),
    userByUsername: (username, call) => dm.ask("getUserByUsername", { username }, userAnswer, call),
    addUserToExperiment: (username, name, call) => dm.run("addUserExperimentRole", role(username, name), call),
    removeUserFromExperiment: (username, name, call) => dm.run("deleteUserExperimentRole", role(username, name), call),
    startDaq: (experimentName, dataDirectory, taskInfo, call) =>
      dm.ask("startDaq", { experimentName, dataDirectory, taskInfo }, transferAnswer, call),
    stopDaq: (experimentName, dataDirectory, call) => dm.run("stopDaq", { experimentName, dataDirectory }, call),
    daqs: (call) => dm.list("listDaqs", {}, transfersOfStation(station), call),
    startUpload: (experimentName, dataDirectory, taskInfo, call) =>
      dm.ask("upload", { experimentName, dataDirectory, taskInfo }, transferAnswer, call),
    uploads: (call) => dm.list("listUploads", {}, transfersOfStation(station), call),
    upload: (id, call) => dm.ask("getUploadInfo", { id }, transferAnswer, call),
    stopUpload: (id, call) => dm.run("stopUpload", { id }, call),
    checkLogin: (call) => way.checkLogin(call),
    esafs: (year, call) => dm.list("listStationEsafs", { stationName: station, year }, esafsAnswer, call),
  };
}
