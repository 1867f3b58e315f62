/**
 * The same access security files to epics-base's softIoc and to our reader: both take them or both refuse them, and
 * softIoc's dumps show the groups and rules that we read.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { type AccessFile, AccessFileError, type AccessRule } from "../../src/dbfile/acf.ts";
import { parseAccessFile } from "../../src/dbfile/acf-parser.ts";
import { ACCEPTED, REFUSED, REFUSED_BY_US_ALONE } from "../dbfile/acf-snippets.ts";
import { epicsEnvironment, freePort } from "../support/peers/epics-environment.ts";
import { needPeers, PYTHON, ROOT } from "../support/peers/real-peers.ts";
import { runPeer } from "../support/peers/spawn-peer.ts";

/** Newer than softIoc 7.0.10, which leaves out the rules that have them. */
const NEWER: readonly string[] = [
  'ASG(A){RULE(1,WRITE){METHOD(ca,"x 509")} RULE(1,READ)}',
  "ASG(A){RULE(1,WRITE){PROTOCOL(tls)} RULE(1,READ){PROTOCOL(TCP)}}",
  'AUTHORITY(a,"Root"){AUTHORITY(b,c){AUTHORITY(d)} AUTHORITY("e")} ASG(A){RULE(1,WRITE){AUTHORITY(a,b,d)}}',
  "UAG(u){x} ASG(A){RULE(1,RPC) RULE(0,READ){UAG(u)}}",
];

/** Files of the pieces of the grammar, about half of them sound; the same ones every time. */
const RANDOM_TEXTS = fc.sample(randomText(), { numRuns: 500, seed: 10 });

function randomText(): fc.Arbitrary<string> {
  const word = fc.constantFrom("a", "b", "c-1", '"d e"', "Host.X", "10.0.0.1", '"a"', "DEFAULT", "UAGs");
  const list = fc.oneof(
    { weight: 30, arbitrary: fc.array(word, { minLength: 1, maxLength: 3 }).map((words) => words.join(", ")) },
    { weight: 1, arbitrary: fc.constantFrom("", "a,", "1", "UAG", "a b", "10.0", "'a'", "INPC", "a\nb", "+") },
  );
  const rarely = (usual: string, ...others: string[]): fc.Arbitrary<string> =>
    fc.oneof({ weight: 25, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...others) });
  const known = fc.constantFrom("a", "b", "a,b", '"a"');
  const condition = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.tuple(fc.constantFrom("UAG", "HAG"), known).map(([kind, names]) => `${kind}(${names})`),
    },
    { weight: 1, arbitrary: fc.tuple(fc.constantFrom("UAG", "HAG"), list).map(([kind, names]) => `${kind}(${names})`) },
    { weight: 1, arbitrary: list.map((names) => `FOO(${names}){B(${names}){c}}`) },
  );
  const calc = fc.constantFrom("", "", 'CALC("A=1")', "CALC(B)", 'CALC("A+")', 'CALC("C:=1")', 'CALC("(A#B)&&!U")');
  const option = fc.constantFrom("", "", ",TRAPWRITE", ",NOTRAPWRITE", ",TRAP");
  const rule = fc
    .tuple(
      fc.constantFrom("0", "1", "1", "+1", "12", "-1", "1.5", "a"),
      fc.constantFrom("NONE", "READ", "WRITE"),
      option,
      fc.array(condition, { maxLength: 2 }),
      calc,
    )
    .map(([level, access, log, conditions, expression]) => {
      const body = [...conditions, expression].join(" ").trim();
      return `RULE(${level},${access}${log})${body === "" ? "" : `{${body}}`}`;
    });
  const inputs = fc.subarray(["INPA(x)", 'INPB("y.VAL NPP")', "INPU(z)", "INPV(z)"], { maxLength: 2 });
  const group = fc.tuple(word, inputs, fc.array(rule, { maxLength: 3 }), rarely("}", "", "}}", ";}"));
  const item = group.map(([name, given, rules, end]) => {
    const body = [...given, ...rules].join("\n");
    return `ASG(${name})${body === "" ? "" : `{${body}${end}`}`;
  });
  const lists = fc
    .tuple(list, list, list)
    .map(([a, b, c]) => `UAG(a){${a}} HAG(b){${b}} UAG(b) HAG(a){${c}}`)
    .chain((sound) => rarely(sound, "UAG(a) # {", "UAG(a) HAG(a) UAG(a)", "FOO(a,1){b}", "HAG(a){*}"));
  return fc
    .tuple(lists, fc.array(item, { minLength: 1, maxLength: 2 }), rarely("", "\r\n# end", "@", "ASG", '"'))
    .map(([first, items, end]) => [first, ...items].join("\n") + end);
}

