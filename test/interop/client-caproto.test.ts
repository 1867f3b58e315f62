/**
 * Our client against caproto's server, a second and independent implementation; killed and restarted in mid-monitor.
 */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { DBR, DBR_TYPES } from "../../src/ca/wire/dbr-layout.ts";
import { ECA } from "../../src/ca/wire/status.ts";
import { epicsEnvironment, freePort, randomPrefix } from "../support/peers/epics-environment.ts";
import { becomes, openClient, watch } from "../support/peers/our-client.ts";
import { needPeers, PYTHON, ROOT } from "../support/peers/real-peers.ts";
import { type PeerProcess, spawnPeer } from "../support/peers/spawn-peer.ts";

const TEN_SECONDS = { timeoutSeconds: 10 };
const RESTART_TEST_MS = 60_000;

const start = (prefix: string, port: number): Promise<PeerProcess> =>
  spawnPeer(PYTHON, [join(ROOT, "test/peers/caproto_ioc.py"), prefix], {
    env: epicsEnvironment(port),
    pv: { name: `${prefix}double`, port },
  });

describe.skipIf(needPeers("caproto").missing)("our client and caproto's server", { timeout: 30_000 }, () => {
  test("every DBR type is read", async () => {
    const [prefix, port] = [randomPrefix(), await freePort()];
    await using _server = await start(prefix, port);
    await using ours = openClient(port);
    const pv = ours.client.pv(`${prefix}double`);
    await pv.connected(TEN_SECONDS);
    for (const type of DBR_TYPES.slice(0, 35)) {
      const reading = await pv.get({ type: type.code, ...TEN_SECONDS });
      expect([type.name, reading.type, reading.count]).toEqual([type.name, type, 1]);
      if (type.native !== "STRING") expect([type.name, Math.trunc(Number(reading.value))]).toEqual([type.name, 1]);
    }
    const { sample } = await pv.get({ type: "CTRL" });
    expect([sample.number, sample.precision, sample.units, ...sample.limits.slice(6)]).toEqual([1.5, 3, "mm", 10, -10]);
  });

  test("numbers, states, texts and arrays are put and read back", async () => {
    const [prefix, port] = [randomPrefix(), await freePort()];
    await using _server = await start(prefix, port);
    await using ours = openClient(port);
    const pv = async (name: string) => {
      const one = ours.client.pv(prefix + name);
      await one.connected(TEN_SECONDS);
      return one;
    };
    const double = await pv("double");
    expect(await double.putCallback(2.5, TEN_SECONDS)).toBe(ECA.NORMAL);
    expect((await double.get()).value).toBe(2.5);
    const state = await pv("enum");
    expect(await state.putCallback("Busy", TEN_SECONDS)).toBe(ECA.NORMAL);
    expect((await state.get({ type: DBR["TIME_STRING"]! })).value).toBe("Busy");
    await expect(state.put("Ajar")).rejects.toThrow('"Ajar" is none of its states ("Done", "Busy")');
    const string = await pv("string");
    expect(await string.putCallback("good bye", TEN_SECONDS)).toBe(ECA.NORMAL);
    expect((await string.get()).value).toBe("good bye");
    const chars = await pv("chars");
    expect((await chars.get()).text).toBe("Unknown");
    expect(await chars.putCallback("a long text ".repeat(10), TEN_SECONDS)).toBe(ECA.NORMAL);
    expect((await chars.get()).text).toBe("a long text ".repeat(10));
    const array = await pv("array");
    const long = Float64Array.from({ length: 100_000 }, (_, index) => index / 3);
    expect(await array.putCallback(long, TEN_SECONDS)).toBe(ECA.NORMAL);
    expect((await array.get(TEN_SECONDS)).value).toEqual(long);
    expect((await (await pv("alarmed")).get()).alarm).toEqual({ status: "HIGH", severity: "MINOR" });
  });

  test("a put-callback waits for the server, and a failing one says so", async () => {
    const [prefix, port] = [randomPrefix(), await freePort()];
    await using _server = await start(prefix, port);
    await using ours = openClient(port);
    const slow = ours.client.pv(`${prefix}slow`);
    const fails = ours.client.pv(`${prefix}fails`);
    await Promise.all([slow.connected(TEN_SECONDS), fails.connected(TEN_SECONDS)]);
    expect(await slow.putCallback(3, TEN_SECONDS)).toBe(ECA.NORMAL);
    expect((await slow.get()).value).toBe(3);
    expect(await fails.putCallback(3, TEN_SECONDS)).not.toBe(ECA.NORMAL);
    expect((await fails.get()).value).toBe(0);
  });

  test(
    "a server that is killed and restarted in mid-monitor is found again",
    async () => {
      const [prefix, port] = [randomPrefix(), await freePort()];
      const first = await start(prefix, port);
      await using ours = openClient(port);
      const count = ours.client.pv(`${prefix}count`);
      const chars = ours.client.pv(`${prefix}chars`);
      await Promise.all([count.connected(TEN_SECONDS), chars.connected(TEN_SECONDS)]);
      const counted = watch(count);
      const texts = watch(chars);
      await counted.next((reading) => Number(reading.value) > 2);
      first.kill("SIGKILL");
      await becomes(count, false);
      await expect(count.get()).rejects.toMatchObject({ name: "PvNotConnectedError", status: ECA.DISCONN });
      await first.exited;
      const seen = counted.readings.length;
      await using _second = await start(prefix, port);
      await becomes(count, true);
      await counted.next((reading) => Number(reading.value) > 2, seen);
      await texts.next((reading) => reading.text === "Unknown", 1);
      expect(ours.lines.filter((line) => line.startsWith("error"))).toEqual([]);
    },
    RESTART_TEST_MS,
  );
});
