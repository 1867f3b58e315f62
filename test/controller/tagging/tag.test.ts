import { finalize, of, type SchedulerLike, shareReplay } from "rxjs";
import { TestScheduler } from "rxjs/testing";
import { describe, expect, test } from "vitest";
import { settledTag, type TagState, tagSentence, tagState$ } from "../../../src/controller/tagging/tag.ts";
import { FakeBeamline } from "../../support/fakes/fake-beamline.ts";

const DMAGIC_ORDER: readonly (readonly [string, string])[] = [
  ["firstName", "Emmy"],
  ["lastName", "Noether"],
  ["email", "emmy@example.org"],
  ["badge", "208112"],
  ["proposalNumber", "1014288"],
  ["proposalTitle", "Invariants"],
  ["yearMonth", "2026-03"],
  ["esafNumber", "300123"],
];

const states$ = (beamline: FakeBeamline, scheduler: SchedulerLike) =>
  tagState$({ site: { beamline, tomoScanName: (key) => key }, override$: of(""), scheduler }).pipe(
    shareReplay({ bufferSize: 1, refCount: true }),
  );

/** Runs `scene` in virtual time; `at(ms, action)` schedules. @returns every state with its time */
function watch(
  scene: (beamline: FakeBeamline, at: (ms: number, action: () => void) => void) => void,
): { at: number; state: TagState }[] {
  const seen: { at: number; state: TagState }[] = [];
  const scheduler = new TestScheduler(() => {});
  scheduler.run(({ flush }) => {
    const beamline = new FakeBeamline();
    scene(beamline, (ms, action) => void scheduler.schedule(action, ms));
    states$(beamline, scheduler).subscribe((state) => seen.push({ at: scheduler.now(), state }));
    flush();
  });
  return seen;
}

test("a tag in DMagic's order with 50 ms gaps settles exactly once, 1.5 s after its last PV", () => {
  const seen = watch((beamline, at) =>
    DMAGIC_ORDER.forEach(([key, text], i) => at(i * 50, () => beamline.set(key, text))),
  );
  const settled = seen.filter(({ state }) => state.settled);
  expect(settled.map(({ at }) => at)).toEqual([7 * 50 + 1500]);
  expect(settled[0]?.state.tag).toMatchObject({ valid: true, experiment: { name: "2026-03-Noether-1014288" } });
});

test("a new PI with the old proposal is never settled on", () => {
  const seen = watch((beamline, at) => {
    for (const [key, text] of DMAGIC_ORDER) beamline.set(key, text);
    at(5000, () => beamline.set("lastName", "Curie"));
    at(6000, () => beamline.set("proposalNumber", "2000000"));
  });
  const names = seen
    .filter(({ state }) => state.settled)
    .map(({ state }) => (state.tag.valid ? state.tag.experiment.name : ""));
  expect(names).toEqual(["2026-03-Noether-1014288", "2026-03-Curie-2000000"]);
});

test("an override is stale when the tag changes, and none is where there is no override", () => {
  const stale = (override: string) => {
    const seen: boolean[] = [];
    const beamline = new FakeBeamline();
    const scheduler = new TestScheduler(() => {});
    for (const [key, text] of DMAGIC_ORDER) beamline.set(key, text);
    tagState$({
      site: { beamline, tomoScanName: (key) => key },
      override$: of(override),
      scheduler,
    }).subscribe(({ overrideIsStale }) => seen.push(overrideIsStale));
    beamline.set("lastName", "Curie");
    return seen.at(-1);
  };
  expect([stale("2026-03-Override"), stale("")]).toEqual([true, false]);
});

test("where no TomoScan is configured no override is stale", () => {
  const seen: boolean[] = [];
  const site = { beamline: new FakeBeamline(), tomoScanName: (key: string) => key, tomoScanProblem: "There is none." };
  const scheduler = new TestScheduler(() => {});
  tagState$({ site, override$: of("x"), scheduler }).subscribe(({ overrideIsStale }) => seen.push(overrideIsStale));
  expect(seen).toEqual([false]);
});

test("a TomoScan that goes away makes the tag invalid and names the PVs", () => {
  const seen = watch((beamline, at) => {
    for (const [key, text] of DMAGIC_ORDER) beamline.set(key, text);
    at(5000, () => beamline.disconnect("lastName"));
  });
  const last = seen.at(-1)?.state;
  expect(last).toMatchObject({ settled: true, connected: false, tag: { valid: false } });
  expect(last === undefined ? "" : tagSentence(last)).toContain("lastName is not connected");
});

test("a command waits for the PVs to come to rest, and gives up after 10 s", async () => {
  const outcomes: string[] = [];
  const scheduler = new TestScheduler(() => {});
  const waits: Promise<void>[] = [];
  scheduler.run(({ flush }) => {
    const beamline = new FakeBeamline();
    for (const [key, text] of DMAGIC_ORDER) beamline.set(key, text);
    const states = states$(beamline, scheduler);
    const ask = (name: string): void => {
      waits.push(
        settledTag(states, scheduler).then(
          (tag) => void outcomes.push(`${name}: ${tag.experiment.name}`),
          (error: Error) => void outcomes.push(`${name}: ${error.message}`),
        ),
      );
    };
    ask("early");
    for (let t = 5000; t < 25000; t += 1000) scheduler.schedule(() => beamline.set("lastName", `Restless${t}`), t);
    scheduler.schedule(() => ask("restless"), 5500);
    flush();
  });
  await Promise.all(waits);
  expect(outcomes).toEqual([
    "early: 2026-03-Noether-1014288",
    expect.stringMatching(/^restless: .*did not come to rest within 10 s/),
  ]);
});

describe("a TomoScan that is not connected", () => {
  /** What a command is given, and after how long. `at(ms, action)` schedules. */
  async function asked(
    connection: boolean,
    scene: (beamline: FakeBeamline, at: (ms: number, action: () => void) => void) => void = () => {},
  ): Promise<string> {
    const scheduler = new TestScheduler(() => {});
    let outcome: Promise<string> = Promise.resolve("");
    let end = Number.NaN;
    scheduler.run(({ flush }) => {
      const beamline = new FakeBeamline();
      scene(beamline, (ms, action) => void scheduler.schedule(action, ms));
      const states = states$(beamline, scheduler).pipe(
        finalize(() => {
          end = scheduler.now();
        }),
      );
      outcome = settledTag(states, scheduler, { connection }).then(
        (tag) => tag.experiment.name,
        (error: Error) => error.message,
      );
      flush();
    });
    return `${await outcome} after ${end} ms`;
  }
  const comes: Parameters<typeof asked>[1] = (beamline, at) =>
    at(4000, () => {
      for (const [key, text] of DMAGIC_ORDER) beamline.set(key, text);
    });
  const absent = /^TomoScan does not answer: .* after (\d+) ms$/;

  test("is refused as soon as that has settled", async () => {
    expect(absent.exec(await asked(false, comes))?.[1]).toBe("1500");
  });
  test("is waited for by whoever has only just begun to look for it", async () => {
    expect(await asked(true, comes)).toBe("2026-03-Noether-1014288 after 5500 ms");
  });
  test("is refused when it does not come within 10 s", async () => {
    expect(absent.exec(await asked(true))?.[1]).toBe("10000");
  });
});
