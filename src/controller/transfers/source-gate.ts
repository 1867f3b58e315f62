/**
 * Lets scans through whose files are at rest: the same names, sizes and times in two looks, some seconds apart; where a
 * copy is sent, equal to the original. Then their files stand in the ledger, and they are queued for every destination.
 */

import { oneLine } from "../../base/clean-text.ts";
import { sleep } from "../../base/clock.ts";
import { asSentence, clauseOf } from "../../base/errors.ts";
import { fewAtATime } from "../../base/few-at-a-time.ts";
import { listed } from "../../base/word-list.ts";
import { NotFoundError } from "../ports/call.ts";
import type { QueueChange, ScanRecord, ScanTags, SendRecord, SendState } from "../ports/queue-ledger.ts";
import type { Manifest } from "../ports/scans.ts";
import { lostNotes } from "./notes.ts";
import { FOUND_THERE, isClosed, isDead } from "./queue-states.ts";
import { LEDGER_SECONDS, nameOf, type Road, signatureOf } from "./road.ts";
import { baseName, NO_TAGS, partsBelow } from "./scan-path.ts";
import { asSeen, goesTo, isProven, LedgerFailedError, type QueuedScan, widened } from "./scan-queue.ts";
import { tagsOf } from "./scan-tags.ts";
import { filesAtSource, otherThan } from "./source-files.ts";
import { ThereAlready } from "./there-already.ts";
import { verdictOn } from "./verdict.ts";

/** Seconds that a scan waits for TomoScan's tag, where it came before TomoScan was connected. */
const TAG_SECONDS = 60;
/** Scans that are looked at at once. */
const LOOKS = 4;
/** A scan that stays at fault is looked at less and less often, but at least so often. */
const LONGEST_SECONDS = 60;

/** Sends that stay as they are when a scan proves to be the same as before. */
const STANDING: readonly SendState[] = ["verified", "submitting", "submitted"];

/** What is remembered of a scan from look to look. Times are monotonic seconds. */
interface Seen {
  readonly since: number;
  readonly signature: string | undefined;
  /** Since when the signature has been the same, or the fault lasts. */
  readonly stableSince: number;
  /** Whether the fault is that the files are not there. */
  readonly isMissing: boolean;
  readonly nextAt: number;
}

/** What is known of a scan that has come to rest. */
interface Rested {
  readonly manifest: Manifest;
  readonly signature: string;
  /** Destinations that have it, although this ledger does not know that it was sent. */
  readonly there: ReadonlySet<string>;
}

export class SourceGate {
  readonly #road: Road;
  readonly #seen = new Map<string, Seen>();
  readonly #there: ThereAlready;
  #isLedgerDown = false;

  constructor(road: Road) {
    this.#road = road;
    this.#there = new ThereAlready(road);
  }

  /** Goes on until the signal is aborted. @throws the signal's reason; a bug of ours */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#road;
    const wake = this.#road.wake();
    for (;;) {
      const due = this.#due();
      if (due.length > 0) await fewAtATime(due, LOOKS, (id) => this.#look(id, signal));
      signal.throwIfAborted();
      if (this.#isLedgerDown) await sleep(clock, LEDGER_SECONDS, signal);
      this.#isLedgerDown = false;
      await wake.wait(clock, this.#secondsToNext(), signal);
    }
  }

  #waiting(): readonly string[] {
    return [...this.#road.queue.waiting];
  }

  #due(): readonly string[] {
    const now = this.#road.clock.monotonic();
    return this.#waiting().filter((id) => (this.#seen.get(id)?.nextAt ?? 0) <= now);
  }

  #secondsToNext(): number {
    const now = this.#road.clock.monotonic();
    const times = this.#waiting().map((id) => this.#seen.get(id)?.nextAt ?? now);
    return Math.max(0, Math.min(...times) - now);
  }

  async #look(id: string, signal: AbortSignal): Promise<void> {
    const scan = this.#road.queue.scans.get(id)?.scan;
    if (scan?.state !== "waiting") return;
    try {
      const found = await filesAtSource(this.#road.site.source, scan, signal);
      if (typeof found === "string") await this.#fault(scan, found, undefined);
      else await this.#found(scan, found, signal);
    } catch (thrown) {
      const verdict = verdictOn(thrown, signal);
      this.#road.logBug(verdict, thrown);
      this.#isLedgerDown ||= verdict.about === "ledger";
      if (verdict.about !== "ledger") await this.#fault(scan, clauseOf(thrown), thrown);
    }
  }

