import { expect, test } from "vitest";
import { createLog, silentLog } from "../../../src/base/log.ts";
import { NameSearch } from "../../../src/ca/client/name-search.ts";
import { Frame } from "../../../src/ca/wire/frame.ts";
import { readDatagram } from "../../../src/ca/wire/framing.ts";
import type { Address } from "../../../src/net/transport.ts";
import { FakeClock } from "../../support/fakes/fake-clock.ts";

const SERVER: Address = { host: "10.0.0.1", port: 5064 };

interface Sent {
  readonly at: number;
  readonly commands: number[];
  readonly names: string[];
  readonly bytes: number;
}

function start(max = 300): { clock: FakeClock; search: NameSearch; sent: Sent[] } {
  const clock = new FakeClock();
  const sent: Sent[] = [];
  const search = new NameSearch(clock, silentLog, max, (bytes) => {
    const names: string[] = [];
    const commands: number[] = [];
    readDatagram(bytes, new Frame(), (frame) => {
      commands.push(frame.command);
      if (frame.command === 6) names.push(frame.text());
      return true;
    });
    sent.push({ at: clock.monotonic(), commands, names, bytes: bytes.length });
  });
  return { clock, search, sent };
}

const nobody = (): void => {};

test("a name is asked for at once and then ever more slowly, up to the maximum period", () => {
  const { clock, search, sent } = start(60);
  search.add("a", 1, nobody);
  clock.advance(600);
  const times = sent.map((one) => one.at);
  const waits = times.slice(1).map((at, index) => Math.round((at - times[index]!) * 1000));
  expect(times[0]).toBe(0);
  expect(waits.slice(0, 6)).toEqual([32, 64, 128, 256, 512, 1024]);
  expect(waits.at(-1)).toBe(60_000);
});

test("datagrams hold at most 1024 bytes, begin with VERSION, and carry as many names as fit", () => {
  const { clock, search, sent } = start();
  for (let i = 0; i < 100; i++) search.add(`name${String(i).padStart(6, "0")}`, i, nobody);
  clock.advance(0);
  expect(sent.map((one) => one.names.length)).toEqual([31, 31, 31, 7]);
  for (const { commands, bytes } of sent) {
    expect(bytes).toBeLessThanOrEqual(1024);
    expect(commands[0]).toBe(0);
  }
  expect(sent.flatMap((one) => one.names).length).toBe(100);
});

test("at most 64 datagrams leave at once, and every name is asked for in the end", () => {
  const { clock, search, sent } = start();
  for (let i = 0; i < 10_000; i++) search.add(`name${String(i).padStart(6, "0")}`, i, nobody);
  clock.advance(0.15);
  const framesAt = new Map<number, number>();
  for (const { at } of sent) framesAt.set(at, (framesAt.get(at) ?? 0) + 1);
  expect(framesAt.size).toBeGreaterThan(1);
  for (const frames of framesAt.values()) expect(frames).toBeLessThanOrEqual(64);
  expect(new Set(sent.flatMap((one) => one.names)).size).toBe(10_000);
});

test("a name that is found or removed is asked for no more", () => {
  const { clock, search, sent } = start();
  const found: Address[] = [];
  search.add("a", 1, (server) => found.push(server));
  search.add("b", 2, nobody);
  clock.advance(1);
  search.answered(1, SERVER);
  search.answered(1, SERVER);
  search.answered(99, SERVER);
  search.remove(2);
  const before = sent.length;
  clock.advance(1000);
  expect(found).toEqual([SERVER]);
  expect(sent.length).toBe(before);
  expect(clock.pending).toBe(0);
});

test("an anomaly makes everything that waits longer due within 5 s", () => {
  const { clock, search, sent } = start();
  search.add("a", 1, nobody);
  clock.advance(5000);
  const before = sent.length;
  search.hurry();
  clock.advance(4.2);
  expect(sent.length).toBe(before + 1);
});

test("a new server to ask is asked for everything at once", () => {
  const { clock, search, sent } = start();
  for (const id of [1, 2, 3]) search.add(`n${id}`, id, nobody);
  clock.advance(5000);
  sent.length = 0;
  search.restart();
  clock.advance(0);
  expect(sent.map((one) => one.names)).toEqual([["n1", "n2", "n3"]]);
});

test("a second answer from elsewhere is reported once for each connection", () => {
  const clock = new FakeClock();
  const lines: string[] = [];
  const search = new NameSearch(
    clock,
    createLog("ca", (line) => lines.push(line)),
    300,
    nobody,
  );
  search.add("a", 1, nobody);
  search.answered(1, SERVER);
  search.answered(1, SERVER);
  expect(lines).toEqual([]);
  search.answered(1, { ...SERVER, port: 1 });
  search.answered(1, { ...SERVER, port: 2 });
  expect(lines.length).toBe(1);
  search.again(1, 60);
  search.answered(1, SERVER);
  search.answered(1, { ...SERVER, port: 1 });
  expect(lines.length).toBe(2);
});
