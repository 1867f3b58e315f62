/** What is counted of the requests that are refused. */
import { expect, test } from "vitest";
import type { CircuitContext } from "../../../src/ca/server/circuit-context.ts";
import { ServerCounters } from "../../../src/ca/server/counters.ts";
import { DEFAULT_LIMITS } from "../../../src/ca/server/limits.ts";
import { CircuitOutput } from "../../../src/ca/server/output.ts";
import { sendError } from "../../../src/ca/server/replies.ts";
import { Frame } from "../../../src/ca/wire/frame.ts";
import { readHeader } from "../../../src/ca/wire/framing.ts";
import { ECA, type EcaName } from "../../../src/ca/wire/status.ts";
import { MemoryStream } from "../../support/engine/memory-network.ts";
import { doubles, requestBytes } from "../../support/engine/raw-circuit.ts";
import { FakeClock } from "../../support/fakes/fake-clock.ts";
import { FakePv } from "../../support/fakes/fake-pvs.ts";
import { startServer } from "./server-fixture.ts";

const AT = { host: "127.0.0.1", port: 1 };

test.each<[EcaName, number, number]>([
  ["TOLARGE", 1, 0],
  ["16KARRAYCLIENT", 1, 0],
  ["NORDACCESS", 0, 1],
  ["NOWTACCESS", 0, 1],
  ["BADTYPE", 0, 0],
  ["PUTFAIL", 0, 0],
])("an error %s counts as %i too large and %i denied", (name, tooLarge, denied) => {
  const counters = new ServerCounters();
  const clock = new FakeClock();
  const [stream] = MemoryStream.pair(clock, AT, AT);
  const output = new CircuitOutput(
    stream,
    { clock, limits: DEFAULT_LIMITS, counters },
    { stalled: () => {}, filled: () => {} },
  );
  const context = { counters, output } as unknown as CircuitContext;
  const bytes = requestBytes("echo");
  const frame = new Frame();
  readHeader(bytes, 0, bytes.length, frame);
  sendError(context, frame, ECA[name], "refused", 1);
  expect([counters.tooLarge, counters.denied]).toEqual([tooLarge, denied]);
});

test("who may not write a PV is told by name, and a put-callback that is refused for it is counted as a plain put is", async () => {
  const x = new FakePv(1);
  x.rights = 1;
  await using fixture = await startServer({ x });
  const circuit = await fixture.client();
  circuit.send("clientName", {}, "op1");
  circuit.send("hostName", {}, "ws1");
  const { sid } = await circuit.open("x", 5);
  circuit.send("write", { dbr: 6, count: 1, sid }, doubles(2));
  await circuit.reply("error", { cid: 5, status: ECA.NOWTACCESS });
  circuit.send("writeNotify", { dbr: 6, count: 1, sid, ioid: 1 }, doubles(2));
  await circuit.reply("writeNotify", { status: ECA.NOWTACCESS, ioid: 1 });
  expect([fixture.server.counters.denied, fixture.server.counters.tooLarge, x.puts]).toEqual([2, 0, []]);
  expect(fixture.logged.map((line) => line.replace(/\d{5}/, "PORT"))).toEqual(
    Array.from({ length: 2 }, () => "warn: ca: op1@ws1:PORT (127.0.0.1) may not write x, and was refused"),
  );
});

test("that a client fills is told when it fills and at each write while it is full, and not before", () => {
  const clock = new FakeClock();
  const [stream] = MemoryStream.pair(clock, AT, AT);
  let fills = 0;
  const limits = { ...DEFAULT_LIMITS, highWaterBytes: 1000 };
  const output = new CircuitOutput(
    stream,
    { clock, limits, counters: new ServerCounters() },
    { stalled: () => {}, filled: () => fills++ },
  );
  const seen = [992, 8, 0, 8].map((bytes) => {
    output.out.zeros(bytes);
    output.flush();
    return fills;
  });
  expect(seen).toEqual([0, 1, 1, 2]);
});

test("of all clients that wait, the one for which most waits goes in the moment in which the sum is too much", async () => {
  const a = new FakePv(Array.from({ length: 1000 }, () => 1));
  await using fixture = await startServer({ a }, { limits: { unsentBytes: 30_000, highWaterBytes: 4000 } });
  const ask = async (reads: number): Promise<{ readonly isClosed: boolean }> => {
    const circuit = await fixture.client();
    const { sid } = await circuit.open("a");
    circuit.stream.pause();
    for (let i = 0; i < reads; i++) circuit.send("readNotify", { dbr: 6, count: 0, sid, ioid: i });
    fixture.clock.settle();
    return circuit;
  };
  const circuits = [await ask(1), await ask(1), await ask(1)];
  expect(circuits.map(({ isClosed }) => isClosed)).toEqual([false, false, false]);
  circuits.push(await ask(1));
  fixture.clock.settle();
  expect(circuits.filter(({ isClosed }) => isClosed).length).toBe(1);
  expect(fixture.logged.filter((line) => line.includes("it takes them too slowly")).length).toBe(1);
});