/** What both have of a rule, as softIoc shows it. */
interface ShownRule {
  readonly head: string;
  readonly userGroups: readonly string[];
  readonly hostGroups: readonly string[];
  readonly calc: string | undefined;
}
interface Shown {
  readonly groups: readonly string[];
  readonly securityGroups: readonly { readonly name: string; readonly inputs: string[]; readonly rules: ShownRule[] }[];
}

const isOfNewerBase = (rule: AccessRule): boolean =>
  rule.access === "RPC" || rule.methods.length > 0 || rule.authorities.length > 0 || rule.protocol !== undefined;

const shownGroup = (kind: string, name: string, members: readonly string[]): string =>
  `${kind}(${name})${members.length === 0 ? "" : ` {${members.join(",")}}`}`;

const ours = ({ userGroups, hostGroups, securityGroups }: AccessFile): Shown => ({
  groups: [
    ...userGroups.map((one) => shownGroup("UAG", one.name, one.members)),
    ...hostGroups.map((one) =>
      shownGroup(
        "HAG",
        one.name,
        one.members.map((host) => host.toLowerCase()),
      ),
    ),
  ],
  securityGroups: securityGroups.map(({ name, inputs, rules }) => ({
    name,
    inputs: inputs.map(({ index, pv }) => `INP${String.fromCharCode(65 + index)}(${pv})`),
    rules: rules
      .filter((rule) => !isOfNewerBase(rule))
      .map(({ level, access, traps, userGroups: users, hostGroups: hosts, calc }) => ({
        head: `${level},${access},${traps ? "" : "NO"}TRAPWRITE`,
        userGroups: users,
        hostGroups: hosts,
        calc,
      })),
  })),
});

