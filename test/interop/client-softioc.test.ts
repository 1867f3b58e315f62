/**
 * Our client against EPICS base's own IOC: every type, large arrays, puts, and an IOC that is killed and comes back.
 */
import { describe, expect, test } from "vitest";
import type { DbrSample } from "../../src/ca/wire/dbr-codec.ts";
import { DBR, DBR_TYPES } from "../../src/ca/wire/dbr-layout.ts";
import { ECA } from "../../src/ca/wire/status.ts";
import { becomes, openClient, watch } from "../support/peers/our-client.ts";
import { needPeers } from "../support/peers/real-peers.ts";
import { startSoftIoc } from "../support/peers/soft-ioc.ts";

const TEN_SECONDS = { timeoutSeconds: 10 };
const RESTART_TEST_MS = 60_000;

const DB = `
record(ao, "$(P)ao") { field(PREC,"3") field(EGU,"mm") field(HOPR,"10") field(LOPR,"-10") field(DRVH,"9") field(DRVL,"-9")
  field(HIHI,"8") field(HIGH,"5") field(LOW,"-5") field(LOLO,"-8") field(HHSV,"MAJOR") field(HSV,"MINOR") field(LSV,"MINOR") field(LLSV,"MAJOR")
  field(VAL,"6") field(PINI,"YES") }
record(longout, "$(P)lo") { field(VAL,"-7") field(PINI,"YES") }
record(bo, "$(P)bo") { field(ZNAM,"Off") field(ONAM,"On") field(OSV,"MINOR") }
record(mbbo, "$(P)mbbo") { field(ZRST,"Zero") field(ONST,"One") field(TWST,"Two") field(ZRVL,"0") field(ONVL,"1") field(TWVL,"4") }
record(stringout, "$(P)so") { field(VAL,"hello") field(PINI,"YES") }
record(waveform, "$(P)chars") { field(FTVL,"CHAR") field(NELM,"256") }
record(waveform, "$(P)doubles") { field(FTVL,"DOUBLE") field(NELM,"100000") }
record(waveform, "$(P)strings") { field(FTVL,"STRING") field(NELM,"4") }
record(calcout, "$(P)slow") { field(CALC,"A") field(ODLY,"0.3") field(OOPT,"Every Time") }
record(ao, "$(P)disabled") { field(DISP,"1") }
record(calc, "$(P)count") { field(SCAN,".1 second") field(CALC,"VAL+1") }
`;

/** What a type must bring for the ao of the database, whose value is 6. */
const METADATA: Readonly<Record<string, (sample: DbrSample) => unknown>> = {
  STS: (sample) => [sample.status, sample.severity],
  TIME: (sample) => [sample.status, sample.severity, sample.seconds > 1e9],
  GR: (sample) => [sample.status, sample.severity, sample.units, ...sample.limits.slice(0, 6)],
  CTRL: (sample) => [sample.status, sample.severity, sample.units, ...sample.limits],
};
const EXPECTED: Readonly<Record<string, unknown>> = {
  STS: [4, 1],
  TIME: [4, 1, true],
  GR: [4, 1, "mm", 10, -10, 8, 5, -5, -8],
  CTRL: [4, 1, "mm", 10, -10, 8, 5, -5, -8, 9, -9],
};
/** CHAR has no sign: the limits below zero come as their low bits. */
const asUnsigned = (values: unknown): unknown =>
  (values as unknown[]).map((value) => (typeof value === "number" && value < 0 ? value + 256 : value));

