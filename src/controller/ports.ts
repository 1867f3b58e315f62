/**
 * What the controller's actions may touch, in one file because it is one contract: whoever writes an action, a service or a fake reads it from end to end.
 * Each port is an interface with a real implementation in `services`, and a fake one in the tests.
 * Every call takes an AbortSignal and fails with an ActionError whose message an operator can read, or a subclass below that says more.
 */

import type { Observable } from "rxjs";
import { ActionError } from "../base/errors.ts";
import type { SourceReport } from "../base/source-look.ts";
import type { OutsidePut } from "./ports/outside-put.ts";

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
/** The service may have it, but nobody can say how it is asked for at this site; the sentence says what to do. Nothing was sent. */
export class NotOfferedError extends ActionError {}
/** No answer worth the name: down, timed out, 5xx, or not what the service speaks. `mayHaveHappened`: the request may have taken effect. */
export class UnavailableError extends ActionError {
  readonly mayHaveHappened: boolean;
  constructor(message: string, options: ErrorOptions & { readonly mayHaveHappened?: boolean } = {}) {
    super(message, options);
    this.mayHaveHappened = options.mayHaveHappened ?? false;
  }
}

/** The settings leave the service off: its sentence says which one is missing. Nothing was asked, and nothing is broken. */
export class OffError extends ActionError {}

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
  /** Names such as `d123456`; absent where the service did not say, as in lists. */
  readonly usernames?: readonly string[];
  readonly description?: string;
  /** Directory level above the experiment, `YYYY-MM`. */
  readonly rootPath?: string;
  readonly startDate?: Date;
  readonly endDate?: Date;
  readonly storageDirectory?: string;
  readonly dataDirectory?: string;
  readonly analysisDirectory?: string;
  /** What DMagic keeps there: usernames that were mailed, separated by commas. */
  readonly emailedUsers?: string;
}

