/**
 * PVs of another IOC as the controller uses them: in memory, with a server that says only what a test tells it to say.
 */
import { expect, test } from "vitest";
import { ActionError } from "../../src/base/errors.ts";
import { RESPONSES } from "../../src/ca/wire/messages.ts";
import { UnavailableError } from "../../src/controller/ports/call.ts";
import { createCaPvs } from "../../src/services/ca-pvs.ts";
import { PORT, scene } from "../ca/client/client-fixture.ts";
import { ScriptedServer, type Served } from "../support/engine/scripted-server.ts";
import { failureOf } from "../support/failure-of.ts";

const TEXT: Served = { native: 0, count: 1 };
const LONG_TEXT: Served = { native: 4, count: 256 };
const STRING_AND_TIME = 14;
const ENUM_AND_TIME = 17;
const CHAR_AND_TIME = 18;

async function beamline(pvs: Readonly<Record<string, Served>>) {
  const one = await scene(pvs);
  return { ...one, pvs: createCaPvs(one.client) };
}

test("reads the text of a STRING, and of a CHAR array", async () => {
  const { pvs, server, pass } = await beamline({ name: TEXT, title: LONG_TEXT });
  const reading = Promise.all([pvs.readText("name", {}), pvs.readText("title", {})]);
  await pass(1);
  const asked = server.circuit.requests.filter(({ name }) => name === "readNotify");
  expect(asked.map(({ words }) => words["dbr"])).toEqual([STRING_AND_TIME, CHAR_AND_TIME]);
  server.circuit.sayValue(RESPONSES.readNotify, asked[0]!.words["ioid"]!, STRING_AND_TIME, (sample) =>
    sample.setText("Curie"),
  );
  server.circuit.sayValue(RESPONSES.readNotify, asked[1]!.words["ioid"]!, CHAR_AND_TIME, (sample) =>
    sample.setArray(Uint8Array.from(Buffer.from("Röntgen\0rest"))),
  );
  await pass();
  await expect(reading).resolves.toEqual(["Curie", "Röntgen"]);
});

test("a PV that is connected but silent has no text once its time is over, and leaves no channel", async () => {
  const { pvs, server, pass } = await beamline({ name: TEXT });
  const reading = pvs.readText("name", {});
  await pass(1);
  expect(server.circuit.count("readNotify")).toBe(1);
  await pass(10);
  await expect(reading).resolves.toBeUndefined();
  expect(server.circuits.every(({ isClosed }) => isClosed)).toBe(true);
});

test("an abort ends the reading of a silent PV", async () => {
  const { pvs, pass } = await beamline({ name: TEXT });
  const abort = new AbortController();
  const reading = failureOf(pvs.readText("name", { signal: abort.signal }), ActionError);
  await pass(1);
  abort.abort(new ActionError("stopped"));
  await pass();
  await expect(reading).resolves.toMatchObject({ message: "stopped" });
});

test("a PV that does not connect has no text", async () => {
  const { pvs, pass } = await beamline({});
  const reading = pvs.readText("name", {});
  await pass(6);
  await expect(reading).resolves.toBeUndefined();
});

test("a text that is written is cut at what the PV holds, between two characters", async () => {
  const { pvs, server, pass } = await beamline({ name: TEXT });
  const writing = pvs.writeText("name", `${"x".repeat(38)}öy`, {});
  await pass(1);
  const put = server.circuit.last("writeNotify");
  expect(put?.payload.toString("utf8").replace(/\0+$/, "")).toBe("x".repeat(38));
  server.circuit.say(RESPONSES.writeNotify, { ioid: put?.words["ioid"] ?? 0, status: 1 });
  await pass();
  await expect(writing).resolves.toBe("x".repeat(38));
});

test("a put that the server does not take is named with its status", async () => {
  const { pvs, server, pass } = await beamline({ name: TEXT });
  const failure = failureOf(pvs.writeText("name", "Curie", {}), UnavailableError);
  await pass(1);
  server.circuit.say(RESPONSES.writeNotify, {
    ioid: server.circuit.last("writeNotify")?.words["ioid"] ?? 0,
    status: 160,
  });
  await pass();
  expect((await failure).message).toBe('PV name did not take "Curie" (ECA_PUTFAIL).');
});

test.each([
  ["never connects", {}, false],
  ["lets nobody write", { name: { ...TEXT, rights: 1 } }, false],
  ["does not answer the put", { name: TEXT }, true],
] as const)(
  "a text for a PV that %s fails with the PV's name, and tells whether it may have been written",
  async (_which, served, mayHaveHappened) => {
    const { pvs, pass } = await beamline(served);
    const failure = failureOf(pvs.writeText("name", "Curie", {}), UnavailableError);
    await pass(11);
    expect((await failure).message).toMatch(/^PV name cannot be written: \S+ \S+/);
    expect((await failure).mayHaveHappened).toBe(mayHaveHappened);
  },
);

test("an equal value that is posted again is an event; after a reconnection the former text is none", async () => {
  const { pvs, server, network, pass } = await beamline({ name: LONG_TEXT });
  const seen: unknown[] = [];
  const following = pvs.text$("name").subscribe(({ connected, text }) => seen.push(connected ? text : "gone"));
  const post = (to: ScriptedServer, text: string): void => {
    const id = to.circuit.last("eventAdd")?.words["subscriptionId"] ?? 0;
    to.circuit.sayValue(RESPONSES.eventAdd, id, CHAR_AND_TIME, (sample) => sample.setArray(Buffer.from(`${text}\0`)));
  };
  await pass(1);
  post(server, "/data/a.h5");
  post(server, "/data/a.h5");
  await pass();
  server.stop();
  await pass();
  const next = await ScriptedServer.start(network, { name: LONG_TEXT }, PORT);
  await pass(5);
  post(next, "/data/b.h5");
  await pass();
  expect(seen).toEqual(["gone", undefined, "/data/a.h5", "/data/a.h5", "gone", undefined, "/data/b.h5"]);
  following.unsubscribe();
});

test.each([
  [{}, STRING_AND_TIME, "Acquire"],
  [{ states: "numbers" }, ENUM_AND_TIME, "1"],
] as const)("a PV that chooses by state is told as %j asks", async (form, wanted, text) => {
  const { pvs, server, pass } = await beamline({ start: { native: 3, count: 1 } });
  const seen: unknown[] = [];
  const following = pvs.text$("start", form).subscribe((one) => seen.push(one.text));
  await pass(1);
  const { dbr = 0, subscriptionId = 0 } = server.circuit.last("eventAdd")?.words ?? {};
  server.circuit.sayValue(RESPONSES.eventAdd, subscriptionId, dbr, (sample) =>
    dbr === ENUM_AND_TIME ? sample.setNumber(1) : sample.setText("Acquire"),
  );
  await pass();
  expect([dbr, seen.at(-1)]).toEqual([wanted, text]);
  following.unsubscribe();
});
