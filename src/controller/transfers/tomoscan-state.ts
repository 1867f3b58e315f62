/**
 * What is known of TomoScan's scans, as one plain object: which scan runs, and which have ended and still have no name.
 * What an event makes of it is in tomoscan-step.ts.
 */
import { cleanJson } from "../../base/clean-text.ts";
import type { Severity } from "../pvs/run.ts";
import type { TomoScanScanKey } from "../pvs/tomoscan.ts";
import type { ScanPv, ScanSigns, ScanTexts } from "./tomoscan-signs.ts";

/** A file of a scan that is over; whether it is whole on its disk is not known yet. */
export interface ScanEnd {
  /** As TomoScan names it: an absolute path on the detector host. */
  readonly file: string;
  readonly isAborted: boolean;
  /** Why it counts as aborted, a clause. */
  readonly why?: string;
  /** False: it ended while nobody watched, or may have: the file may be an old one. */
  readonly isObserved: boolean;
  /** When the scan ended, or was found to have ended, ms since 1970. */
  readonly at: number;
  /** Where TomoScan copies the file to by itself, as `user@host:/dir/`. */
  readonly copiesTo?: string;
}

export type TomoScanPhase = "off" | "disconnected" | "idle" | "scanning" | "closing";

export type TomoScanNews =
  | { readonly kind: "state"; readonly state: TomoScanPhase; readonly message: string }
  | { readonly kind: "scan"; readonly end: ScanEnd }
  | { readonly kind: "said"; readonly sentence: string; readonly severity: Severity };

export interface Scan {
  readonly signs: ScanSigns;
  /** FullFileName when the scan began; undefined: not known. */
  readonly fileBefore: string | undefined;
  /** Whether the file plugin's counts were known without a gap. */
  readonly isPluginSeen: boolean;
  /** Whether the file plugin was seen to begin a file. */
  readonly isCaptureSeen: boolean;
}

/** A scan whose file has no name yet. */
export interface EndedScan extends Scan {
  readonly at: number;
  /** When the file plugin is asked, monotonic seconds. */
  readonly due: number;
  /** TomoScan went away meanwhile: FullFileName may have been written unseen. */
  readonly isBlind: boolean;
  readonly copiesTo: string | undefined;
  /** The texts before another scan began, or the camera was switched; undefined: the present texts speak of it. */
  readonly texts: ScanTexts | undefined;
}

/** What had ended when TomoScan was connected: told once the PVs have been read, at the latest when it is due. */
export interface Unseen {
  readonly due: number;
  /** What FullFileName held first. */
  readonly file: string | undefined;
  /** The scan that ran when TomoScan went away. */
  readonly scan: Scan | undefined;
  /** Whether a scan ran when TomoScan was connected. */
  readonly isScanning: boolean;
}

export interface TomoScanState {
  readonly texts: ScanTexts;
  /** The file plugin's prefix as it was last told. */
  readonly prefix: string | undefined;
  /** The scan that runs, or ran when TomoScan went away. */
  readonly scan: Scan | undefined;
  /** Oldest first. */
  readonly ended: readonly EndedScan[];
  readonly unseen: Unseen | undefined;
  /** The file that was told last as observed. */
  readonly lastFile: string | undefined;
  /** Whether `lastFile` was told since TomoScan was connected: the same name again is then no news without a scan. */
  readonly isLastSeen: boolean;
}

export const NOTHING_HEARD: TomoScanState = {
  texts: {},
  prefix: undefined,
  scan: undefined,
  ended: [],
  unseen: undefined,
  lastFile: undefined,
  isLastSeen: false,
};

/** An event: a text of a PV, also an equal one; undefined: it is not connected, or has not told yet. Or only time. */
export interface TomoScanEvent {
  readonly pv?: ScanPv;
  readonly text?: string | undefined;
  /** Wall clock, ms since 1970. */
  readonly at: number;
  /** Monotonic seconds. */
  readonly seconds: number;
}

export type PvNames = (key: TomoScanScanKey) => string;

/** When time alone changes something, monotonic seconds. */
export const dueOf = ({ ended, unseen }: TomoScanState): number | undefined => {
  const all = [...ended.map(({ due }) => due), ...(unseen === undefined ? [] : [unseen.due])];
  return all.length === 0 ? undefined : Math.min(...all);
};

function phaseOf({ texts, scan, ended }: TomoScanState): Exclude<TomoScanPhase, "off"> {
  if (texts.startScan === undefined) return "disconnected";
  if (scan !== undefined) return "scanning";
  return ended.length > 0 ? "closing" : "idle";
}

/** The phase, with a sentence for people. */
export function phaseNews(state: TomoScanState, nameOf: PvNames): TomoScanNews & { readonly kind: "state" } {
  const phase = phaseOf(state);
  const { lastFile } = state;
  const message = {
    disconnected: `${nameOf("startScan")} is not connected: no scan is seen until TomoScan's IOC answers.`,
    idle: lastFile === undefined ? "No scan runs." : `No scan runs; the last was ${cleanJson(lastFile)}.`,
    scanning: "A scan runs.",
    closing: `A scan has ended; ${nameOf("fullFileName")} is to name its file.`,
  }[phase];
  return { kind: "state", state: phase, message };
}
