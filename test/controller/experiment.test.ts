import * as fc from "fast-check";
import { expect, test } from "vitest";
import { cleanName, dataLink, directoryParts, readTag, type UserTexts } from "../../src/controller/experiment.ts";
import { anyText } from "../support/engine/any-text.ts";

const TAGGED: UserTexts = {
  yearMonth: "2026-03",
  lastName: "Noether",
  proposalNumber: "1014288",
  proposalTitle: "Invariants",
  email: "emmy@example.org",
  firstName: "Emmy",
  badge: "208112",
  esafNumber: "Unknown",
};
const nameOf = (key: string): string => `x:${key}`;
const read = (changes: Partial<UserTexts>, override = "") => readTag({ ...TAGGED, ...changes }, nameOf, override);
const problems = (changes: Partial<UserTexts>, override = ""): string => {
  const tag = read(changes, override);
  return tag.valid ? "" : tag.problems.join("; ");
};

test("a tagged TomoScan names the experiment YYYY-MM-LastName-GUP", () => {
  const tag = read({});
  expect(tag).toMatchObject({
    valid: true,
    remarks: [],
    experiment: { name: "2026-03-Noether-1014288", esafNumber: "" },
  });
});

test.each([
  ["Lévy", "Levy"],
  ["de la Cruz", "de_la_Cruz"],
  ["O'Neill", "ONeill"],
  ["Müller-Lüdenscheidt", "Muller-Ludenscheidt"],
  ["  Li ", "Li"],
])("the last name %s is cleaned to %s, and the tag says so", (raw, clean) => {
  const tag = read({ lastName: raw });
  expect(tag).toMatchObject({ valid: true, experiment: { piLastName: clean, name: `2026-03-${clean}-1014288` } });
  if (tag.valid && raw.trim() !== clean) expect(tag.remarks.join()).toContain(clean);
});

test.each(["a/b", "a\\b", "a;rm -rf", "..", "a..b", "a\nb", "a\u0000b", "é".normalize("NFC") + "/", "'!"])(
  "the last name %j is refused, and the problem names the PV",
  (raw) => {
    expect(problems({ lastName: raw })).toContain("x:lastName");
  },
);

test.each([
  [{ lastName: "Unknown" }, /x:lastName is "Unknown"/],
  [{ lastName: "  " }, /x:lastName is empty/],
  [{ lastName: undefined }, /x:lastName is not connected/],
  [{ yearMonth: "2026-13" }, /x:yearMonth is "2026-13", not a month/],
  [{ yearMonth: "26-03" }, /not a month/],
  [{ proposalNumber: "GUP-12" }, /x:proposalNumber is "GUP-12", not a proposal number/],
  [{ proposalTitle: "" }, /x:proposalTitle is empty/],
] as [Partial<UserTexts>, RegExp][])("%j is not a valid tag", (changes, sentence) => {
  expect(problems(changes)).toMatch(sentence);
});

test.each(["Unknown", "unknown", "UNKNOWN", " Unknown ", "Ｕｎｋｎｏｗｎ", "", " ", "\u00a0"])(
  "%j in any user PV says nothing: required ones are missing, others are empty",
  (text) => {
    for (const key of ["yearMonth", "lastName", "proposalNumber", "proposalTitle"] as const)
      expect(problems({ [key]: text })).toMatch(
        new RegExp(`^x:${key} is (empty|".*": never tagged, or not to its end)$`),
      );
    expect(read({ esafNumber: text })).toMatchObject({ valid: true, experiment: { esafNumber: "" } });
    expect(read({ lastName: text, proposalNumber: text, proposalTitle: text }, "2026-03-Staff-0")).toMatchObject({
      valid: true,
      experiment: { piLastName: "", proposalNumber: "0", proposalTitle: "" },
    });
  },
);

test.each(["'Unknown'", "(unknown)", "Unknown?"])("the last name %j is none once it is cleaned", (lastName) => {
  expect(problems({ lastName })).toContain("never tagged");
});

