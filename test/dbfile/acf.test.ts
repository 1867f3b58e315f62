/**
 * Access security files: what is taken, what is refused and where, and that nothing is read as granting more than it
 * says.
 */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseMacros } from "../../src/base/macros.ts";
import { type AccessFile, AccessFileError, type AccessRule } from "../../src/dbfile/acf.ts";
import { parseAccessFile } from "../../src/dbfile/acf-parser.ts";
import { ruleOf } from "../support/engine/access-rule.ts";
import { ACCEPTED, REFUSED, REFUSED_BY_US_ALONE } from "./acf-snippets.ts";

/** @param macros as asSetSubstitutions is given them */
function read(text: string, macros?: string): AccessFile {
  const defined = macros === undefined ? undefined : parseMacros(macros);
  return parseAccessFile(text, "x.acf", defined && ((name) => defined.get(name)));
}

/** What is wrong with a text, a sentence a line. */
function told(text: string, macros?: string): string[] {
  try {
    read(text, macros);
    return [];
  } catch (error) {
    if (!(error instanceof AccessFileError)) throw error;
    expect(error.problems.map((one) => one.message)).toEqual(error.message.split("\n"));
    return error.message.split("\n");
  }
}

const ANYBODY = ruleOf("READ");
const rulesOf = (text: string, group = "A"): readonly AccessRule[] | undefined =>
  read(text).securityGroups.find((one) => one.name === group)?.rules;

describe("a text that softIoc takes is taken", () => {
  test.each(ACCEPTED)("%s", (text) => expect(told(text)).toEqual([]));
});
describe("a text that softIoc refuses is refused", () => {
  test.each(REFUSED)("%s", (text) => expect(told(text)).not.toEqual([]));
});
describe("a text that only this program refuses is refused", () => {
  test.each(REFUSED_BY_US_ALONE)("%s", (text) => expect(told(text)).not.toEqual([]));
});

test("each text that is refused or taken with a warning is told why", async () => {
  const lines = [...REFUSED, ...REFUSED_BY_US_ALONE, ...ACCEPTED].map((text) => {
    const errors = told(text);
    const sentences = errors.length > 0 ? errors : read(text).warnings.map((one) => `(warning) ${one}`);
    return sentences.length === 0 ? "" : `${text}\n    ${sentences.join("\n    ")}\n`;
  });
  await expect(lines.join("")).toMatchFileSnapshot("acf-sentences.txt");
});

test("every construct is read", () => {
  const text = `
    UAG(ops) {op1, "op 2"}   # comment
    UAG(none)
    HAG(room) {One.Example, 10.0.0.1}
    AUTHORITY(ca, "Root") { AUTHORITY(sub, "Sub") { AUTHORITY("Leaf") } AUTHORITY(other, "Other") }
    ASG(beam) {
      INPB("x:shutter.VAL")
      RULE(0, WRITE, TRAPWRITE) { UAG(ops, none) HAG(room) METHOD(x509, "ca") AUTHORITY(ca, sub, Leaf) PROTOCOL(tls) CALC("B=1") }
      INPA(x:mode)
      RULE(1, READ, NOTRAPWRITE)
      RULE(1, RPC) { PROTOCOL("TCP") }
    }`;
  expect(read(text)).toEqual({
    userGroups: [
      { name: "none", members: [] },
      { name: "ops", members: ["op1", "op 2"] },
    ],
    hostGroups: [{ name: "room", members: ["One.Example", "10.0.0.1"] }],
    securityGroups: [
      { name: "DEFAULT", inputs: [], rules: [] },
      {
        name: "beam",
        inputs: [
          { index: 1, pv: "x:shutter.VAL" },
          { index: 0, pv: "x:mode" },
        ],
        rules: [
          {
            level: 0,
            access: "WRITE",
            traps: true,
            userGroups: ["ops", "none"],
            hostGroups: ["room"],
            methods: ["x509", "ca"],
            authorities: ["ca", "sub", "Leaf"],
            protocol: "TLS",
            calc: "B=1",
          },
          ANYBODY,
          { ...ANYBODY, access: "RPC", protocol: "TCP" },
        ],
      },
    ],
    warnings: [],
  });
});

