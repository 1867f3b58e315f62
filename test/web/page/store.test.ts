/** The values that the page holds: what is drawn when, and what a new snapshot forgets. */
import { expect, test } from "vitest";
import { ValueStore } from "../../../src/web/page/store.ts";

function storeWithFrames() {
  const due: (() => void)[] = [];
  const store = new ValueStore((flush) => void due.push(flush));
  return { store, frames: () => due.length, frame: () => due.splice(0).forEach((flush) => flush()) };
}
const update = (values: Record<string, number | string>, severities: Record<string, number> = {}, time = 1) => ({
  time,
  values,
  severities,
  states: {},
});

test("what has changed is drawn once a frame, and nothing else", () => {
  const { store, frame } = storeWithFrames();
  const drawn: unknown[] = [];
  store.draw(["A", "B"], () => drawn.push([store.value("A"), store.value("B")]));
  store.draw(["C"], () => drawn.push("C"));
  drawn.length = 0;
  store.begin(update({ A: 1, B: 2 }));
  store.change(update({ A: 3 }));
  expect(drawn).toEqual([]);
  frame();
  expect(drawn).toEqual([[3, 2]]);
});

test("a value that is the same plans no frame", () => {
  const { store, frame, frames } = storeWithFrames();
  store.draw(["A"], () => {});
  store.begin(update({ A: Number.NaN }));
  frame();
  store.change(update({ A: Number.NaN }));
  expect(frames()).toBe(0);
});

test("an alarm that comes and goes is drawn", () => {
  const { store, frame } = storeWithFrames();
  const drawn: number[] = [];
  store.draw(["A"], () => drawn.push(store.severity("A")));
  store.begin(update({ A: 1 }, { A: 2 }));
  frame();
  store.change(update({}, { A: 0 }));
  frame();
  expect(drawn).toEqual([0, 2, 0]);
});

test("names of states that change are drawn, and the same ones are not", () => {
  const { store, frame, frames } = storeWithFrames();
  const drawn: unknown[] = [];
  store.draw(["A"], () => drawn.push(store.states("A")));
  store.begin({ ...update({ A: 1 }), states: { A: ["None"] } });
  frame();
  store.change({ ...update({ A: 1 }), states: { A: ["None", "Go on"] } });
  frame();
  store.change({ ...update({ A: 1 }), states: { A: ["None", "Go on"] } });
  expect(frames()).toBe(0);
  expect(drawn).toEqual([undefined, ["None"], ["None", "Go on"]]);
});

test("a snapshot forgets what it does not hold: values and alarms", () => {
  const { store, frame } = storeWithFrames();
  const drawn: unknown[] = [];
  store.begin(update({ A: 1, B: "b" }, { A: 2, B: 1 }));
  store.draw(["A", "B"], () =>
    drawn.push([store.value("A"), store.severity("A"), store.text("B"), store.severity("B")]),
  );
  store.begin(update({ A: 1 }, {}, 9));
  frame();
  expect(drawn).toEqual([
    [1, 2, "b", 1],
    [1, 0, "", 0],
  ]);
  expect(store.time).toBe(9);
});

test("what is taken away is not drawn, also when it was due", () => {
  const { store, frame } = storeWithFrames();
  const drawn: string[] = [];
  const end = store.draw(["A"], () => drawn.push("A"));
  store.change(update({ A: 1 }));
  end();
  frame();
  store.change(update({ A: 2 }));
  frame();
  expect(drawn).toEqual(["A"]);
});
