/**
 * The DataManagement port as operations of DM: which operation does what, with which arguments, and what its answer
 * must be. How an operation gets to DM, over HTTP or through the site's Python package, is not its matter.
 */

import { type Log } from "../../base/log.ts";
import type { DataManagement } from "../../controller/ports/data-management.ts";
import {
  esafsAnswer,
  experimentAnswer,
  experimentsAnswer,
  newExperimentArguments,
  transferAnswer,
  transfersOfStation,
  userAnswer,
} from "./json.ts";
import { DmQuestions, type DmWay } from "./questions.ts";
import type { DmArguments } from "./routes.ts";

/** The role of everyone on an experiment, as DM spells it. */
const USER_ROLE = "User";
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