describe("a rule is left out whole, and said so, when it has", () => {
  test.each([
    ["a condition that is not known", "FOO(x)"],
    ["a misspelt condition", "HAGS(h)"],
    ["a block that is not known", "FOO(x,1){A(b){c,d} UAG()}"],
    ["a rule within", "RULE(1,READ)"],
    ["an unknown protocol", "PROTOCOL(udp)"],
    ["one such among others", 'UAG(u) FOO(x) CALC("1")'],
  ])("%s", (_, condition) => {
    const text = `UAG(u){x} ASG(A){RULE(1,READ) RULE(1,WRITE,TRAPWRITE){${condition}} RULE(0,NONE)}`;
    expect(rulesOf(text)).toEqual([ANYBODY, { ...ANYBODY, level: 0, access: "NONE" }]);
    expect(read(text).warnings).toEqual([expect.stringMatching(/^x\.acf:1:\d+: the RULE is left out: /)]);
  });

  test("an access that is not known: its conditions do not become the ones of the rule above", () => {
    const text = "UAG(u){x} UAG(v){y} ASG(A){RULE(1,WRITE){UAG(u)} RULE(1,EXEC,TRAPWRITE){UAG(v)}}";
    expect(rulesOf(text)).toEqual([{ ...ANYBODY, access: "WRITE", userGroups: ["u"] }]);
  });
});

describe("everything wrong is told at once, with its place", () => {
  test("the cause alone, and what is wrong in the groups behind it", () => {
    const text = [
      "UAG(ops) {op1 op2}",
      "ASG(A) {",
      "  RULE(1,READ) {UAG(ops) HAG(nowhere)}",
      "  RULE(1 WRITE) {UAG(ops)}",
      "  RULE(2,WRITE) {HAG(nowhere)}",
      "}",
      "HAG(h) {x}",
      "HAG(h) {y}",
    ].join("\n");
    expect(told(text)).toEqual([
      'x.acf:1:15: "," or "}" is expected before op2',
      'x.acf:4:10: "," is expected before WRITE',
      "x.acf:8:5: HAG(h) is defined above already; name all its hosts there",
    ]);
  });
  test("a brace that is missing does not hide what is behind it", () => {
    expect(told("ASG(A) {RULE(1,READ)\nASG(B) {RULE(1,REED,X)}\nUAG(a){}")).toEqual([
      'x.acf:2:1: INPA to INPU, RULE or "}" is expected before ASG',
      "x.acf:2:21: TRAPWRITE or NOTRAPWRITE is expected instead of X",
      "x.acf:3:8: a name is expected before }",
    ]);
  });
  test("groups and expressions, as far as a handful", () => {
    const rules = 'RULE(1,READ){UAG(u) HAG(h) CALC("A+")}'.repeat(100);
    const sentences = told(`UAG(us) ASG(A){${rules}}`);
    expect(sentences).toHaveLength(9);
    expect(sentences[0]).toBe("x.acf:1:33: there is no UAG(u) above this rule; did you mean us?");
    expect(sentences[2]).toMatch(/^x\.acf:1:51: in CALC\("A\+"\), /);
    expect(sentences[8]).toMatch(/the rest is not read, after so many errors$/);
  });
  test("with the line and a mark under the place", () => {
    const error = new AccessFileError([]);
    expect(error.describe()).toBe("");
    expect(() => read("ASG(A)\n  ASG(A)")).toThrow(expect.objectContaining({ problems: [expect.anything()] }));
    try {
      read("ASG(A)\n  ASG(A)");
    } catch (thrown) {
      expect((thrown as AccessFileError).describe()).toBe(
        "x.acf:2:7: error: ASG(A) is defined above already; write all its rules there\n 2 |   ASG(A)\n   |       ^",
      );
    }
  });
});

