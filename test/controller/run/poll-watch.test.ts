import { BehaviorSubject, firstValueFrom, of, Subject, type Subscription } from "rxjs";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { silentLog } from "../../../src/base/log.ts";
import type { CommandName } from "../../../src/controller/pvs/commands.ts";
import { Journal } from "../../../src/controller/run/journal.ts";
import { type Look, pollWatch } from "../../../src/controller/run/poll-watch.ts";
import { FakeControllerPvs } from "../../support/fakes/fake-beamline.ts";
import { FakeClock } from "../../support/fakes/fake-clock.ts";

const WAIT = 10;
let running: Set<CommandName>;
let ended$: Subject<CommandName>;
let followed$: BehaviorSubject<string>;
/** Answers of the service, oldest first, and what became of the looks. */
let answers: Subject<string>[];
let signals: AbortSignal[];
let outcomes: string[];
let bugs: unknown[];
let subscription: Subscription;

beforeEach(() => {
  vi.useFakeTimers();
  running = new Set();
  ended$ = new Subject();
  followed$ = new BehaviorSubject("A");
  [answers, signals, outcomes, bugs] = [[], [], [], []];
  const pvs = new FakeControllerPvs();
  pvs.put("Testing", 0);
  const clock = new FakeClock();
  const look: Look<string> = {
    look: (signal) => {
      const one = new Subject<string>();
      answers.push(one);
      signals.push(signal);
      return firstValueFrom(one);
    },
    seen: (what) => {
      outcomes.push(`seen ${what}`);
      if (what === "a bug") throw new TypeError("x is undefined");
    },
    failed: (thrown) => void outcomes.push(`failed ${String(thrown)}`),
    waitSeconds: WAIT,
  };
  subscription = pollWatch(
    {
      pvs,
      journal: new Journal({ clock, log: silentLog, pvs }),
      experiment$: of(undefined),
      isRunning: (name) => running.has(name),
      ended$,
      clock,
    },
    { followed$, makers: ["StartDaq"], begin: () => look, reason: "There is a newer look." },
  ).subscribe({ error: (thrown) => void bugs.push(thrown) });
});
afterEach(() => {
  subscription.unsubscribe();
  vi.useRealTimers();
});
const wait = (seconds: number) => vi.advanceTimersByTimeAsync(1000 * seconds);
/** What the service says to the last look. */
async function answer(what: string | Error): Promise<void> {
  if (typeof what === "string") answers.at(-1)?.next(what);
  else answers.at(-1)?.error(what);
  await wait(0);
}

test("a look follows the other, also behind one that failed", async () => {
  await answer("one");
  await wait(WAIT);
  await answer(new Error("away"));
  await wait(WAIT);
  expect(outcomes).toEqual(["seen one", "failed Error: away"]);
  expect(answers).toHaveLength(3);
});

test("a bug in what is made of an answer is no failure of the look: whoever subscribed hears of it", async () => {
  await answer("a bug");
  expect(outcomes).toEqual(["seen a bug"]);
  expect(bugs).toEqual([new TypeError("x is undefined")]);
});

test.each(["late", new Error("late")])("what a look says while a maker runs is dropped: %s", async (late) => {
  running.add("StartDaq");
  await answer(late);
  expect(outcomes).toEqual([]);
});

test("nobody looks while a maker runs, and a look begins at once when it has ended, or goes on when it was refused", async () => {
  await answer("one");
  running.add("StartDaq");
  await wait(10 * WAIT);
  expect(answers).toHaveLength(1);
  running.clear();
  ended$.next("Init");
  expect(answers).toHaveLength(1);
  ended$.next("StartDaq");
  expect(answers).toHaveLength(2);
  await answer("two");
  running.add("StartDaq");
  await wait(WAIT);
  running.clear();
  await wait(WAIT);
  expect(answers).toHaveLength(3);
});

test("what comes of a look that is overtaken is dropped, and whoever works for it is told to stop", async () => {
  const [first] = answers;
  followed$.next("B");
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
  first?.next("stale");
  await answer("fresh");
  expect(outcomes).toEqual(["seen fresh"]);
});
