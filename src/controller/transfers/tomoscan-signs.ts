/**
 * What the texts of TomoScan and of its file plugin say of one scan: whether they name its file, and whether it came to
 * its end. Pure; remembers nothing. integration.md §1.2-1.5.
 */
import { uncleanIn, visible } from "../../base/clean-text.ts";
import { saysNothing } from "../experiment.ts";
import type { FilePluginKey, TomoScanScanKey } from "../pvs/tomoscan.ts";

/** A PV of TomoScan, or of its file plugin. */
export type ScanPv = TomoScanScanKey | FilePluginKey;
/** Texts by PV; a PV that is not connected, or has not told yet, is not in it. A state is its number, or its name. */
export type ScanTexts = Readonly<Partial<Record<ScanPv, string>>>;

/** Bytes of a text that may have been cut at what its PV holds. */
const CUT_BYTES = { fullFileName: 256, pluginFile: 511 } as const;
/** A PV that names a file. */
export type NamingPv = keyof typeof CUT_BYTES;
/** What ScanStatus says at the end of every scan, whether it was aborted or not. */
const COMPLETE = "Scan complete";
/** The names of state 0 in the databases of TomoScan, areaDetector and their relatives. */
const ZERO_NAMES = new Set(["", "done", "no", "none", "off", "idle", "write ok"]);

/** Whether a PV that chooses by state is in another state than its first. */
export const isSet = (text: string): boolean =>
  /^\s*\d+\s*$/.test(text) ? Number(text) > 0 : !ZERO_NAMES.has(text.trim().toLowerCase());

/** ImagesSaved during one scan. */
interface Saved {
  readonly done: number;
  readonly total: number;
  /** The most by which `done` has grown from one text to the next. */
  readonly step: number;
}

/** What was seen while the scan ran. */
export interface ScanSigns {
  /** AbortScan went to 1; what it held before the scan says nothing, for hardly anybody resets it. */
  readonly isAbortSeen: boolean;
  readonly isWriteErrorSeen: boolean;
  readonly saved: Saved | undefined;
  /** ScanStatus said that the scan was complete when StartScan went back to 0. */
  readonly isComplete: boolean;
}

export const NO_SIGNS: ScanSigns = {
  isAbortSeen: false,
  isWriteErrorSeen: false,
  saved: undefined,
  isComplete: false,
};

export const isComplete = (texts: ScanTexts): boolean => texts.scanStatus === COMPLETE;

/** The signs after a PV's event during the scan. @param was the PV's text before */
export function signsAfter(signs: ScanSigns, pv: ScanPv, was: string, is: string): ScanSigns {
  if (pv === "abortScan" && isSet(is) && !isSet(was)) return { ...signs, isAbortSeen: true };
  if (pv === "writeStatus" && isSet(is)) return { ...signs, isWriteErrorSeen: true };
  if (pv === "imagesSaved") return { ...signs, saved: savedAfter(signs.saved, is) };
  return signs;
}

function savedAfter(before: Saved | undefined, text: string): Saved | undefined {
  const [, done, total] = /^\s*(\d+)\s*\/\s*(\d+)\s*$/.exec(text) ?? [];
  if (done === undefined) return before;
  const grown = before === undefined ? Number(done) : Number(done) - before.done;
  return { done: Number(done), total: Number(total), step: Math.max(grown, before?.step ?? 0) };
}

/** Why a scan that ran before our eyes counts as aborted, a clause; undefined: nothing speaks against it. */
export function whyAborted(signs: ScanSigns, texts: ScanTexts, file: string): string | undefined {
  if (signs.isAbortSeen) return "AbortScan was set while it ran";
  if (signs.isWriteErrorSeen) return "the file plugin's WriteStatus was an error while it ran";
  const { scanStatus } = texts;
  if (scanStatus !== undefined && !signs.isComplete && !isComplete(texts))
    return `its ScanStatus was ${visible(scanStatus)} at its end, not "${COMPLETE}"`;
  return whyShort(texts, file) ?? (hasCounts(texts) ? undefined : whyUnsaved(signs.saved));
}

const hasCounts = ({ numCapture, numCaptured }: ScanTexts): boolean =>
  numCapture !== undefined && numCaptured !== undefined;

