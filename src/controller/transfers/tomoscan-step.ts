/**
 * What an event of one of TomoScan's PVs, or time, makes of the state of its scans. Pure: the PVs are followed by
 * tomoscan-scans.ts. integration.md §1.5, §1.10.
 *
 * A scan has ended when StartScan has gone back to 0. The next FullFileName event names its file, for TomoScan writes
 * that last and with each scan, also an equal text; where none comes in CLOSING_SECONDS, the file plugin names it.
 * The first text of a PV after a connection is its state, never an event: what ended before is told as not observed.
 */
import { visible } from "../../base/clean-text.ts";
import { saysNothing } from "../experiment.ts";
import type { Severity } from "../pvs/run.ts";
import { FILE_PLUGIN_KEYS, FILE_PLUGIN_PVS, TOMOSCAN_SCAN_KEYS } from "../pvs/tomoscan.ts";
import {
  copiesTo,
  fileCutOff,
  isComplete,
  isPluginPrefix,
  isSet,
  type NamedFile,
  NO_SIGNS,
  named,
  namedFile,
  type ScanPv,
  type ScanTexts,
  signsAfter,
  whyAborted,
  whyCutOff,
  whyShort,
} from "./tomoscan-signs.ts";
import {
  type EndedScan,
  type PvNames,
  phaseNews,
  type Scan,
  type ScanEnd,
  type TomoScanEvent,
  type TomoScanNews,
  type TomoScanState,
  type Unseen,
} from "./tomoscan-state.ts";

/** Seconds from the end of a scan until its file is no longer waited for; also for the PVs after a connection. */
const CLOSING_SECONDS = 5;

/** The state after an event, and what is to be told of it. */
export function stepped(
  before: TomoScanState,
  event: TomoScanEvent,
  nameOf: PvNames,
): { readonly state: TomoScanState; readonly news: readonly TomoScanNews[] } {
  const step = new Step(before, event, nameOf);
  if (event.pv !== undefined) step.hear(event.pv, event.text);
  step.settle();
  const { state, news } = step;
  const phase = phaseNews(state, nameOf);
  return { state, news: phase.message === phaseNews(before, nameOf).message ? news : [...news, phase] };
}

/** One event: changes the state part by part, and gathers what is to be told. */
class Step {
  state: TomoScanState;
  readonly news: TomoScanNews[] = [];
  readonly #event: TomoScanEvent;
  readonly #nameOf: PvNames;

  constructor(state: TomoScanState, event: TomoScanEvent, nameOf: PvNames) {
    this.state = state;
    this.#event = event;
    this.#nameOf = nameOf;
  }

  hear(pv: ScanPv, text: string | undefined): void {
    const was = this.state.texts[pv];
    if (pv === "filePluginPrefix" && text !== undefined) this.#usePlugin(text);
    const { [pv]: _, ...others } = this.state.texts;
    this.#change({ texts: text === undefined ? others : { ...others, [pv]: text } });
    if (pv === "startScan") this.#hearStartScan(was, text);
    else if (pv === "fullFileName") this.#hearFile(was, text);
    else this.#hearSign(pv, was, text);
  }

