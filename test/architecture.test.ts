/** The source tree obeys its rules, and each rule can fail. The rules: test/support/rules/architecture.ts. */
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import { ROOT } from "./support/peers/real-peers.ts";
import { architectureProblems, idlePermissions, strayNames, wideComments } from "./support/rules/architecture.ts";
import { headingsOf, strayCitations } from "./support/rules/citations.ts";
import { deadExports } from "./support/rules/dead-exports.ts";

const HEADER = "/** A file made for this test: it does nothing. */\n";
const problemsOf = (files: Readonly<Record<string, string>>): string[] =>
  architectureProblems(new Map(Object.entries(files).map(([path, text]) => [path, HEADER + text])));

function sources(): Map<string, string> {
  const folder = join(ROOT, "src");
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".ts"));
  return new Map(paths.map((path) => [path, readFileSync(join(folder, path), "utf8")]));
}

test("the source tree obeys its rules", { timeout: 60_000 }, () => {
  const all = sources();
  expect(all.size).toBeGreaterThan(20);
  expect(architectureProblems(all)).toEqual([]);
});

test("the rules allow nothing that nothing needs", { timeout: 60_000 }, () => {
  const all = sources();
  expect(idlePermissions(all)).toEqual([]);
  all.set("controller/wiring.ts", HEADER);
  expect(idlePermissions(all)).toContain(
    "controller/wiring.ts may use .subscribe(, which no file of it does: take that away",
  );
});

const TESTS = join(ROOT, "test");
const testTexts = (): string =>
  readdirSync(TESTS, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !path.startsWith("support/rules/"))
    .map((path) => readFileSync(join(TESTS, path), "utf8"))
    .join("\n");

test("what is exported is exported for somebody", { timeout: 60_000 }, () => {
  expect(deadExports(sources(), testTexts())).toEqual([]);
});

describe("an export is told that", () => {
  const dead = (files: Readonly<Record<string, string>>, tests = "", forTests: readonly string[] = []): string[] =>
    deadExports(new Map(Object.entries(files)), tests, forTests);
  const A = "base/a.ts";

  test.each(["export const a = 1;", "export function a() {}", "export class a {}", "export interface a {}"])(
    "nobody names: %s",
    (text) => {
      const told = ["src/base/a.ts:1 exports a, which no other file names: take export away, or delete it"];
      expect(dead({ [A]: text, "base/b.ts": "const a = 2; // a" })).toEqual(told);
    },
  );

  test("tests alone name, unless it is a row; and a row that is none", () => {
    const files = { [A]: "export const a = 1;", "base/b.ts": 'import { b } from "./a.ts";' };
    const tests = 'import { a } from "../src/base/a.ts";';
    expect(dead(files, tests)).toEqual([expect.stringContaining("exports a, which tests alone name")]);
    expect(dead(files, tests, ["base/a.ts a"])).toEqual([]);
    expect(dead(files, tests, ["base/a.ts a", "base/a.ts b"])).toEqual([
      "base/a.ts b is not exported for tests alone: take its row away",
    ]);
  });

  test("tests alone name, also a stream's name", () => {
    const told = dead({ [A]: "export const a$ = 1;" }, 'import { a$ } from "../src/base/a.ts";');
    expect(told).toEqual([expect.stringContaining("exports a$, which tests alone name")]);
  });

  test("shows a type to nobody: in a body, or in what is dead itself", () => {
    const text = "export type T = 1;\nexport const a = () => {\n  const t: T = 1;\n};\nexport interface I { t: T }";
    const [type, own] = dead({ [A]: text, "base/b.ts": 'import { a } from "./a.ts";' });
    expect([type, own]).toEqual([expect.stringContaining("exports T"), expect.stringContaining("exports I")]);
  });

  test.each([
    ["export const a = 1;", 'import { a as b } from "./a.ts";'],
    ["export const a = 1;", 'export { a } from "./a.ts";'],
    ["export const a = 1;", 'const { a } = await import("./a.ts");'],
    ["export type a = 1;", 'let b: import("./a.ts").a;'],
    ["export interface O { p: P }\nexport type P = 1;\nexport function f(o: O) {}", 'import { f } from "./a.ts";'],
  ])("but not where somebody does: %j, %j", (text, other) => {
    expect(dead({ [A]: text, "base/b.ts": other })).toEqual([]);
  });

  test("but not at an entry point", () => {
    expect(dead({ "ca/index.ts": "export const a = 1;" })).toEqual([]);
  });
});