/** Why the file that the plugin wrote last is not whole, a clause; undefined: it is, or the plugin wrote another. */
export function whyShort(texts: ScanTexts, file: string): string | undefined {
  const { pluginFile = file, numCaptured, numCapture, writeStatus } = texts;
  if (pluginFile !== file) return undefined;
  if (writeStatus !== undefined && isSet(writeStatus)) return "the file plugin's WriteStatus is an error";
  return Number(numCaptured) < Number(numCapture)
    ? `the file plugin captured ${numCaptured} of ${numCapture} images`
    : undefined;
}

/** As `whyAborted`, of a scan at whose end TomoScan was not connected: only the file plugin knows of the end. */
export function whyCutOff(texts: ScanTexts, file: string): string | undefined {
  const why = whyShort(texts, file);
  const isWhole = why === undefined && texts.pluginFile === file && hasCounts(texts);
  return isWhole ? undefined : ["TomoScan's IOC went away while it ran", why].filter(Boolean).join(", and ");
}

/**
 * By ImagesSaved alone, where the plugin's counts are not known. TomoScan writes it 0.2 s before the last images come
 * and not again: what it grew by twice may be missing at the end of a good scan.
 */
const whyUnsaved = (saved: Saved | undefined): string | undefined =>
  saved !== undefined && saved.total - saved.done > 2 * saved.step
    ? `ImagesSaved ended at ${saved.done}/${saved.total}`
    : undefined;

/** A file, the PV that names it, and what is wrong with it as the absolute path of a file: the end of a sentence. */
export interface NamedFile {
  readonly file: string;
  readonly pv: NamingPv;
  readonly problem: string | undefined;
}

/** What FullFileName says; where it holds but the beginning, what the plugin says. */
export function namedFile(text: string, pluginFile: string | undefined): NamedFile {
  const isRest = Buffer.byteLength(text) >= CUT_BYTES.fullFileName && pluginFile?.startsWith(text) === true;
  return isRest ? named(pluginFile, "pluginFile") : named(text, "fullFileName");
}

export const named = (file: string, pv: NamingPv): NamedFile => ({ file, pv, problem: problemOf(file, pv) });

function problemOf(file: string, pv: NamingPv): string | undefined {
  if (saysNothing(file)) return "which names no file";
  if (uncleanIn(file) !== undefined) return "which holds a control character";
  if (!file.startsWith("/")) return "which is no absolute path";
  if (file.endsWith("/")) return "which is a directory";
  if (file.split("/").some((part) => part === "." || part === "..")) return 'which holds "." or ".." as a part';
  return Buffer.byteLength(file) >= CUT_BYTES[pv] ? "which fills its PV and may have been cut" : undefined;
}

/**
 * The file of a scan at whose end TomoScan was not connected. After a restart of its IOC FullFileName is empty, or what
 * autosave has brought back; the file plugin has another IOC.
 * @param file what FullFileName holds since
 */
export function fileCutOff(texts: ScanTexts, file: string | undefined, before: string | undefined): string | undefined {
  const byPlugin = texts.pluginFile === undefined ? undefined : named(texts.pluginFile, "pluginFile");
  const byTomoScan = file === undefined ? undefined : namedFile(file, texts.pluginFile);
  const isNamed = isComplete(texts) && file !== before;
  const order = isNamed ? [byTomoScan, byPlugin] : [byPlugin, byTomoScan];
  return order.find((one) => one !== undefined && one.problem === undefined)?.file;
}

/** What a PV name of the file plugin may begin with. */
const PREFIX = /^[\x21-\x7e]{1,60}$/;

/** Whether a file plugin can be looked for at what FilePluginPVPrefix holds. */
export const isPluginPrefix = (text: string): boolean => !saysNothing(text) && PREFIX.test(text);

/** Where TomoScan copies each file to, as `user@host:/dir/`; undefined where it does not copy, or nowhere. */
export function copiesTo({ copyToAnalysisDir, remoteAnalysisDir }: ScanTexts): string | undefined {
  if (copyToAnalysisDir === undefined || !isSet(copyToAnalysisDir)) return undefined;
  return remoteAnalysisDir === undefined || saysNothing(remoteAnalysisDir) ? undefined : remoteAnalysisDir;
}
