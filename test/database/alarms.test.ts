import { expect, test } from "vitest";
import { ai } from "../../src/database/record-types/ai.ts";
import { ao } from "../../src/database/record-types/ao.ts";
import { FakeClock } from "../support/fakes/fake-clock.ts";
import { type FakeRecord, fakeRecord } from "../support/fakes/fake-record.ts";

const LIMITS = { HIHI: 90, HIGH: 80, LOW: 20, LOLO: 10 };
const SEVERITIES = { HHSV: "MAJOR", HSV: "MINOR", LSV: "MINOR", LLSV: "MAJOR" };
const limited = (more: Readonly<Record<string, number | string>> = {}): FakeRecord =>
  fakeRecord(ao, { fields: { ...LIMITS, ...SEVERITIES, VAL: 50, ...more } });

const LEVELS: readonly (readonly [value: number, alarm: string])[] = [
  [50, "NO_ALARM NO_ALARM"],
  [80, "HIGH MINOR"],
  [90, "HIHI MAJOR"],
  [20, "LOW MINOR"],
  [10, "LOLO MAJOR"],
  [79.999, "NO_ALARM NO_ALARM"],
];
for (const [value, alarm] of LEVELS) {
  test(`the value ${value} gives ${alarm}`, () => {
    expect(limited().run({ VAL: value }).alarm).toBe(alarm);
  });
}

test("a limit without a severity raises nothing", () => {
  expect(limited({ HHSV: "NO_ALARM", HSV: "NO_ALARM" }).run({ VAL: 100 }).alarm).toBe("NO_ALARM NO_ALARM");
});

test("HIHI and LOLO come before HIGH and LOW even when they are less severe", () => {
  expect(limited({ HHSV: "MINOR", HSV: "MAJOR" }).run({ VAL: 95 }).alarm).toBe("HIHI MINOR");
});

test("an alarm ends only when the value is back by HYST", () => {
  const record = limited({ HYST: 5 });
  expect(record.run({ VAL: 81 }).alarm).toBe("HIGH MINOR");
  expect(record.run({ VAL: 76 }).alarm).toBe("HIGH MINOR");
  expect(record.run({ VAL: 74.9 }).alarm).toBe("NO_ALARM NO_ALARM");
  expect(record.run({ VAL: 76 }).alarm).toBe("NO_ALARM NO_ALARM");
});

test("LALM keeps the limit that raised, and the value without an alarm", () => {
  const record = limited();
  expect(record.run({ VAL: 85 }).fields["LALM"]).toBe(80);
  expect(record.run({ VAL: 50 }).fields["LALM"]).toBe(50);
});

test("an undefined record has the alarm UDF with severity UDFS, and no limit alarm", () => {
  const record = fakeRecord(ai, { fields: { ...LIMITS, ...SEVERITIES, UDFS: "MINOR" } });
  expect(record.run({}).fields["UDF"]).toBe(0);
  const nan = fakeRecord(ai, {
    fields: { ...LIMITS, ...SEVERITIES, UDFS: "MINOR" },
    links: { INP: { value: Number.NaN } },
  });
  expect(nan.run({}).alarm).toBe("UDF MINOR");
});

test("AFTC lets an alarm come only after the value has stayed beyond its limit", () => {
  const clock = new FakeClock();
  const link = { value: 50 };
  const record = fakeRecord(ai, { fields: { ...LIMITS, ...SEVERITIES, AFTC: 10 }, links: { INP: link }, clock });
  record.run();
  link.value = 95;
  clock.advance(1);
  expect(record.run().alarm).toBe("NO_ALARM NO_ALARM");
  clock.advance(100);
  expect(record.run().alarm).toBe("HIHI MAJOR");
});

test("a short excursion does not pass the alarm filter", () => {
  const clock = new FakeClock();
  const link = { value: 50 };
  const record = fakeRecord(ai, { fields: { ...LIMITS, ...SEVERITIES, AFTC: 10 }, links: { INP: link }, clock });
  record.run();
  for (const value of [95, 50, 50, 95, 50]) {
    link.value = value;
    clock.advance(1);
    expect(record.run().alarm).toBe("NO_ALARM NO_ALARM");
  }
});

test("without AFTC the filter keeps nothing", () => {
  const record = fakeRecord(ai, { fields: { ...LIMITS, ...SEVERITIES, AFVL: 4 }, links: { INP: { value: 95 } } });
  expect(record.run().alarm).toBe("HIHI MAJOR");
  expect(record.fields["AFVL"]).toBe(0);
});
