/**
 * The DataManagement port over DM's web services: operations of the route table, sent with each service's session, their JSON read
 * tolerantly. It decides nothing: whether an experiment that exists is used or refused is the action's business.
 */
import * as z from "zod";
import type { Clock } from "../base/clock.ts";
import { ActionError, messageOf } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { LoginSource } from "../base/login-file.ts";
import { PATIENT, retry } from "../base/retry.ts";
import type { CallOptions, DataManagement, DmExperiment, DmUser, NewExperiment } from "../controller/ports.ts";
import { dmDate } from "./dm-encoding.ts";
import { resultOf } from "./dm-errors.ts";
import {
  DM_SERVICES,
  type DmArguments,
  type DmOperation,
  type DmRoutes,
  type DmServiceKey,
  targetOf,
} from "./dm-routes.ts";
import { DmSession } from "./dm-session.ts";
import { type HttpRequest, HttpUnavailableError, httpVerdict, label, type TlsTrust } from "./http.ts";

export interface DmHttpOptions {
  /** Base URLs `https://host:port`. The storage service is needed; another one only for its own operations. */
  readonly urls: { readonly ds: string } & { readonly [K in DmServiceKey]?: string | undefined };
  /** As DM calls it, e.g. `2BM`. */
  readonly station: string;
  readonly login: LoginSource;
  readonly routes: DmRoutes;
  readonly tls?: TlsTrust | undefined;
  readonly clock: Clock;
  readonly log: Log;
  /** For one request; default 60. */
  readonly timeoutSeconds?: number | undefined;
}

/** The port, and what DAQs, uploads and listings are built on. */
export interface DmHttp extends DataManagement {
  /**
   * Any operation of the route table. Reads are repeated when that may help, everything else only when it certainly was not done.
   * @returns the answer's JSON, unchecked
   */
  call(operation: DmOperation, args: DmArguments, options: CallOptions): Promise<unknown>;
  close(): Promise<void>;
}

const TIMEOUT_SECONDS = 60;
/** The role of everyone on an experiment, as DM spells it. */
const USER_ROLE = "User";

/** @throws ActionError for a station or URL that is missing or cannot be used */
export function createDmHttp(options: DmHttpOptions): DmHttp {
  const { station } = options;
  if (station === "") throw new ActionError("DM needs the station's name; set [dm] station (DM_STATION_NAME)");
  const connection: Connection = { ...options, sessions: openSessions(options) };
  const { ds } = connection.sessions;
  return {
    call: (operation, args, { signal }) => callDm(connection, operation, args, z.unknown(), signal),
    experimentByName: async (name, { signal }) => {
      const args = { experimentName: name, stationName: station };
      return experimentOf(await callDm(connection, "getExperimentByName", args, experimentSchema, signal));
    },
    addExperiment: async (experiment, { signal }) => {
      const args = newExperimentArguments(experiment, station);
      return experimentOf(await callDm(connection, "addExperiment", args, experimentSchema, signal));
    },
    userByUsername: async (username, { signal }) =>
      userOf(await callDm(connection, "getUserByUsername", { username }, userSchema, signal)),
    addUserToExperiment: async (username, experimentName, { signal }) => {
      const args = { username, roleName: USER_ROLE, experimentName, stationName: station };
      await callDm(connection, "addUserExperimentRole", args, z.unknown(), signal);
    },
    stationExperiments: unfinished,
    setExperimentMetadata: unfinished,
    deleteExperiment: unfinished,
    removeUserFromExperiment: unfinished,
    startDaq: unfinished,
    stopDaq: unfinished,
    daqs: unfinished,
    startUpload: unfinished,
    upload: unfinished,
    stopUpload: unfinished,
    esafs: unfinished,
    checkLogin: ({ signal }) => patiently(connection, signal, async () => ds?.check(signal)),
    close: async () => {
      await Promise.all(Object.values(connection.sessions).map((session) => session.close()));
    },
  };
}

const unfinished = (): Promise<never> => Promise.reject(new ActionError("This is not finished yet."));

type Sessions = Readonly<Partial<Record<DmServiceKey, DmSession>>>;
type Connection = DmHttpOptions & { readonly sessions: Sessions };

