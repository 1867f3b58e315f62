/** What st.cmd and globus.conf must say alike of the prefixes. */
import { expect, test } from "vitest";
import { parseSource } from "../../src/config/config.ts";
import { prefixProblems } from "../../src/config/prefixes.ts";

const problems = (text: string, P: string, R: string): string[] =>
  prefixProblems(parseSource(text, { file: "globus.conf", home: "/home/op" }), { P, R }, "globus.conf");

test("without ioc-prefix st.cmd's P may be any, and its R must be globus-prefix all the same", () => {
  expect(problems("", "99id:", "Globus:")).toEqual([]);
  expect(problems("[epics]\nglobus-prefix = Data:\n", "99id:", "Globus:")).toEqual([
    'globus.conf:2: st.cmd\'s R is "Globus:", and [epics] globus-prefix is "Data:", where --ioc would look for this IOC: make them alike',
  ]);
});
