/**
 * Our client on real sockets behind a proxy that harms the connection. Where it waits for time limits, its clock runs
 * fast.
 */
import { expect, test } from "vitest";
import { type Clock, systemClock } from "../../src/base/clock.ts";
import { silentLog } from "../../src/base/log.ts";
import { isolatedClient } from "../../src/ca/ca-config.ts";
import { type CaClient, createCaClient } from "../../src/ca/client/client.ts";
import { RESPONSES } from "../../src/ca/wire/messages.ts";
import { nodeNetwork } from "../../src/net/node-network.ts";
import { ScriptedServer } from "../support/engine/scripted-server.ts";
import { FaultProxy } from "../support/peers/fault-proxy.ts";
import { becomes, watch } from "../support/peers/our-client.ts";

/** Ten of its seconds are one of ours. */
const SPEED = 10;
const fastClock: Clock = {
  now: () => systemClock.now(),
  monotonic: () => systemClock.monotonic() * SPEED,
  after: (seconds, action) => systemClock.after(seconds / SPEED, action),
  soon: (action) => systemClock.soon(action),
};

interface Scene extends AsyncDisposable {
  readonly server: ScriptedServer;
  readonly proxy: FaultProxy;
  readonly client: CaClient;
}

const ELEMENTS = 20_000;

/** A server whose array PV is full of ones, behind a proxy, and a client that knows only the proxy. */
async function scene(clock = fastClock): Promise<Scene> {
  const server = await ScriptedServer.start(nodeNetwork, { "f:a": { native: 6, count: ELEMENTS } });
  const react = server.react.bind(server);
  server.react = (circuit, request) => {
    react(circuit, request);
    const { name, words } = request;
    const value = (row: typeof RESPONSES.readNotify | typeof RESPONSES.eventAdd, id: number): void =>
      circuit.sayValue(row, id, words["dbr"] ?? 0, (sample) => sample.setArray(new Float64Array(ELEMENTS).fill(1)));
    if (name === "readNotify") value(RESPONSES.readNotify, words["ioid"] ?? 0);
    if (name === "eventAdd") value(RESPONSES.eventAdd, words["subscriptionId"] ?? 0);
    if (name === "writeNotify") circuit.say(RESPONSES.writeNotify, { status: 1, ioid: words["ioid"] ?? 0 });
  };
  const proxy = await FaultProxy.start(nodeNetwork, server.address);
  const client = createCaClient({
    network: nodeNetwork,
    clock,
    config: { ...isolatedClient(proxy.address.port), connectionTimeoutSeconds: 2 },
    user: "tester",
    host: "testhost",
    log: silentLog,
  });
  const close = async (): Promise<void> => {
    proxy.fault = "none";
    await client.close();
    proxy.stop();
    server.stop();
  };
  return { server, proxy, client, [Symbol.asyncDispose]: close };
}

test("a network that delivers every byte alone changes nothing", { timeout: 30_000 }, async () => {
  await using one = await scene(systemClock); // it is slow, not silent
  one.proxy.fault = "bytewise";
  const pv = one.client.pv("f:a");
  await becomes(pv, true);
  const values = new Float64Array(ELEMENTS).fill(1);
  expect((await pv.get()).value).toEqual(values);
  expect(await pv.putCallback(values)).toBe(1);
  expect(one.server.circuit.last("writeNotify")?.payload.length).toBe(8 * ELEMENTS);
});

test("a connection that is cut again and again is made again, and its subscription with it", async () => {
  await using one = await scene();
  const pv = one.client.pv("f:a");
  const watched = watch(pv);
  for (let cuts = 0; cuts < 3; cuts++) {
    await watched.next(() => true, cuts);
    const lost = becomes(pv, false);
    one.proxy.cut();
    await lost;
    await expect(pv.get()).rejects.toMatchObject({ name: "PvNotConnectedError" });
    await becomes(pv, true);
  }
  await watched.next(() => true, 3);
  expect(one.proxy.connections).toBe(4);
});

test("a peer that vanishes without closing is noticed, and recovered when it is back", async () => {
  await using one = await scene();
  const pv = one.client.pv("f:a");
  const watched = watch(pv);
  await watched.next(() => true);
  one.proxy.fault = "swallow";
  const get = pv.get().catch((error: unknown) => error);
  await becomes(pv, false);
  expect(await get).toMatchObject({ name: "PvNotConnectedError" });
  one.proxy.fault = "none";
  one.server.circuit.say(RESPONSES.readSync); // any sign of life
  await becomes(pv, true);
  await watched.next(() => true, 1);
  expect(one.proxy.connections).toBe(1);
});

test("a peer that vanishes and is replaced on the same port is found after the old connection is reset", async () => {
  await using one = await scene();
  const pv = one.client.pv("f:a");
  await becomes(pv, true);
  one.proxy.fault = "swallow";
  await becomes(pv, false);
  one.proxy.fault = "none";
  one.proxy.cut();
  await becomes(pv, true);
  expect(one.proxy.connections).toBe(2);
});
