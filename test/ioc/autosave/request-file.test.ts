import { expect, test } from "vitest";
import { parseMacros } from "../../../src/base/macros.ts";
import { readRequest } from "../../../src/ioc/autosave/request-file.ts";

/** Reads main.req among these files. */
function read(files: Readonly<Record<string, string>>, macros = "") {
  const find = (name: string) => (files[name] === undefined ? undefined : { file: name, text: files[name] });
  return readRequest({ file: "main.req", text: files["main.req"] ?? "" }, parseMacros(macros), find);
}

test("each line is a PV as it is written, comments and blank lines are none, and each is kept once", () => {
  expect(read({ "main.req": "# a comment $(X)\n\n x:a\r\nx:b.HIGH\nx:c.VAL$ # long\nx:a\n" })).toEqual({
    pvs: ["x:a", "x:b.HIGH", "x:c.VAL$"],
    problems: [],
  });
});

test("macros are expanded, and an include has those of its line only", () => {
  const files = {
    "main.req": '$(P)a\nfile "other.req", P=$(P)o:, R=r: # why\nfile other.req P=2: R=\n',
    "other.req": "$(P)$(R)b\n$(Q=q)\n",
  };
  expect(read(files, "P=x:,Q=lost")).toEqual({ pvs: ["x:a", "x:o:r:b", "q", "2:b"], problems: [] });
});

test("what cannot be used is told with file and line, and the rest holds", () => {
  const files = {
    "main.req": "$(P)a\nfile none.req\nx:b c\n.VAL\nfile other.req\nx:good\n",
    "other.req": "# second\nfile main.req\n",
  };
  expect(read(files)).toEqual({
    pvs: ["x:good"],
    problems: [
      "main.req:1: macro P is undefined.",
      "main.req:2: the file none.req is not found.",
      'main.req:3: "c" behind x:b is not understood: write one PV a line.',
      'main.req:4: ".VAL" is not a PV name.',
      "other.req:2: main.req includes itself.",
    ],
  });
});
