import { assert, asyncProperty, integer, uint8Array } from "fast-check";
import { expect, test } from "vitest";
import { RESPONSES } from "../../../src/ca/wire/messages.ts";
import { MemoryStream } from "../../support/engine/memory-network.ts";
import { scene } from "./client-fixture.ts";

/** What a user sees of one conversation when the server's bytes come in chunks of these sizes. */
async function conversation(chunkBytes: number): Promise<readonly unknown[]> {
  const seen: unknown[] = [];
  const one = await scene(
    { a: { native: 6, count: 9 }, s: { native: 0, count: 1 } },
    {
      adapt: (stream) => {
        if (stream instanceof MemoryStream) stream.chunkBytes = chunkBytes;
      },
    },
  );
  const a = one.client.pv("a");
  const s = one.client.pv("s");
  a.onConnection((isConnected) => seen.push(isConnected));
  a.monitor({}, (reading) => seen.push(Array.from(reading.elements)));
  await one.pass();
  const text = s.get().then((reading) => seen.push(reading.value));
  const put = a.putCallback([1]).then((status) => seen.push(status));
  await one.pass();
  const { circuit } = one.server;
  const id = circuit.last("eventAdd")?.words["subscriptionId"] ?? 0;
  for (const length of [0, 1, 5, 9]) {
    circuit.sayValue(RESPONSES.eventAdd, id, 20, (sample) => sample.setArray(new Float64Array(length).fill(length)));
  }
  circuit.sayValue(RESPONSES.readNotify, circuit.last("readNotify")?.words["ioid"] ?? 0, 14, (sample) =>
    sample.setText("a text"),
  );
  circuit.say(RESPONSES.writeNotify, {
    dbr: 6,
    count: 1,
    status: 1,
    ioid: circuit.last("writeNotify")?.words["ioid"] ?? 0,
  });
  await one.pass();
  await Promise.all([text, put]);
  const closed = one.client.close();
  await one.pass();
  await closed;
  return seen;
}

test("however the network cuts the bytes, the client sees the same", async () => {
  const whole = await conversation(Number.POSITIVE_INFINITY);
  expect(whole).toContainEqual([5, 5, 5, 5, 5]);
  expect(whole).toContain("a text");
  await assert(
    asyncProperty(integer({ min: 1, max: 200 }), async (chunkBytes) => {
      expect(await conversation(chunkBytes)).toEqual(whole);
    }),
    { numRuns: 60 },
  );
});

test("random bytes from a server neither throw nor stay: the circuit ends or waits for more", async () => {
  await assert(
    asyncProperty(uint8Array({ minLength: 1, maxLength: 400 }), async (bytes) => {
      const one = await scene({ a: { native: 6, count: 1 } });
      const pv = one.client.pv("a");
      pv.monitor({}, () => {});
      await one.pass(2);
      one.server.circuit.stream.write(Buffer.from(bytes));
      await one.pass();
      const closed = one.client.close();
      await one.pass(3);
      await closed;
      expect(one.clock.pending).toBe(0);
    }),
    { numRuns: 150 },
  );
});
