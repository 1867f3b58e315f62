/** When a client is given up because it takes nothing. */
import { expect, test } from "vitest";
import { ServerCounters } from "../../../src/ca/server/counters.ts";
import { DEFAULT_LIMITS } from "../../../src/ca/server/limits.ts";
import { CircuitOutput } from "../../../src/ca/server/output.ts";
import type { ByteStream } from "../../../src/net/transport.ts";
import { FakeClock } from "../../support/fakes/fake-clock.ts";

/** An output to a client that takes what a test says. */
function slowClient(): {
  clock: FakeClock;
  output: CircuitOutput;
  take: (bytes: number) => void;
  stalls: () => number;
} {
  const clock = new FakeClock();
  let unsent = 0;
  let stalls = 0;
  const stream = {
    get unsentBytes() {
      return unsent;
    },
    write: (bytes: Buffer) => {
      unsent += bytes.length;
    },
  } as unknown as ByteStream;
  const parts = { clock, limits: DEFAULT_LIMITS, counters: new ServerCounters() };
  const output = new CircuitOutput(stream, parts, { stalled: () => stalls++, filled: () => {} });
  return { clock, output, take: (bytes) => (unsent -= bytes), stalls: () => stalls };
}

test("a client that takes a little is kept, even when more is written than it takes", () => {
  const { clock, output, take, stalls } = slowClient();
  for (let round = 0; round < 5; round++) {
    output.out.zeros(300_000);
    output.flush();
    take(1000);
    clock.advance(299);
    output.out.zeros(8);
    output.flush();
    clock.advance(2);
  }
  expect(stalls()).toBe(0);
});

test("a client that takes nothing is given up after 300 s, whatever is written meanwhile", () => {
  const { clock, output, stalls } = slowClient();
  output.out.zeros(300_000);
  output.flush();
  clock.advance(150);
  output.out.zeros(300_000);
  output.flush();
  clock.advance(149);
  expect(stalls()).toBe(0);
  clock.advance(2);
  expect(stalls()).toBe(1);
});
