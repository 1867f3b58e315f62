/**
 * Macros, and the screens that a screen opens: P, R and TS are the only macros, and a related display hands on each one
 * that the screen it opens uses, itself or for those that it opens in its turn.
 */
import { valueOf } from "./grammar.ts";
import type { AdlBlock, AdlProblem } from "./read.ts";

/** Prefix of the beamline, name of the IOC in it, and TomoScan's name in it. */
const MACROS = ["P", "R", "TS"];

/** The screens by their file's name, each read. */
export type AdlScreens = ReadonlyMap<string, readonly AdlBlock[]>;

/** What one screen has wrong about macros and about what it opens. */
export function linkProblems(blocks: readonly AdlBlock[], screens: AdlScreens): AdlProblem[] {
  const problems: AdlProblem[] = [];
  for (const { value, line } of allEntries(blocks)) {
    for (const name of macrosOf(value))
      if (!MACROS.includes(name))
        problems.push({ line, what: `uses the macro ${name}: screens have ${MACROS.join(", ")}` });
    if (/\$\{|\$\(\w*=/.test(value) || /\$(?!\()/.test(value))
      problems.push({ line, what: `${JSON.stringify(value)}: MEDM knows macros as $(NAME) alone, without a default` });
  }
  for (const { line, target, args } of linksOf(blocks)) problems.push(...linkProblem(line, target, args, screens));
  return problems;
}

function linkProblem(line: number, target: string, args: string, screens: AdlScreens): AdlProblem[] {
  const opened = screens.get(target);
  if (opened === undefined) return [{ line, what: `opens ${target}, which is not in medm/` }];
  const given = new Map(args.split(",").map((one) => one.split("=", 2) as [string, string]));
  const problems: AdlProblem[] = [];
  for (const name of new Set(allEntries(opened).flatMap(({ value }) => macrosOf(value))))
    if ((given.get(name) ?? "") === "") problems.push({ line, what: `opens ${target} without its macro ${name}` });
  for (const [name, value] of given) {
    if (!MACROS.includes(name)) problems.push({ line, what: `hands on ${name}: screens have ${MACROS.join(", ")}` });
    if (/[\s"]/.test(`${name}${value}`))
      problems.push({ line, what: `hands on ${name} as ${JSON.stringify(value)}: no blanks` });
  }
  return problems;
}

/** What each related display opens. */
export function linksOf(blocks: readonly AdlBlock[]): { line: number; target: string; args: string }[] {
  return blocks.flatMap((block) => {
    const inner = linksOf(block.blocks);
    const target = valueOf(block, "name");
    if (!block.name.startsWith("display[") || target === undefined) return inner;
    return [{ line: block.line, target, args: valueOf(block, "args") ?? "" }, ...inner];
  });
}

const macrosOf = (value: string): string[] => [...value.matchAll(/\$\((\w+)\)/g)].map(([, name = ""]) => name);
const allEntries = (blocks: readonly AdlBlock[]): AdlBlock["entries"] =>
  blocks.flatMap((block) => [...block.entries, ...allEntries(block.blocks)]);
