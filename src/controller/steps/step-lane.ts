/**
 * Takes the steps of one kind their way, one start after the other: each is in the ledger before the service is asked,
 * so that no kill begins it twice unawares. What runs is looked at again and again; what has not ended in time, and a
 * start of which nobody can say whether it was one, a person decides about. While the service does not answer, or holds
 * (its endpoint is offline), nothing is begun and no attempt counts.
 */
import { sleep } from "../../base/clock.ts";
import { asSentence } from "../../base/errors.ts";
import { UnavailableError } from "../ports/call.ts";
import type { StepRecord } from "../ports/queue-ledger.ts";
import type { StepBegin, StepKind, StepReport } from "../ports/steps.ts";
import { LOOKS_SECONDS } from "../run/late-looks.ts";
import { Breaker, LONGEST_SECONDS, sendBackOff } from "../transfers/back-off.ts";
import { retryName } from "../transfers/remedies.ts";
import { LEDGER_SECONDS, type Road } from "../transfers/road.ts";
import { LedgerFailedError } from "../transfers/scan-queue.ts";
import { type Verdict, verdictOn } from "../transfers/verdict.ts";
import { StepDeadlines } from "./step-deadlines.ts";
import { stepLine, stepNotes } from "./step-notes.ts";
import { stepText } from "./step-text.ts";

/** Seconds for which the service's word holds that a step may begin, and that none may. */
const FREE_SECONDS = 3;
const HELD_SECONDS = 10;

export class StepLane {
  readonly kind: StepKind;
  readonly breaker: Breaker;
  readonly #road: Road;
  readonly #deadlines: StepDeadlines;
  /** How runs stood when they were looked at last, by their ids. */
  #now: ReadonlyMap<string, StepReport> = new Map();
  #lookedAt = -Infinity;
  #askedAt = -Infinity;
  /** A start that was looked for and not found: how often, and when it was looked for first and is again. */
  #missed:
    | { readonly step: StepRecord; readonly looks: number; readonly since: number; readonly next: number }
    | undefined;
  /** Why the service begins nothing now, a sentence. */
  #held: string | undefined;

  constructor(road: Road, kind: StepKind) {
    this.kind = kind;
    this.#road = road;
    this.breaker = new Breaker(road.random);
    this.#deadlines = new StepDeadlines(road.clock, kind.limitSeconds);
  }

  /** Why nothing is begun now, a sentence; undefined: it is. */
  get trouble(): string | undefined {
    return this.breaker.trouble ?? this.#held;
  }
  /** How a run stood when it was looked at last. */
  reportOf({ run = "" }: StepRecord): StepReport | undefined {
    return this.#now.get(run);
  }

