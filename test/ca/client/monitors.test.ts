import { expect, test } from "vitest";
import { RESPONSES } from "../../../src/ca/wire/messages.ts";
import { ECA } from "../../../src/ca/wire/status.ts";
import { ScriptedServer } from "../../support/engine/scripted-server.ts";
import { DOUBLE, PORT, type Scene, scene } from "./client-fixture.ts";

function update({ server }: Pick<Scene, "server">, id: number, value: number, dbr = 20): void {
  server.circuit.sayValue(RESPONSES.eventAdd, id, dbr, (sample) => sample.setNumber(value));
}

const subscriptionId = ({ server }: Pick<Scene, "server">): number =>
  server.circuit.last("eventAdd")?.words["subscriptionId"] ?? 0;

test("a monitor asks for value and alarm changes, time-stamped, and delivers each update", async () => {
  const one = await scene({ a: DOUBLE });
  const pv = one.client.pv("a");
  const values: unknown[] = [];
  pv.monitor({}, (reading) => values.push(reading.value));
  await one.pass();
  const request = one.server.circuit.last("eventAdd");
  expect(request?.words).toMatchObject({ dbr: 20, count: 0, sid: 100 });
  expect(request?.payload.toString("hex")).toBe("00000000000000000000000000050000");
  update(one, subscriptionId(one), 1);
  update(one, subscriptionId(one), 2);
  await one.pass();
  expect(values).toEqual([1, 2]);
});

test("after a stop nothing more is delivered, and the server is told", async () => {
  const one = await scene({ a: DOUBLE });
  const values: unknown[] = [];
  const stop = one.client.pv("a").monitor({ mask: 1 }, (reading) => values.push(reading.value));
  await one.pass();
  const id = subscriptionId(one);
  stop();
  stop();
  update(one, id, 1);
  one.server.circuit.say(RESPONSES.eventCancelled, { dbr: 20, count: 0, sid: 100, subscriptionId: id });
  await one.pass();
  expect(values).toEqual([]);
  expect(one.server.circuit.count("eventCancel")).toBe(1);
  expect(one.server.circuit.last("eventCancel")?.words).toEqual({ dbr: 20, count: 0, sid: 100, subscriptionId: id });
});

test("subscriptions are made again after the server has restarted, with the type it has now", async () => {
  const one = await scene({ a: DOUBLE });
  const pv = one.client.pv("a");
  const values: unknown[] = [];
  const states: boolean[] = [];
  pv.onConnection((isConnected) => states.push(isConnected));
  pv.monitor({}, (reading) => values.push(reading.value));
  await one.pass(5);
  update(one, subscriptionId(one), 1);
  await one.pass();
  one.server.stop();
  await one.pass(100);
  const server = await ScriptedServer.start(one.network, { a: { native: 5, count: 1 } }, PORT);
  await one.pass(5);
  expect(states).toEqual([true, false, true]);
  expect(server.circuit.last("eventAdd")?.words).toMatchObject({ dbr: 19 });
  update({ server }, subscriptionId({ server }), 7, 19);
  await one.pass();
  expect(values).toEqual([1, 7]);
});

test("an array without elements is an update, the answer to a cancellation is none", async () => {
  const one = await scene({ a: { native: 6, count: 10 } });
  const values: unknown[] = [];
  const pv = one.client.pv("a");
  pv.monitor({ type: "PLAIN" }, (reading) => values.push(reading.value));
  await one.pass();
  const id = subscriptionId(one);
  one.server.circuit.say(RESPONSES.eventAdd, { status: ECA.NORMAL, dbr: 6, count: 0, subscriptionId: id });
  one.server.circuit.say(RESPONSES.eventAdd, { status: 100, dbr: 6, count: 0, subscriptionId: id });
  one.server.circuit.say(RESPONSES.eventAdd, { status: ECA.NORMAL, dbr: 6, count: 1, subscriptionId: id });
  await one.pass();
  expect(values).toEqual([new Float64Array(0)]);
  expect(pv.isConnected).toBe(true);
  expect(one.lines).toEqual([]);
});

test("without read access the listener is told why no value comes", async () => {
  const one = await scene({ a: DOUBLE });
  const failures: string[] = [];
  const pv = one.client.pv("a");
  pv.monitor({ onFailure: (error) => failures.push(error.message) }, () => {});
  await one.pass();
  one.server.circuit.sayValue(RESPONSES.eventAdd, subscriptionId(one), 20, () => {}, ECA.NORDACCESS);
  await one.pass();
  pv.monitor({ count: 5, onFailure: (error) => failures.push(error.message) }, () => {});
  expect(failures).toEqual([
    "PV a cannot be read: the server sends no value (ECA_NORDACCESS)",
    "PV a cannot be read: 5 elements were asked for and it has 1 (ECA_BADCOUNT)",
  ]);
});

test("a listener that throws is logged and harms nobody else", async () => {
  const one = await scene({ a: DOUBLE });
  const pv = one.client.pv("a");
  const values: unknown[] = [];
  pv.monitor({}, () => {
    throw new Error("my fault");
  });
  pv.monitor({}, (reading) => values.push(reading.value));
  await one.pass();
  for (const { name, words } of one.server.circuit.requests) {
    if (name === "eventAdd") update(one, words["subscriptionId"] ?? 0, 4);
  }
  await one.pass();
  expect(values).toEqual([4]);
  expect(one.lines.some((line) => line.includes("my fault"))).toBe(true);
});

test("a listener may stop its own monitor, and close its PV, while it is called", async () => {
  const one = await scene({ a: DOUBLE, b: DOUBLE });
  const pv = one.client.pv("a");
  const other = one.client.pv("b");
  let calls = 0;
  const stop = pv.monitor({}, () => {
    calls++;
    stop();
    pv.close();
  });
  await one.pass();
  update(one, subscriptionId(one), 1);
  update(one, subscriptionId(one), 2);
  await one.pass();
  expect(calls).toBe(1);
  expect(other.isConnected).toBe(true);
});

test("a payload that is not what its header says costs the circuit", async () => {
  const one = await scene({ a: DOUBLE });
  const pv = one.client.pv("a");
  pv.monitor({}, () => {});
  await one.pass(2);
  const words = { status: 1, dbr: 20, count: 1, subscriptionId: subscriptionId(one) };
  one.server.circuit.sayWith(RESPONSES.eventAdd, words, Buffer.alloc(8));
  await one.pass();
  expect(pv.isConnected).toBe(false);
});

test("a payload larger than the PV can have is refused before it is held", async () => {
  const one = await scene({ a: DOUBLE });
  const pv = one.client.pv("a");
  pv.monitor({}, () => {});
  await one.pass(2);
  const words = { status: 1, dbr: 20, count: 9000, subscriptionId: subscriptionId(one) };
  one.server.circuit.sayWith(RESPONSES.eventAdd, words, Buffer.alloc(72016));
  await one.pass();
  expect(pv.isConnected).toBe(false);
  expect(one.lines.some((line) => line.includes("announces 72016 bytes"))).toBe(true);
});
