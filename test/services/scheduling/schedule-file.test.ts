import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ActionError } from "../../../src/base/errors.ts";
import { NotFoundError } from "../../../src/controller/ports/call.ts";
import { createSchedulingFile, parseSchedule } from "../../../src/services/scheduling/schedule-file.ts";
import { failureOf } from "../../support/failure-of.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "schedule-"));
  file = join(folder, "schedule.yaml");
});
afterEach(() => rmSync(folder, { recursive: true }));

const manual = readFileSync(join(import.meta.dirname, "../../../docs/schedule-file.md"), "utf8");
const EXAMPLE = /```yaml\n([\s\S]*?)```/.exec(manual)?.[1] as string;
const AT = new Date("2026-03-04T12:00:00Z");

test("the manual's example is read as it says", async () => {
  writeFileSync(file, EXAMPLE);
  const schedule = createSchedulingFile(file);
  expect(await schedule.runs({})).toEqual([
    { name: "2026-1", start: new Date("2026-01-20T14:00:00Z"), end: new Date("2026-04-20T13:00:00Z") },
  ]);
  const [ours, commissioning] = await schedule.beamtimes(AT, {});
  expect(ours).toMatchObject({
    gupId: "1014288",
    esafId: "302911",
    title: "Symmetry and conservation in granular flows",
    start: new Date("2026-03-03T14:00:00Z"),
    end: new Date("2026-03-06T14:00:00Z"),
    experimenters: [
      {
        badge: "208112",
        firstName: "Emmy",
        lastName: "Noether",
        email: "emmy.noether@example.org",
        institution: "University of Goettingen",
        isPi: true,
      },
      { badge: "211347", firstName: "", lastName: "Joliot-Curie", isPi: false },
    ],
  });
  expect(ours?.details).toContainEqual(["PI", "Emmy Noether, University of Goettingen, badge 208112"]);
  expect(commissioning).toMatchObject({ title: "Commissioning", experimenters: [{ lastName: "Staff", isPi: true }] });
  expect(commissioning).not.toHaveProperty("gupId");
});

test("JSON with the same keys is read too", () => {
  const beamtime = { title: "Foams", start: "2026-03-03T08:00:00Z", end: "2026-03-04T08:00:00Z" };
  expect(parseSchedule(JSON.stringify({ beamtimes: [beamtime] }), "x.json").beamtimes).toMatchObject([
    { title: "Foams", start: new Date("2026-03-03T08:00:00Z"), experimenters: [] },
  ]);
});

test("an edit counts at the next use", async () => {
  writeFileSync(file, EXAMPLE);
  const schedule = createSchedulingFile(file);
  await schedule.beamtimes(AT, {});
  writeFileSync(file, EXAMPLE.replace("title: Commissioning", "title: Alignment"));
  expect((await schedule.beamtimes(AT, {})).map(({ title }) => title)).toContain("Alignment");
});

describe("runs", () => {
  const beamtime = (title: string, start: string, end: string): string =>
    `  - {title: ${title}, start: ${start}, end: ${end}}\n`;
  const BEAMTIMES = `beamtimes:\n${beamtime("b", "2026-03-05T00:00:00Z", "2026-03-06T00:00:00Z")}${beamtime("a", "2026-03-03T00:00:00Z", "2026-03-04T00:00:00Z")}${beamtime("c", "2026-07-03T00:00:00Z", "2026-07-04T00:00:00Z")}`;
  const titles = async (at: string): Promise<string[]> =>
    (await createSchedulingFile(file).beamtimes(new Date(at), {})).map(({ title }) => title);

  test("hold their beamtimes, sorted by start", async () => {
    writeFileSync(
      file,
      `runs:\n  - {name: r2, start: 2026-06-01T00:00:00Z, end: 2026-08-01T00:00:00Z}\n  - {name: r1, start: 2026-01-01T00:00:00Z, end: 2026-05-01T00:00:00Z}\n${BEAMTIMES}`,
    );
    expect(await titles("2026-03-10T00:00:00Z")).toEqual(["a", "b"]);
    expect(await titles("2026-07-01T00:00:00Z")).toEqual(["c"]);
    expect((await createSchedulingFile(file).runs({})).map(({ name }) => name)).toEqual(["r1", "r2"]);
    const failure = await failureOf(
      createSchedulingFile(file).beamtimes(new Date("2026-05-15T00:00:00Z"), {}),
      NotFoundError,
    );
    expect(failure.message).toBe(`The schedule file ${file} has no run that contains 2026-05-14`);
  });

  test("may be left out: all beamtimes are of one then", async () => {
    writeFileSync(file, BEAMTIMES);
    expect(await titles("2026-03-10T00:00:00Z")).toEqual(["a", "b", "c"]);
  });
});

describe("a file that is wrong is told with its lines:", () => {
  const sentence = (text: string): string => {
    try {
      parseSchedule(text, "s.yaml");
    } catch (thrown) {
      if (thrown instanceof ActionError) return thrown.message;
      throw thrown;
    }
    throw new Error("it was read");
  };

  test("everything at once", () => {
    expect(
      sentence(`beamtimes:
  - title: Foams
    start: 2026-03-03T08:00:00
    end: 2026-03-04T08:00:00Z
    gup: none
  - start: 2026-03-05T08:00:00Z
    end: 2026-03-04T08:00:00Z
    experimentors: []
  - start: 2026-03-05T08:00:00Z
    end: 2026-03-04T08:00:00Z
`),
    ).toMatch(
      /^The schedule file s\.yaml is wrong: line 3: beamtimes 1, start: "2026-03-03T08:00:00" is not a time with its offset, such as 2026-03-03T08:00:00-06:00; line 5: beamtimes 1, gup: must be a number; line 7: beamtimes 2, end: end lies before start; line 8: beamtimes 2, experimentors: there is no such key; did you mean experimenters; line 10: beamtimes 3, end: end lies before start$/,
    );
  });

  test.each([
    ["a key twice", "beamtimes: []\nbeamtimes: []\n", /line 2: .*unique/],
    ["no YAML at all", "beamtimes: [\n", /line \d: /],
    ["nothing", "", /there is nothing in it/],
    ["only a text", "soon", /line 1: /],
    ["no beamtimes", "runs: []\n", /beamtimes: must be a list/],
    [
      "an address that is none",
      beamtimeWith("{last-name: Wu, email: wu}"),
      /experimenters 1, email: must be an e-mail address/,
    ],
    ["an experimenter without a last name", beamtimeWith("{badge: 1}"), /experimenters 1, last-name: /],
  ])("%s", (_, text, wanted) => {
    expect(sentence(text)).toMatch(wanted);
  });

  test("aliases that grow without limit", () => {
    const levels = Array.from({ length: 9 }, (_, i) => `l${i + 1}: &l${i + 1} [${`*l${i},`.repeat(9)}]`).join("\n");
    expect(sentence(`l0: &l0 x\n${levels}\n`)).toMatch(/^The schedule file s\.yaml is wrong: /);
  });
});

function beamtimeWith(experimenter: string): string {
  return `beamtimes:\n  - start: 2026-03-03T08:00:00Z\n    end: 2026-03-04T08:00:00Z\n    experimenters: [${experimenter}]\n`;
}

test("a file that is not there fails, and the sentence names it and the setting", async () => {
  const failure = await failureOf(createSchedulingFile(file).beamtimes(AT, {}), ActionError);
  expect(failure.message).toBe(
    `The schedule file ${file} cannot be read; check schedule-file in the [scheduling] section`,
  );
});