/** Reads what asdbdump prints, or aspuag, asphag and asprules one after the other. */
function shownBy(dump: string): Shown {
  const groups: string[] = [];
  const securityGroups: { name: string; inputs: string[]; rules: ShownRule[] }[] = [];
  for (const line of dump.split("\n")) {
    const [, indent = "", keyword = "", rest = ""] = /^(\t*)(UAG|HAG|ASG|INP[A-U]|RULE|CALC)\((.*)$/.exec(line) ?? [];
    const group = securityGroups.at(-1);
    const rule = group?.rules.at(-1);
    const inside = rest.replace(/\)(?: \{)?$/, "");
    if (indent === "" && keyword === "ASG") securityGroups.push({ name: inside, inputs: [], rules: [] });
    else if (indent === "" && keyword !== "") groups.push(`${keyword}(${rest}`);
    else if (keyword.startsWith("INP")) group?.inputs.push(`${keyword}(${rest.replace(/(?: INVALID)? value=.*/, "")}`);
    else if (keyword === "RULE") {
      group?.rules.push({ head: inside, userGroups: [], hostGroups: [], calc: undefined });
    } else if (keyword !== "" && group !== undefined && rule !== undefined) {
      const more =
        keyword === "CALC"
          ? { calc: rest.replace(/"\) result=.*$/, "").slice(1) }
          : { [keyword === "UAG" ? "userGroups" : "hostGroups"]: inside.split(",") };
      group.rules[group.rules.length - 1] = { ...rule, ...more };
    }
  }
  return { groups, securityGroups };
}

interface Dumped {
  readonly all: Shown;
  readonly apart: Shown;
}

/**
 * What softIoc shows after asInit with each text; the group OLD alone when it refuses it. One softIoc reads many; that
 * it sometimes dies between two is its own affair, and another one goes on.
 */
async function askSoftIoc(texts: readonly string[]): Promise<readonly Dumped[]> {
  const dumps: Dumped[] = [];
  for (let deaths = 0; dumps.length < texts.length; ) {
    const { dumped, said } = await dumpedBySoftIoc(texts.slice(dumps.length, dumps.length + FILES_AT_ONCE));
    dumps.push(...dumped);
    if (dumped.length > 0) deaths = 0;
    else if (++deaths === MOST_DEATHS) throw new Error(`softIoc ends over ${texts[dumps.length]}\n${said}`);
  }
  return dumps;
}

const FILES_AT_ONCE = 100;
/** Over one file, before that is what the file does. */
const MOST_DEATHS = 8;

async function dumpedBySoftIoc(texts: readonly string[]): Promise<{ dumped: readonly Dumped[]; said: string }> {
  const folder = mkdtempSync(join(tmpdir(), "globus-ioc-test-"));
  try {
    writeFileSync(join(folder, "old.acf"), "ASG(OLD)");
    const use = (file: string): string => `asSetFilename("${file}")\nasInit\n`;
    const lines = texts.map((text, index) => {
      writeFileSync(join(folder, `${index}.acf`), text, "latin1");
      return `${use("old.acf")}${use(`${index}.acf`)}echo "<all>"\nasdbdump\necho "<apart>"\naspuag\nasphag\nasprules\necho "<end>"\n`;
    });
    writeFileSync(join(folder, "st.cmd"), `asSetFilename("old.acf")\niocInit\n${lines.join("")}`);
    const env = epicsEnvironment(await freePort());
    const { stdout, stderr } = await runPeer(PYTHON, [join(ROOT, "test/peers/softioc.py"), "st.cmd"], {
      env,
      cwd: folder,
    });
    const found = [...stdout.matchAll(/^<all>$(.*?)^<apart>$(.*?)^<end>$/gms)];
    const dumped = found.map(([, all = "", apart = ""]) => ({ all: shownBy(all), apart: shownBy(apart) }));
    return { dumped, said: stderr.slice(-1500) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function weRead(text: string): Shown | undefined {
  try {
    return ours(parseAccessFile(text, "test.acf"));
  } catch (error) {
    if (!(error instanceof AccessFileError)) throw error;
    return undefined;
  }
}

describe.skipIf(needPeers("softIoc").missing)("softIoc", () => {
  const shown = new Map<string, { all: Shown; apart: Shown }>();
  beforeAll(async () => {
    const texts = [...new Set([...ACCEPTED, ...REFUSED, ...REFUSED_BY_US_ALONE, ...NEWER, ...RANDOM_TEXTS])];
    const answers = await askSoftIoc(texts);
    for (const [index, text] of texts.entries()) shown.set(text, answers[index]!);
  }, 60_000);

  const isTaken = (text: string): boolean =>
    shown.get(text)?.all.securityGroups.every((one) => one.name !== "OLD") === true;

  test.each([...ACCEPTED, ...NEWER])("takes, and shows what we read: %s", (text) => {
    expect(isTaken(text)).toBe(true);
    expect(weRead(text)).toEqual(shown.get(text)?.all);
    expect(shown.get(text)?.apart).toEqual(shown.get(text)?.all);
  });
  test.each(REFUSED)("refuses, as we do: %s", (text) => expect(isTaken(text)).toBe(false));
  test.each(REFUSED_BY_US_ALONE)("takes what we refuse: %s", (text) => expect(isTaken(text)).toBe(true));

  test("says the same as we to files that nobody wrote", () => {
    const different = RANDOM_TEXTS.map((text) => ({
      text,
      ours: weRead(text),
      theirs: isTaken(text) ? shown.get(text)?.all : undefined,
    })).filter((one) => JSON.stringify(one.ours) !== JSON.stringify(one.theirs));
    expect(different).toEqual([]);
    const taken = RANDOM_TEXTS.filter(isTaken).length;
    expect(taken).toBeGreaterThan(50);
    expect(taken).toBeLessThan(RANDOM_TEXTS.length - 50);
  });
});