describe("macros", () => {
  test("are expanded with what asSetSubstitutions gives, line by line", () => {
    expect(read('HAG($(G=h)) {$(H),"${H}.x"}', 'H="a,b"').hostGroups).toEqual([
      { name: "h", members: ["a", "b", "a,b.x"] },
    ]);
  });
  test("an undefined one is told where it is written, whatever else is wrong", () => {
    expect(told("ASG($(A))\n# $(C)\nUAG(1) {$(B),$(A)}", "A=x")).toEqual([
      "x.acf:3:9: macro B is undefined; give it a value with asSetSubstitutions",
    ]);
    expect(told('ASG(A){RULE(1,WRITE){CALC("$(B)")}}', "")).toHaveLength(1);
  });
  test.each([
    ["HOSTS=", "}"],
    ['HOSTS="a,,b"', ","],
    ['HOSTS="a,"', "}"],
  ])("a list without a name at a place of it is told with what to correct: %s", (macros, before) => {
    expect(told("HAG(hosts) { $(HOSTS) }", macros)).toEqual([
      expect.stringMatching(
        new RegExp(
          `^x\\.acf:1:\\d+: a name is expected before ${before}: a macro is empty, or its list has a comma too many; correct it where asSetSubstitutions gets it$`,
        ),
      ),
    ]);
    expect(told("HAG(hosts) { }\nASG($(HOSTS))", macros)[0]).toBe("x.acf:1:14: a name is expected before }");
  });
  test("without asSetSubstitutions nothing is expanded, and it is said", () => {
    expect(told("UAG($(B))")).toEqual([
      "x.acf:1:5: the character $ is not expected here; macros are expanded after asSetSubstitutions only",
    ]);
    const { userGroups, warnings } = read('UAG(u) {"$(B)"}');
    expect(userGroups).toEqual([{ name: "u", members: ["$(B)"] }]);
    expect(warnings).toEqual([
      "x.acf:1:9: $(B) is taken as it is written: macros are expanded after asSetSubstitutions only",
    ]);
  });
  test.each([
    ["12345", ["12345"]],
    ["op@site.example", ["op@site.example"]],
    [" 12345 , b,UAG, c/d", ["12345", "b", "UAG", "c/d"]],
  ])("name members that need quotes in the file, where quotes cannot be kept: %j", (value, members) => {
    const macros = (name: string): string | undefined => (name === "M" ? value : undefined);
    const { userGroups } = parseAccessFile("UAG(u) { a, $(M) }\nHAG(h) { $(M) , x}", "x.acf", macros);
    expect(userGroups[0]?.members).toEqual(["a", ...members]);
  });
  test.each([
    ["", "1:14: a name is expected before }"],
    ["a b", '1:10: "," or "}" is expected before b'],
    ["a,", "1:14: a name is expected before }"],
    ["a} ASG(DEFAULT) {RULE(1,WRITE)", "2:5: ASG(DEFAULT) is defined above already; write all its rules there"],
  ])("do not make rules of a list that is none: %j", (value, sentence) => {
    const parse = () => parseAccessFile("UAG(u) { $(M)}\nASG(DEFAULT) {RULE(1,READ)}", "x.acf", () => value);
    expect(parse).toThrow(`x.acf:${sentence}`);
  });
  test("places count in the line as it is written", () => {
    expect(told("UAG($(A)) {1}", "A=a-long-name")).toEqual([
      'x.acf:1:12: a name is expected before 1; as a name, it is written "1"',
    ]);
  });
});

describe("what is likely to be a mistake is told", () => {
  test.each([
    ["UAG(a){x,y,x}", "x.acf:1:12: the user x stands in UAG(a) twice"],
    ["HAG(a){X,y,x}", "x.acf:1:12: the host x stands in HAG(a) twice"],
    ['ASG(A){INPA(x) RULE(1,READ){CALC("A&&C")}}', "x.acf:1:34: CALC uses C, but there is no INPC in ASG(A)"],
    ["AGS(A){RULE(1)}", "x.acf:1:1: AGS is ignored: it is not known here; did you mean ASG?"],
  ])("%s", (text, warning) => expect(read(text).warnings).toEqual([warning]));
  test("as far as a screen", () => expect(read(`UAG(a){${"x,".repeat(5000)}x}`).warnings).toHaveLength(20));
});

