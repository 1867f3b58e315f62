/**
 * The Scheduling port over the APS scheduling service: the run that contains a time, and its beamtimes at one beamline.
 * Reads only; which beamtime counts is the action's business (data-management.md §8).
 */
import * as z from "zod";
import type { Clock } from "../../base/clock.ts";
import { ActionError, pieceOf } from "../../base/errors.ts";
import { facilityDay } from "../../base/facility-time.ts";
import type { Log } from "../../base/log.ts";
import { type LoginSource, readLogin } from "../../base/login-file.ts";
import { PATIENT, retry } from "../../base/retry.ts";
import { AccessDeniedError, NotFoundError } from "../../controller/ports/call.ts";
import type { Beamtime, Run, Scheduling } from "../../controller/ports/scheduling.ts";
import {
  createHttpService,
  describeAnswer,
  type HttpRequest,
  type HttpService,
  HttpUnavailableError,
  httpVerdict,
  jsonOf,
  label,
  statusError,
  type TlsTrust,
} from "../http.ts";
import { optionalText } from "../json-text.ts";
import { type BeamtimeMore, beamtimeDetails, experimentersOf } from "./details.ts";
import { parseTime } from "./time.ts";

export interface SchedulingHttpOptions {
  /** `https://host`. */
  readonly url: string;
  /** As the service calls it, e.g. `2-BM-A,B`. */
  readonly beamline: string;
  readonly login: LoginSource;
  readonly tls?: TlsTrust | undefined;
  readonly clock: Clock;
  readonly log: Log;
  /** For one request; default 60. */
  readonly timeoutSeconds?: number | undefined;
}

const ROOT = "/beamline-scheduling/sched-api";
const TIMEOUT_SECONDS = 60;

export interface SchedulingHttp extends Scheduling {
  close(): Promise<void>;
}

/** @throws ActionError for a beamline or URL that is missing or cannot be used */
export function createSchedulingHttp(options: SchedulingHttpOptions): SchedulingHttp {
  const { beamline, timeoutSeconds = TIMEOUT_SECONDS } = options;
  if (beamline === "")
    throw new ActionError("The scheduling service needs the beamline's name; set [scheduling] beamline, e.g. 2-BM-A,B");
  let password = "";
  const service = createHttpService({
    ...options,
    name: "scheduling service",
    timeoutSeconds,
    secrets: () => [password],
  });
  const get: Get = (path, schema, signal) => {
    const attempt = async (): Promise<z.output<typeof schema>> => {
      const login = await readLogin(options.login);
      password = login.password;
      const headers = { authorization: basic(login.username, login.password), accept: "application/json" };
      return ask(service, { method: "GET", path, headers, signal }, schema, options.clock);
    };
    const onRepeat = (thrown: unknown, wait: number): void =>
      options.log.warn(`${pieceOf(thrown)}; asking again in ${wait.toFixed(1)} s`);
    return retry(attempt, { policy: PATIENT, clock: options.clock, signal, verdict: httpVerdict, onRepeat });
  };
  return {
    runs: async ({ signal }) => runsOf(await get(`${ROOT}/run/getAllRuns`, runsSchema, signal)),
    beamtimes: async (at, { signal }) => {
      const run = await runThatContains(at, get, service, signal);
      return beamtimesOf(await activitiesOf(run, beamline, get, signal), service, options.log);
    },
    close: () => service.close(),
  };
}

/** One GET with its JSON checked. */
type Get = <S extends z.ZodType>(path: string, schema: S, signal: AbortSignal | undefined) => Promise<z.output<S>>;

/** The service has no such call: it may have the older call. */
class NoSuchCallError extends ActionError {}

async function ask<S extends z.ZodType>(
  service: HttpService,
  request: HttpRequest,
  schema: S,
  clock: Clock,
): Promise<z.output<S>> {
  const answer = await service.exchange(request);
  if (answer.status === 404)
    throw new NoSuchCallError(`${label(service, request)}: ${describeAnswer(service, answer)}`);
  if (answer.status === 401)
    throw new AccessDeniedError(
      `${label(service, request)}: ${describeAnswer(service, answer)}; is the login in the file of [scheduling] credentials right?`,
    );
  if (answer.status < 200 || answer.status > 299) throw statusError(service, request, answer, clock);
  const json = jsonOf(service, request, answer);
  const refusal = refusalSchema.safeParse(json);
  if (refusal.success) {
    const said = service.clean(refusal.data.message);
    throw new AccessDeniedError(
      `${label(service, request)}: it says "${said}"; has this account authority for the beamline?`,
    );
  }
  const checked = schema.safeParse(json);
  if (checked.success) return checked.data;
  const problem = z.prettifyError(checked.error).replaceAll("\n", " ");
  const message = `${label(service, request)}: the answer is not what was expected (${problem})`;
  throw new HttpUnavailableError(message, { mayHaveHappened: false, worthRepeating: false });
}

function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`, "utf8").toString("base64")}`;
}

/* ── Runs ─────────────────────────────────────────────────────────────── */

