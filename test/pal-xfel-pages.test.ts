/** The guide for PAL-XFEL's users, in English and in Korean: its commands exist, and both pages have the same. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "./support/peers/real-peers.ts";

const page = (name: string): string => readFileSync(join(ROOT, "docs", name), "utf8");
/** Made from the program's own declarations. */
const reference = page("commands.md");
/** One word, or two where a command has commands of its own; without arguments. */
const COMMANDS = new Set([...reference.matchAll(/^\| `([a-z-]+(?: [a-z-]+)?)/gm)].map(([, name = ""]) => name));

/** Lines of the page's code blocks and code spans that run the program, each without its continuation marks. */
function commandLines(text: string): readonly string[] {
  const whole = text.replaceAll(/\s*\\\n\s*/g, " ");
  const blocks = [...whole.matchAll(/^ {4}(globus-ioc .*)$/gm)].map(([, line = ""]) => line);
  const spans = [...whole.matchAll(/`(globus-ioc [^`]+)`/g)].map(([, line = ""]) => line);
  return [...blocks, ...spans];
}

/** What a line names that docs/commands.md does not have. */
function unknownWords(line: string): readonly string[] {
  const words = line.split(/\s+/).slice(1);
  const [first = "", second = ""] = words;
  const command = COMMANDS.has(first) || COMMANDS.has(`${first} ${second}`) ? [] : [`${first} ${second}`];
  const options = words.filter((word) => word.startsWith("--") && !reference.includes(`\`${word}`));
  return [...command, ...options];
}

test("docs/pal-xfel.md: every command and option of the guide exists", () => {
  const lines = commandLines(page("pal-xfel.md"));
  expect(lines.length).toBeGreaterThan(20);
  expect(lines.flatMap(unknownWords)).toEqual([]);
});

test("docs/pal-xfel.md: a command or an option that does not exist would be found", () => {
  expect(unknownWords("globus-ioc flow start --flow-id x")).toEqual(["flow start"]);
  expect(unknownWords("globus-ioc flow run --flow-name x")).toEqual(["--flow-name"]);
});

test("docs/pal-xfel.ko.md: the Korean guide has the same commands in the same order", () => {
  expect(commandLines(page("pal-xfel.ko.md"))).toEqual(commandLines(page("pal-xfel.md")));
});
