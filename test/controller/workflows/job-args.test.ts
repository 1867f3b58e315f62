import { expect, test } from "vitest";
import { argsOf, filledArgs, type JobFacts, wantsDataDir } from "../../../src/controller/workflows/job-args.ts";

const FACTS: JobFacts = {
  file: "/data/2026-03/Levy-1/a1.h5",
  scan: "a1",
  exp: "2026-03-Levy-1",
  ym: "2026-03",
  last: "Levy",
  gup: "1",
  dataDir: "/gdata/dm/2BM/2026-03/2026-03-Levy-1/data",
};
const filled = (text: string, facts: JobFacts = FACTS) => filledArgs(argsOf(text) ?? {}, facts, "WorkflowArgs");

test.each(["", "  ", "{}"])("%j is an empty object, and the file and the experiment are filled in", (text) => {
  expect(filled(text)).toEqual({ filePath: FACTS.file, experimentName: FACTS.exp });
});

test("what a person has written stays, and what stands empty is filled in", () => {
  expect(
    filled('{"filePath": "/x y.h5", "experimentName": "", "dataDir": "", "n": 3, "deep": {"a": "{exp}"}}'),
  ).toEqual({
    filePath: "/x y.h5",
    experimentName: FACTS.exp,
    dataDir: FACTS.dataDir,
    n: 3,
    deep: { a: "{exp}" },
  });
});

test("words in braces stand for what is known, and other braces for themselves", () => {
  expect(filled('{"out": "{dataDir}/{last}-{gup}/{scan}.tiff", "other": "{x} {file}"}')).toMatchObject({
    out: `${FACTS.dataDir}/Levy-1/a1.tiff`,
    other: `{x} ${FACTS.file}`,
  });
});

test("what nobody knows is left out where it was empty, and refused where it was asked for", () => {
  expect(filled('{"filePath": "", "dataDir": ""}', {})).toEqual({});
  expect(() => filled('{"out": "/x/{exp}"}', {})).toThrow(
    "WorkflowArgs has {exp}, which nobody knows now: tag an experiment, or write the value itself",
  );
  expect(() => filled('{"out": "{file}"}', {})).toThrow("no scan is known, so set WorkflowFile");
});

test.each(["/d/a;rm -rf x", "/d/$(id).h5", "/d/`id`", "/d/a b.h5", "/d/a'.h5", "/d/a\n.h5", "/d/a|b", "/d/a&", "/d/~"])(
  "a file named %j is not put into a shell command by itself",
  (file) => {
    expect(() => filled("{}", { file })).toThrow(/filePath would be .* shell command/);
    expect(() => filled('{"out": "{file}"}', { file })).toThrow(/shell command/);
    expect(filled(JSON.stringify({ filePath: file }), {})).toEqual({ filePath: file });
  },
);

test("a name in another script is as good as any", () => {
  expect(filled("{}", { file: "/데이터/größe_1.h5" })).toEqual({ filePath: "/데이터/größe_1.h5" });
});

test.each(["[]", "3", "null", '"a"', "{", "filePath=/a"])("%j is no object", (text) => {
  expect(argsOf(text)).toBeUndefined();
});

test("the data directory is asked for only where it is wanted", () => {
  expect(['{"dataDir": ""}', '{"a": "{dataDir}"}'].map((text) => wantsDataDir(argsOf(text) ?? {}))).toEqual([
    true,
    true,
  ]);
  expect(["{}", '{"dataDir": "/x"}'].map((text) => wantsDataDir(argsOf(text) ?? {}))).toEqual([false, false]);
});