async function runThatContains(
  at: Date,
  get: Get,
  service: HttpService,
  signal: AbortSignal | undefined,
): Promise<string> {
  const runs = runsOf(await get(`${ROOT}/run/getAllRuns`, runsSchema, signal));
  const current = runs.find(({ start, end }) => start <= at && at <= end);
  if (current !== undefined) return current.name;
  throw new NotFoundError(`The ${service.name} (${service.address}) has no run that contains ${facilityDay(at)}`);
}

/** Sorted by start; a run whose times cannot be read is none. */
function runsOf(rows: z.output<typeof runsSchema>): readonly Run[] {
  const runs = rows.flatMap(({ runName: name, startTime, endTime }) => {
    const [start, end] = [parseTime(startTime), parseTime(endTime)];
    return start === undefined || end === undefined ? [] : [{ name, start, end }];
  });
  return runs.sort((a, b) => a.start.getTime() - b.start.getTime());
}

/* ── Beamtimes ────────────────────────────────────────────────────────── */

/**
 * From `schedule`, which has what is scheduled but not activated yet too; from `activity` where the service has no
 * other.
 */
async function activitiesOf(
  run: string,
  beamline: string,
  get: Get,
  signal: AbortSignal | undefined,
): Promise<readonly Activity[]> {
  const where = `${encodeURIComponent(run)}/${encodeURIComponent(beamline).replaceAll("%2C", ",")}`;
  try {
    const path = `${ROOT}/schedule/findByRunNameAndScheduleName/${where}`;
    return (await get(path, schedulesSchema, signal)).flatMap(({ activities }) => activities ?? []);
  } catch (thrown) {
    if (!(thrown instanceof NoSuchCallError)) throw thrown;
    return get(`${ROOT}/activity/findByRunNameAndBeamlineId/${where}`, z.array(activitySchema), signal);
  }
}

/** Sorted by start; an activity whose times cannot be read is left out, and said so. */
function beamtimesOf(activities: readonly Activity[], service: HttpService, log: Log): readonly Beamtime[] {
  const beamtimes: Beamtime[] = [];
  for (const { startTime, endTime, experimentId, beamtime } of activities) {
    const [start, end] = [parseTime(startTime), parseTime(endTime)];
    if (start === undefined || end === undefined) {
      log.warn(
        `the ${service.name} has a beamtime with a time that cannot be read (${startTime} to ${endTime}); left out`,
      );
      continue;
    }
    const { gupId, proposalTitle, experimenters } = beamtime?.proposal ?? {};
    const known = {
      ...(gupId !== undefined && { gupId }),
      ...(experimentId !== undefined && { esafId: experimentId }),
      title: proposalTitle ?? "",
      start,
      end,
      experimenters: experimentersOf(
        (experimenters ?? []).map(({ piFlag, ...one }) => ({ ...one, isMarkedPi: isYes(piFlag) })),
      ),
    };
    beamtimes.push({ ...known, details: beamtimeDetails(known, moreOf(beamtime)) });
  }
  return beamtimes.sort((a, b) => a.start.getTime() - b.start.getTime());
}

/** What only `show` tells of it. */
function moreOf(beamtime: Activity["beamtime"]): BeamtimeMore {
  const { proposalType, submittedDate, proprietaryFlag, mailInFlag } = beamtime?.proposal ?? {};
  return {
    type: proposalType?.display,
    submitted: submittedDate,
    shiftsGranted: beamtime?.grantedShifts,
    shiftsScheduled: beamtime?.scheduledShifts,
    isProprietary: proprietaryFlag === undefined ? undefined : isYes(proprietaryFlag),
    isMailIn: mailInFlag === undefined ? undefined : isYes(mailInFlag),
  };
}

/** Flags are `Y` and `N`, or `Yes` and `No` (data-management.md §7.8). */
const isYes = (flag: string | undefined): boolean => /^y/i.test(flag ?? "");

/* ── JSON ─────────────────────────────────────────────────────────────── */

/** What comes instead of a list when the service refuses. */
const refusalSchema = z.object({ message: z.string() });
const runsSchema = z.array(z.object({ runName: z.string(), startTime: z.string(), endTime: z.string() }));
const experimenterSchema = z.object({
  badge: optionalText,
  firstName: optionalText,
  lastName: optionalText,
  institution: optionalText,
  email: optionalText,
  piFlag: optionalText,
});
const proposalSchema = z.object({
  gupId: optionalText,
  proposalTitle: optionalText,
  submittedDate: optionalText,
  proprietaryFlag: optionalText,
  mailInFlag: optionalText,
  proposalType: z.object({ display: optionalText }).nullish(),
  experimenters: z.array(experimenterSchema).nullish(),
});
const activitySchema = z.object({
  startTime: z.string(),
  endTime: z.string(),
  /** The ESAF's number, until then null. */
  experimentId: optionalText,
  beamtime: z
    .object({ grantedShifts: optionalText, scheduledShifts: optionalText, proposal: proposalSchema.nullish() })
    .nullish(),
});
type Activity = z.output<typeof activitySchema>;
const schedulesSchema = z.array(z.object({ activities: z.array(activitySchema).nullish() }));
