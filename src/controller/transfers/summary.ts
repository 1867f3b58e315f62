/**
 * The daily summary: once a day at most, at the time that the settings name or as soon after as the IOC runs. That it
 * was made goes into the ledger together with the note that is mailed, so that neither a restart nor a clock that is
 * set makes a second one.
 */
import { sleep } from "../../base/clock.ts";
import { facilityDay, facilityMinute } from "../../base/facility-time.ts";
import type { Lane } from "./lane.ts";
import { noted } from "./notes.ts";
import { LEDGER_SECONDS, nameOf, type Road } from "./road.ts";
import { isProven, isUnderWay, LedgerFailedError, needsPerson, type QueuedScan } from "./scan-queue.ts";
import { type Proven, type Summary, summaryText } from "./summary-text.ts";

/** Seconds between two looks at the clock, which may have been set. */
const LOOK_SECONDS = 600;
/** Days that are remembered. */
const DAYS = 60;
const DAY_MS = 86_400_000;
/** A summary that is missing for longer is not made up for. */
const LONGEST_MS = 7 * DAY_MS;
/** Failed scans that are named. */
const MOST_NAMED = 20;

export class Summaries {
  readonly #road: Road;
  readonly #at: string;
  readonly #lanes: readonly Lane[];

  /** @param at time of day at the facility, `HH:MM` */
  constructor(road: Road, at: string, lanes: readonly Lane[]) {
    this.#road = road;
    this.#at = at;
    this.#lanes = lanes;
  }

  /** Goes on until the signal is aborted. @throws the signal's reason; a bug of ours */
  async run(signal: AbortSignal): Promise<void> {
    for (;;) await sleep(this.#road.clock, await this.#step(), signal);
  }

  /** @returns seconds until the next look */
  async #step(): Promise<number> {
    const now = this.#road.clock.now();
    const day = facilityDay(new Date(now));
    const due = new Date(`${day}T${this.#at}:00`).getTime();
    if (now < due) return Math.min(LOOK_SECONDS, (due - now) / 1000);
    if (this.#isMade(day) || this.#road.isDry) return LOOK_SECONDS;
    try {
      await this.#make(day, now);
      return LOOK_SECONDS;
    } catch (thrown) {
      if (!(thrown instanceof LedgerFailedError)) throw thrown;
      return LEDGER_SECONDS;
    }
  }

  #isMade(day: string): boolean {
    return this.#road.queue.summary?.days.includes(day) ?? false;
  }

  async #make(day: string, now: number): Promise<void> {
    const { queue } = this.#road;
    await this.#road.change(() => {
      if (this.#isMade(day)) return [];
      const { days = [], at = 0 } = queue.summary ?? {};
      const since = at <= now && at > now - LONGEST_MS ? at : now - DAY_MS;
      const troubles = this.#lanes.flatMap(({ destination, breaker: { trouble } }) =>
        trouble === undefined ? [] : [`${destination}: ${trouble}`],
      );
      const summary = summaryOf([...queue.scans.values()], { since, until: now, troubles });
      const line = { event: "summary", until: summary.until, text: summaryText(summary) };
      const told = { now, newId: () => this.#road.newId() };
      return [
        { summary: { days: [...days, day].slice(-DAYS), at: now } },
        ...noted("summary", line, { webhook: false, mail: true }, told),
      ];
    });
  }
}

interface Period {
  /** Milliseconds since 1970 UTC. */
  readonly since: number;
  readonly until: number;
  /** Of destinations, a sentence each. */
  readonly troubles: readonly string[];
}

const minute = (ms: number): string => facilityMinute(new Date(ms));

/** @param scans the oldest first */
function summaryOf(scans: readonly QueuedScan[], { since, until, troubles }: Period): Summary {
  const failed = scans.filter(needsPerson);
  const open = scans.filter(isUnderWay);
  const [oldest] = open;
  return {
    since: minute(since),
    until: minute(until),
    scans: scans.filter(({ scan }) => scan.seen > since).length,
    proven: sumOf(scans.filter((one) => isProven(one) && lastAt(one) > since)),
    destinations: destinationsOf(scans, since),
    failed: failed.length,
    reasons: failed.slice(-MOST_NAMED).flatMap(reasonsOf),
    waiting: sumOf(open),
    oldest: oldest === undefined ? undefined : { name: nameOf(oldest.scan), since: minute(oldest.scan.seen) },
    troubles,
  };
}

const lastAt = ({ sends }: QueuedScan): number => Math.max(...[...sends.values()].map(({ at }) => at));
const sumOf = (scans: readonly QueuedScan[]): Proven => ({
  scans: scans.length,
  bytes: scans.reduce((sum, { scan: { bytes = 0 } }) => sum + bytes, 0),
});

function reasonsOf({ scan, sends }: QueuedScan): string[] {
  if (scan.state === "lost") return [`${nameOf(scan)} is not sent: ${scan.reason ?? "nobody knows why"}`];
  const dead = [...sends.values()].filter(({ state }) => state === "dead");
  return dead.map(({ destination, reason = "" }) => `${nameOf(scan)} is not proven at ${destination}: ${reason}`);
}

function destinationsOf(scans: readonly QueuedScan[], since: number): ReadonlyMap<string, Proven> {
  const byName = new Map<string, Proven>();
  for (const { scan, sends } of scans) {
    for (const { destination, state, at } of sends.values()) {
      const before = byName.get(destination) ?? { scans: 0, bytes: 0 };
      const isNew = state === "verified" && at > since;
      const now = { scans: before.scans + 1, bytes: before.bytes + (scan.bytes ?? 0) };
      byName.set(destination, isNew ? now : before);
    }
  }
  return byName;
}
