/**
 * DM's JSON ↔ the port's shapes: each schema reads one kind of answer tolerantly and gives what the port promises
 * (data-management.md §7). Unknown members are dropped; a member that may be missing may also be null, empty, or a
 * number that is written as text. Sends nothing.
 */
import * as z from "zod";
import type { DmExperiment, DmTransfer, DmUser, Esaf, NewExperiment } from "../../controller/ports/data-management.ts";
import type { Experimenter } from "../../controller/ports/scheduling.ts";
import { dmDate } from "./encoding.ts";
import { listOf, neededText, optionalDate, optionalNumber, optionalText, present } from "./members.ts";
import type { DmArguments } from "./routes.ts";

/* ── Experiments and users ────────────────────────────────────────────── */

/** data-management.md §7.1: lists leave the usernames and directories out, and look-ups some of the directories. */
export const experimentAnswer = z
  .object({
    name: neededText,
    description: optionalText,
    experimentUsernameList: z.array(z.string().nullable()).nullish(),
    rootPath: optionalText,
    startDate: optionalDate,
    endDate: optionalDate,
    storageDirectory: optionalText,
    dataDirectory: optionalText,
    analysisDirectory: optionalText,
    // Not DM's own: DMagic keeps it there.
    emailedUsers: optionalText,
  })
  .transform(
    ({ experimentUsernameList, ...rest }): DmExperiment =>
      present({ ...rest, usernames: experimentUsernameList?.filter((name) => name !== null) }),
  );
export const experimentsAnswer = listOf(experimentAnswer);

/** data-management.md §7.2. A username is `d` and the badge. */
export const userAnswer = z
  .object({
    username: neededText,
    badge: optionalText,
    firstName: optionalText,
    lastName: optionalText,
    email: optionalText,
  })
  .transform(
    ({ username, badge, firstName, lastName, email }): DmUser => ({
      username,
      badge: badge ?? username.replace(/^d/, ""),
      firstName: firstName ?? "",
      lastName: lastName ?? "",
      ...present({ email }),
    }),
  );

/** As the Python method takes them (data-management.md §6). */
export function newExperimentArguments(experiment: NewExperiment, stationName: string): DmArguments {
  const { name, typeName, description, rootPath, start, end } = experiment;
  return {
    experimentName: name,
    stationName,
    typeName,
    description,
    rootPath,
    startDate: start === undefined ? undefined : dmDate(start),
    endDate: end === undefined ? undefined : dmDate(end),
  };
}

/* ── DAQs and uploads ─────────────────────────────────────────────────── */

/** More files than an experiment has; the sum of two such counts is still a LONG. */
const MOST_FILES = 1e9;
/** Undefined for what is no count of files: a PV would show a negative count as not known. */
const optionalCount = optionalNumber.transform((count) =>
  count === undefined || count < 0 || count > MOST_FILES ? undefined : Math.trunc(count),
);

/** data-management.md §7.3. What is not counted yet is not there. */
const transferMembers = z.object({
  id: neededText,
  experimentName: neededText,
  // Compared with what it was started with, so not a blank is taken away.
  dataDirectory: z.string(),
  status: neededText,
  countFiles: optionalCount,
  nFiles: optionalCount,
  nCompletedFiles: optionalCount,
  nProcessedFiles: optionalCount,
  nProcessingErrors: optionalCount,
  percentageComplete: optionalNumber,
  runTime: optionalNumber,
  startTime: optionalNumber,
  endTime: optionalNumber,
  startTimestamp: optionalText,
  errorMessage: optionalText,
});

/** One DAQ or upload. */
export const transferAnswer = transferMembers.transform(transferOf);

const stationOf = z.object({ experimentStationName: optionalText });

/** DAQs, or uploads, of all stations → those of ours. A DAQ without a station may be ours. */
export const transfersOfStation = (station: string) =>
  listOf(transferAnswer, (json) => (stationOf.safeParse(json).data?.experimentStationName ?? station) === station);

function transferOf(json: z.output<typeof transferMembers>): DmTransfer {
  const { id, experimentName, dataDirectory, status, startTime, endTime } = json;
  const filesDone = json.nCompletedFiles ?? json.nProcessedFiles ?? 0;
  const filesTotal = json.countFiles ?? json.nFiles ?? 0;
  const percent = json.percentageComplete ?? (filesTotal > 0 ? (100 * filesDone) / filesTotal : 0);
  const runSeconds = json.runTime ?? (startTime === undefined || endTime === undefined ? 0 : endTime - startTime);
  return {
    id,
    experimentName,
    dataDirectory,
    status: status.toLowerCase(),
    filesDone,
    filesTotal,
    percent: Math.min(100, Math.max(0, percent)),
    errors: json.nProcessingErrors ?? 0,
    runSeconds: Math.max(0, runSeconds),
    ...present({ startedAt: json.startTimestamp, problem: json.errorMessage }),
  };
}

/* ── Safety forms ─────────────────────────────────────────────────────── */

/** data-management.md §7.7. The days are the facility's own, so they stay text. */
const day = optionalText.transform((value) => /^\d{4}-\d{2}-\d{2}/.exec(value ?? "")?.[0] ?? "");

const esafUser = z
  .object({
    badge: optionalText,
    badgeNumber: optionalText,
    firstName: optionalText,
    lastName: optionalText,
    email: optionalText,
    institution: optionalText,
    piFlag: z.unknown().optional(),
  })
  .transform(
    ({ badge, badgeNumber, firstName, lastName, email, institution, piFlag }): Experimenter => ({
      badge: badge ?? badgeNumber ?? "",
      firstName: firstName ?? "",
      lastName: lastName ?? "",
      ...present({ email, institution }),
      isPi: piFlag === true || (typeof piFlag === "string" && /^y(es)?$/i.test(piFlag.trim())),
    }),
  );

/** The safety forms of a station. */
export const esafsAnswer = listOf(
  z
    .object({
      esafId: neededText,
      esafTitle: optionalText,
      esafStatus: optionalText,
      experimentStartDate: day,
      experimentEndDate: day,
      doi: optionalText,
      experimentUsers: z.array(esafUser.nullable()).nullish(),
    })
    .transform(
      (json): Esaf => ({
        esafId: json.esafId,
        title: json.esafTitle ?? "",
        status: json.esafStatus ?? "",
        startDate: json.experimentStartDate,
        endDate: json.experimentEndDate,
        ...present({ doi: json.doi }),
        users: (json.experimentUsers ?? []).filter((user) => user !== null),
      }),
    ),
);
