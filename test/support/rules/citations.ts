/**
 * What comments and pages cite: pages of docs/ by file and heading (`channel-access.md §1.5`), decisions by number
 * (`decision 0006`). Says of each citation that leads nowhere what to do. Reads no file: texts are handed in.
 */

/** Of each page that can be cited, by its file's name, the headings: `1.5`, `Appendix A`. */
export type Pages = ReadonlyMap<string, ReadonlySet<string>>;

/** The numbers and appendices of a page's headings. */
export function headingsOf(page: string): ReadonlySet<string> {
  const prose = page.replace(/^```[^]*?^```/gm, "");
  return new Set([...prose.matchAll(/^#+ (\d+(?:\.\d+)*|Appendix [A-Z])\b/gm)].map(([, heading = ""]) => heading));
}

const HOW = "cite a page of docs/ with its heading, as channel-access.md §1.5, or a decision, as decision 0006";
const PLACE = "(?:§\\d+(?:\\.\\d+)*|Appendix [A-Z])";
const CITATION = new RegExp(`([\\w-]+\\.md) (${PLACE}(?:(?:, | and | to |, and )${PLACE})*)`, "g");
/** Sections of documents that everybody can get. */
const PUBLIC = /\b(?:RFC \d+|draft-[\w-]+),? §[\d.]+/g;
/** Documents that are in no repository, and the sign of a section where no document is named. */
const NOWHERE =
  /\bCA spec\b|\bca-spec\b|\bpva-spec\b|\bdm-api\b|\bglobus-api\b|\b[Ii]ntegration(?:,? points?\b|, section\b|, \d)|\bdesign(?:\.md)?,? (?:section|§)|§/g;

/**
 * One sentence for each citation in a comment, or on a page, that leads nowhere.
 * @param path decides what is read: in code only the comments
 * @param decisions the numbers of the records of docs/decisions, four digits each
 */
export function strayCitations(path: string, text: string, pages: Pages, decisions: ReadonlySet<string>): string[] {
  const told = text.split("\n").map((line) => toldBy(path, line));
  const whole = told.join(" ");
  const problems: { readonly at: number; readonly what: string }[] = [];
  const rest = whole
    .replace(CITATION, (cited, page: string, places: string, at: number) => {
      for (const what of unknown(page, places, pages)) problems.push({ at, what });
      return " ".repeat(cited.length);
    })
    .replace(PUBLIC, (cited) => " ".repeat(cited.length));
  for (const { 0: cited, index } of rest.matchAll(NOWHERE))
    problems.push({ at: index, what: `cites "${cited}", which leads nowhere: ${HOW}` });
  for (const { 0: cited, 1: number = "", index } of rest.matchAll(/\b[Dd]ecisions? (\d+)/g))
    if (!decisions.has(number))
      problems.push({ at: index, what: `cites "${cited}", which docs/decisions does not have: ${HOW}` });
  return problems
    .toSorted((one, other) => one.at - other.at)
    .map(({ at, what }) => `${path}:${lineAt(told, at)} ${what}`);
}

function unknown(page: string, places: string, pages: Pages): string[] {
  const headings = pages.get(page);
  if (headings === undefined) return [`cites ${page}, which is no page of docs/: ${HOW}`];
  return (places.match(new RegExp(PLACE, "g")) ?? [])
    .filter((place) => !headings.has(place.replace("§", "")))
    .map((place) => `cites ${page} ${place}, which has no such heading: cite the heading that says it`);
}

/** The words of a line: on a page the whole line, in code its comment. */
function toldBy(path: string, line: string): string {
  const comment = /\.(?:ts|mts|mjs|c|h)$/.test(path)
    ? (/^\s*(?:\/?\*+|\/\/)(.*)|\s\/\/ (.*)/.exec(line) ?? ["", "", ""])
    : ["", /^\s*(?:#+ )?(.*)/.exec(line)?.[1] ?? ""];
  return (comment[1] ?? comment[2] ?? "").trim();
}

/** The number, from 1, of the line in which a place of the lines, joined by blanks, lies. */
function lineAt(lines: readonly string[], at: number): number {
  let end = 0;
  return 1 + lines.findIndex((line) => (end += line.length + 1) > at);
}
