/** APS Data Management: experiments, users, DAQs, uploads and safety forms of one station. */
import type { CallOptions } from "./call.ts";
import type { Experimenter } from "./scheduling.ts";

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

/** How a DAQ or an upload treats its files: DM's own words (data-management.md §7.4). */
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

/* What its status says (data-management.md §7.3). */
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
  /**
   * All uploads that the station knows; whether ended ones are among them is the service's matter.
   * @throws NotOfferedError
   */
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
