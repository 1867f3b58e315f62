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

/** What may stand beside the first key of a row. */
const KEYS: Readonly<Record<string, readonly string[]>> = {
  command: ["label", "state", "arm", "question", "stops"],
  block: ["label", "lines", "line"],
  table: ["columns", "of", "names", "lines"],
  chart: ["minutes", "curves"],
};

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
    const [first] = keysOf(node);
    const beside = KEYS[first ?? ""];
    for (const key of keysOf(node).slice(1))
      if (beside?.includes(key) === false) tell(node, `${key} does not go with ${first}: ${beside.join(", ")} do`);
    return [{ ...rowOfMap(node), at: at(node) }];
  };
  const readGroup = (node: unknown): Screen["groups"][number][] => {
    const rows = isMap(node) ? node.get("rows") : undefined;
    if (!isMap(node) || !isSeq(rows)) {
      tell(node as Node | null, "a group has a title and rows");
      return [];
    }
    return [{ title: String(node.get("title") ?? ""), rows: rows.items.flatMap(readRow) }];
  };

  const root = document.contents;
  const groups = isMap(root) ? root.get("groups") : undefined;
  if (!isMap(root) || !isSeq(groups)) tell(root, "a screen has a title and groups");
  const screen = {
    topic,
    title: isMap(root) ? String(root.get("title") ?? topic) : topic,
    groups: isSeq(groups) ? groups.items.flatMap(readGroup) : [],
  };
  if (problems.length > 0) throw new Error(problems.join("\n"));
  return screen;
}

const keysOf = (node: YAMLMap): string[] => node.items.map(({ key }) => (isScalar(key) ? String(key.value) : ""));

function rowOfMap(node: YAMLMap): ScreenRow {
  const all = node.toJSON() as Readonly<Record<string, unknown>>;
  const text = (key: string): string | undefined => (all[key] === undefined ? undefined : String(all[key]));
  const list = (key: string): string[] | undefined => (Array.isArray(all[key]) ? all[key].map(String) : undefined);
  const pairs = (key: string): [string, string][] =>
    Object.entries((all[key] ?? {}) as Readonly<Record<string, string>>);
  const given = <K extends string, V>(key: K, value: V | undefined): { readonly [N in K]?: V } =>
    (value === undefined ? {} : { [key]: value }) as { readonly [N in K]?: V };
  const [first = ""] = keysOf(node);
  switch (first) {
    case "command":
      return {
        kind: "command",
        command: text("command") ?? "",
        label: text("label") ?? text("command") ?? "",
        ...given("state", text("state")),
        ...given("arm", text("arm")),
        ...given("question", text("question")),
        stops: all["stops"] === true,
      };
    case "block":
      return {
        kind: "block",
        suffix: text("block") ?? "",
        label: text("label") ?? text("block") ?? "",
        lines: Number(all["lines"] ?? 2),
        ...given("line", text("line")),
      };
    case "table":
      return {
        kind: "table",
        title: text("table") ?? "",
        columns: pairs("columns"),
        ...given("of", list("of")),
        ...given("names", list("names")),
        lines: Number(all["lines"] ?? list("of")?.length ?? 1),
      };
    case "chart":
      return {
        kind: "chart",
        title: text("chart") ?? "",
        minutes: Number(all["minutes"] ?? 15),
        curves: pairs("curves"),
      };
    default:
      return {
        kind: "values",
        parts: keysOf(node).map((label) => ({ label, suffixes: list(label) ?? [text(label) ?? ""] })),
      };
  }
}