/** Paths below the root, of the files that are ours. */
const OWN = [
  ...["src", "test", "tools", "bench", "docs", "db", "medm", "iocBoot", "flows"].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" }).map((name) => `${folder}/${name}`),
  ),
  "README.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
];

/** Texts that cite. */
const CITING = /\.(ts|mts|mjs|py|md|json|db|template|substitutions|req|cmd|conf|c|h)$/;

test("a file that a comment or a page names is there", () => {
  const told = OWN.filter((name) => /\.(ts|mjs|md|py)$/.test(name));
  expect(told.flatMap((name) => strayNames(name, readFileSync(join(ROOT, name), "utf8"), OWN))).toEqual([]);
  expect(strayNames("a.ts", "// as no-such.ts says\nconst a = `x.ts`; // and base/clock.ts", OWN)).toEqual([
    "a.ts:1 names no-such.ts, which is not there: name the file that is meant",
  ]);
});

test("a citation leads to a page and a heading, or to a decision, that is there", () => {
  const pages = OWN.filter((name) => /^docs\/.*\.md$/.test(name));
  const headings = new Map(pages.map((name) => [basename(name), headingsOf(readFileSync(join(ROOT, name), "utf8"))]));
  const decisions = new Set(pages.flatMap((name) => /decisions\/(\d{4})-/.exec(name)?.[1] ?? []));
  const stray = (name: string, text: string): string[] => strayCitations(name, text, headings, decisions);
  const told = OWN.filter((name) => CITING.test(name));
  expect(told.flatMap((name) => stray(name, readFileSync(join(ROOT, name), "utf8")))).toEqual([]);
});

describe("a citation that leads nowhere is refused", () => {
  const pages = new Map([
    ["channel-access.md", headingsOf("# Facts\n## 1. Protocol\n### 1.5 Server\n## Appendix A. Fields\n")],
  ]);
  const stray = (text: string): string[] => strayCitations("a.ts", text, pages, new Set(["0006"]));

  test.each([
    ["/** CA spec §1.5 */", ['a.ts:1 cites "CA spec"', 'a.ts:1 cites "§"']],
    ["/**\n * Reads. CA\n * spec, as it is.\n */", ['a.ts:2 cites "CA spec"']],
    ["// as (dm-api §3) has it", ['a.ts:1 cites "dm-api"', 'a.ts:1 cites "§"']],
    ["// Integration points 20-22.", ['a.ts:1 cites "Integration points"']],
    ["// in order (integration, section 1.9)", ['a.ts:1 cites "integration, section"']],
    ["// spelt so (integration, 5A, 5B)", ['a.ts:1 cites "integration, 5"']],
    ["// both (integration, points 26, 48)", ['a.ts:1 cites "integration, points"']],
    ["// quiet (design, section 3)", ['a.ts:1 cites "design, section"']],
    ["a();\t// see §2", ['a.ts:1 cites "§"']],
    ["// decision 19", ['a.ts:1 cites "decision 19", which docs/decisions does not have']],
    ["// Decision 0007.", ['a.ts:1 cites "Decision 0007", which']],
    ["// channel-access.md §1.5, §1.6", ["a.ts:1 cites channel-access.md §1.6, which has no such heading"]],
    ["// channel-access.md §1.5 and Appendix B", ["a.ts:1 cites channel-access.md Appendix B, which has no"]],
    ["// wires.md §1.5", ["a.ts:1 cites wires.md, which is no page"]],
  ])("%j", (text, problems) => {
    expect(stray(text)).toEqual(problems.map((problem): unknown => expect.stringContaining(problem)));
  });

  test.each([
    "/** Sizes. channel-access.md §1.5, §1 and Appendix A; epics-base: dbAccess.c. */",
    "/**\n * Sizes. channel-access.md\n * §1.5, decision\n * 0006.\n */",
    "// RFC 6570 §3.2, draft-ietf-secsh-filexfer-02 §7",
    'const text = "CA spec §1.5, decision 19";',
  ])("but not %j", (text) => {
    expect(stray(text)).toEqual([]);
  });
});

