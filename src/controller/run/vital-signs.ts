/** The PVs that show that the program lives: version, times, heartbeat, watchdog, and the state of its credentials. */
import {
  catchError,
  defer,
  distinctUntilChanged,
  EMPTY,
  exhaustMap,
  filter,
  finalize,
  from,
  interval,
  map,
  merge,
  type Observable,
  of,
  type SchedulerLike,
  skip,
  startWith,
  switchMap,
  tap,
} from "rxjs";
import type { Clock } from "../../base/clock.ts";
import { asSentence, CancelledError, clauseOf, messageOf } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";
import { uptime } from "../../base/uptime.ts";
import { UnavailableError } from "../ports/call.ts";
import type { Identity } from "../ports/identity.ts";
import type { Pvs } from "../ports/pvs.ts";
import type { PvName } from "../pvs/index.ts";
import { UNKNOWN_COUNT } from "../pvs/row.ts";
import type { Severity } from "../pvs/run.ts";
import { AUTH_STATES } from "../pvs/run.ts";
import { isoTime } from "./journal.ts";

/** What the watchdog counts down from, seconds; TomoScan's family writes 5 every 3 s. */
const WATCHDOG_COUNT = 5;
/** Seconds between two looks at the credentials. */
const AUTH_PERIOD_SECONDS = 300;
/** Seconds between two looks at the files that credentials come from. */
const FILES_PERIOD_SECONDS = 2;

/** The credentials whose state is shown. */
export interface AuthWatch {
  readonly dm: Identity;
  readonly globus: Identity;
  /** A text that changes when a file that credentials come from changes; absent where there is no such file. */
  readonly filesState?: () => Promise<string>;
}

export interface VitalSignsOptions {
  readonly pvs: Pvs;
  readonly auth: AuthWatch;
  readonly version: string;
  readonly hostname: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Tells operators. */
  readonly tell: (sentence: string, severity: Severity) => void;
  readonly scheduler?: SchedulerLike;
}

/** @param again$ emits when the credentials are worth another look */
export function vitalSigns$(options: VitalSignsOptions, again$: Observable<unknown>): Observable<unknown> {
  const { pvs, clock, scheduler } = options;
  const put = (name: PvName, value: string | number): void => pvs.put(name, value);
  const started = clock.monotonic();
  const births$ = defer(() => {
    put("Version", options.version);
    put("Hostname", options.hostname);
    put("StartTime", isoTime(clock));
    return of(undefined);
  });
  const beats$ = interval(1000, scheduler).pipe(
    startWith(-1),
    tap((beat) => {
      put("Heartbeat", beat + 1);
      put("Uptime", uptime(clock.monotonic() - started));
      put("Watchdog", WATCHDOG_COUNT);
    }),
  );
  return merge(births$, beats$, auth$(options, again$));
}

/** Looks now and then, and at once when a file has changed: a look with the former file is given up. */
function auth$(options: VitalSignsOptions, again$: Observable<unknown>): Observable<unknown> {
  const { pvs, auth, scheduler } = options;
  const told = new Map<PvName, string>();
  const { filesState } = auth;
  const changed$ =
    filesState === undefined
      ? EMPTY
      : interval(FILES_PERIOD_SECONDS * 1000, scheduler).pipe(
          startWith(-1),
          exhaustMap(() => from(filesState())),
          distinctUntilChanged(),
          skip(1),
        );
  const now$ = merge(
    interval(AUTH_PERIOD_SECONDS * 1000, scheduler).pipe(map(() => false)),
    again$.pipe(map(() => true)), // quietly: the command that failed has told why, and its message is to be read
  );
  const look$ = now$.pipe(
    startWith(false),
    filter(() => pvs.get("Testing") !== 1), // a dry run reaches nobody
    exhaustMap((isQuiet) =>
      merge(
        watch$(options, { told, isQuiet }, auth.dm, "AuthDM"),
        watch$(options, { told, isQuiet }, auth.globus, "AuthGlobus", "TokenExpires"),
      ),
    ),
  );
  return changed$.pipe(
    startWith(undefined),
    switchMap(() => look$),
  );
}

/**
 * One look at a credential. While its service cannot be reached the state stays. Any other failure is shown as
 * LoginNeeded, and told once, with the time of the next look.
 * @param news what operators were told of the state PVs, and whether news goes to the log alone
 */
function watch$(
  { pvs, clock, log, tell }: VitalSignsOptions,
  { told, isQuiet }: { readonly told: Map<PvName, string>; readonly isQuiet: boolean },
  identity: Identity,
  statePv: PvName,
  expiryPv?: PvName,
): Observable<unknown> {
  const needed = (why: string): void => {
    if (isQuiet || told.get(statePv) === why) return log.warn(asSentence(`${statePv}: ${why}`));
    told.set(statePv, why);
    tell(
      `${statePv} is LoginNeeded, since ${why}; asked again when its file has changed, after each command, and at the latest in ${AUTH_PERIOD_SECONDS / 60} minutes.`,
      "MAJOR",
    );
  };
  return defer(() => {
    const abort = new AbortController();
    return from(identity.state({ signal: abort.signal })).pipe(
      tap(({ state, expires, why }) => {
        pvs.put(statePv, AUTH_STATES.indexOf(state));
        if (state === "LoginNeeded") needed(why === undefined ? "there is no login, or it is over" : clauseOf(why));
        else if (told.delete(statePv)) tell(`${statePv} is ${state} again.`, "NO_ALARM");
        const hours =
          expires === undefined ? UNKNOWN_COUNT : Math.max(0, (expires.getTime() - clock.now()) / 3_600_000);
        if (expiryPv !== undefined) pvs.put(expiryPv, hours);
      }),
      catchError((thrown: unknown) => {
        if (thrown instanceof UnavailableError) log.warn(messageOf(thrown));
        else {
          pvs.put(statePv, AUTH_STATES.indexOf("LoginNeeded"));
          needed(clauseOf(thrown));
        }
        return EMPTY;
      }),
      finalize(() =>
        abort.abort(new CancelledError(`The look at ${statePv} was given up: its file has changed, or the IOC ends.`)),
      ),
    );
  });
}
