import { spawnSync } from "node:child_process";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { lostToPython, parseSetupFile } from "../../../src/services/dm/setup-file.ts";

/** Name → value, or what is wrong with it. */
const read = (text: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...parseSetupFile(text)].map(([name, entry]) => [name, "value" in entry ? entry.value : entry.unusable]),
  );

const CONDITION = "is set under a condition, in a function or in a pipe";

test.each([
  ["export A=1", { A: "1" }],
  ["  export   A=1  ", { A: "1" }],
  ["export A='one two'", { A: "one two" }],
  ['export A="one two"B', { A: "one twoB" }],
  ['export A="a\\"b\\$c"', { A: 'a"b$c' }],
  ["export A=a\\ b", { A: "a b" }],
  ["export A=", { A: "" }],
  ["export A=1 B='2 3' C", { A: "1", B: "2 3" }],
  ["export A=1; export B=2 && export C=3", { A: "1", B: "2", C: "3" }],
  ["export A=1 # export B=2", { A: "1" }],
  ["export A=1#2", { A: "1#2" }],
  ["export A=https://dm.example.org:22237\r\nexport B=2\r\n", { A: "https://dm.example.org:22237", B: "2" }],
  ["export A=1\nexport A=2", { A: "2" }],
  ["# export A=1", {}],
  ["A=1\necho export A=1\nexported A=1\nunset A", {}],
])("%j says %j", (text, wanted) => {
  expect(read(text)).toEqual(wanted);
});

test.each([
  ["export A=$HOME/etc"],
  ['export A="$HOME/etc"'],
  ["export A=`hostname`"],
  ["export A=$(hostname)"],
  ["export A=~/login"],
  ["export A=/etc/*.login"],
])("%j needs a shell, and is told so", (text) => {
  expect(read(text)).toEqual({ A: "needs a shell to be known" });
});

test("what is only in single quotes or escaped needs none", () => {
  expect(read("export A='$HOME `x` ~' B=\\$HOME")).toEqual({ A: "$HOME `x` ~", B: "$HOME" });
});

test.each(["export A='one\ntwo'", "export A=one\\\ntwo", 'export A="one'])(
  "%j goes on in the next line, and is told so",
  (text) => {
    expect(read(text)).toEqual({ A: "does not end on its line" });
  },
);

test("what is set under a condition or in a function is told so, and what comes after it is read", () => {
  const text = [
    "if [ -d /opt ]; then export A=1; fi; export B=2",
    "if test -f x",
    "then",
    "  export C=1",
    "else export D=1",
    "fi",
    "f() {",
    "  export E=1",
    "}",
    "export G=3",
  ].join("\n");
  expect(read(text)).toEqual({ A: CONDITION, B: "2", C: CONDITION, D: CONDITION, E: CONDITION, G: "3" });
});

test.each([
  ['[ -z "$X" ] && export A=b', { A: CONDITION }],
  ["test -f /x || export A=b", { A: CONDITION }],
  ["echo b | export A=b", { A: CONDITION }],
  ["export A=b | cat", { A: CONDITION }],
  ["export A=b & export B=2", { A: CONDITION, B: "2" }],
  ["export A=1 && export B=2 && export C=3; export D=4", { A: "1", B: "2", C: "3", D: "4" }],
  ["export A=1 || export B=2", { A: "1", B: CONDITION }],
  ["[ -f /x ] && export A=1 && export B=2", { A: CONDITION, B: CONDITION }],
  ["export A=1 && test -f /x && export B=2", { A: "1", B: CONDITION }],
  ["[ -f /x ] &&\n\n  # as it was\n  export A=1\nexport B=2", { A: CONDITION, B: "2" }],
  ["[ -f /x ] \\\n  && export A=1\nexport B=2", { A: CONDITION, B: "2" }],
  ["[ -f /x ] && \\\n  export A=1\nexport B=2", { A: CONDITION, B: "2" }],
  ["[ -f /x ] && { export A=1; export B=2; }; export C=3", { A: CONDITION, B: CONDITION, C: "3" }],
  ["if true; then if true; then export A=1; fi; export B=2; fi", { A: CONDITION, B: CONDITION }],
  ["( export A=b )", {}],
  ["(\n  cd /x\n  export A=b\n)\nexport B=2", { B: "2" }],
  ["( cd /x ) && export A=b", { A: CONDITION }],
  ["export A=$(hostname) && export B=2", { A: "needs a shell to be known", B: "2" }],
  ["export A=(a b)", { A: "needs a shell to be known" }],
  ["export A=1 >/dev/null 2>&1 && export B=2", { A: "1", B: "2" }],
  ["test -f /x >/dev/null && export A=1", { A: CONDITION }],
  ["export A=1 \\\n  B=2\nexport C=3", { A: "1", B: "2", C: "3" }],
])("of %j only what a shell certainly does is taken: %j", (text, wanted) => {
  expect(read(text)).toEqual(wanted);
});

test("what follows other statements is read only as a shell would set it", () => {
  const statement = fc.constantFrom(
    "true",
    "false",
    "( export A=0 )",
    "{ export A=6; }",
    "x=$(false)",
    ...[1, 2, 3].map((n) => `export A=${n}`),
  );
  const separator = fc.constantFrom("; ", " && ", " || ", " | ", "\n", " &&\n", " || \\\n", " >/dev/null; ");
  let compared = 0;
  fc.assert(
    fc.property(statement, fc.array(fc.tuple(separator, statement), { maxLength: 4 }), (first, rest) => {
      const text = first + rest.flat().join("");
      const entry = parseSetupFile(text).get("A");
      if (entry === undefined || !("value" in entry)) return;
      compared++;
      const shell = spawnSync("/bin/sh", ["-c", `${text}\nprintf %s "$A"`], { encoding: "utf8", env: {} });
      expect(entry.value).toBe(shell.stdout);
    }),
    { numRuns: 100 },
  );
  expect(compared).toBeGreaterThan(10);
});

test("the line is told", () => {
  expect(parseSetupFile("#!/bin/bash\n\nexport A=1\n").get("A")).toEqual({ line: 3, value: "1" });
});

test("a value that is read is the one that a shell would set", () => {
  const piece = fc.oneof(
    fc.constantFrom("a", "1", " ", "\t", "'", '"', "\\", "$", "#", "~", "*", "{", "}", "=", ":", "/", "."),
    fc.constantFrom("'a b'", '"a b"', "'$x'", '"\\$x"', "\\ ", ":~", " B=2"),
  );
  let compared = 0;
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 8 }), (pieces) => {
      const line = `export A=${pieces.join("")}`;
      const entry = parseSetupFile(line).get("A");
      if (entry === undefined || !("value" in entry)) return;
      const script = `${line}\nprintf %s "$A"`;
      const shell = spawnSync("/bin/sh", ["-c", script], { encoding: "utf8", env: { HOME: "/home/op" } });
      // A shell ends at another word that is no name; ours passes over it.
      if (shell.status !== 0) return;
      compared++;
      expect(entry.value).toBe(shell.stdout);
    }),
    { numRuns: 100 },
  );
  expect(compared).toBeGreaterThan(10);
});

test("a path of Python that needs a shell is told with its line, any other variable is nobody's concern", () => {
  const text = "export PS1=$HOME\nexport PYTHONPATH=/opt/dm:$PYTHONPATH\nexport PATH=/usr/bin\n";
  expect(lostToPython(text)).toEqual([expect.stringMatching(/^line 2: PYTHONPATH /)]);
  expect(lostToPython("export PYTHONPATH=/opt/dm\n")).toEqual([]);
});
