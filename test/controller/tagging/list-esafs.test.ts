import { beforeEach, describe, expect, test } from "vitest";
import { ActionError } from "../../../src/base/errors.ts";
import { UnavailableError } from "../../../src/controller/ports/call.ts";
import type { Esaf } from "../../../src/controller/ports/data-management.ts";
import type { PvName } from "../../../src/controller/pvs/index.ts";
import { RejectedError } from "../../../src/controller/run/outcome.ts";
import { listEsafs } from "../../../src/controller/tagging/list-esafs.ts";
import { failureOf } from "../../support/failure-of.ts";
import { FakeClock } from "../../support/fakes/fake-clock.ts";
import { type FakeRun, fakeRun } from "../../support/fakes/fake-run.ts";
import { FakeDm } from "../../support/fakes/fake-services.ts";

const clock = new FakeClock(Date.UTC(2026, 2, 1, 5, 59)); // 28 February at the facility
const form = (esafId: string, startDate: string, endDate: string, title = "Foams"): Esaf => ({
  esafId,
  title,
  status: "Approved",
  startDate,
  endDate,
  users: [],
});

let dm: FakeDm;
beforeEach(() => {
  dm = new FakeDm();
});
const action = () => listEsafs({ esafs: (year) => dm.esafs(year), clock });
async function list(inputs: Readonly<Partial<Record<PvName, string>>> = {}): Promise<FakeRun> {
  const context = fakeRun(inputs);
  await action().run(context);
  return context;
}
const ids = ({ published }: FakeRun): string[] =>
  String(published.Esafs)
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split(",", 1)[0] as string);

test("without dates it is this month up to today, at the facility", async () => {
  dm.esafsByYear = {
    2026: [
      form("1", "2026-01-30", "2026-01-31"),
      form("2", "2026-01-30", "2026-02-01"),
      form("3", "2026-02-28", "2026-03-05"),
      form("4", "2026-03-01", "2026-03-05"),
    ],
  };
  const context = fakeRun();
  await expect(action().run(context)).resolves.toEqual({
    state: "Done",
    message: "2 safety forms from 2026-02-01 to 2026-02-28.",
  });
  expect(ids(context)).toEqual(["3", "2"]);
  expect(context.published.EsafCount).toBe(2);
});

test("each line tells id, status, dates and title", async () => {
  dm.esafsByYear = { 2026: [form("302911", "2026-02-03", "2026-02-06", "Foams\nand bubbles")] };
  expect((await list()).published.Esafs).toBe("302911, Approved, 2026-02-03 to 2026-02-06, Foams and bubbles");
});

test("all years that the dates touch are asked, and a form of two years is listed once", async () => {
  const both = form("2", "2025-12-30", "2026-01-02");
  dm.esafsByYear = { 2024: [form("1", "2024-12-31", "2025-01-01")], 2025: [both], 2026: [both] };
  const context = await list({ EsafStart: "2024-12-31", EsafEnd: "2026-01-01" });
  expect(dm.calls).toEqual(["esafs 2024", "esafs 2025", "esafs 2026"]);
  expect(ids(context)).toEqual(["2", "1"]);
});

test("newest come first, by number on one day; forms without dates come last, and say so", async () => {
  dm.esafsByYear = {
    2026: [
      form("7", "", ""),
      form("9", "2026-02-01", ""),
      form("10", "2026-02-01", "2026-02-02"),
      form("8", "2026-02-05", "2026-02-06"),
    ],
  };
  const context = await list();
  expect(ids(context)).toEqual(["8", "10", "9", "7"]);
  expect(context.published.Esafs).toContain("7, Approved, no dates, Foams");
});

describe("rejected, before anything is asked:", () => {
  test.each<[string, Readonly<Partial<Record<PvName, string>>>]>([
    ['EsafStart "yesterday" is not a day as YYYY-MM-DD, e.g. 2026-03-01.', { EsafStart: "yesterday" }],
    ['EsafEnd "2026-02-30" is not a day as YYYY-MM-DD, e.g. 2026-03-01.', { EsafEnd: "2026-02-30" }],
    ["EsafEnd 2026-02-01 lies before EsafStart 2026-02-02.", { EsafStart: "2026-02-02", EsafEnd: "2026-02-01" }],
    [
      "From EsafStart 1900-01-01 to EsafEnd 2026-02-28 are too many years; 20 are the most.",
      { EsafStart: "1900-01-01" },
    ],
  ])("%s", async (sentence, inputs) => {
    const failure = await failureOf(list(inputs), RejectedError);
    expect(failure.message).toBe(sentence);
    expect(dm.calls).toEqual([]);
  });
});

test("a service that fails leaves no list of before", async () => {
  dm.failures.set("esafs", new UnavailableError("down"));
  const context = fakeRun();
  await failureOf(action().run(context), UnavailableError);
  expect(context.published).toEqual({ Esafs: "", EsafCount: 0 });
});

test("without a service it fails and names the setting", async () => {
  const failure = await failureOf(listEsafs({ esafs: undefined, clock }).run(fakeRun()), ActionError);
  expect(failure.message).toContain("set aps-db-url in the [dm] section");
});

test("a dry run tells the days", () => {
  expect(action().plan(fakeRun())).toEqual(["would read the safety forms from 2026-02-01 to 2026-02-28"]);
});
