/** stringin and stringout. */
import { expect, test } from "vitest";
import { stringin } from "../../../src/database/record-types/stringin.ts";
import { stringout } from "../../../src/database/record-types/stringout.ts";
import { fakeRecord } from "../../support/fakes/fake-record.ts";

test("stringin reads its link, cut to 39 bytes", () => {
  const record = fakeRecord(stringin, { links: { INP: { value: "x".repeat(60) } } });
  expect(record.run().textOf("VAL")).toBe("x".repeat(39));
  expect(record.fields["UDF"]).toBe(0);
});

test("stringin without a link stays undefined, and without an alarm", () => {
  const record = fakeRecord(stringin).run();
  expect(record.fields["UDF"]).toBe(1);
  expect(record.alarm).toBe("NO_ALARM NO_ALARM");
});

test("a constant text is the first value", () => {
  expect(fakeRecord(stringin, { links: { INP: { constant: "text" } } }).textOf("VAL")).toBe("text");
});

test("an equal text is posted only where MPST or APST say always", () => {
  const record = fakeRecord(stringin, { links: { INP: { value: "a" } } });
  expect(record.run().posts).toEqual(["VAL 3"]);
  expect(record.run().posts).toEqual([]);
  record.set("MPST", "Always");
  expect(record.run().posts).toEqual(["VAL 1"]);
  record.set("APST", "Always");
  expect(record.run().posts).toEqual(["VAL 3"]);
});

test("stringin simulated reads SIOL, or SVAL", () => {
  expect(
    fakeRecord(stringin, { fields: { SIMM: "YES" }, links: { SIOL: { value: "sim" } } })
      .run()
      .textOf("VAL"),
  ).toBe("sim");
  expect(
    fakeRecord(stringin, { fields: { SIMM: "YES", SVAL: "own" } })
      .run()
      .textOf("VAL"),
  ).toBe("own");
});

const linked = { OUT: { value: "" } };

test("stringout writes its text", () => {
  const record = fakeRecord(stringout, { links: linked });
  expect(record.run({ VAL: "go" }).writes).toEqual([["OUT", "go"]]);
  expect(record.posts).toEqual(["VAL 3"]);
});

test("stringout in closed loop reads DOL", () => {
  const record = fakeRecord(stringout, { fields: { OMSL: "closed_loop" }, links: { DOL: { value: "there" } } });
  expect(record.run().textOf("VAL")).toBe("there");
});

test("stringout that is undefined is INVALID, and IVOA decides", () => {
  const record = fakeRecord(stringout, { fields: { IVOA: "Set output to IVOV", IVOV: "none" }, links: linked });
  expect(record.run().alarm).toBe("UDF INVALID");
  expect(record.writes).toEqual([["OUT", "none"]]);
});

test("stringout simulated writes to SIOL", () => {
  const record = fakeRecord(stringout, { fields: { SIMM: "YES" }, links: { ...linked, SIOL: { value: "" } } });
  expect(record.run({ VAL: "a" }).writes).toEqual([["SIOL", "a"]]);
});
