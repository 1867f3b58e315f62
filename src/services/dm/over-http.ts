/**
 * The DataManagement port over DM's web services: operations of the route table, sent with each service's session. What
 * the answers mean is json.ts's matter. It decides nothing: whether an experiment that exists is used or refused is the
 * action's business.
 */
import type { Clock } from "../../base/clock.ts";
import { ActionError, pieceOf } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";
import type { LoginSource } from "../../base/login-file.ts";
import { PATIENT, retry } from "../../base/retry.ts";
import type { DataManagement } from "../../controller/ports/data-management.ts";
import { type HttpRequest, httpVerdict, label, type TlsTrust } from "../http.ts";
import { resultOf } from "./errors.ts";
import { dmPort } from "./port.ts";
import type { DmAnswer, DmWay } from "./questions.ts";
import {
  DM_SERVICES,
  type DmArguments,
  type DmOperation,
  type DmRoutes,
  type DmServiceKey,
  noUrl,
  targetOf,
} from "./routes.ts";
import { DmSession } from "./session.ts";

export interface DmHttpOptions {
  /** Base URLs `https://host:port`. The storage service is needed; another service only for its own operations. */
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
   * Any operation of the route table. Reads are repeated when that may help, everything else only when it certainly was
   * not done.
   */
  readonly way: DmWay;
  close(): Promise<void>;
}

const TIMEOUT_SECONDS = 60;

/** @throws ActionError for a station or URL that is missing or cannot be used */
export function createDmHttp(options: DmHttpOptions): DmHttp {
  const { station, log } = options;
  if (station === "") throw new ActionError("DM needs the station's name; set [dm] station (DM_STATION_NAME)");
  const connection: OpenDmHttp = { ...options, sessions: openSessions(options) };
  const way: DmWay = {
    ask: (operation, args, { signal }) => callDm(connection, operation, args, signal),
    checkLogin: ({ signal }) => patiently(connection, signal, async () => connection.sessions.ds?.check(signal)),
  };
  return {
    ...dmPort(station, way, log),
    way,
    close: async () => {
      await Promise.all(Object.values(connection.sessions).map((session) => session.close()));
    },
  };
}

type Sessions = Readonly<Partial<Record<DmServiceKey, DmSession>>>;
type OpenDmHttp = DmHttpOptions & { readonly sessions: Sessions };

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

/** One operation: its route, its session, repeated where that is harmless. */
function callDm(
  connection: OpenDmHttp,
  operation: DmOperation,
  args: DmArguments,
  signal: AbortSignal | undefined,
): Promise<DmAnswer> {
  const { sessions, routes, clock } = connection;
  return patiently(connection, signal, async () => {
    const { route, path, readable } = targetOf(routes, operation, args);
    const session = sessions[route.service];
    if (session === undefined) throw noUrl(route.service);
    const timeoutSeconds = Math.max(route.timeoutSeconds ?? 0, connection.timeoutSeconds ?? TIMEOUT_SECONDS);
    const request: HttpRequest = { method: route.method, path, route: readable, signal, timeoutSeconds };
    const json = resultOf(session.service, request, await session.exchange(request), clock);
    return { json, by: label(session.service, request) };
  });
}

/** Repeats `attempt` while its failures may pass and certainly had no effect. */
function patiently<T>(
  { clock, log }: DmHttpOptions,
  signal: AbortSignal | undefined,
  attempt: () => Promise<T>,
): Promise<T> {
  const onRepeat = (thrown: unknown, waitSeconds: number): void =>
    log.warn(`${pieceOf(thrown)}; asking again in ${waitSeconds.toFixed(1)} s`);
  return retry(attempt, { policy: PATIENT, clock, signal, verdict: httpVerdict, onRepeat });
}