  async #found(scan: ScanRecord, manifest: Manifest, signal: AbortSignal): Promise<void> {
    const { clock, site } = this.#road;
    const now = clock.monotonic();
    const signature = await signatureOf(manifest);
    const before = this.#seen.get(scan.id);
    const stableSince = before?.signature === signature ? before.stableSince : now;
    const { settleSeconds } = site.rules;
    if (await this.#isRest(scan, manifest, signature)) return;
    const hasWaited = now - (before?.since ?? now) >= TAG_SECONDS;
    const tags = scan.tags ?? this.#tagsOf(scan, this.#road.tags ?? (hasWaited ? NO_TAGS : undefined));
    if (tags === undefined) {
      await this.#fault(scan, "nobody knows yet which experiment is tagged", undefined);
      return;
    }
    if (now - stableSince < settleSeconds) {
      this.#seen.set(scan.id, {
        since: before?.since ?? now,
        signature,
        stableSince,
        isMissing: false,
        nextAt: now + settleSeconds - (now - stableSince),
      });
      return;
    }
    const tagged = { ...scan, tags };
    const there = await this.#there.of(tagged, manifest, signal);
    await this.#pass(tagged, { manifest, signature, there });
    this.#seen.delete(scan.id);
  }

  #tagsOf(scan: ScanRecord, tagged: ScanTags | undefined): ScanTags | undefined {
    const { destinations, trees = [] } = this.#road.site;
    const queued = { scan, sends: this.#road.queue.scans.get(scan.id)?.sends ?? new Map<string, SendRecord>() };
    const templates = destinations.filter(({ name }) => goesTo(queued, name)).map(({ template }) => template);
    return tagsOf(scan, { tagged, trees, templates });
  }

  /** Leaves a scan of which Prune has deleted some files: the rest is no new version. @returns whether it is one */
  async #isRest(scan: ScanRecord, manifest: Manifest, signature: string): Promise<boolean> {
    const { queue, say } = this.#road;
    const known = this.#readyBefore(scan);
    if (known?.scan.freed?.isWhole !== false || known.scan.signature === signature) return false;
    if ((await otherThan(manifest, await this.#road.manifestOf(known.scan))) !== undefined) return false;
    await this.#road.change(() => {
      const now = queue.scans.get(scan.id);
      const whole = this.#readyBefore(scan)?.scan;
      if (now?.scan.state !== "waiting" || whole?.id !== known.scan.id) return [];
      const { content } = now.scan; // the watch does not tell of it again
      const left = leftBehind(now, this.#road.clock.now());
      return content === undefined ? left : [...left, { scan: { ...whole, content } }];
    });
    this.#seen.delete(scan.id);
    say(`${nameOf(known.scan)} is not sent again: it is proven, and Prune has deleted some of its files.`);
    return true;
  }

  /** The version of a scan's file that was ready before it; undefined: none, or another has gone in between. */
  #readyBefore({ id, file }: ScanRecord): QueuedScan | undefined {
    const last = this.#road.queue.ofFile(file).findLast(mayHaveArrived);
    return last?.scan.state === "ready" && last.scan.id !== id ? last : undefined;
  }

  /** The scan is at rest: its files are kept, and it is queued, unless this version of it is known already. */
  async #pass(scan: ScanRecord, { manifest, signature, there }: Rested): Promise<void> {
    const { queue, site, say } = this.#road;
    const known = (): QueuedScan | undefined => {
      const last = this.#readyBefore(scan);
      return last?.scan.signature === signature ? last : undefined;
    };
    if (known() === undefined) await site.ledger.keepManifest(scan.id, manifest);
    let isNew = false;
    await this.#road.change(() => {
      const now = queue.scans.get(scan.id);
      if (now?.scan.state !== "waiting") return [];
      const same = known();
      if (same !== undefined) return [...leftBehind(now, this.#road.clock.now()), ...this.#more(same, now)];
      isNew = true;
      const { reason: _, ...rest } = now.scan;
      const ready: ScanRecord = {
        ...rest,
        ...(scan.tags !== undefined && { tags: scan.tags }),
        state: "ready",
        signature,
        folder: manifest.folder,
        isFolder: manifest.isFolder,
        files: manifest.files.length,
        bytes: manifest.files.reduce((sum, { bytes }) => sum + bytes, 0),
      };
      return [{ scan: ready }, ...this.#sends(ready, now, there), ...this.#superseded(ready)];
    });
    if (!isNew) return;
    const queued = queue.scans.get(scan.id);
    const places = queued === undefined ? [] : this.#destinationsOf(queued).filter((name) => !there.has(name));
    const name = nameOf({ ...scan, isFolder: manifest.isFolder });
    if (there.size > 0) say(`${name} is proven at ${listed([...there])} without being sent: it was there already.`);
    if (there.size === 0 || places.length > 0) say(`${name} is queued for ${listed(places) || "no destination"}.`);
  }

  /** Those of globus.conf to which a scan goes. */
  #destinationsOf(scan: QueuedScan): readonly string[] {
    return this.#road.site.destinations.map(({ name }) => name).filter((name) => goesTo(scan, name));
  }

  /** A version that is known goes where it was announced for again, too. */
  #more({ scan, sends }: QueuedScan, { scan: again }: QueuedScan): QueueChange[] {
    const at = this.#road.clock.now();
    const known = asSeen(widened(scan, again.destinations), again);
    return [
      ...(known === scan ? [] : [{ scan: known }]),
      ...this.#destinationsOf({ scan: again, sends: new Map() })
        .filter((destination) => !sends.has(destination))
        .map((destination) => ({ send: { scan: scan.id, destination, state: "queued" as const, attempts: 0, at } })),
    ];
  }

  /**
   * @param before the scan until now, perhaps in another version
   * @param there destinations that have it, although it was sent to none
   */
  #sends(scan: ScanRecord, before: QueuedScan, there: ReadonlySet<string>): QueueChange[] {
    const at = this.#road.clock.now();
    const { sends } = before;
    return this.#destinationsOf({ scan, sends }).flatMap((destination): QueueChange[] => {
      const state = sends.get(destination)?.state;
      const isSame = before.scan.signature === scan.signature;
      if (state === "dropped" || (state !== undefined && isSame && STANDING.includes(state))) return [];
      if (state === undefined && there.has(destination))
        return [{ send: { scan: scan.id, destination, state: "verified", attempts: 0, at, reason: FOUND_THERE } }];
      return [{ send: { scan: scan.id, destination, state: "queued", attempts: 0, at } }];
    });
  }

  /** Older versions of the same file are not sent any more: the file holds the newer version. */
  #superseded({ id, file }: ScanRecord): QueueChange[] {
    const at = this.#road.clock.now();
    return this.#road.queue
      .ofFile(file)
      .filter((older) => older.scan.id < id && older.scan.state !== "left" && !isProven(older))
      .flatMap((older) => leftBehind(older, at));
  }

  /** What was to be sent of a scan whose files are gone. @param reason a clause */
  #dead(id: string, reason: string): QueueChange[] {
    const at = this.#road.clock.now();
    return [...(this.#road.queue.scans.get(id)?.sends.values() ?? [])]
      .filter(({ state }) => state === "queued" || state === "failed")
      .map(({ scan, destination, attempts }) => {
        return { send: { scan, destination, attempts, at, state: "dead", reason: asSentence(reason) } };
      });
  }

  /** @param fault a clause */
  async #fault(scan: ScanRecord, fault: string, thrown: unknown): Promise<void> {
    const { clock, queue, site, say } = this.#road;
    const now = clock.monotonic();
    const before = this.#seen.get(scan.id);
    const since = before?.since ?? now;
    const isMissing = thrown instanceof NotFoundError;
    const isAsBefore = before !== undefined && before.signature === undefined && before.isMissing === isMissing;
    const stableSince = isAsBefore ? before.stableSince : now;
    const wait = Math.min(LONGEST_SECONDS, Math.max(site.rules.settleSeconds, (now - stableSince) / 4));
    this.#seen.set(scan.id, { since, signature: undefined, stableSince, isMissing, nextAt: now + wait });
    const isGone = isMissing && now - stableSince >= site.rules.giveUpSeconds;
    const left = isGone ? `${fault}, for ${Math.round((now - stableSince) / 60)} minutes` : fault;
    if (scan.reason === fault && !isGone) return;
    try {
      await this.#road.change(() => {
        const found = queue.scans.get(scan.id)?.scan;
        if (found?.state !== "waiting") return [];
        if (!isGone) return [{ scan: { ...found, reason: left } }];
        const lost: ScanRecord = { ...found, state: "lost", reason: left };
        return [{ scan: lost }, ...this.#dead(scan.id, left), ...lostNotes(lost, left, this.#road.told)];
      });
    } catch (error) {
      if (!(error instanceof LedgerFailedError)) throw error;
      this.#isLedgerDown = true;
      return;
    }
    if (isGone) {
      this.#seen.delete(scan.id);
      say(`${oneLine(baseName(scan.file))} is not sent: ${left}.`, "MAJOR");
    }
  }
}

/** Whether this version of a scan is at a destination, or is going there. */
const mayHaveArrived = ({ scan, sends }: QueuedScan): boolean =>
  scan.state === "ready" || [...sends.values()].some(({ state }) => STANDING.includes(state));

/** A version of a scan of which another is sent instead, or stands for it. */
function leftBehind({ scan, sends }: QueuedScan, at: number): QueueChange[] {
  if (sends.size === 0 && scan.state === "waiting") return [{ forgetScan: scan.id }];
  const why = "it was written again: that version is sent";
  const open = [...sends.values()].filter((send) => isDead(send) || !isClosed(send));
  return [
    { scan: { ...scan, state: "left", reason: why } },
    ...open.map(({ scan: of, destination, attempts }): QueueChange => {
      return { send: { scan: of, destination, attempts, at, state: "dropped", reason: asSentence(why) } };
    }),
  ];
}

/** Whether a file lies where the source's scans are: a trigger may name any file. */
export const liesBelow = (top: string, file: string): boolean => (partsBelow(top, file)?.length ?? 0) > 0;
