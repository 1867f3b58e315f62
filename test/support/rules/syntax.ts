/** Sources as syntax trees, for the rules: parsed once, however many rules read them. Judges nothing. */
import { posix } from "node:path";
import { parseAst } from "vitest/node";

/** Source texts by path below src, as `ca/wire/frame.ts`. */
export type Sources = ReadonlyMap<string, string>;

export type Node = { readonly type: string; readonly start: number } & Readonly<Record<string, unknown>>;

export interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly nodes: readonly Node[];
  readonly imports: readonly { readonly name: string; readonly line: number }[];
}

/** Parsed files by text: several rules read the same files. */
const READ = new Map<string, SourceFile>();

export function readSource(path: string, text: string): SourceFile {
  const known = READ.get(text);
  if (known?.path === path) return known;
  const file = parseSource(path, text);
  READ.set(text, file);
  return file;
}

function parseSource(path: string, text: string): SourceFile {
  const nodes: Node[] = [];
  walk(parseAst(text, { lang: "ts" }), (node) => void nodes.push(node));
  const imports = nodes
    .filter((node) => sourceOf(node) !== undefined)
    .map((node) => ({ name: sourceOf(node) ?? "", line: lineAt(text, node.start) }));
  return { path, text, nodes, imports };
}

/** Calls `found` with each node of a tree, parents first, but for what is `hidden`. */
export function walk(value: unknown, found: (node: Node) => void, hidden?: (node: Node) => boolean): void {
  if (typeof value !== "object" || value === null) return;
  if (!Array.isArray(value) && isNode(value)) {
    if (hidden?.(value) === true) return;
    found(value);
  }
  for (const child of Object.values(value)) walk(child, found, hidden);
}

export const isNode = (value: object): value is Node => "type" in value && typeof value.type === "string";
export const nameOf = (value: unknown): string => (isIdentifier(value) ? String(value["name"]) : "");
const isIdentifier = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && isNode(value) && value.type === "Identifier";
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
export const lineAt = (text: string, at: number): number => text.slice(0, at).split("\n").length;

const IMPORTS: ReadonlySet<string> = new Set([
  "ImportDeclaration",
  "ExportNamedDeclaration",
  "ExportAllDeclaration",
  "ImportExpression",
  "TSImportType",
]);

/**
 * What an import, an export from, a dynamic import, an import type or a require names; "(computed)" when the name is
 * not a plain text.
 */
export function sourceOf(node: Node): string | undefined {
  const isImport = IMPORTS.has(node.type);
  const isRequire = node.type === "CallExpression" && nameOf(node["callee"]) === "require";
  const source = isImport ? node["source"] : isRequire ? listOf(node["arguments"])[0] : undefined;
  if (source === undefined || source === null) return undefined;
  return typeof source === "object" && "value" in source ? String(source.value) : "(computed)";
}

/** The file, or package, that an import of the file `from` means, below src. */
export const targetOf = (from: string, name: string): string => posix.join(posix.dirname(from), name);
