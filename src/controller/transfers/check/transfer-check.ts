/** TransferCheck: the check before beam time as a command, and as a watch that makes it again and again. */
import { defer, EMPTY, exhaustMap, filter, finalize, from, NEVER, type Observable, takeUntil, timer } from "rxjs";
import { onePerLine } from "../../../base/clean-text.ts";
import { ActionError, asSentence, CancelledError, messageOf } from "../../../base/errors.ts";
import { CHECK_LINES, CHECK_STATES, type CheckState, checkLine } from "../../pvs/check.ts";
import { ANSWERS, UNKNOWN_COUNT } from "../../pvs/row.ts";
import type { Severity } from "../../pvs/run.ts";
import type { FreeAction, RunContext } from "../../run/action.ts";
import { isoTime } from "../../run/journal.ts";
import { RejectedError } from "../../run/outcome.ts";
import type { Watch, WatchContext } from "../../run/watch.ts";
import { checksOf } from "./checks.ts";
import { type CheckResult, flightCheck } from "./flight-check.ts";
import type { CheckSite, WatcherLook } from "./trial.ts";

/** A site without the PVs that a running IOC has. */
export type FlightCheckOptions = Omit<CheckSite, "watcher">;

const UNDER_WAY = "A check is under way, which the IOC makes by itself: CheckLines will show what it finds.";

/** The check of one site: one at a time, by command or by itself. */
export class FlightCheck {
  readonly #site: CheckSite;
  #pvs: WatchContext["pvs"] | undefined;
  #isRunning = false;

  constructor(options: FlightCheckOptions) {
    this.#site = { ...options, watcher: () => this.#watcher() };
  }

  readonly action: FreeAction = {
    plan: () => checksOf(this.#site).map(({ title, asks }) => `${title}: would ${asks}`),
    run: async ({ signal, publish, say }) => {
      const found = await this.#run(publish, signal);
      for (const { state, title, text } of found.problems.slice(0, CHECK_LINES))
        if (state !== "OK") say(`${title}: ${text}`, "MINOR");
      if (found.state === "Failed") throw new ActionError(found.message);
      return { state: found.state === "OK" ? "Done" : "Partial", message: found.message };
    },
  };

  /** @param hours between two checks; 0: none is made */
  watch(hours: number): Watch {
    return (context) =>
      defer(() => {
        this.#pvs = context.pvs;
        return (hours === 0 ? NEVER : this.#checks$(context, hours * 3600_000)).pipe(
          finalize(() => {
            this.#pvs = undefined;
          }),
        );
      });
  }

  #checks$(context: WatchContext, milliseconds: number): Observable<unknown> {
    const { pvs, isRunning, scheduler } = context;
    const aborted$ = pvs.puts$("Abort").pipe(filter(({ value }) => value !== 0));
    return timer(milliseconds, milliseconds, scheduler).pipe(
      exhaustMap(() => {
        if (pvs.get("Testing") === 1 || isRunning("TransferCheck")) return EMPTY;
        return defer(() => {
          const abort = new AbortController();
          const ended = this.#checkByItself(context, abort.signal);
          return from(ended).pipe(finalize(() => abort.abort(new CancelledError("The check was stopped."))));
        }).pipe(takeUntil(aborted$));
      }),
    );
  }

  async #checkByItself({ pvs, journal }: WatchContext, signal: AbortSignal): Promise<void> {
    try {
      const { state, message } = await this.#run((name, value) => pvs.put(name, value), signal);
      journal.say(`The check of the transfers: ${message}`, SEVERITIES[state]);
    } catch (thrown) {
      if (!signal.aborted) throw thrown;
    }
  }

  async #run(publish: RunContext["publish"], signal: AbortSignal): Promise<Found> {
    if (this.#isRunning) throw new RejectedError(UNDER_WAY);
    this.#isRunning = true;
    let isOver = false;
    try {
      publish("CheckState", CHECK_STATES.indexOf("Checking"));
      publish("CheckCount", UNKNOWN_COUNT);
      const results = await flightCheck(this.#site, signal, (ended, of) =>
        publish("CheckMessage", `${ended} of ${of} are looked at.`),
      );
      const found = foundOf(results);
      showFound(publish, found, isoTime(this.#site.clock));
      isOver = true;
      return found;
    } finally {
      this.#isRunning = false;
      if (!isOver) {
        publish("CheckState", CHECK_STATES.indexOf("Unknown"));
        publish("CheckMessage", asSentence(signal.aborted ? messageOf(signal.reason) : "The check has failed"));
      }
    }
  }

  #watcher(): WatcherLook | undefined {
    if (this.#pvs === undefined) return undefined;
    const alive = ANSWERS[Number(this.#pvs.get("WatchAlive"))] ?? "Unknown";
    const age = Number(this.#pvs.get("WatchAge"));
    const isWatching = alive !== "Unknown" || age >= 0;
    return isWatching ? { alive, age, message: String(this.#pvs.get("WatchMessage")) } : undefined;
  }
}

const SEVERITIES: Readonly<Record<Found["state"], Severity>> = { OK: "NO_ALARM", Problems: "MINOR", Failed: "MAJOR" };

interface Found {
  readonly state: Exclude<CheckState, "Unknown" | "Checking">;
  /** One sentence. */
  readonly message: string;
  readonly problems: readonly CheckResult[];
  /** What is wrong first. */
  readonly lines: readonly string[];
}

function foundOf(results: readonly CheckResult[]): Found {
  const of = (wanted: CheckResult["state"]): readonly CheckResult[] => results.filter(({ state }) => state === wanted);
  const problems = [...of("MAJOR"), ...of("MINOR")];
  const lines = [...problems, ...of("-"), ...of("OK")].map(({ state, title, text }) => `${state} ${title}: ${text}`);
  const [first] = problems;
  const untried = of("-").length;
  const more = problems.length - 1;
  if (first === undefined) {
    const rest = untried === 0 ? "" : `, and ${untried} ${untried === 1 ? "was" : "were"} not tried`;
    return { state: "OK", message: `${of("OK").length} things were looked at and are well${rest}.`, problems, lines };
  }
  const message = more === 0 ? first.text : `${first.text} And ${more} more: see CheckLines.`;
  return { state: first.state === "MAJOR" ? "Failed" : "Problems", message, problems, lines };
}

function showFound(publish: RunContext["publish"], { state, message, problems, lines }: Found, time: string): void {
  publish("CheckLines", onePerLine(lines));
  for (let index = 0; index < CHECK_LINES; index++) publish(checkLine(index), lines[index] ?? "");
  publish("CheckMessage", message);
  publish("CheckCount", problems.length);
  publish("CheckTime", time);
  publish("CheckState", CHECK_STATES.indexOf(state));
}
