/** The last minutes of the figures that have a graph. */
import { expect, test } from "vitest";
import { RateTrack } from "../../../src/web/page/rates.ts";
import { ValueStore } from "../../../src/web/page/store.ts";
import { FakePageClock } from "../../support/fakes/fake-page-clock.ts";

function trackOf(value: number) {
  const clock = new FakePageClock();
  const store = new ValueStore((flush) => flush());
  store.begin({ time: 1, values: { Rate: value }, severities: {}, states: {} });
  const track = new RateTrack(store, clock);
  track.isLive = true;
  let points: readonly (number | null)[] = [];
  track.draw("Rate", (drawn) => {
    points = drawn;
  });
  return { clock, store, track, points: () => points };
}

test("the figure is looked at every step, and the oldest goes", () => {
  const { clock, points } = trackOf(7);
  clock.advance(5);
  expect(points()).toHaveLength(180);
  expect(points().slice(-2)).toEqual([null, 7]);
  clock.advance(15 * 60);
  expect(points()).toHaveLength(180);
  expect(new Set(points())).toEqual(new Set([7]));
});

test("what nobody knows, and what is not live, is a gap", () => {
  const { clock, track, store, points } = trackOf(-1);
  clock.advance(5);
  store.change({ time: 1, values: { Rate: 3 }, severities: {}, states: {} });
  clock.advance(5);
  track.isLive = false;
  clock.advance(5);
  expect(points().slice(-3)).toEqual([null, 3, null]);
});

test("what the IOC remembers comes first, with its step", () => {
  const { clock, track, points } = trackOf(9);
  track.begin({ stepSeconds: 10, values: { Rate: [1, null, -1, 2] } });
  expect(points()).toHaveLength(90);
  expect(points().slice(-5)).toEqual([null, 1, null, null, 2]);
  clock.advance(10);
  expect(points().slice(-2)).toEqual([2, 9]);
});