function openSessions({ urls, login, tls, clock, log, timeoutSeconds = TIMEOUT_SECONDS }: DmHttpOptions): Sessions {
  const sessions: Partial<Record<DmServiceKey, DmSession>> = {};
  for (const [key, { name }] of Object.entries(DM_SERVICES) as [DmServiceKey, { readonly name: string }][]) {
    const url = urls[key];
    if (url === undefined || url === "") continue;
    sessions[key] = new DmSession({ name, url, login, tls, clock, log, timeoutSeconds });
  }
  if (sessions.ds === undefined) throw noUrl("ds");
  return sessions;
}

/** DM's own client takes 127.0.0.1 when a URL is not set, and fails far from the cause. */
function noUrl(key: DmServiceKey): ActionError {
  const { name, setting } = DM_SERVICES[key];
  return new ActionError(`The ${name} has no URL; set ${setting}`);
}

/** One operation: its route, its session, repeated where that is harmless, its JSON checked. */
function callDm<S extends z.ZodType>(
  connection: Connection,
  operation: DmOperation,
  args: DmArguments,
  schema: S,
  signal: AbortSignal | undefined,
): Promise<z.output<S>> {
  const { sessions, routes, clock } = connection;
  return patiently(connection, signal, async () => {
    const { route, path, readable } = targetOf(routes, operation, args);
    const session = sessions[route.service];
    if (session === undefined) throw noUrl(route.service);
    const timeoutSeconds = Math.max(route.timeoutSeconds ?? 0, connection.timeoutSeconds ?? TIMEOUT_SECONDS);
    const request: HttpRequest = { method: route.method, path, route: readable, signal, timeoutSeconds };
    const json = resultOf(session.service, request, await session.exchange(request), clock);
    const checked = schema.safeParse(json);
    if (checked.success) return checked.data;
    const problem = z.prettifyError(checked.error).replaceAll("\n", " ");
    const message = `${label(session.service, request)}: the answer is not what ${operation} gives (${problem})`;
    throw new HttpUnavailableError(message, { mayHaveHappened: route.method !== "GET", worthRepeating: false });
  });
}

/** Repeats `attempt` while its failures may pass and certainly had no effect. */
function patiently<T>(
  { clock, log }: DmHttpOptions,
  signal: AbortSignal | undefined,
  attempt: () => Promise<T>,
): Promise<T> {
  const onRepeat = (thrown: unknown, waitSeconds: number): void =>
    log.warn(`${messageOf(thrown)}; asking again in ${waitSeconds.toFixed(1)} s`);
  return retry(attempt, { policy: PATIENT, clock, signal, verdict: httpVerdict, onRepeat });
}

/* ── JSON ─────────────────────────────────────────────────────────────── */

/** A member that may be absent, null or empty; then undefined. */
const optionalText = z
  .string()
  .nullish()
  .transform((text) => (text === null || text === "" ? undefined : text));
/** DM writes some numbers as text and some texts as numbers. */
const anyText = z.union([z.string(), z.number()]).transform(String);

/** dm-api §7.1. Lists leave the usernames out; some experiments have no directories. Unknown members are dropped. */
const experimentSchema = z.object({
  name: z.string().min(1),
  description: optionalText,
  experimentUsernameList: z.array(z.string()).nullish(),
  dataDirectory: optionalText,
});

/** dm-api §7.2. */
const userSchema = z.object({
  username: z.string().min(1),
  badge: anyText.nullish(),
  firstName: optionalText,
  lastName: optionalText,
  email: optionalText,
});

function experimentOf(json: z.output<typeof experimentSchema>): DmExperiment {
  const { name, description, experimentUsernameList: usernames, dataDirectory } = json;
  return {
    name,
    ...(usernames != null && { usernames }),
    ...(dataDirectory !== undefined && { dataDirectory }),
    ...(description !== undefined && { description }),
  };
}

function userOf({ username, badge, firstName, lastName, email }: z.output<typeof userSchema>): DmUser {
  return {
    username,
    // A username is `d` and the badge.
    badge: badge ?? username.replace(/^d/, ""),
    firstName: firstName ?? "",
    lastName: lastName ?? "",
    ...(email !== undefined && { email }),
  };
}

/** As the Python method takes them (dm-api §6). */
function newExperimentArguments(experiment: NewExperiment, station: string): DmArguments {
  const { name, typeName, description, rootPath, start, end } = experiment;
  return {
    experimentName: name,
    stationName: station,
    typeName,
    description,
    rootPath,
    startDate: start === undefined ? undefined : dmDate(start),
    endDate: end === undefined ? undefined : dmDate(end),
  };
}