test.each(["Unknownsky", "Mc Unknown"])("the last name %j is one", (lastName) => {
  expect(read({ lastName })).toMatchObject({ valid: true });
});

test.each([
  ["001014288", "1014288"],
  ["0001", "1"],
  ["000", "0"],
])("proposal %s is %s, and the experiment that has the zeros in its name is found", (digits, plain) => {
  expect(read({ proposalNumber: digits })).toMatchObject({
    valid: true,
    remarks: [`x:proposalNumber "${digits}" is used as ${plain}`],
    experiment: {
      name: `2026-03-Noether-${plain}`,
      proposalNumber: plain,
      uncleanedName: `2026-03-Noether-${digits}`,
    },
  });
});

test.each(["2026-3", "2026-00", "2026-13", "26-03", "2026/03", "03-2026", "2026-03-01", "March", "２０２６-03"])(
  "%j is no month",
  (yearMonth) => {
    expect(problems({ yearMonth })).toBe(`x:yearMonth is ${JSON.stringify(yearMonth)}, not a month as YYYY-MM`);
  },
);

test("all problems are told at once", () => {
  expect(problems({ lastName: "Unknown", proposalNumber: "Unknown", yearMonth: "Unknown" }).split("; ")).toHaveLength(
    3,
  );
});

test("a TomoScan that is not there at all is told as such, with what to look at", () => {
  const tag = read(Object.fromEntries(Object.keys(TAGGED).map((key) => [key, undefined])));
  expect(tag).toMatchObject({ remedy: expect.stringMatching(/^Start its IOC, or correct ioc-prefix/) as unknown });
  expect(tag.valid ? [] : tag.problems).toEqual([
    expect.stringMatching(/^TomoScan does not answer: .*are not connected$/),
  ]);
});

test("an override replaces the name, and only the month must still be there", () => {
  const tag = read({ lastName: "Unknown", proposalNumber: "Unknown", proposalTitle: "" }, "2026-03-Staff-0");
  expect(tag).toMatchObject({ valid: true, experiment: { name: "2026-03-Staff-0", proposalNumber: "0" } });
  expect(problems({ yearMonth: undefined }, "Staff")).toContain("x:yearMonth");
  expect(problems({}, "../etc")).toContain("override");
  expect(read({}, "a/b")).toMatchObject({ remedy: "Correct ExperimentNameOverride, or empty it." });
  expect(read({ yearMonth: "" }, "a/b")).toMatchObject({ remedy: "Tag TomoScan first." });
});

test("whatever the PVs hold, a valid name is one safe path part", () => {
  fc.assert(
    fc.property(anyText, anyText, (lastName, override) => {
      const tag = read({ lastName }, override);
      if (tag.valid) expect(tag.experiment.name).toMatch(/^[-_A-Za-z0-9]{1,255}$/);
    }),
    { numRuns: 500 },
  );
});

test("cleaning a clean name changes nothing", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      const once = cleanName(text);
      if (once.ok) expect(cleanName(once.text)).toEqual({ ok: true, text: once.text, changed: false });
    }),
  );
});

test("a path template is filled level by level", () => {
  const tag = read({});
  if (!tag.valid) throw new Error("not valid");
  expect(directoryParts("{ym}/{exp}/", tag.experiment)).toEqual(["2026-03", "2026-03-Noether-1014288"]);
  expect(directoryParts("{ym}/{last}", tag.experiment)).toEqual(["2026-03", "Noether"]);
});

test("the data link is fully percent-encoded and ends in a slash", () => {
  expect(dataLink("33333333-3333-4333-8333-333333333333", "/2026-03/a b/")).toBe(
    "https://app.globus.org/file-manager?origin_id=33333333-3333-4333-8333-333333333333&origin_path=%2F2026-03%2Fa%20b%2F",
  );
});