export interface NewExperiment {
  readonly name: string;
  /** Experiment type as the station defines it, e.g. `99ID`. */
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

/** How a DAQ or an upload treats its files: DM's own words (dm-api §7.4). */
export interface DmTask {
  readonly processExistingFiles?: boolean;
  readonly useAnalysisDirectoryAsRoot?: boolean;
}

/** A DAQ or an upload, as it stands. */
export interface DmTransfer {
  readonly id: string;
  readonly experimentName: string;
  /** In the very words with which it was started. */
  readonly dataDirectory: string;
  /** DM's word: pending, running, finalizing, done, failed, skipped, aborting, aborted. */
  readonly status: string;
  readonly filesDone: number;
  readonly filesTotal: number;
  /** 0 to 100. */
  readonly percent: number;
  /** Files that could not be processed. */
  readonly errors: number;
  readonly runSeconds: number;
  /** As DM writes it, for people. */
  readonly startedAt?: string;
  /** What DM says is wrong with it. */
  readonly problem?: string;
}

/* What its status says (dm-api §7.3). */
/** Whether it looks for new files. One that is finalizing only ends with those that it has. */
export const isWatching = ({ status }: DmTransfer): boolean => /^(pending|running)$/.test(status);
/** Whether it is under way. */
export const isUnderWay = ({ status }: DmTransfer): boolean => /^(pending|running|finalizing)$/.test(status);
/** Whether it changes still, also while it is being aborted. */
export const isMoving = ({ status }: DmTransfer): boolean => /^(pending|running|finalizing|aborting)$/.test(status);
/** Whether it has ended well; skipped: there was nothing to do. */
export const hasEndedWell = ({ status }: DmTransfer): boolean => /^(done|skipped)$/.test(status);

/** A safety form. */
export interface Esaf {
  readonly esafId: string;
  readonly title: string;
  readonly status: string;
  /** `YYYY-MM-DD`, at the facility; empty where there is none. */
  readonly startDate: string;
  readonly endDate: string;
  readonly doi?: string;
  readonly users: readonly Experimenter[];
}

/** Experiments, users, roles, DAQs, uploads and safety forms of one station. */
export interface DataManagement {
  /** Those of the station, without users, in no order. */
  stationExperiments(options: CallOptions): Promise<readonly DmExperiment[]>;
  /** A key of the site's own beside DM's, e.g. `emailedUsers`. */
  setExperimentMetadata(name: string, key: string, value: string, options: CallOptions): Promise<void>;
  /** Never repeated after a time-out. @throws NotFoundError */
  deleteExperiment(name: string, options: CallOptions): Promise<void>;
  /** @throws NotFoundError when the user has no role on it */
  removeUserFromExperiment(username: string, experimentName: string, options: CallOptions): Promise<void>;
  /** Never repeated after a time-out. Accepts a directory that does not exist, too. */
  startDaq(experimentName: string, directory: string, task: DmTask, options: CallOptions): Promise<DmTransfer>;
  /** Stops the one that runs for this very directory text. @throws NotFoundError when there is none */
  stopDaq(experimentName: string, directory: string, options: CallOptions): Promise<void>;
  /** All DAQs that the station knows, ended ones included. */
  daqs(options: CallOptions): Promise<readonly DmTransfer[]>;
  /** Never repeated after a time-out. */
  startUpload(experimentName: string, directory: string, task: DmTask, options: CallOptions): Promise<DmTransfer>;
  /** All uploads that the station knows; whether ended ones are among them is the service's matter. @throws NotOfferedError */
  uploads(options: CallOptions): Promise<readonly DmTransfer[]>;
  /** @throws NotFoundError */
  upload(id: string, options: CallOptions): Promise<DmTransfer>;
  /** @throws NotFoundError */
  stopUpload(id: string, options: CallOptions): Promise<void>;
  /** The safety forms whose experiment lies in this year. */
  esafs(year: number, options: CallOptions): Promise<readonly Esaf[]>;
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
  /** What else `show` tells of it, as label and text, in the order in which it is told. */
  readonly details?: readonly (readonly [label: string, text: string])[];
}

export interface Run {
  /** Such as `2026-1`. */
  readonly name: string;
  readonly start: Date;
  readonly end: Date;
}

/** The service, or a site's own file in its place. */
export interface Scheduling {
  /** All runs, sorted by start. */
  runs(options: CallOptions): Promise<readonly Run[]>;
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

/** One who may use a directory of a collection. */
export interface AccessGrant {
  /** The rule's id; what is taken away is taken by it. */
  readonly id: string;
  /** Globus identity. */
  readonly identity: string;
  /** Globus user name, such as `noether@example.org`; the identity where it cannot be looked up. */
  readonly username: string;
  readonly name?: string;
  readonly email?: string;
  /** Directory that it is for, with a slash at its end. */
  readonly path: string;
  /** `r` or `rw`. */
  readonly permissions: string;
}

/** Access rules of one Globus guest collection. */
export interface AccessRules {
  /** The collection, as operators know it. */
  readonly name: string;
  /** Rules for this very directory, given as its parts below the collection's top. */
  list(parts: readonly string[], options: CallOptions): Promise<readonly AccessGrant[]>;
  /**
   * Lets the Globus user of that name, or e-mail address, read the directory.
   * @returns Exists when a rule says so already
   * @throws NotFoundError when Globus knows nobody by that name, and may not make an identity for it
   */
  grant(parts: readonly string[], username: string, options: CallOptions): Promise<DirectoryState>;
  /** Takes a rule away. @throws NotFoundError when it is gone already */
  revoke(id: string, options: CallOptions): Promise<void>;
}

/* ── E-mail ───────────────────────────────────────────────────────────── */

/** One message to one recipient. */
export interface Mail {
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  /** Plain text. */
  readonly text: string;
  /** Beside the plain text, where there is any. */
  readonly html?: string;
  /** Without brackets; the same for the same message to the same recipient. */
  readonly messageId: string;
}

/** What the mail server said of a message: it took it, or would not have it, in its own words. */
export type MailAnswer = { readonly accepted: true } | { readonly accepted: false; readonly reason: string };

/** One connection to the mail server. */
export interface MailSession {
  /**
   * @returns the server's answer, also a refusal of the recipient
   * @throws UnavailableError when there was none: `mayHaveHappened` tells whether the message may have been taken
   */
  send(mail: Mail, options: CallOptions): Promise<MailAnswer>;
  close(): Promise<void>;
}

export interface Mailer {
  /** @throws UnavailableError, AccessDeniedError: nothing was sent */
  open(options: CallOptions): Promise<MailSession>;
}

/** Texts of the site: message templates, and what tomolog keeps. Read anew each time, never written. */
export interface SiteTexts {
  /** What sentences call the template; empty: none is set. */
  readonly templateName: string;
  /** The template of the e-mail, with the name that sentences give it. @throws ActionError naming the file */
  messageTemplate(): Promise<{ readonly name: string; readonly text: string }>;
  /** Web address of the newest slides of a proposal; undefined where there are none. @throws ActionError for a file that cannot be read */
  slidesLink(gup: string): Promise<string | undefined>;
}

/* ── The ledger ───────────────────────────────────────────────────────── */

/**
 * What is known of one address of one experiment. `unsent`: it was to be sent, and nothing went. `uncertain`: it was `sending` when the program was killed
 * (decision 19).
 */
export interface MailRecord {
  readonly state: "sending" | "sent" | "refused" | "unsent" | "uncertain";
  /** ISO 8601. */
  readonly at: string;
  /** The server's words, for `refused`; why, for `unsent`. */
  readonly reason?: string;
}

/** The durable memory of who was mailed. What was put is on disk when the promise resolves. */
export interface MailLedger {
  /** Sees whether it can be used. @throws ActionError; who looks after the ledger has told it */
  open(): Promise<void>;
  /** By address, in lower case. */
  mailed(experimentName: string): Promise<ReadonlyMap<string, MailRecord>>;
  putMailed(experimentName: string, address: string, record: MailRecord): Promise<void>;
}

/* ── What is under way ────────────────────────────────────────────────── */

/** A command that has begun and not ended. `at`: its last sign of life, ISO 8601. `said`: its last sentence. `ended`: how the IOC's stop in order cut it short. */
type Begun = { readonly command: string; readonly at: string; readonly server: string };
export type BegunCommand = Begun & { readonly experiment?: string; readonly said?: string; readonly ended?: string };

/** The durable memory of what an IOC has under way: its next start is to tell what a crash interrupted. */
export interface UnderWay {
  /** What the last process left, and a sentence when nobody can know. Asked once, at the start. */
  left(): { readonly commands: readonly BegunCommand[]; readonly problem?: string };
  /** Replaces what is remembered. It is on disk when the promise resolves. @throws ActionError naming the file */
  keep(commands: readonly BegunCommand[]): Promise<void>;
}

/* ── Source directories ───────────────────────────────────────────────── */

export type { SourceReport };

/** The host on which DAQs find their data. */
export interface DataHost {
  /** As operators know it. */
  readonly name: string;
  /** Absolute, on that host. */
  readonly top: string;
  /** Looks at `top`/`parts[0]`/…; what goes wrong is a report of UNKNOWN. */
  inspect(parts: readonly string[], options: CallOptions): Promise<SourceReport>;
}

/* ── PVs ──────────────────────────────────────────────────────────────── */

/** A PV value as the controller sees it: text in Unicode, an enum as its index. */
export type PvValue = string | number;
/** What the program may write, arrays too. */
export type PvOutput = PvValue | readonly string[] | readonly number[];

/** Our own PVs, by the suffix behind the prefix. Synchronous: they are in this process. */
export interface Pvs {
  get(suffix: string): PvValue;
  /** The present value and every later one, whoever wrote it. */
  value$(suffix: string): Observable<PvValue>;
  /** Puts by clients, before they take effect. */
  puts$(suffix: string): Observable<OutsidePut>;
  /** Writes as the program; works on records that clients cannot write. Text and arrays longer than the record are cut. */
  put(suffix: string, value: PvOutput): void;
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
  /**
   * Writes a text, whatever the PV's native type, and waits until it was processed.
   * @returns what the PV could hold of it: the text itself, or its beginning
   * @throws UnavailableError when it is not connected, or the put fails
   */
  writeText(name: string, text: string, options: CallOptions): Promise<string>;
  /** Reads a text once. @returns undefined when the PV does not connect or answer in time */
  readText(name: string, options: CallOptions): Promise<string | undefined>;
}