test("no comment of tests and tools is wider than the code may be", () => {
  const wide = ["test", "tools"].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => /\.(ts|mjs)$/.test(name))
      .flatMap((name) => wideComments(`${folder}/${name}`, readFileSync(join(ROOT, folder, name), "utf8"))),
  );
  expect(wide).toEqual([]);
});

describe("an import is refused", () => {
  test.each([
    ["base/x.ts", `import { a } from "../ca/wire/frame.ts";`],
    ["ca/wire/x.ts", `import { createHash } from "node:crypto";`],
    ["ca/session/x.ts", `export { a } from "../../net/transport.ts";`],
    ["net/x.ts", `import "../ca/wire/frame.ts";`],
    ["ca/server/x.ts", `import type { Database } from "../../database/database.ts";`],
    ["ca/server/x.ts", `import { connectTcp } from "../../net/tcp.ts";`],
    ["ca/client/client.ts", `import { Observable } from "rxjs";`],
    ["ca/client/x.ts", `import { a } from "../server/server.ts";`],
    ["database/x.ts", `const a: import("../ca/wire/frame.ts").Frame = 1;`],
    ["database/x.ts", `import { readFileSync } from "node:fs";`],
    ["dbfile/x.ts", `const fs = await import("node:fs");`],
    ["iocsh/x.ts", `import { a } from "../ioc/commands/dbl.ts";`],
    ["ioc/x.ts", `import { a } from "../controller/pvs.ts";`],
    ["ioc/ioc.ts", `import { map } from "rxjs/operators";`],
    ["controller/x.ts", `import { a } from "../services/http.ts";`],
    ["controller/x.ts", `import { readFile } from "node:fs/promises";`],
    ["services/dm/over-http.ts", `import { b } from "../mail/smtp-mailer.ts";`],
    ["services/a.ts", `import { b } from "../controller/wiring.ts";`],
    ["controller/run/x.ts", `import { a } from "../daq/upload.ts";`],
    ["sandbox/x.ts", `import { a } from "../controller/pvs.ts";`],
    ["cli/list-users.ts", `import { a } from "../sandbox/beamline.ts";`],
    ["cli/list-users.ts", `import { a } from "../ioc/ioc.ts";`],
    ["main.ts", `const a = await import("./sandbox/beamline.ts");`],
    ["assemble/ioc.ts", `import { a } from "../sandbox/beamline.ts";`],
    ["controller/x.ts", `const a = await import(name);`],
    ["controller/x.ts", `const a = require("undici");`],
  ])("%s: %s", (path, text) => {
    expect(problemsOf({ [path]: text })).toEqual([expect.stringMatching(`^src/${path}:2 imports .*: .* may import `)]);
  });
});

describe("an import is allowed", () => {
  test.each([
    ["net/tcp.ts", `import { createServer } from "node:net";`],
    ["ca/client/observe.ts", `import { Observable } from "rxjs";`],
    ["services/globus/a.ts", `import { b } from "../http.ts"; import { c } from "@globus/sdk";`],
    ["services/dm/over-http.ts", `import { b } from "./routes.ts";`],
    ["controller/daq/a.ts", `import { b } from "../run/action.ts"; import { c } from "../users/people.ts";`],
    ["cli/sandbox-command.ts", `import { a } from "../sandbox/beamline.ts";`],
    ["cli/ioc-command.ts", `import { a } from "../ioc/ioc.ts";`],
    ["database/record-types/ai.ts", `import { a } from "../menus.ts"; const text = 'import "rxjs"'; // import "x"`],
  ])("%s: %s", (path, text) => {
    expect(problemsOf({ [path]: text })).toEqual([]);
  });
});

