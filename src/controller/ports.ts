/**
 * What the controller's actions may touch. Each port is an interface with a real implementation in `services`, and a fake one in the tests.
 * Every call takes an AbortSignal and fails with an ActionError whose message an operator can read, or a subclass below that says more.
 */
import type { Observable } from "rxjs";
import { ActionError } from "../base/errors.ts";

/** Common to every call: aborting the signal ends the work at its next safe point. */
export interface CallOptions {
  readonly signal?: AbortSignal;
}

/** What was asked for does not exist at the service: an answer, not a breakdown. */
export class NotFoundError extends ActionError {}
/** What was to be made exists already. */
export class AlreadyExistsError extends ActionError {}
/** The service knows us but does not let us, or does not know us. */
export class AccessDeniedError extends ActionError {}
/** No answer worth the name: down, timed out, 5xx, or not what the service speaks. `mayHaveHappened`: the request may have taken effect. */
export class UnavailableError extends ActionError {
  readonly mayHaveHappened: boolean;
  constructor(message: string, options: ErrorOptions & { readonly mayHaveHappened?: boolean } = {}) {
    super(message, options);
    this.mayHaveHappened = options.mayHaveHappened ?? false;
  }
}

/* ── Files on other hosts ─────────────────────────────────────────────── */

/** What became of one directory. */
export type DirectoryState = "Exists" | "Created";

/** One tree of directories, on one host or one Globus collection. */
export interface DirectoryTree {
  /** The host or collection, as operators know it. */
  readonly name: string;
  /** Absolute, on that host; the parts made by `makeDirectories` lie under it. */
  readonly top: string;
  /**
   * Makes `top`/`parts[0]`/`parts[1]`… where missing, one connection for all. `top` itself must exist.
   * @returns Created if the last part was made now
   */
  makeDirectories(parts: readonly string[], options: CallOptions): Promise<DirectoryState>;
}

/* ── APS Data Management ──────────────────────────────────────────────── */

export interface DmExperiment {
  readonly name: string;
  /** Names such as `d123456`; absent where the service did not say. */
  readonly usernames?: readonly string[];
  readonly dataDirectory?: string;
  readonly description?: string;
}

export interface NewExperiment {
  readonly name: string;
  /** Experiment type as the station defines it, e.g. `7BM`. */
  readonly typeName: string;
  readonly description: string;
  /** Directory level above the experiment, `YYYY-MM`. */
  readonly rootPath: string;
  /** First and last day. */
  readonly start?: Date;
  readonly end?: Date;
}

export interface DmUser {
  readonly username: string;
  readonly badge: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly email?: string;
}

/** Experiments, users and roles; DAQs follow with their commands. */
export interface DataManagement {
  /** @throws NotFoundError when the service says that there is none */
  experimentByName(name: string, options: CallOptions): Promise<DmExperiment>;
  /** Never repeated after a time-out. @throws AlreadyExistsError */
  addExperiment(experiment: NewExperiment, options: CallOptions): Promise<DmExperiment>;
  /** @throws NotFoundError for a badge that the service does not know */
  userByUsername(username: string, options: CallOptions): Promise<DmUser>;
  /** @throws AlreadyExistsError when the user has the role, NotFoundError for an unknown user or experiment */
  addUserToExperiment(username: string, experimentName: string, options: CallOptions): Promise<void>;
  /** Logs in where that is needed; the credentials' state for the AuthDM PV. */
  checkLogin(options: CallOptions): Promise<void>;
}

/* ── Scheduling ───────────────────────────────────────────────────────── */

export interface Experimenter {
  readonly badge: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly email?: string;
  readonly institution?: string;
  readonly isPi: boolean;
}

export interface Beamtime {
  /** Proposal number; absent for time without a proposal. */
  readonly gupId?: string;
  readonly esafId?: string;
  readonly title: string;
  readonly start: Date;
  readonly end: Date;
  readonly experimenters: readonly Experimenter[];
}

export interface Scheduling {
  /** The beamtimes of the run that contains `at`, sorted by start. @throws NotFoundError when no run contains it */
  beamtimes(at: Date, options: CallOptions): Promise<readonly Beamtime[]>;
}

/* ── Globus ───────────────────────────────────────────────────────────── */

/** Credentials' state, as the AuthDM and AuthGlobus PVs show it (decision 15). */
export type AuthState = "Off" | "OK" | "Expiring" | "LoginNeeded";

export interface Identity {
  /** Gets, or renews, what the other Globus ports need. */
  state(options: CallOptions): Promise<{ readonly state: AuthState; readonly expires?: Date }>;
}

/* ── PVs ──────────────────────────────────────────────────────────────── */

/** A PV value as the controller sees it: text in Unicode, an enum as its index. */
export type PvValue = string | number;

/** A put from outside, told while it is being made; the put takes effect unless the listener says otherwise before it returns. */
export interface OutsidePut {
  readonly value: PvValue;
  /** The put fails, and the PV stays as it is. */
  refuse(): void;
  /** The put succeeds, and the PV stays as it is. */
  absorb(): void;
}

/** Our own PVs, by the suffix behind the prefix. Synchronous: they are in this process. */
export interface Pvs {
  get(suffix: string): PvValue;
  /** The present value and every later one, whoever wrote it. */
  value$(suffix: string): Observable<PvValue>;
  /** Puts by clients, before they take effect. */
  puts$(suffix: string): Observable<OutsidePut>;
  /** Writes as the program; works on records that clients cannot write. Text longer than the record is cut. */
  put(suffix: string, value: PvValue): void;
  /** Ends a command: its PV returns to 0, and a waiting put-callback is answered, with an error unless `succeeded`. */
  finish(suffix: string, succeeded: boolean): void;
}

/** One text PV of the beamline (TomoScan's), whatever its native type there. */
export interface BeamlineText {
  readonly connected: boolean;
  /** Undefined until the first value has come. */
  readonly text: string | undefined;
}

/** PVs of other servers, by full name. */
export interface BeamlinePvs {
  /** The present state and every change. Emits `connected: false` at once when the PV goes away. */
  text$(name: string): Observable<BeamlineText>;
}
