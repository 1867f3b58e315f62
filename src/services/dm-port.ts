/**
 * The DataManagement port as operations of DM: which operation does what, with which arguments, and what its answer must be. How an operation gets to
 * DM, over HTTP or through the site's Python package, is not its matter.
 */
import * as z from "zod";
import type { CallOptions, DataManagement } from "../controller/ports.ts";
import {
  esafsAnswer,
  experimentAnswer,
  newExperimentArguments,
  transferAnswer,
  transfersOfStation,
  userAnswer,
} from "./dm-json.ts";
import type { DmArguments, DmOperation } from "./dm-routes.ts";

/** Does one operation and checks its answer's JSON. */
export type DmAsk = <S extends z.ZodType>(
  operation: DmOperation,
  args: DmArguments,
  schema: S,
  options: CallOptions,
) => Promise<z.output<S>>;

/** The role of everyone on an experiment, as DM spells it. */
const USER_ROLE = "User";

/** All of the port but the login, which each way has its own of. */
export function dmPort(station: string, ask: DmAsk): Omit<DataManagement, "checkLogin"> {
  /** An operation that is done or not. */
  const run = async (operation: DmOperation, args: DmArguments, call: CallOptions): Promise<void> => {
    await ask(operation, args, z.unknown(), call);
  };
  const named = (experimentName: string): DmArguments => ({ experimentName, stationName: station });
  const role = (username: string, name: string): DmArguments => ({ ...named(name), username, roleName: USER_ROLE });
  return {
    experimentByName: (name, call) => ask("getExperimentByName", named(name), experimentAnswer, call),
    stationExperiments: (call) =>
      ask("getExperimentsByStation", { stationName: station }, z.array(experimentAnswer), call),
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
    daqs: (call) => ask("listDaqs", {}, transfersOfStation(station), call),
    startUpload: (experimentName, dataDirectory, taskInfo, call) =>
      ask("upload", { experimentName, dataDirectory, taskInfo }, transferAnswer, call),
    upload: (id, call) => ask("getUploadInfo", { id }, transferAnswer, call),
    stopUpload: (id, call) => run("stopUpload", { id }, call),
    esafs: (year, call) => ask("listStationEsafs", { stationName: station, year }, esafsAnswer, call),
  };
}
