import { expect, test } from "vitest";
import { RESPONSES } from "../../../src/ca/wire/messages.ts";
import { ECA } from "../../../src/ca/wire/status.ts";
import { DOUBLE, type Scene, scene } from "./client-fixture.ts";

/**
 * A connected PV with a subscription, whose server has fallen silent for the connection timeout and the time for an
 * ECHO.
 */
async function silenced(): Promise<Scene & { readonly states: boolean[]; readonly values: unknown[] }> {
  const one = await scene({ a: DOUBLE });
  const states: boolean[] = [];
  const values: unknown[] = [];
  const pv = one.client.pv("a");
  pv.onConnection((isConnected) => states.push(isConnected));
  pv.monitor({}, (reading) => values.push(reading.value));
  await one.pass();
  one.server.answersEcho = false;
  await one.pass(35.1);
  return { ...one, states, values };
}

test("a silent server that answers ECHO stays connected", async () => {
  const { client, server, pass } = await scene({ a: DOUBLE });
  const pv = client.pv("a");
  await pass(29);
  expect(server.circuit.count("echo")).toBe(0);
  await pass(2);
  expect(server.circuit.count("echo")).toBe(1);
  await pass(300);
  expect(server.circuit.count("echo")).toBe(11);
  expect(pv.isConnected).toBe(true);
});

test("bytes of any kind put the probe off", async () => {
  const { client, server, pass } = await scene({ a: DOUBLE });
  client.pv("a");
  await pass(20);
  server.circuit.say(RESPONSES.readSync);
  await pass(20);
  expect(server.circuit.count("echo")).toBe(0);
  await pass(11);
  expect(server.circuit.count("echo")).toBe(1);
});

test("a server that does not answer is reported as unresponsive; requests fail and the connection is kept", async () => {
  const { client, server, states, lines } = await silenced();
  expect(states).toEqual([true, false]);
  expect(lines).toEqual(["warn: ca: server 127.0.0.1:6000 does not answer"]);
  expect(server.circuit.isClosed).toBe(false);
  await expect(client.pv("a").get()).rejects.toMatchObject({ status: ECA.DISCONN });
});

test("what waits when the server falls silent fails with ECA_UNRESPTMO", async () => {
  const { client, server, pass } = await scene({ a: DOUBLE });
  const pv = client.pv("a");
  await pass();
  server.answersEcho = false;
  const put = pv.putCallback(1).catch((error: unknown) => error);
  await pass(36);
  expect(await put).toMatchObject({ name: "PvNotConnectedError", status: ECA.UNRESPTMO });
  await expect(pv.get()).rejects.toMatchObject({ status: ECA.UNRESPTMO });
});

test("when it speaks again it is probed, and then its subscriptions are refreshed under their own ids", async () => {
  const { server, pass, states, values } = await silenced();
  server.answersEcho = true;
  const echoes = server.circuit.count("echo");
  server.circuit.say(RESPONSES.echo); // the late answer to the first ECHO
  await pass();
  expect(server.circuit.count("echo")).toBe(echoes + 1);
  expect(states).toEqual([true, false, true]);
  const id = server.circuit.last("eventAdd")?.words["subscriptionId"] ?? 0;
  expect(server.circuit.last("readNotify")?.words).toMatchObject({ ioid: id, dbr: 20 });
  expect(server.circuit.count("eventAdd")).toBe(1);
  server.circuit.sayValue(RESPONSES.readNotify, id, 20, (sample) => sample.setNumber(3));
  await pass();
  expect(values).toEqual([3]);
});

test("a few bytes and then silence again do not make it connected", async () => {
  const { server, pass, states } = await silenced();
  server.circuit.say(RESPONSES.readSync);
  await pass(10);
  expect(states).toEqual([true, false]);
});

test("while it is probed, the answer to one of two ECHOs is not enough at once, but is after the time for an ECHO", async () => {
  const { server, pass, states } = await silenced();
  server.circuit.say(RESPONSES.readSync);
  await pass();
  server.circuit.say(RESPONSES.echo);
  await pass(4.9);
  expect(states).toEqual([true, false]);
  await pass(0.2);
  expect(states).toEqual([true, false, true]);
});

test("a server silent for minutes is given up and searched", async () => {
  const { server, pass, states } = await silenced();
  server.answersEcho = true;
  await pass(310);
  expect(server.circuits.length).toBe(2);
  expect(states).toEqual([true, false, true]);
});

test("a subscription made during the silence is established afterwards", async () => {
  const { client, server, pass } = await silenced();
  const pv = client.pv("a");
  await pass();
  const values: unknown[] = [];
  pv.monitor({}, (reading) => values.push(reading.value));
  server.answersEcho = true;
  server.circuit.say(RESPONSES.echo);
  await pass();
  expect(pv.isConnected).toBe(true);
  expect(server.circuit.count("eventAdd")).toBe(2);
});
