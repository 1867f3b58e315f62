/** APS Data Management: experiments, users, DAQs, uploads and safety forms of one station. */
import type { CallOptions } from "./call.ts";
import type { Experimenter } from "./scheduling.ts";

export interface DmExperiment {
  readonly name: string;
  /** Names such as `d123456`; absent where the service does not tell, as in lists. */
  readonly usernames?: readonly string[];
  readonly description?: string;
  /** Directory level above the experiment, `YYYY-MM`. */
  readonly rootPath?: string;
  readonly startDate?: Date;
  readonly endDate?: Date;
  readonly storageDirectory?: string;
  readonly dataDirectory?: string;
  readonly analysisDirectory?: string;
  /** DMagic's list: usernames that were mailed, separated by commas. */
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

/** The present state of a DAQ or an upload. */
export interface DmTransfer {
  readonly id: string;
  readonly experimentName: string;
  /** In the very words with which the DAQ or upload was started. */
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
  /** In DM's words, for people. */
  readonly startedAt?: string;
  /** What DM says is wrong with the DAQ or upload. */
  readonly problem?: string;
}

/* What a status says (data-management.md §7.3). */
/** Whether the DAQ or upload looks for new files: in state finalizing it only ends with the files that it has. */
export const isWatching = ({ status }: DmTransfer): boolean => /^(pending|running)$/.test(status);
/** Whether the DAQ or upload is under way. */
export const isUnderWay = ({ status }: DmTransfer): boolean => /^(pending|running|finalizing)$/.test(status);
/** Whether the DAQ or upload still changes, also while it is being aborted. */
export const isMoving = ({ status }: DmTransfer): boolean => /^(pending|running|finalizing|aborting)$/.test(status);
/** Whether the DAQ or upload has ended well; skipped: there was nothing to do. */
export const hasEndedWell = ({ status }: DmTransfer): boolean => /^(done|skipped)$/.test(status);

/** A safety form. */
export interface Esaf {
  readonly esafId: string;
  readonly title: string;
  readonly status: string;
  /** `YYYY-MM-DD`, at the facility; empty where the form has no dates. */
  readonly startDate: string;
  readonly endDate: string;
  readonly doi?: string;
  readonly users: readonly Experimenter[];
}

/** Experiments, users, roles, DAQs, uploads and safety forms of one station. */
export interface DataManagement {
  /** The station's experiments, without their users, in no order. */
  stationExperiments(options: CallOptions): Promise<readonly DmExperiment[]>;
  /** Sets a key of the site's own beside DM's, e.g. `emailedUsers`. */
  setExperimentMetadata(name: string, key: string, value: string, options: CallOptions): Promise<void>;
  /** Never repeated after a time-out. @throws NotFoundError */
  deleteExperiment(name: string, options: CallOptions): Promise<void>;
  /** @throws NotFoundError when the user has no role on the experiment */
  removeUserFromExperiment(username: string, experimentName: string, options: CallOptions): Promise<void>;
  /** Never repeated after a time-out. DM accepts a directory that does not exist, too. */
  startDaq(experimentName: string, directory: string, task: DmTask, options: CallOptions): Promise<DmTransfer>;
  /** Stops the DAQ that runs for this very directory text. @throws NotFoundError when no DAQ does */
  stopDaq(experimentName: string, directory: string, options: CallOptions): Promise<void>;
  /** All DAQs that the station knows, also ended DAQs. */
  daqs(options: CallOptions): Promise<readonly DmTransfer[]>;
  /** Never repeated after a time-out. */
  startUpload(experimentName: string, directory: string, task: DmTask, options: CallOptions): Promise<DmTransfer>;
  /**
   * All uploads that the station knows; the service decides whether ended uploads are among them.
   * @throws NotOfferedError
   */
  uploads(options: CallOptions): Promise<readonly DmTransfer[]>;
  /** @throws NotFoundError */
  upload(id: string, options: CallOptions): Promise<DmTransfer>;
  /** @throws NotFoundError */
  stopUpload(id: string, options: CallOptions): Promise<void>;
  /** The safety forms of experiments in this year. */
  esafs(year: number, options: CallOptions): Promise<readonly Esaf[]>;
  /** @throws NotFoundError when the service says that there is no such experiment */
  experimentByName(name: string, options: CallOptions): Promise<DmExperiment>;
  /** Never repeated after a time-out. @throws AlreadyExistsError */
  addExperiment(experiment: NewExperiment, options: CallOptions): Promise<DmExperiment>;
  /** @throws NotFoundError for a badge that the service does not know */
  userByUsername(username: string, options: CallOptions): Promise<DmUser>;
  /** @throws AlreadyExistsError when the user has the role, NotFoundError for an unknown user or experiment */
  addUserToExperiment(username: string, experimentName: string, options: CallOptions): Promise<void>;
  /** Logs in where needed; AuthDM shows how the login ended. */
  checkLogin(options: CallOptions): Promise<void>;
}
