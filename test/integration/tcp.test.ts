/** Streams over real sockets of 127.0.0.1: large writes go out in pieces, in order, to their end. */
import { expect, test } from "vitest";
import { connectTcp, listenTcp } from "../../src/net/tcp.ts";
import type { ByteStream, StreamServer } from "../../src/net/transport.ts";

interface Pair {
  readonly listener: StreamServer;
  readonly near: ByteStream;
  readonly far: ByteStream;
}

async function pair(): Promise<Pair> {
  let accepted: (stream: ByteStream) => void = () => {};
  const far = new Promise<ByteStream>((resolve) => {
    accepted = resolve;
  });
  const listener = await listenTcp({ host: "127.0.0.1", port: 0 }, (stream) => accepted(stream));
  const near = await connectTcp(listener.address, 5);
  return { listener, near, far: await far };
}

/** More than the system's buffers for a connection can ever hold. */
const LARGE = Buffer.from(Uint32Array.from({ length: 16 << 20 }, (_, i) => i).buffer);

test("how much of a large write a slow reader has taken shows while it is on its way", async () => {
  const { listener, near, far } = await pair();
  near.write(LARGE);
  await new Promise<void>((halfRead) => {
    let received = 0;
    far.onData = (chunk) => {
      received += chunk.length;
      if (received < LARGE.length / 2) return;
      far.pause();
      halfRead();
    };
  });
  expect(near.unsentBytes).toBeGreaterThan(0);
  expect(near.unsentBytes).toBeLessThan(LARGE.length * 0.6);
  near.destroy();
  far.destroy();
  listener.close();
});

test("large and small writes arrive whole and in order; the end comes after them; each is reported when it is sent", async () => {
  const { listener, near, far } = await pair();
  const small = Buffer.from("small");
  const chunks: Buffer[] = [];
  const sent: string[] = [];
  far.onData = (chunk) => chunks.push(Buffer.from(chunk));
  const closed = new Promise<void>((resolve) => {
    far.onClose = () => resolve();
  });
  const unsentAtDrain: number[] = [];
  near.onDrain = () => unsentAtDrain.push(near.unsentBytes);
  near.write(small, () => sent.push("first"));
  near.write(LARGE, () => sent.push("large"));
  near.write(small, () => sent.push("last"));
  near.write(LARGE.subarray(0, 3_000_000), () => sent.push("rest"));
  near.end();
  await closed;
  const all = Buffer.concat([small, LARGE, small, LARGE.subarray(0, 3_000_000)]);
  expect(Buffer.concat(chunks).equals(all)).toBe(true);
  expect(sent).toEqual(["first", "large", "last", "rest"]);
  expect(new Set(unsentAtDrain)).toEqual(new Set([0]));
  listener.close();
});

test("small writes that a slow reader has not taken are reported as drained when it has", async () => {
  const { listener, near, far } = await pair();
  far.pause();
  const small = LARGE.subarray(0, 16_384);
  while (near.unsentBytes < 1_000_000) near.write(small);
  const drained = new Promise<number>((resolve) => {
    near.onDrain = () => resolve(near.unsentBytes);
  });
  far.resume();
  expect(await drained).toBe(0);
  near.destroy();
  far.destroy();
  listener.close();
});

test("a listener that closes takes no more connections and leaves those that are open", async () => {
  const { listener, near, far } = await pair();
  listener.close();
  await expect(connectTcp(listener.address, 5)).rejects.toThrow("ECONNREFUSED");
  const heard = new Promise<string>((resolve) => {
    far.onData = (chunk) => resolve(chunk.toString());
  });
  near.write(Buffer.from("still here"));
  expect(await heard).toBe("still here");
  near.destroy();
});
