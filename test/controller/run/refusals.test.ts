/**
 * Each refusal of a command is read by some test: its words, not only that there is one. A new one without a test fails
 * here.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseAst } from "vitest/node";
import { ROOT } from "../../support/peers/real-peers.ts";

/** Characters in a row, from the beginning of a word, that a test must have of a sentence to have read it. */
const READ = 13;

type Node = { readonly type: string } & Readonly<Record<string, unknown>>;
const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null && "type" in value;

function* walk(value: unknown): Generator<Node> {
  if (Array.isArray(value)) for (const one of value) yield* walk(one);
  else if (isNode(value)) {
    yield value;
    for (const child of Object.values(value)) yield* walk(child);
  }
}

const filesUnder = (folder: string): string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(folder, name));
const sourceOf = (file: string): string => readFileSync(join(ROOT, file), "utf8");

/** Which argument of a refusal is its sentence, by its class. */
const SENTENCE_AT: Readonly<Record<string, number>> = { RejectedError: 0, InputError: 1 };
const sentenceOf = ({ type, callee, arguments: given }: Node): unknown => {
  const index = type === "NewExpression" && isNode(callee) ? SENTENCE_AT[String(callee["name"])] : undefined;
  return index === undefined ? undefined : (given as unknown[])[index];
};

/** The fixed pieces of each sentence that the file refuses with; one that is put together elsewhere has none here. */
function refusalsIn(file: string): string[][] {
  const made = [...walk(parseAst(sourceOf(file), { lang: "ts" }))].map(sentenceOf);
  return made.flatMap((sentence) => {
    const sentences = [...walk(sentence)];
    const templates = sentences.filter((one) => one.type === "TemplateLiteral").map(piecesOf);
    const literals = templates.length > 0 ? [] : sentences.filter((one) => typeof one["value"] === "string");
    return [...templates, ...literals.map((one) => [String(one["value"])])].filter((pieces) => hasWords(pieces));
  });
}

const piecesOf = (template: Node): string[] =>
  (template["quasis"] as { readonly value: { readonly cooked: string } }[]).map(({ value }) => value.cooked);
/** One that consists of values was put together elsewhere. */
const hasWords = (pieces: readonly string[]): boolean => pieces.some((piece) => readable(piece).length > 0);

/** Every beginning of a word from which on there are as many characters as must be read. */
const readable = (piece: string): string[] =>
  [...piece.matchAll(/\S+/g)].map(({ index }) => piece.slice(index, index + READ)).filter((one) => one.length === READ);

const tests = filesUnder("test")
  .filter((file) => !file.endsWith("refusals.test.ts"))
  .map((file) => sourceOf(file).replaceAll("\\", ""))
  .join("\n");
const files = filesUnder("src/controller").filter((file) => refusalsIn(file).length > 0);

test("the refusals are found", () => {
  expect(files.length).toBeGreaterThan(10);
});

test.each(files)("the words of each refusal of %s are read by a test", (file) => {
  const unread = refusalsIn(file).filter((pieces) => !pieces.flatMap(readable).some((part) => tests.includes(part)));
  expect(unread.map((pieces) => pieces.join("…"))).toEqual([]);
});
