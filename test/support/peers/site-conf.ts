/** Changes to a globus.conf, before an IOC reads it. */
import { readFile, writeFile } from "node:fs/promises";

/**
 * Puts lines into sections, in place of those with the same keys; a section that is not there is added, and one that is
 * given as undefined is taken out.
 */
export async function configure(
  file: string,
  sections: Readonly<Record<string, readonly string[] | undefined>>,
): Promise<void> {
  let text = await readFile(file, "utf8");
  for (const [section, lines] of Object.entries(sections)) {
    const head = `[${section}]\n`;
    if (!text.includes(head)) text += `\n${head}`;
    const begin = text.indexOf(head);
    const after = text.indexOf("\n[", begin);
    const end = after < 0 ? text.length : after + 1;
    const rest = text.slice(begin + head.length, end);
    const changed = lines === undefined ? "" : head + withLines(rest, lines);
    text = text.slice(0, begin) + changed + text.slice(end);
  }
  await writeFile(file, text);
}

function withLines(text: string, lines: readonly string[]): string {
  const keys = new Set(lines.map(keyOf));
  const kept = text.split("\n").filter((line) => !keys.has(keyOf(line)));
  return [...lines, ...kept].join("\n");
}

const keyOf = (line: string): string => line.split("=", 1)[0]?.trim() ?? "";