describe("a thing that belongs elsewhere is refused", () => {
  test.each([
    ["services/a.ts", `export const a = process.env["HOME"];`, "process.env"],
    ["config/config.ts", `const { env } = process;`, "process.env"],
    ["services/a.ts", `import { env } from "node:process";`, "process.env"],
    ["services/a.ts", `export const a = globalThis.process.env;`, "process.env"],
    ["services/a.ts", `setTimeout(() => {}, 1);`, "a timer"],
    ["services/a.ts", `export const at = Date.now();`, "a timer"],
    ["services/a.ts", `export const at = new Date();`, "a timer"],
    ["services/a.ts", `export const now = performance["now"]();`, "a timer"],
    ["services/a.ts", `import { setTimeout as wait } from "node:timers/promises";`, "a timer"],
    ["services/a.ts", `fetch("x", { signal: AbortSignal.timeout(1) });`, "a timer"],
    ["controller/command.ts", `a$.subscribe(() => {});`, "[.]subscribe"],
    ["ca/client/observe.ts", `a$?.pipe().subscribe();`, "[.]subscribe"],
    ["ioc/x.ts", `import { connect } from "node:net";`, "node:net or"],
    ["base/x.ts", `import { createSocket } from "node:dgram";`, "node:net or"],
    ["base/log.ts", `console.log("x");`, "console"],
    ["ca/index.ts", `export * from "./wire/frame.ts";`, "`export"],
  ])("%s: %s", (path, text, what) => {
    expect(problemsOf({ [path]: text })).toEqual([expect.stringMatching(`^src/${path}:2 uses ${what}`)]);
  });

  test.each([
    ["base/clock.ts", "setTimeout(() => {}, 1);"],
    ["services/a.ts", `export const at = new Date(0); // console.log and Date.now() in a comment`],
    ["controller/wiring.ts", "a$.subscribe();"],
    ["ca/server/monitor.ts", "pv.subscribe(1, changed);"],
    ["cli/program.ts", `export const home = process.env["HOME"];`],
  ])("but not where it belongs: %s: %s", (path, text) => {
    expect(problemsOf({ [path]: text })).toEqual([]);
  });
});

describe("the shape of a file", () => {
  test("without a header comment it is refused", () => {
    expect(architectureProblems(new Map([["base/x.ts", "export const a = 1;\n"]]))).toEqual([
      expect.stringMatching("^src/base/x.ts:1 has no header comment"),
    ]);
  });

  test("with more than 400 lines it is refused, unless it is a named table", () => {
    const text = "export {};\n".repeat(400);
    expect(problemsOf({ "base/x.ts": text })).toEqual([expect.stringMatching("^src/base/x.ts has 401 lines")]);
    expect(problemsOf({ "config/settings.ts": text })).toEqual([]);
  });

  test("with a comment wider than 120 columns it is refused, and one of 120 is not", () => {
    const header = `/** ${"x".repeat(113)} */`;
    expect(problemsOf({ "base/x.ts": `// ${"y".repeat(118)}\n` })).toEqual([
      expect.stringMatching(/^src\/base\/x\.ts:\d has a comment of 121 columns/),
    ]);
    expect(wideComments("x.ts", header)).toEqual([]);
  });

  test("in a folder without a row it is refused", () => {
    expect(problemsOf({ "utils/x.ts": "" })).toEqual([expect.stringMatching("^src/utils/x.ts is in no layer")]);
    expect(problemsOf({ "services/weather/x.ts": `import "../dm/routes.ts";` })).toEqual([
      expect.stringMatching("^src/services/weather/x.ts is in no layer"),
    ]);
  });
});

test("files that import one another in a circle are refused, once", () => {
  const circle = {
    "base/a.ts": `import "./b.ts";`,
    "base/b.ts": `import type { C } from "./c.ts";`,
    "base/c.ts": `export { A } from "./a.ts";`,
    "base/d.ts": `import "./a.ts";`,
  };
  expect(problemsOf(circle)).toEqual(["import cycle: base/a.ts → base/b.ts → base/c.ts → base/a.ts"]);
});

test("a type that is exported under the name of another file's type is refused", () => {
  const files = {
    "base/a.ts": "export interface Person {}\nexport type Place = string;",
    "base/b.ts": "class Person {}",
    "base/c.ts": `export type { Place } from "./a.ts";\ninterface Own {}`,
    "base/d.ts": "interface Own {}",
  };
  expect(problemsOf(files)).toEqual([
    "src/base/a.ts:2 exports Person, a type of src/base/b.ts too: give each meaning a name, or keep one",
  ]);
});
