/** The port's operations on answers that a test gives. */
import { expect, test } from "vitest";
import { createLog } from "../../../src/base/log.ts";
import { UnavailableError } from "../../../src/controller/ports/call.ts";
import { dmPort } from "../../../src/services/dm/port.ts";
import { failureOf } from "../../support/failure-of.ts";

/** The port of station 2BM before a DM that answers everything with the JSON of the moment. */
function portOver(answer: { json: unknown }) {
  const lines: string[] = [];
  const way = { ask: async () => ({ json: answer.json, by: "DM" }), checkLogin: async () => {} };
  return {
    lines,
    port: dmPort(
      "2BM",
      way,
      createLog("dm", (line) => lines.push(line)),
    ),
  };
}

const daq = { id: "1", experimentName: "e", dataDirectory: "/data", status: "running" };

test("what cannot be read of a list is left out and said, bounded and once until it changes", async () => {
  const answer = { json: [daq, { ...daq, dataDirectory: 1 }] as unknown };
  const { port, lines } = portOver(answer);
  for (let time = 1; time <= 3; time++) expect(await port.daqs({})).toMatchObject([{ id: "1" }]);
  expect(lines).toEqual([
    expect.stringMatching(
      /^warn: dm: DM's answer to listDaqs: entries that cannot be read are left out, 1 in all; the first: .*dataDirectory/,
    ),
  ]);
  answer.json = [];
  await port.daqs({});
  answer.json = Array.from({ length: 1000 }, () => ({}));
  expect(await port.daqs({})).toEqual([]);
  expect(lines).toHaveLength(2);
  expect(lines[1]?.length).toBeLessThan(500);
});

test("experiments and safety forms that cannot be read are left out too", async () => {
  const { port, lines } = portOver({ json: [{}, { name: "e", esafId: 5 }] });
  expect(await port.stationExperiments({})).toEqual([{ name: "e" }]);
  expect(await port.esafs(2026, {})).toMatchObject([{ esafId: "5" }]);
  expect(lines).toHaveLength(2);
});

test("an answer that is not what the operation gives is told with who gave it, and a change may have happened", async () => {
  const { port } = portOver({ json: [] });
  const read = await failureOf(port.experimentByName("e", {}), UnavailableError);
  expect(read.message).toMatch(/^DM: the answer is not what getExperimentByName gives \(/);
  expect(read.mayHaveHappened).toBe(false);
  expect((await failureOf(port.startDaq("e", "/data", {}, {}), UnavailableError)).mayHaveHappened).toBe(true);
});
