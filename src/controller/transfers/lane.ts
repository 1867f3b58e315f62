/**
 * What the way to one destination has in common, however files travel: which scan goes next, and what a failure means
 * for it and for the others. A destination that fails is tried by one scan now and then; a scan with which it fails
 * once more, after another scan got through, is to blame itself.
 */
import type { SendRecord } from "../ports/queue-ledger.ts";
import { Breaker, LONGEST_SECONDS } from "./back-off.ts";
import { nameOf, type Road } from "./road.ts";
import { type Verdict, verdictOn } from "./verdict.ts";

export class Lane {
  readonly road: Road;
  readonly destination: string;
  readonly breaker: Breaker;
  /** Scans with which the destination has failed since it last worked. */
  readonly #suspects = new Set<string>();
  /** Scans with which it has failed before it worked with another: if it fails again, it is their fault. */
  readonly #accused = new Set<string>();

  constructor(road: Road, destination: string) {
    this.road = road;
    this.destination = destination;
    this.breaker = new Breaker(road.random);
  }

  /** Scans that may go now, the oldest first; those with which the destination failed come last. */
  due(): readonly SendRecord[] {
    const now = this.road.clock.now();
    const due: SendRecord[] = [];
    const suspects: SendRecord[] = [];
    for (const send of this.road.queue.openSends(this.destination).values()) {
      if (this.#secondsTo(send, now) > 0) continue;
      if (this.#suspects.has(send.scan)) suspects.push(send);
      else due.push(send);
    }
    return [...due, ...suspects];
  }

  /** The scan that goes next, or how many seconds nothing can go: Infinity where something must happen first. */
  next(): { readonly send?: SendRecord; readonly waitSeconds: number } {
    if (this.road.isPaused) return { waitSeconds: Infinity };
    const blocked = this.breaker.waitSeconds(this.road.clock.monotonic());
    const now = this.road.clock.now();
    // One scan may be to blame itself: the first other scan finds out at once.
    const isOpen = blocked === 0 || (this.#suspects.size === 1 && !this.breaker.isPauseAsked);
    let suspect: SendRecord | undefined;
    let soonest = Infinity;
    for (const send of this.road.queue.openSends(this.destination).values()) {
      const seconds = this.#secondsTo(send, now);
      if (seconds > 0) soonest = Math.min(soonest, seconds);
      else if (this.#suspects.has(send.scan)) suspect ??= send;
      else return isOpen ? { send, waitSeconds: 0 } : { waitSeconds: blocked };
    }
    if (suspect !== undefined) return blocked === 0 ? { send: suspect, waitSeconds: 0 } : { waitSeconds: blocked };
    return { waitSeconds: Math.max(blocked, soonest) };
  }

  /** Seconds until a scan may go: 0: now; Infinity: something must happen first. */
  #secondsTo({ scan, state, next = 0 }: SendRecord, now: number): number {
    const isWaiting = state === "queued" || state === "failed";
    if (!isWaiting || this.road.queue.scans.get(scan)?.scan.state !== "ready") return Infinity;
    const seconds = Math.max(0, (next - now) / 1000);
    return seconds > LONGEST_SECONDS ? 0 : seconds; // the clock was set back
  }

  /** The destination has taken a scan: it works. */
  works(scan: string): void {
    if (this.breaker.trouble !== undefined) this.road.say(`${this.destination} works again.`);
    this.breaker.works();
    for (const suspect of this.#suspects) this.#accused.add(suspect);
    this.#suspects.clear();
    this.#accused.delete(scan);
  }

  /**
   * Takes a failure with these scans.
   * @returns what the failure is about
   * @throws the signal's reason
   */
  async failed(scans: readonly string[], thrown: unknown, signal: AbortSignal): Promise<Verdict["about"]> {
    const verdict = verdictOn(thrown, signal);
    this.road.logBug(verdict, thrown);
    try {
      await this.#take(scans, verdict);
      return verdict.about;
    } catch (error) {
      const again = verdictOn(error, signal);
      this.road.logBug(again, error);
      return again.about;
    }
  }

  async #take(scans: readonly string[], { about, sentence, afterSeconds, isFinal }: Verdict): Promise<void> {
    if (about === "source") for (const scan of scans) await this.road.lookAnew(scan, this.destination, sentence);
    const isTheirFault = about === "scan" || (about === "destination" && scans.some((scan) => this.#accused.has(scan)));
    if (isTheirFault) {
      for (const scan of scans) {
        this.#accused.delete(scan);
        await this.road.ended(scan, this.destination, { state: "failed", reason: sentence, isFinal });
      }
    } else if (about === "destination") this.#outOfOrder(sentence, scans, afterSeconds);
  }

  /** @param sentence what is wrong with the destination */
  #outOfOrder(sentence: string, scans: readonly string[], afterSeconds: number): void {
    if (this.breaker.trouble === undefined)
      this.road.say(`Nothing goes to ${this.destination} now: ${sentence}`, "MAJOR");
    for (const scan of scans) this.#suspects.add(scan);
    this.breaker.failed(this.road.clock.monotonic(), sentence, afterSeconds);
  }

  /** A person wants everything tried at once. */
  hurry(): void {
    this.breaker.hurry();
    this.#suspects.clear();
    this.#accused.clear();
  }

  /** The name of a scan, for sentences. */
  scanNamed(id: string): string {
    const scan = this.road.queue.scans.get(id)?.scan;
    return scan === undefined ? id : nameOf(scan);
  }
}
