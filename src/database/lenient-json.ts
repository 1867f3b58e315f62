/**
 * JSON as EPICS has it in links and channel filters: keys may go without quotes, strings may have single quotes, a comma may stand before a closing
 * bracket. Nothing else of JSON5. CA spec §2.6, §5.1.
 */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

const TOKEN = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[A-Za-z_$][\w$]*|\s+|./gy;

/** @returns undefined if the text is not such JSON */
export function parseLenientJson(text: string): Json | undefined {
  const strict = text.replace(TOKEN, (token: string, at: number) => {
    if (token === "," && /^,\s*[}\]]/.test(text.slice(at))) return "";
    if (token.startsWith("'")) return JSON.stringify(token.slice(1, -1).replace(/\\(.)/g, "$1"));
    const isBareKey = /^[A-Za-z_$]/.test(token) && /^\s*:/.test(text.slice(at + token.length));
    return isBareKey ? `"${token}"` : token;
  });
  try {
    return JSON.parse(strict) as Json;
  } catch {
    return undefined;
  }
}

/** The members of an object; undefined for anything else. */
export function membersOf(json: Json | undefined): Readonly<Record<string, Json>> | undefined {
  return typeof json === "object" && json !== null && !Array.isArray(json)
    ? (json as Readonly<Record<string, Json>>)
    : undefined;
}
