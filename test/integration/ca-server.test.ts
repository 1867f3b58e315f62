/** Our Channel Access server over real sockets of 127.0.0.1. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { silentLog } from "../../src/base/log.ts";
import { isolatedServer } from "../../src/ca/ca-config.ts";
import { CaServer } from "../../src/ca/server/server.ts";
import { nodeNetwork } from "../../src/net/node-network.ts";
import { defineCatvsCases } from "../support/engine/catvs-cases.ts";
import { doubles, maskPayload, RawCircuit, requestBytes } from "../support/engine/raw-circuit.ts";
import { FakePv, FakePvs } from "../support/fakes/fake-pvs.ts";

const wave = new FakePv(Array.from({ length: 100_000 }, (_, i) => i));
const scalar = new FakePv(0);
const slow = new FakePv(0);
let server: CaServer;

beforeAll(async () => {
  const source = new FakePvs({
    "cat:ival": new FakePv(42, { nativeType: 5 }),
    "cat:aval": new FakePv([], { nativeType: 1, elementCount: 5 }),
    wave,
    scalar,
    slow,
  });
  server = await CaServer.start({
    source,
    config: isolatedServer(),
    network: nodeNetwork,
    clock: systemClock,
    log: silentLog,
  });
});
afterAll(async () => {
  await server.close();
});

defineCatvsCases(() => ({ port: server.port, prefix: "cat:" }));

const connect = async (): Promise<RawCircuit> =>
  new RawCircuit(await nodeNetwork.connect({ host: "127.0.0.1", port: server.port }, 5)).begin();

test("an array of 800 kB is read whole, again and again, by a client that reads slowly", async () => {
  const circuit = await connect();
  const { sid } = await circuit.open("wave");
  for (let ioid = 0; ioid < 20; ioid++) circuit.send("readNotify", { dbr: 6, count: 0, sid, ioid });
  for (let ioid = 0; ioid < 20; ioid++) {
    const { payload } = await circuit.reply("readNotify", { dbr: 6, count: 100_000, status: 1, ioid });
    expect(payload.readDoubleBE(99_999 * 8)).toBe(99_999);
  }
  circuit.stream.destroy();
});

test("a client that stops reading does not make the server hold more and more; later it has the newest value", async () => {
  const circuit = await connect();
  const { sid } = await circuit.open("wave");
  circuit.send("eventAdd", { dbr: 6, count: 0, sid, subscriptionId: 1 }, maskPayload(1));
  await circuit.reply("eventAdd");
  circuit.stream.pause();
  const other = await connect();
  const values = Float64Array.from({ length: 100_000 });
  for (let round = 1; round <= 60; round++) {
    wave.set([...values.fill(round)]);
    await other.silence();
  }
  expect(server.counters.largestBacklogBytes).toBeLessThan(2 * 800_016 + 256 * 1024);
  circuit.stream.resume();
  let last = 0;
  while (last < 60) last = (await circuit.reply("eventAdd", { count: 100_000 })).payload.readDoubleBE(0);
  for (const one of [circuit, other]) one.stream.destroy();
});

test("puts sent in one breath with the goodbye are applied", async () => {
  for (let round = 1; round <= 50; round++) {
    const circuit = await connect();
    const { sid } = await circuit.open("scalar");
    circuit.sendBytes(requestBytes("write", { dbr: 6, count: 1, sid }, doubles(round)));
    circuit.stream.end();
    await circuit.closed();
    expect(scalar.puts.at(-1)).toBe(round);
  }
});

test("a client that is killed while its put-callbacks fill the queue is seen to be gone, and its queued puts are not made", async () => {
  slow.slow = true;
  const circuit = await connect();
  const { sid } = await circuit.open("slow");
  const puts = Array.from({ length: 600 }, (_, ioid) =>
    requestBytes("writeNotify", { dbr: 6, count: 1, sid, ioid }, doubles(ioid)),
  );
  circuit.sendBytes(Buffer.concat(puts));
  const other = await connect();
  while (slow.putsInProgress === 0) await other.silence();
  circuit.stream.end();
  while (slow.openChannels.size > 0) await other.silence();
  slow.finish();
  expect([slow.puts, slow.putsInProgress]).toEqual([[0], 0]);
  other.stream.destroy();
});

test("two hundred clients come, subscribe and go, and nothing is left of them", async () => {
  const clients = await Promise.all(Array.from({ length: 200 }, connect));
  await Promise.all(
    clients.map(async (circuit) => {
      const { sid } = await circuit.open("scalar");
      circuit.send("eventAdd", { dbr: 6, count: 1, sid, subscriptionId: 1 }, maskPayload(1));
      await circuit.reply("eventAdd");
    }),
  );
  scalar.set(4711);
  for (const circuit of clients) {
    expect((await circuit.reply("eventAdd", { subscriptionId: 1 })).payload.readDoubleBE(0)).toBe(4711);
    circuit.stream.end();
  }
  await Promise.all(clients.map((circuit) => circuit.closed()));
  expect(scalar.subscribers.size).toBe(0);
});
