/** A question that a run asks, as PVs. */
import { expect, test } from "vitest";
import { facilityIso } from "../../../src/base/facility-time.ts";
import { QuestionBoard } from "../../../src/controller/flows/question-board.ts";
import type { Question } from "../../../src/controller/ports/flows.ts";
import { ANSWERS } from "../../../src/controller/pvs/row.ts";
import { FakeControllerPvs } from "../../support/fakes/fake-beamline.ts";

const question = (id: string, ...answers: string[]): Question => ({
  id,
  run: "r",
  state: "open",
  title: "Delete?",
  text: "All files have arrived.",
  options: answers.map((words, index) => ({ id: `o${index}`, words })),
});

function board() {
  const pvs = new FakeControllerPvs();
  return { pvs, board: new QuestionBoard(pvs) };
}

test("a question stands in its PVs, and its answers are states to choose from", () => {
  const { pvs, board: shown } = board();
  expect(pvs.get("FlowInputWaiting")).toBe(ANSWERS.indexOf("Unknown"));
  const expires = Date.UTC(2026, 2, 3);
  shown.show({ ...question("q", "Delete the source", "Keep it"), expires });
  expect(pvs.get("FlowInputWaiting")).toBe(ANSWERS.indexOf("Yes"));
  expect(pvs.get("FlowInputQuestion")).toBe("Delete?: All files have arrived.");
  expect(pvs.get("FlowInputOptions")).toBe("1: Delete the source\n2: Keep it");
  expect(pvs.get("FlowInputExpires")).toBe(facilityIso(new Date(expires)));
  expect(pvs.states.get("FlowInputChoice")).toEqual(["None", "Delete the source", "Keep it"]);
  expect([shown.optionOf(0), shown.optionOf(2)?.id, shown.optionOf(3)]).toEqual([undefined, "o1", undefined]);
});

test("what was chosen and armed for one question does not count for the next", () => {
  const { pvs, board: shown } = board();
  shown.show(question("one", "Yes", "No"));
  pvs.put("FlowInputChoice", 1);
  pvs.put("FlowRespondArm", 1);
  shown.show(question("one", "Yes", "No"));
  expect([pvs.get("FlowInputChoice"), pvs.get("FlowRespondArm")]).toEqual([1, 1]);
  shown.show(question("two", "Keep", "Delete"));
  expect([pvs.get("FlowInputChoice"), pvs.get("FlowRespondArm")]).toEqual([0, 0]);
  expect(pvs.states.get("FlowInputChoice")).toEqual(["None", "Keep", "Delete"]);
  pvs.put("FlowInputChoice", 2);
  shown.show(undefined);
  expect([pvs.get("FlowInputChoice"), pvs.get("FlowInputWaiting"), pvs.get("FlowInputQuestion")]).toEqual([
    0,
    ANSWERS.indexOf("No"),
    "",
  ]);
  expect(pvs.states.get("FlowInputChoice")).toEqual(["None"]);
});

test("answers that are long, alike, empty or named None are told apart", () => {
  const { pvs, board: shown } = board();
  const long = "Delete all the files of the scan at the ";
  shown.show(question("q", `${long}source`, `${long}destination`, "", "None", "ß".repeat(20)));
  const names = pvs.states.get("FlowInputChoice") ?? [];
  expect(new Set(names).size).toBe(6);
  expect(names.slice(1, 5)).toEqual(["1 Delete all the files of", "2 Delete all the files of", "3", "4 None"]);
  expect(names[5]).toBe("ß".repeat(12));
});

test("answers beyond the states that a record has are told, and cannot be chosen", () => {
  const { pvs, board: shown } = board();
  shown.show(question("q", ...Array.from({ length: 20 }, (_, index) => `answer ${index + 1}`)));
  expect(pvs.states.get("FlowInputChoice")).toHaveLength(16);
  expect(String(pvs.get("FlowInputOptions"))).toContain("15: answer 15\nin the browser alone: answer 16");
  expect([shown.optionOf(15)?.words, shown.optionOf(16)]).toEqual(["answer 15", undefined]);
});
