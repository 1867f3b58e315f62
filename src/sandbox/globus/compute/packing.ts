/**
 * How Globus Compute writes functions, arguments and results into texts (globus-compute-sdk 4.19,
 * globus_compute_sdk/serialize): a buffer begins with three characters that name its form, and several stand behind
 * each other with their length in characters before each. Only what needs no Python is read.
 */

const JSON_FORM = "11\n";
const SOURCE_FORMS = ["st\n", "sd\n"];

/** A length counts characters, not UTF-16 units. */
export const pack = (buffers: readonly string[]): string =>
  buffers.map((buffer) => `${Array.from(buffer).length}\n${buffer}`).join("");

/** @throws Error for what is not packed so */
export function unpack(packed: string): readonly string[] {
  const buffers: string[] = [];
  for (let rest = Array.from(packed); rest.length > 0; ) {
    const at = rest.indexOf("\n");
    const length = at < 0 ? Number.NaN : Number(rest.slice(0, at).join(""));
    if (!Number.isInteger(length) || length < 0 || rest.length < at + 1 + length) throw new Error("not packed");
    buffers.push(rest.slice(at + 1, at + 1 + length).join(""));
    rest = rest.slice(at + 1 + length);
  }
  return buffers;
}

export const packJson = (value: unknown): string => `${JSON_FORM}${JSON.stringify(value ?? null)}`;

/** Undefined: it takes Python to read it. */
export function readJson(buffer: string): { readonly value: unknown } | undefined {
  if (!buffer.startsWith(JSON_FORM)) return undefined;
  try {
    return { value: JSON.parse(buffer.slice(JSON_FORM.length)) as unknown };
  } catch {
    return undefined;
  }
}

/** A function's name and source; undefined: it takes Python to read it. */
export function readSource(code: string): { readonly name: string; readonly source: string } | undefined {
  try {
    const [buffer = ""] = unpack(code);
    const form = SOURCE_FORMS.find((one) => buffer.startsWith(one));
    const [, name, source] = /^([^:]*):([^]*)$/.exec(buffer.slice(form?.length ?? 0)) ?? [];
    return form === undefined || name === undefined || source === undefined ? undefined : { name, source };
  } catch {
    return undefined;
  }
}
