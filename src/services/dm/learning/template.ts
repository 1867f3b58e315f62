/**
 * A recorded request → the route's template: the arguments that were marked are found again in it, in DM's encoding or
 * plain. Pure; a template is given only when it makes the very same request again.
 */
import { dmDecode } from "../encoding.ts";
import type { RecordedRequest } from "./recorder.ts";

/** Marked values by the name of the argument; each is unlike every other. */
export type Markers = Readonly<Record<string, unknown>>;

export interface Template {
  /** As a route has it. */
  readonly path: string;
  /** Arguments that are nowhere in the request. */
  readonly missing: readonly string[];
}

/** @param optional names that may be left out */
export function templateOf(request: RecordedRequest, markers: Markers, optional: readonly string[]): Template {
  const { segments, pairs } = partsOf(request.target);
  const found = new Set<string>();
  const placeholder = (raw: string): string => {
    const { text, isEncoded } = readPart(raw);
    const name = Object.keys(markers).find((one) => normal(textOf(markers[one])) === text);
    if (name === undefined) return raw;
    found.add(name);
    const mark = optional.includes(name) ? "?" : "";
    return isEncoded ? `<${name}${mark}>` : `{${name}${mark}}`;
  };
  const path = segments.map(placeholder).join("/");
  const query = pairs.map(([name, value]) => (value === undefined ? name : `${name}=${placeholder(value)}`)).join("&");
  return {
    path: query === "" ? path : `${path}?${query}`,
    missing: Object.keys(markers).filter((name) => !found.has(name)),
  };
}

/** Whether two targets say the same, however their characters are escaped and their JSON is spaced. */
export function isSameTarget(one: string, other: string): boolean {
  const plain = (target: string): string => {
    const { segments, pairs } = partsOf(target);
    return JSON.stringify([segments.map(readPart), pairs.map(([name, value = ""]) => [name, readPart(value)])]);
  };
  return plain(one) === plain(other);
}

/** The request as a person reads it. */
export function readableTarget(target: string): string {
  const { segments, pairs } = partsOf(target);
  const query = pairs
    .map(([name, value]) => (value === undefined ? name : `${name}=${readPart(value).text}`))
    .join("&");
  return `${segments.map((one) => readPart(one).text).join("/")}${query === "" ? "" : `?${query}`}`;
}

type Pair = readonly [name: string, value: string | undefined];

function partsOf(target: string): { readonly segments: readonly string[]; readonly pairs: readonly Pair[] } {
  const [path = "", ...rest] = target.split("?");
  const query = rest.join("?");
  const pairs = query.split("&").filter((pair) => pair !== "");
  return {
    segments: path.split("/"),
    pairs: pairs.map((pair): Pair => {
      const at = pair.indexOf("=");
      return at < 0 ? [pair, undefined] : [pair.slice(0, at), pair.slice(at + 1)];
    }),
  };
}

interface Part {
  readonly text: string;
  readonly isEncoded: boolean;
}

/** The text of one segment or value. */
function readPart(raw: string): Part {
  const text = unescaped(raw);
  const decoded = dmDecode(text);
  return decoded === undefined || decoded === ""
    ? { text: normal(text), isEncoded: false }
    : { text: normal(decoded), isEncoded: true };
}

function unescaped(raw: string): string {
  try {
    return decodeURIComponent(raw);
  } catch {
    return raw;
  }
}

/** JSON objects without the freedom of their blanks. */
function normal(text: string): string {
  if (!text.startsWith("{")) return text;
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return text;
  }
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));