  /** Goes on until the signal is aborted. @throws the signal's reason; a bug of ours */
  async run(signal: AbortSignal): Promise<void> {
    const wake = this.#road.wake();
    for (;;) {
      const waitSeconds = this.#waitSeconds();
      if (waitSeconds > 0) await wake.wait(this.#road.clock, waitSeconds, signal);
      else if ((await this.#road.step(() => this.#round(signal))) === "ledger")
        await sleep(this.#road.clock, LEDGER_SECONDS, signal);
    }
  }

  /** A person wants everything tried at once. */
  hurry(): void {
    this.breaker.hurry();
    this.#askedAt = -Infinity;
  }

  *#open(): Generator<StepRecord> {
    for (const step of this.#road.queue.steps.open) if (step.kind === this.kind.name) yield step;
  }

  /** Seconds until there is something to do; 0: now; Infinity: something must happen first. */
  #waitSeconds(): number {
    const { clock } = this.#road;
    const mono = clock.monotonic();
    let soonest = this.#hasRuns() ? this.#lookedAt + this.kind.pollSeconds - mono : Infinity;
    const step = this.#next();
    if (step !== undefined)
      soonest = Math.min(soonest, this.#held === undefined ? 0 : this.#askedAt + HELD_SECONDS - mono);
    soonest = Math.min(soonest, this.#lateSeconds(mono) || Infinity);
    if (!this.#road.isPaused && this.#lateSeconds(mono) === 0)
      for (const one of this.#open()) soonest = Math.min(soonest, this.#secondsTo(one) || Infinity);
    return Math.max(0, soonest, soonest === Infinity ? 0 : this.breaker.waitSeconds(mono));
  }

  #hasRuns(): boolean {
    for (const { state } of this.#open()) if (state === "started") return true;
    return false;
  }

  /** What is begun next: a start whose answer did not come is found out about first. */
  #next(): StepRecord | undefined {
    let due: StepRecord | undefined;
    for (const step of this.#open()) {
      if (step.state === "starting") return this.#lateSeconds(this.#road.clock.monotonic()) > 0 ? undefined : step;
      if (!this.#road.isPaused && this.#secondsTo(step) === 0) due ??= step;
    }
    return due;
  }

  /** Seconds until a start that was not found is looked for again; 0: there is none, or now. */
  #lateSeconds(mono: number): number {
    const { step, next = 0 } = this.#missed ?? {};
    return step !== undefined && this.#road.queue.steps.of(step) === step ? Math.max(0, next - mono) : 0;
  }

  /** Seconds until a step may begin; Infinity: something must happen first. */
  #secondsTo({ state, next = 0 }: StepRecord): number {
    if (state !== "queued" && state !== "failed") return Infinity;
    const seconds = Math.max(0, (next - this.#road.clock.now()) / 1000);
    return seconds > LONGEST_SECONDS ? 0 : seconds; // the clock was set back
  }

  /** Looks at what runs, or begins one step. @returns what a failure was about @throws the signal's reason */
  async #round(signal: AbortSignal): Promise<Verdict["about"] | undefined> {
    const mono = this.#road.clock.monotonic();
    const isLook = this.#hasRuns() && this.#lookedAt + this.kind.pollSeconds <= mono;
    const step = isLook ? undefined : this.#next();
    try {
      if (isLook) await this.#look(signal);
      else if (step?.state === "starting") await this.#find(step, signal);
      else if (step !== undefined && (await this.#mayBegin(signal))) await this.#begin(step, signal);
      this.#works();
      return undefined;
    } catch (thrown) {
      return await this.#failed(step, thrown, signal);
    }
  }

  #works(): void {
    if (this.breaker.trouble !== undefined) this.#road.say(`${this.kind.word} works again: steps go on.`);
    this.breaker.works();
  }

  async #mayBegin(signal: AbortSignal): Promise<boolean> {
    const mono = this.#road.clock.monotonic();
    if (this.#askedAt + (this.#held === undefined ? FREE_SECONDS : HELD_SECONDS) > mono)
      return this.#held === undefined;
    const before = this.#held;
    this.#held = await this.kind.hold({ signal });
    this.#askedAt = mono;
    if (this.#held !== undefined && before === undefined) this.#road.say(`Steps wait: ${this.#held}`, "MAJOR");
    if (this.#held === undefined && before !== undefined) this.#road.say("Steps go on.");
    return this.#held === undefined;
  }

  async #begin(step: StepRecord, signal: AbortSignal): Promise<void> {
    const key = await this.kind.prepare({ signal });
    const since = this.#road.clock.now();
    const starting = { ...bare(step), state: "starting", key, since, at: since } as const;
    if (!(await this.#put(step, starting))) return;
    const run = await this.kind.start(beginOf(starting), { signal });
    await this.#keep(
      () => this.#put(starting, { ...starting, state: "started", run, at: this.#road.clock.now() }),
      signal,
    );
  }

  /** Goes on until the ledger has it: an answer that came is not forgotten while the process lives. */
  async #keep(put: () => Promise<unknown>, signal: AbortSignal): Promise<void> {
    for (;;) {
      try {
        return void (await put());
      } catch (thrown) {
        if (!(thrown instanceof LedgerFailedError)) throw thrown;
        await sleep(this.#road.clock, LEDGER_SECONDS, signal);
      }
    }
  }

  async #find(step: StepRecord, signal: AbortSignal): Promise<void> {
    const found = await this.kind.find(beginOf(step), { signal });
    const at = this.#road.clock.now();
    if (found === "none") {
      if (!this.#mayBeLate(step)) await this.#put(step, { ...bare(step), state: "queued", at });
    } else if (found === "unknown")
      await this.#end(step, { words: "nobody can say whether it has begun: look for its result first", isFinal: true });
    else await this.#put(step, { ...step, state: "started", run: found.run, at });
  }

  /** Whether a start that was not found is looked for once more. */
  #mayBeLate(step: StepRecord): boolean {
    const mono = this.#road.clock.monotonic();
    const { looks = 0, since = mono } = this.#missed?.step === step ? this.#missed : {};
    const seconds = LOOKS_SECONDS[looks];
    this.#missed = seconds === undefined ? undefined : { step, looks: looks + 1, since, next: since + seconds };
    return seconds !== undefined;
  }

  async #look(signal: AbortSignal): Promise<void> {
    const steps = [...this.#open()].filter(({ state }) => state === "started");
    this.#lookedAt = this.#road.clock.monotonic();
    this.#deadlines.keep(steps);
    for (const step of steps) this.#deadlines.begin(step);
    this.#now = await this.kind.look(
      steps.map(({ run = "" }) => run),
      { signal },
    );
    for (const step of steps) {
      const report = this.#now.get(step.run ?? "");
      if (report?.state === "done") await this.#done(step, report);
      else if (report?.state === "failed") await this.#end(step, report);
      else if (this.#deadlines.isOver(step)) await this.#end(step, { words: this.#lateText(report), isFinal: true });
    }
  }

  #lateText(report: StepReport | undefined): string {
    const waits = report === undefined || report.words === "" ? "" : `: ${report.words.replace(/\.$/, "")}`;
    return `it has not ended within ${this.kind.limitSeconds} s${waits}; it is not ended by this, and may still run`;
  }

  async #done(step: StepRecord, { words }: StepReport): Promise<void> {
    const done: StepRecord = {
      ...step,
      state: "done",
      at: this.#road.clock.now(),
      ...(words !== "" && { reason: asSentence(words) }),
    };
    if (await this.#put(step, done)) this.#road.say(this.#textOf(done));
  }

  /** An attempt has failed. @param words why, a clause or a sentence */
  async #end(step: StepRecord, { words, isFinal }: Pick<StepReport, "words" | "isFinal">): Promise<void> {
    const at = this.#road.clock.now();
    const attempts = step.attempts + 1;
    const isDead = isFinal === true || attempts >= this.#road.site.rules.attempts;
    const { next: _, ...rest } = step;
    const after: StepRecord = {
      ...rest,
      state: isDead ? "dead" : "failed",
      attempts,
      at,
      reason: asSentence(words),
      ...(!isDead && { next: at + sendBackOff(attempts, this.#road.random) * 1000 }),
    };
    if (!(await this.#put(step, after))) return;
    const text = this.#textOf(after);
    if (isDead) this.#road.say(`${text} (${retryName(this.#road.site)} runs it again)`, "MAJOR");
    else if (attempts === 1) this.#road.say(text, "MINOR");
  }

  /** @param step that was under way @returns what the failure was about @throws the signal's reason */
  async #failed(step: StepRecord | undefined, thrown: unknown, signal: AbortSignal): Promise<Verdict["about"]> {
    const verdict = verdictOn(thrown, signal);
    this.#road.logBug(verdict, thrown);
    const now = step === undefined ? undefined : this.#road.queue.steps.of(step);
    try {
      if (now?.state === "starting" && verdict.about !== "ledger") {
        if (verdict.about === "scan" && !verdict.isBug) {
          await this.#end(now, { words: verdict.sentence, isFinal: verdict.isFinal });
          return "scan";
        }
        const mayHaveBegun = verdict.isBug || (thrown instanceof UnavailableError && thrown.mayHaveHappened);
        const isOurs = step?.state !== "starting"; // otherwise it is still to be found out
        if (isOurs && !mayHaveBegun)
          await this.#put(now, { ...bare(now), state: "queued", at: this.#road.clock.now() });
      }
    } catch (error) {
      return verdictOn(error, signal).about;
    }
    if (verdict.about === "ledger") return "ledger";
    if (this.breaker.trouble === undefined) this.#road.say(`Steps wait: ${verdict.sentence}`, "MAJOR");
    this.breaker.failed(this.#road.clock.monotonic(), verdict.sentence, verdict.afterSeconds);
    return "destination";
  }

  /** @param before as it was: what a person has decided meanwhile holds @returns whether it was put down */
  async #put(before: StepRecord, after: StepRecord): Promise<boolean> {
    const { queue } = this.#road;
    const line = stepLine(after, this.kind.word, queue.scans.get(after.scan)?.scan, after.at);
    let isPut = false;
    await this.#road.change(() => {
      if (queue.steps.of(before) !== before) return [];
      isPut = true;
      return [{ step: after }, ...(line === undefined ? [] : stepNotes(after, line, this.#road.told))];
    });
    if (isPut && line !== undefined) this.#road.logLine(line);
    return isPut;
  }

  #textOf(step: StepRecord): string {
    return stepText(step, this.kind.word, this.#road.queue.scans.get(step.scan)?.scan);
  }
}

/** Without what belongs to the last attempt. */
function bare({ scan, destination, kind, what, path, state, attempts, at }: StepRecord): StepRecord {
  return { scan, destination, kind, what, path, state, attempts, at };
}

const beginOf = ({ scan, destination, what, path, key = "", since = 0 }: StepRecord): StepBegin => ({
  scan,
  destination,
  what,
  path,
  key,
  since,
});