describe.skipIf(needPeers("softIoc").missing)("our client and softIoc", { timeout: 30_000 }, () => {
  test("every DBR type is read, with its metadata", async () => {
    await using ioc = await startSoftIoc({ db: DB });
    await using ours = openClient(ioc.port);
    const pv = ours.client.pv(`${ioc.prefix}ao`);
    await pv.connected(TEN_SECONDS);
    for (const type of DBR_TYPES.slice(0, 35)) {
      const reading = await pv.get({ type: type.code, ...TEN_SECONDS });
      expect([type.name, reading.type, reading.count]).toEqual([type.name, type, 1]);
      expect([type.name, reading.value]).toEqual([type.name, type.native === "STRING" ? "6.000" : 6]);
      const hasLimits = type.family !== "PLAIN" && type.native !== "STRING" && type.native !== "ENUM";
      if (!hasLimits) continue;
      const expected = EXPECTED[type.family];
      const wanted = type.native === "CHAR" && type.family !== "TIME" ? asUnsigned(expected) : expected;
      expect([type.name, METADATA[type.family]?.(reading.sample)]).toEqual([type.name, wanted]);
    }
    expect((await pv.get({ type: DBR["CLASS_NAME"]! })).value).toBe("ao");
    expect((await pv.get({ type: DBR["STSACK_STRING"]! })).value).toBe("6.000");
    await expect(pv.get({ type: DBR["PUT_ACKT"]! })).rejects.toMatchObject({ status: ECA.GETFAIL });
  });

  test("each kind of PV says its type and takes a put of its own kind", async () => {
    await using ioc = await startSoftIoc({ db: DB });
    await using ours = openClient(ioc.port);
    const pv = async (name: string) => {
      const one = ours.client.pv(ioc.prefix + name);
      await one.connected(TEN_SECONDS);
      return one;
    };
    const [ao, lo, bo, mbbo, so, chars, doubles, strings] = await Promise.all(
      ["ao", "lo", "bo", "mbbo", "so", "chars", "doubles", "strings"].map(pv),
    );
    expect(
      [ao, lo, bo, mbbo, so, chars, doubles, strings].map((one) => [
        one?.info()?.nativeType,
        one?.info()?.elementCount,
      ]),
    ).toEqual([
      ["DOUBLE", 1],
      ["LONG", 1],
      ["ENUM", 1],
      ["ENUM", 1],
      ["STRING", 1],
      ["CHAR", 256],
      ["DOUBLE", 100000],
      ["STRING", 4],
    ]);
    expect(await ao!.putCallback(-2.25)).toBe(ECA.NORMAL);
    expect((await ao!.get()).value).toBe(-2.25);
    await lo!.put(123456);
    expect((await lo!.get()).value).toBe(123456);
    await bo!.put("On");
    expect((await bo!.get()).value).toBe(1);
    expect((await bo!.get()).alarm).toEqual({ status: "STATE", severity: "MINOR" });
    await expect(bo!.put("Ajar")).rejects.toThrow('"Ajar" is none of its states ("Off", "On")');
    await mbbo!.put("2");
    expect((await mbbo!.get({ type: DBR["TIME_STRING"]! })).text).toBe("Two");
    expect((await mbbo!.get({ type: "CTRL" })).sample.choices).toEqual(["Zero", "One", "Two"]);
    await so!.put("x".repeat(39));
    expect((await so!.get()).value).toBe("x".repeat(39));
    await chars!.put("Grüße");
    expect((await chars!.get()).text).toBe("Grüße");
    expect((await chars!.get()).count).toBe(6);
    await strings!.put(["a", "bc", ""]);
    expect((await strings!.get()).value).toEqual(["a", "bc", ""]);
    const long = Float64Array.from({ length: 100_000 }, (_, index) => Math.sin(index) * 1e300);
    expect(await doubles!.putCallback(long, TEN_SECONDS)).toBe(ECA.NORMAL);
    expect((await doubles!.get()).value).toEqual(long);
    expect((await doubles!.get({ count: 3 })).value).toEqual(long.slice(0, 3));
    await doubles!.put([]);
    expect((await doubles!.get()).count).toBe(0);
  });

  test("a put-callback completes when processing has, and says when it failed", async () => {
    await using ioc = await startSoftIoc({ db: DB });
    await using ours = openClient(ioc.port);
    const slow = ours.client.pv(`${ioc.prefix}slow.A`);
    const value = ours.client.pv(`${ioc.prefix}slow.OVAL`);
    const disabled = ours.client.pv(`${ioc.prefix}disabled`);
    await Promise.all([slow, value, disabled].map((pv) => pv.connected(TEN_SECONDS)));
    expect(await slow.putCallback(5, TEN_SECONDS)).toBe(ECA.NORMAL);
    expect((await value.get()).value).toBe(5);
    expect(await disabled.putCallback(1, TEN_SECONDS)).toBe(ECA.PUTFAIL);
    const refused = new Promise((resolve) => ours.client.onException(resolve));
    await disabled.put(1);
    expect(await refused).toMatchObject({ pv: disabled.name, status: ECA.PUTFAIL });
  });

  test("10000 channels connect and are read", async () => {
    const names = Array.from({ length: 10_000 }, (_, index) => `r${index}`);
    const db = names.map((name, index) => `record(longout,"$(P)${name}"){field(VAL,"${index}") field(PINI,"YES")}`);
    await using ioc = await startSoftIoc({ db: db.join("\n") });
    await using ours = openClient(ioc.port);
    const pvs = names.map((name) => ours.client.pv(ioc.prefix + name));
    await Promise.all(pvs.map((pv) => pv.connected({ timeoutSeconds: 30 })));
    const readings = await Promise.all(pvs.map((pv) => pv.get()));
    expect(readings.map((one) => one.value)).toEqual(names.map((_name, index) => index));
  }, 60_000);

  test.each(["with beacons", "without beacons"])(
    "an IOC that is killed and restarted in mid-monitor is found again %s",
    async (how) => {
      const first = await startSoftIoc({ db: DB });
      const config = how === "with beacons" ? { repeaterPort: first.port + 1 } : {};
      await using ours = openClient(first.port, config);
      const count = ours.client.pv(`${first.prefix}count`);
      const so = ours.client.pv(`${first.prefix}so`);
      await Promise.all([count.connected(TEN_SECONDS), so.connected(TEN_SECONDS)]);
      const counted = watch(count);
      const texts = watch(so);
      await counted.next((reading) => Number(reading.value) > 2);
      const pending = ours.client.pv(`${first.prefix}slow.A`);
      await pending.connected(TEN_SECONDS);
      const put = pending.putCallback(1).catch((error: unknown) => error);
      first.process.kill("SIGKILL");
      await becomes(count, false);
      expect(await put).toMatchObject({ name: "PvNotConnectedError", status: ECA.DISCONN });
      for (const request of [count.get(), so.put("lost"), count.putCallback(1)]) {
        await expect(request).rejects.toMatchObject({ name: "PvNotConnectedError", status: ECA.DISCONN });
      }
      await first.process.exited;
      const seen = counted.readings.length;
      await using second = await startSoftIoc({ db: DB, prefix: first.prefix, port: first.port });
      await becomes(count, true);
      await counted.next((reading) => Number(reading.value) > 2, seen);
      await texts.next((reading) => reading.value === "hello", 1);
      expect(texts.readings.map((reading) => reading.value)).toEqual(["hello", "hello"]);
      await so.put("back");
      expect((await texts.next((reading) => reading.value === "back")).value).toBe("back");
      expect(second.port).toBe(first.port);
    },
    RESTART_TEST_MS,
  );
});
