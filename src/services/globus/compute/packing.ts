/**
 * What Globus Compute sends between programs of Python, for a program without: a buffer begins with three characters
 * that name its form, and several stand behind each other, each with its length before it. A function is its name and
 * its source, arguments and results are JSON; other forms take Python. As globus-compute-sdk 4.19 reads and writes them
 * (globus_compute_sdk/serialize), which a test holds.
 */

/** PureSourceTextInspect, JSONData, AllDataStrategies. */
const SOURCE_FORM = "st\n";
const JSON_FORM = "11\n";
const SEVERAL_FORM = "13\n";

/** What an endpoint is to write results with, the first that can: JSON, which we read, then what Python reads. */
export const RESULT_FORMS = [
  "globus_compute_sdk.serialize.JSONData",
  "globus_compute_sdk.serialize.DillDataBase64",
] as const;

/** As SDKs tell it of functions. */
export const SOURCE_IDENTIFIER = SOURCE_FORM.trim();

/** Python counts characters, where a JavaScript text counts UTF-16 units. */
function characters(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

const packBuffers = (buffers: readonly string[]): string =>
  buffers.map((buffer) => `${characters(buffer)}\n${buffer}`).join("");

export const packFunction = (name: string, source: string): string => packBuffers([`${SOURCE_FORM}${name}:${source}`]);

export const packArguments = (args: readonly unknown[], kwargs: Readonly<Record<string, unknown>>): string =>
  packBuffers([`${JSON_FORM}${JSON.stringify(args)}`, `${JSON_FORM}${JSON.stringify(kwargs)}`]);

/** The buffers, as far as they are whole. */
function* unpacked(text: string): Generator<string> {
  for (let rest = text; rest !== ""; ) {
    const [head, digits] = /^(\d+)\n/.exec(rest) ?? [];
    if (head === undefined) return;
    let end = head.length;
    for (let left = Number(digits); left > 0; left--) {
      const point = rest.codePointAt(end);
      if (point === undefined) return;
      end += point > 0xffff ? 2 : 1;
    }
    yield rest.slice(head.length, end);
    rest = rest.slice(end);
  }
}

/** A result's value; undefined: it takes Python to read it. */
export function readResult(result: string): { readonly value: unknown } | undefined {
  if (result.startsWith(SEVERAL_FORM)) {
    for (const buffer of unpacked(result.slice(SEVERAL_FORM.length))) {
      const found = readResult(buffer);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (!result.startsWith(JSON_FORM)) return undefined;
  try {
    return { value: JSON.parse(result.slice(JSON_FORM.length)) as unknown };
  } catch {
    return undefined; // NaN and Infinity, which Python's JSON has
  }
}
