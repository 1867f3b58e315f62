import { NEVER, type Observable } from "rxjs";
import { TestScheduler } from "rxjs/testing";
import { expect, test } from "vitest";
import { ActionError } from "../../../src/base/errors.ts";
import { command, type Start } from "../../../src/controller/run/command.ts";
import type { ActionResult, Outcome } from "../../../src/controller/run/outcome.ts";

interface TestStart extends Start {
  readonly key: string;
  refused: boolean;
}
const start = (key: string): TestStart => ({
  key,
  refused: false,
  refuse() {
    this.refused = true;
  },
});

const OUTCOMES: Record<string, Outcome> = {
  R: { state: "Running", message: "" },
  D: { state: "Done", message: "made" },
  P: { state: "Partial", message: "half" },
  F: { state: "Failed", message: "No route to host." },
  r: { state: "Refused", message: "busy" },
  j: { state: "Rejected", message: "blocked" },
  C: { state: "Cancelled", message: "Aborted on request." },
};
const RESULTS: Record<string, ActionResult> = {
  d: { state: "Done", message: "made" },
  p: { state: "Partial", message: "half" },
};

interface Scene {
  /** One marble diagram a run, in order. */
  readonly runs: readonly string[];
  readonly starts: string;
  readonly outcomes: string;
  readonly cancel?: string;
  readonly blocked?: () => string | undefined;
}

/** Plays a scene in virtual time. @returns the starts, to see which were refused, and the signals of the runs */
function play(scene: Scene): { readonly starts: readonly TestStart[]; readonly signals: readonly AbortSignal[] } {
  const starts: Record<string, TestStart> = { a: start("a"), b: start("b"), c: start("c") };
  const signals: AbortSignal[] = [];
  new TestScheduler((actual, expected) => expect(actual).toEqual(expected)).run(({ hot, cold, expectObservable }) => {
    const runs = [...scene.runs];
    const cancel$: Observable<string> =
      scene.cancel === undefined ? NEVER : hot(scene.cancel, { x: "Aborted on request." });
    const outcomes = hot<TestStart>(scene.starts, starts).pipe(
      command(
        {
          blocked: scene.blocked ?? (() => undefined),
          alreadyRunning: "busy",
          cancel$,
        },
        (signal) => {
          signals.push(signal);
          return cold<ActionResult>(runs.shift() ?? "#", RESULTS, new ActionError("no route to host"));
        },
      ),
    );
    expectObservable(outcomes).toBe(scene.outcomes, OUTCOMES);
  });
  return { starts: Object.values(starts), signals };
}

test("a start during a run is refused, a failure does not end the stream", () => {
  const { starts } = play({
    starts: "  -a-b----c-----",
    runs: ["    ----(d|)", "--#"],
    outcomes: "-R-r-D--R-F---",
  });
  expect(starts.map((one) => one.refused)).toEqual([false, true, false]);
});

test("cancellation aborts the action's signal, and the run lasts until the action has ended", () => {
  const { signals } = play({ starts: "-a-------", cancel: "---x-----", runs: ["-----#"], outcomes: "-R----C--" });
  expect(signals[0]?.aborted).toBe(true);
});

test("an action that finishes its work in spite of a cancellation is done", () => {
  play({ starts: "-a-------", cancel: "---x-----", runs: ["----(d|)"], outcomes: "-R---D---" });
});

test("a cancellation while nothing runs cancels nothing later", () => {
  play({ starts: "---a-----", cancel: "-x-------", runs: ["--(d|)"], outcomes: "---R-D---" });
});

test("a start that is blocked is rejected at once and the put refused", () => {
  const { starts, signals } = play({ starts: "-a--", runs: [], outcomes: "-j--", blocked: () => "blocked" });
  expect(starts[0]?.refused).toBe(true);
  expect(signals).toHaveLength(0);
});

test("a bug in an action becomes a failed run with its stack", () => {
  const seen: Outcome[] = [];
  new TestScheduler(() => {}).run(({ hot, flush }) => {
    hot<TestStart>("a", { a: start("a") })
      .pipe(
        command({ blocked: () => undefined, alreadyRunning: "", cancel$: NEVER }, () => {
          throw new TypeError("x is undefined");
        }),
      )
      .subscribe((outcome) => seen.push(outcome));
    flush();
  });
  expect(seen[1]).toMatchObject({ state: "Failed", message: "Internal error: x is undefined." });
  expect(seen[1]?.stack).toContain("TypeError");
});