describe("a file that nobody wrote", () => {
  const many = (count: number, one: (index: number) => string): string =>
    Array.from({ length: count }, (_, i) => one(i)).join("");
  test.each([
    ["is too large", "x".repeat(11_000_000), /^x\.acf:1:1: the file has 11000000 characters/],
    ["holds NUL bytes", "UAG(a)\n# \0\nASG(A)", /^x\.acf:2:3: there is a NUL byte/],
    ["begins with a byte order mark", "\ufeffASG(A)", /^x\.acf:1:1: the file begins with a byte order mark/],
    ["opens many blocks", `FOO(a){${"B(){".repeat(200_000)}`, /expected before the end of the text$/],
    ["opens many braces", "{".repeat(200_000), /^x\.acf:1:1: UAG, HAG or ASG is expected before \{$/],
    ["opens many authorities", `AUTHORITY(a){${"AUTHORITY(b){".repeat(100_000)}`, /AUTHORITY is expected before/],
    ["has one line of characters that belong nowhere", "@".repeat(5_000_000), /^x\.acf:1:1: the character @/],
    ["has a long line in quotes that are not closed", `ASG("${"x".repeat(5_000_000)}`, /^x\.acf:1:5: the quote is not/],
    ["has a long expression", `ASG(A){RULE(1,READ){CALC("${"A?".repeat(1e6)}")}}`, /CALC has 2000000 characters/],
    ["has a group of many unknown groups", `ASG(A){RULE(1,READ){UAG(${many(300_000, (i) => `g${i},`)}z)}}`, /^x/],
    ["ends in a comment", "ASG(A) {RULE(1,READ) # }", /"\}" is expected before the end of the text$/],
  ])("%s: it ends in sentences", (_, text, sentence) => {
    const sentences = told(text);
    expect(sentences[0]).toMatch(sentence);
    expect(sentences.length).toBeLessThan(10);
    expect(sentences.join("\n").length).toBeLessThan(5000);
  });

  test("has two hundred thousand names: it is read", () => {
    const { userGroups } = read(`UAG(a){${many(200_000, (i) => `u${i},`)}z}`);
    expect(userGroups[0]?.members).toHaveLength(200_001);
  });
  test("has a hundred thousand groups: they are in order", () => {
    const names = read(many(100_000, (i) => `ASG(g${i})\r\n`)).securityGroups.map((one) => one.name);
    expect(names).toEqual([...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
  });
  test("has many blocks within each other: it is passed over", () => {
    const blocks = `${"B(){".repeat(100_000)}c${"}".repeat(100_000)}`;
    expect(
      rulesOf(`FOO(a){${blocks}} ASG(A){RULE(1,WRITE){${blocks}} RULE(1,READ)}`.replace("{B(){", "{X(){")),
    ).toEqual([ANYBODY]);
  });
});

describe("whatever is in a file", () => {
  const name = fc.oneof(
    fc.stringMatching(/^[\w\-+:.[\]<>;]{1,6}$/),
    fc
      .string({ unit: fc.constantFrom(...Array.from("ab #{}(),\\\xe9'$")), maxLength: 5 })
      .map((text) => text.replace(/\\/g, "\\\\")),
  );
  const names = fc.uniqueArray(name, { maxLength: 4 });
  const some = <T>(of: readonly T[]): fc.Arbitrary<T[]> => (of.length === 0 ? fc.constant([]) : fc.subarray([...of]));
  const file = fc
    .record({
      userGroups: fc.uniqueArray(fc.record({ name, members: names }), { selector: (one) => one.name, maxLength: 3 }),
      hostGroups: fc.uniqueArray(fc.record({ name, members: names }), { selector: (one) => one.name, maxLength: 3 }),
    })
    .chain(({ userGroups, hostGroups }) => {
      const rule = fc.record({
        level: fc.nat(1),
        access: fc.constantFrom("NONE", "READ", "WRITE", "RPC"),
        traps: fc.boolean(),
        userGroups: some(userGroups.map((one) => one.name)),
        hostGroups: some(hostGroups.map((one) => one.name)),
        methods: names,
        authorities: fc.constant([]),
        protocol: fc.constantFrom("TCP", "TLS", undefined),
        calc: fc.constantFrom(undefined, "A", "B=1&&A", "(A+U)>2"),
      });
      const input = fc.record({ index: fc.nat(20), pv: name });
      const inputs = fc.uniqueArray(input, { selector: (one) => one.index, maxLength: 3 });
      const group = fc.record({ name, inputs, rules: fc.array(rule, { maxLength: 4 }) });
      const securityGroups = fc.uniqueArray(group, { selector: (one) => one.name, maxLength: 3 });
      return securityGroups.map((groups) => ({
        userGroups,
        hostGroups,
        securityGroups: [...groups.filter((one) => one.name !== "DEFAULT"), { name: "DEFAULT", inputs: [], rules: [] }],
      }));
    });
  type Written = typeof file extends fc.Arbitrary<infer T> ? T : never;

  const quoted = (text: string): string => `"${text}"`;
  const list = (texts: readonly string[]): string => texts.map(quoted).join(" ,");
  const part = (keyword: string, texts: readonly string[]): string =>
    texts.length === 0 ? "" : `${keyword}(${list(texts)})`;
  const braces = (inside: string): string => (inside.trim() === "" ? "" : `{${inside}}\n`);
  const written = ({ userGroups, hostGroups, securityGroups }: Written): string =>
    [
      ...userGroups.map((one) => `UAG(${quoted(one.name)})${braces(list(one.members))}`),
      ...hostGroups.map((one) => `HAG(${quoted(one.name)})${braces(list(one.members))}`),
      ...securityGroups.map(
        (group) =>
          `ASG(${quoted(group.name)})${braces(
            [
              ...group.inputs.map((one) => `INP${String.fromCharCode(65 + one.index)}(${quoted(one.pv)})`),
              ...group.rules.map(
                (rule) =>
                  `RULE(${rule.level},${rule.access}${rule.traps ? ",TRAPWRITE" : ""})${braces(
                    [
                      part("UAG", rule.userGroups),
                      part("HAG", rule.hostGroups),
                      part("METHOD", rule.methods),
                      part("PROTOCOL", rule.protocol === undefined ? [] : [rule.protocol]),
                      part("CALC", rule.calc === undefined ? [] : [rule.calc]),
                    ].join(""),
                  )}`,
              ),
            ].join("\n"),
          )}`,
      ),
    ].join("\n");

  const byName = <T extends { readonly name: string }>(groups: readonly T[]): T[] =>
    groups.toSorted((a, b) => (a.name < b.name ? -1 : 1));

  test("what is written is read", () =>
    fc.assert(
      fc.property(file, (one) => {
        const { warnings: _, ...result } = read(written(one));
        expect(result).toEqual({
          userGroups: byName(one.userGroups),
          hostGroups: byName(one.hostGroups),
          securityGroups: byName(one.securityGroups),
        });
      }),
    ));

  test("no beginning of it grants more than the whole", () =>
    fc.assert(
      fc.property(file, fc.nat(), (one, at) => {
        const text = written(one);
        const whole = read(text);
        const beginning = text.slice(0, at % (text.length + 1));
        if (told(beginning).length > 0) return;
        const cut = read(beginning);
        for (const kind of ["userGroups", "hostGroups"] as const) {
          for (const { name: group, members } of cut[kind]) {
            const all = whole[kind].find((other) => other.name === group);
            expect([[], all?.members]).toContainEqual(members);
          }
        }
        for (const { name: group, rules, inputs } of cut.securityGroups) {
          const all = whole.securityGroups.find((other) => other.name === group);
          expect([[], all?.rules]).toContainEqual(rules);
          expect([[], all?.inputs]).toContainEqual(inputs);
        }
      }),
      { numRuns: 500 },
    ));

  test("nothing but an AccessFileError is thrown, with few and short sentences", () => {
    const piece = fc.oneof(
      fc.constantFrom(
        ..."UAG HAG ASG RULE CALC METHOD AUTHORITY PROTOCOL INPA INPU READ WRITE TRAPWRITE FOO a b 1 -2.5".split(" "),
        ..."( ( ) ) { { } } , , # \" ' \\ $ @".split(" "),
        '"A=1"',
        '"x y"',
        "$(M)",
        "$(N)",
        "\n",
        "\r\n",
        "\0",
      ),
      fc.string({ maxLength: 3 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), fc.constantFrom(undefined, "", "M=a"), (pieces, macros) => {
        expect(told(pieces.join(" "), macros).length).toBeLessThan(10);
        expect(told(pieces.join(""), macros).length).toBeLessThan(10);
      }),
      { numRuns: 1000 },
    );
  });
});
