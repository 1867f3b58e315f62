/**
 * Reads the description of a screen, `screens/*.yaml`: groups, and in each its rows, which name PVs by their suffix
 * behind $(P)$(R). What cannot be meant is told with file and line. Knows no display manager.
 *
 *   - Label: Suffix, or [Suffix, …]; Label: …    values beside each other, behind their labels
 *   - command: Suffix, label:, state:, arm:, question:, stops:
 *   - block: Suffix, label:, lines:, line:    a text of several lines; line: the stem of its PVs a line
 *   - table: Title, columns: {Title: Suffix}, lines:               an array a column
 *   - table: Title, of: [Stem, …], names:, columns: {Title: Part}   a row a stem
 *   - chart: Title, minutes:, curves: {Title: Suffix}
 */
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type YAMLMap } from "yaml";
import * as z from "zod";

export type ScreenRow =
  | {
      readonly kind: "values";
      readonly parts: readonly { readonly label: string; readonly suffixes: readonly string[] }[];
    }
  | {
      readonly kind: "command";
      readonly command: string;
      readonly label: string;
      /** A state to show before the command's own, e.g. that of its step. */
      readonly state?: string;
      readonly arm?: string;
      readonly question?: string;
      readonly stops: boolean;
    }
  | {
      readonly kind: "block";
      readonly suffix: string;
      readonly label: string;
      readonly lines: number;
      readonly line?: string;
    }
  | {
      readonly kind: "table";
      readonly title: string;
      readonly columns: readonly (readonly [title: string, part: string])[];
      /** Stems of the PVs, a row each; absent: each column is an array. */
      readonly of?: readonly string[];
      /** What stands before the first column. */
      readonly names?: readonly string[];
      readonly lines: number;
    }
  | {
      readonly kind: "chart";
      readonly title: string;
      readonly minutes: number;
      readonly curves: readonly (readonly [title: string, suffix: string])[];
    };
/** A row with its place in the description. */
export type PlacedRow = ScreenRow & { readonly at: string };
export interface Screen {
  readonly topic: string;
  readonly title: string;
  readonly groups: readonly { readonly title: string; readonly rows: readonly PlacedRow[] }[];
}

const word = z.string().min(1);
const words = z.array(word).min(1);
/** What a title or label stands for, in order. */
const pairs = z.record(word, word).transform((found) => Object.entries(found));
const count = z.int().positive();

/** Rows that begin with a word of their own, and what may stand beside it. */
const FORMS = {
  command: z.object({
    command: word,
    label: word.optional(),
    state: word.optional(),
    arm: word.optional(),
    question: word.optional(),
    stops: z.boolean().default(false),
  }),
  block: z.object({ block: word, label: word.optional(), lines: count.default(2), line: word.optional() }),
  table: z.object({
    table: word,
    columns: pairs,
    of: words.optional(),
    names: words.optional(),
    lines: count.optional(),
  }),
  chart: z.object({ chart: word, minutes: count.default(15), curves: pairs }),
} as const;
const VALUES = z.record(word, z.union([word, words]));
const isForm = (first: string): first is keyof typeof FORMS => Object.hasOwn(FORMS, first);

/**
 * @param topic name of the file, without its ending
 * @throws Error with everything that is wrong, a sentence a line
 */
export function readScreen(topic: string, text: string): Screen {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const problems: string[] = document.errors.map(
    ({ message, pos: [from] }) => `screens/${topic}.yaml:${lines.linePos(from).line}: ${message}`,
  );
  const at = (node: Node | null): string => `screens/${topic}.yaml:${lines.linePos(node?.range?.[0] ?? 0).line}`;
  const tell = (node: Node | null, what: string): void => void problems.push(`${at(node)}: ${what}`);

  const readRow = (node: unknown): PlacedRow[] => {
    if (!isMap(node) || node.items.length === 0) {
      tell(node as Node | null, "a row is `- Label: Suffix`, or begins with command, block, table or chart");
      return [];
    }
    const [first = "", ...beside] = keysOf(node);
    const known = isForm(first) ? Object.keys(FORMS[first].shape).slice(1) : beside;
    for (const key of beside.filter((one) => !known.includes(one)))
      tell(node, `${key} does not go with ${first}: ${known.join(", ")} do`);
    try {
      return [{ ...rowOf(first, node.toJSON()), at: at(node) }];
    } catch (error) {
      if (!(error instanceof z.ZodError)) throw error;
      for (const { path, message } of error.issues) tell(node, `${String(path[0] ?? first)}: ${message}`);
      return [];
    }
  };
  const titleOf = (node: YAMLMap): string => {
    const title = node.get("title");
    if (typeof title === "string" && title !== "") return title;
    tell(node, "a screen, and a group, has a title, which is a text");
    return "";
  };
  const readGroup = (node: unknown): Screen["groups"][number][] => {
    const rows = isMap(node) ? node.get("rows") : undefined;
    if (!isMap(node) || !isSeq(rows)) {
      tell(node as Node | null, "a group has a title and rows");
      return [];
    }
    return [{ title: titleOf(node), rows: rows.items.flatMap(readRow) }];
  };

  const root = document.contents;
  const groups = isMap(root) ? root.get("groups") : undefined;
  if (!isMap(root) || !isSeq(groups)) tell(root, "a screen has a title and groups");
  const screen = {
    topic,
    title: isMap(root) ? titleOf(root) : topic,
    groups: isSeq(groups) ? groups.items.flatMap(readGroup) : [],
  };
  if (problems.length > 0) throw new Error(problems.join("\n"));
  return screen;
}

const keysOf = (node: YAMLMap): string[] => node.items.map(({ key }) => (isScalar(key) ? String(key.value) : ""));

/** @throws z.ZodError with what a value is instead of what it must be */
function rowOf(first: string, row: unknown): ScreenRow {
  switch (first) {
    case "command": {
      const { label, ...found } = FORMS.command.parse(row);
      return { kind: "command", ...given(found), label: label ?? found.command };
    }
    case "block": {
      const { block, label, ...found } = FORMS.block.parse(row);
      return { kind: "block", ...given(found), suffix: block, label: label ?? block };
    }
    case "table": {
      const { table, lines, ...found } = FORMS.table.parse(row);
      return { kind: "table", ...given(found), title: table, lines: lines ?? found.of?.length ?? 1 };
    }
    case "chart": {
      const { chart, ...found } = FORMS.chart.parse(row);
      return { kind: "chart", ...found, title: chart };
    }
    default: {
      const parts = Object.entries(VALUES.parse(row));
      return {
        kind: "values",
        parts: parts.map(([label, found]) => ({ label, suffixes: typeof found === "string" ? [found] : found })),
      };
    }
  }
}

/** The keys that have a value. */
type Given<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};
const given = <T extends object>(found: T): Given<T> =>
  Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined)) as Given<T>;