  /** Tells what can be told now, or must be. */
  settle(): void {
    for (let first = this.state.ended[0]; first !== undefined; first = this.state.ended[0])
      if (!this.#settleEnded(first)) break;
    const { unseen, texts } = this.state;
    if (unseen === undefined || texts.startScan === undefined) return;
    const { scan, file } = unseen;
    const isRead = [...TOMOSCAN_SCAN_KEYS, ...FILE_PLUGIN_KEYS].every((pv) => texts[pv] !== undefined);
    const isKnown = scan === undefined || this.#fileOf(scan, file) !== undefined;
    if ((isRead && isKnown) || this.#isDue(unseen)) this.#tellUnseen(unseen);
  }

  #usePlugin(prefix: string): void {
    const { prefix: before, texts, ended, scan } = this.state;
    if (prefix === before) return;
    if (!isPluginPrefix(prefix) && !saysNothing(prefix))
      this.#say(`${this.#nameOf("filePluginPrefix")} is ${visible(prefix)}, which no PV's name begins with.`, "MINOR");
    const others = Object.entries(texts).filter(([pv]) => !(pv in FILE_PLUGIN_PVS));
    this.#change({
      prefix,
      ended: ended.map((one) => ({ ...one, texts: one.texts ?? texts })),
      scan: scan && { ...scan, isPluginSeen: false },
      texts: Object.fromEntries(others),
    });
  }

  #hearStartScan(was: string | undefined, is: string | undefined): void {
    if (is === undefined) this.#goAway();
    else if (was === undefined) this.#comeBack(isSet(is));
    else if (isSet(is) && !isSet(was)) this.#begin();
    else if (!isSet(is) && isSet(was)) this.#end();
  }

  #goAway(): void {
    const ended = this.state.ended.map((one) => ({ ...one, isBlind: true }));
    this.#change({ ended, unseen: undefined, isLastSeen: false });
  }

  #comeBack(isScanning: boolean): void {
    const { scan, ended, texts } = this.state;
    const unseen: Unseen = {
      due: this.#event.seconds + CLOSING_SECONDS,
      file: texts.fullFileName,
      scan: isScanning ? undefined : scan,
      isScanning,
    };
    this.#change({
      ended: ended.map((one) => ({ ...one, due: unseen.due })), // the PVs are being read anew
      unseen: ended.length > 0 && unseen.scan === undefined ? undefined : unseen, // the file is that of the ended scan
      scan: isScanning ? (scan ?? this.#newScan()) : undefined,
    });
  }

  #newScan(): Scan {
    const { fullFileName, numCaptured } = this.state.texts;
    return {
      signs: NO_SIGNS,
      fileBefore: fullFileName,
      isPluginSeen: numCaptured !== undefined,
      isCaptureSeen: false,
    };
  }

  #begin(): void {
    const { unseen, ended, texts } = this.state;
    if (unseen !== undefined) this.#tellUnseen(unseen);
    this.#change({ ended: ended.map((one) => ({ ...one, texts: one.texts ?? texts })), scan: this.#newScan() });
  }

  #end(): void {
    const { scan = this.#newScan(), ended, texts } = this.state;
    const { at, seconds } = this.#event;
    const one: EndedScan = {
      ...scan,
      signs: { ...scan.signs, isComplete: isComplete(texts) },
      at,
      due: seconds + CLOSING_SECONDS,
      isBlind: false,
      copiesTo: copiesTo(texts),
      texts: undefined,
    };
    this.#change({ ended: [...ended, one], scan: undefined });
  }

  #hearFile(was: string | undefined, text: string | undefined): void {
    if (text === undefined) return;
    const { ended, unseen, scan } = this.state;
    if (was === undefined) return this.#change({ unseen: unseen && { ...unseen, file: text } });
    const [first] = ended;
    if (first === undefined) this.#tellStray(text);
    else this.#name(first, namedFile(text, this.#textsOf(first).pluginFile));
    this.#change({ scan: scan && { ...scan, fileBefore: text } });
  }

  #hearSign(pv: ScanPv, was: string | undefined, is: string | undefined): void {
    const { scan } = this.state;
    if (scan === undefined) return;
    const isLost = is === undefined && pv === "numCaptured";
    const isBegun = was !== undefined && is !== undefined && (pv === "numCaptured" || pv === "pluginFile");
    this.#change({
      scan: {
        ...scan,
        signs: was === undefined || is === undefined ? scan.signs : signsAfter(scan.signs, pv, was, is),
        isPluginSeen: scan.isPluginSeen && !isLost,
        isCaptureSeen: scan.isCaptureSeen || isBegun,
      },
    });
  }

  /** A file that no scan of which we know the end has written. */
  #tellStray(text: string): void {
    const { texts, unseen, lastFile, isLastSeen, scan } = this.state;
    const found = namedFile(text, texts.pluginFile);
    if (isLastSeen && found.file === lastFile) return; // written twice
    if (unseen?.file === text) this.#change({ unseen: undefined });
    if (found.problem !== undefined) return this.#sayNameless(found, "MAJOR");
    this.#tell(found.file, true, { why: scan === undefined ? whyShort(texts, found.file) : undefined });
  }

  /** @returns whether the scan has been told of */
  #settleEnded(one: EndedScan): boolean {
    const { fullFileName, startScan } = this.state.texts;
    const texts = this.#textsOf(one);
    if (one.isBlind && fullFileName !== undefined && fullFileName !== one.fileBefore)
      this.#name(one, namedFile(fullFileName, texts.pluginFile));
    else if (texts.scanStatus?.startsWith("Abort:") === true) this.#giveUp(one, texts.scanStatus);
    else if (!this.#isDue(one)) return false;
    else if (texts.pluginFile !== undefined) this.#name(one, named(texts.pluginFile, "pluginFile"));
    else if (startScan === undefined) return false;
    else this.#giveUp(one);
    return true;
  }

  #giveUp(one: EndedScan, status?: string): void {
    this.#change({ ended: this.state.ended.filter((other) => other !== one) });
    const names = `${this.#nameOf("fullFileName")} and the file plugin's ${FILE_PLUGIN_PVS.pluginFile}`;
    this.#say(
      status === undefined
        ? `A scan has ended, and ${names} name no file of it: see whether it wrote one.`
        : `${this.#nameOf("scanStatus")} is ${visible(status)}: that scan wrote no file.`,
      "MAJOR",
    );
  }

  #name(one: EndedScan, found: NamedFile): void {
    const texts = this.#textsOf(one);
    this.#change({ ended: this.state.ended.filter((other) => other !== one) });
    if (found.problem !== undefined) return this.#sayNameless(found, "MAJOR");
    const { at, copiesTo: copied, fileBefore } = one;
    const why = whyAborted(one.signs, texts, found.file);
    const isOld = one.isPluginSeen && !one.isCaptureSeen && found.file === fileBefore;
    if (!isOld) return this.#tell(found.file, true, { why, at, copiesTo: copied });
    const because = why === undefined ? "" : ` (${why})`;
    this.#say(`A scan wrote no file${because}: the last is still ${found.file}.`, "MINOR");
    this.#tell(found.file, false, { at, copiesTo: copied });
  }

  #tellUnseen(unseen: Unseen): void {
    const { texts } = this.state;
    const { scan, file, isScanning } = unseen;
    this.#change({ unseen: undefined });
    if (scan !== undefined) return this.#tellInterrupted(scan, file);
    if (file === undefined)
      return this.#say(`${this.#nameOf("fullFileName")} is not connected: no scan's file can be known.`, "MAJOR");
    if (saysNothing(file)) return;
    const found = namedFile(file, texts.pluginFile);
    if (found.problem !== undefined) return this.#sayNameless(found, "MINOR");
    this.#tell(found.file, false, { why: isScanning ? undefined : whyShort(texts, found.file) });
  }

  /** TomoScan went away while the scan ran, and no scan runs now: its IOC has restarted, or the scan has ended. */
  #tellInterrupted(scan: Scan, file: string | undefined): void {
    const { texts } = this.state;
    const found = this.#fileOf(scan, file);
    if (found === undefined)
      return this.#say(
        "No file of a scan is known: TomoScan's IOC went away while it ran. See what it wrote.",
        "MAJOR",
      );
    this.#tell(found, false, {
      why: isComplete(texts) ? whyAborted(scan.signs, texts, found) : whyCutOff(texts, found),
    });
  }

  /** The file of a scan whose end nobody has seen; undefined: it is not known, or not yet. */
  #fileOf({ fileBefore, isCaptureSeen }: Scan, file: string | undefined): string | undefined {
    const found = fileCutOff(this.state.texts, file, fileBefore);
    return found === fileBefore && !isCaptureSeen ? undefined : found;
  }

  #tell(
    file: string,
    isObserved: boolean,
    { why, at = this.#event.at, ...more }: { why?: string | undefined; at?: number; copiesTo?: string | undefined },
  ): void {
    const copied = "copiesTo" in more ? more.copiesTo : copiesTo(this.state.texts);
    const end: ScanEnd = {
      file,
      isObserved,
      at,
      isAborted: why !== undefined,
      ...(why !== undefined && { why }),
      ...(copied !== undefined && { copiesTo: copied }),
    };
    this.news.push({ kind: "scan", end });
    if (isObserved) this.#change({ lastFile: file, isLastSeen: true });
  }

  #sayNameless({ file, pv, problem }: NamedFile, severity: Severity): void {
    const name = pv === "fullFileName" ? this.#nameOf(pv) : `${this.state.prefix ?? ""}${FILE_PLUGIN_PVS[pv]}`;
    this.#say(`${name} is ${visible(file)}, ${problem}: that scan is not sent; see what it wrote.`, severity);
  }

  #say(sentence: string, severity: Severity): void {
    this.news.push({ kind: "said", sentence, severity });
  }

  #textsOf = (one: EndedScan): ScanTexts => one.texts ?? this.state.texts;
  #isDue = ({ due }: { readonly due: number }): boolean => this.#event.seconds >= due;
  #change(part: Partial<TomoScanState>): void {
    this.state = { ...this.state, ...part };
  }
}
