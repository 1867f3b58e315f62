/**
 * What Transfer's lists share: `filter`, `orderby`, `limit` and `offset`, and paging by marker. As globus-cli and the
 * Python SDK ask: `filter=status:ACTIVE,INACTIVE/label:~scan*`; several filters are alternatives.
 */
import { type Fields, timeOf } from "./documents.ts";

/** A page by `limit` and `offset`, in the order of `orderby`, of the rows that a `filter` takes. */
export function askedPage<R extends Fields>(
  query: URLSearchParams,
  rows: readonly R[],
  limits: { readonly usual: number; readonly most: number },
): { readonly page: R[]; readonly limit: number; readonly offset: number; readonly total: number } {
  const filters = query.getAll("filter").filter((one) => one !== "");
  const found = rows.filter((row) => filters.length === 0 || filters.some((filter) => isTaken(row, filter)));
  const sorted = ordered(found, query.get("orderby") ?? "");
  const limit = Math.min(limits.most, numberOf(query.get("limit"), limits.usual));
  const offset = numberOf(query.get("offset"), 0);
  return { page: sorted.slice(offset, offset + limit), limit, offset, total: found.length };
}

/** A page by `marker`, which is the number of rows before it. */
export function markedPage<R>(
  query: URLSearchParams,
  rows: readonly R[],
  size: number,
): { readonly DATA: R[]; readonly marker: number; readonly next_marker: number | null } {
  const marker = numberOf(query.get("marker"), 0);
  const next = marker + size;
  return { DATA: rows.slice(marker, next), marker, next_marker: next < rows.length ? next : null };
}

function numberOf(text: string | null, otherwise: number): number {
  return text !== null && /^\d+$/.test(text) ? Number(text) : otherwise;
}

/** Clauses, separated by slashes, that all hold. */
function isTaken(row: Fields, filter: string): boolean {
  return filter
    .split("/")
    .filter((clause) => clause !== "")
    .every((clause) => {
      const [field = "", values = ""] = clause.split(/:(.*)/s);
      return fits(row[field], values.split(","), /_time$|^last_modified$/.test(field));
    });
}

/** One of the values fits, and none that is denied by `!`. */
function fits(value: unknown, wanted: readonly string[], isTime: boolean): boolean {
  const text = plain(value);
  if (isTime) return isWithin(text, wanted);
  const denied = wanted.filter((one) => one.startsWith("!"));
  const allowed = wanted.filter((one) => !one.startsWith("!"));
  return (
    !denied.some((one) => isLike(text, one.slice(1))) &&
    (allowed.length === 0 || allowed.some((one) => isLike(text, one)))
  );
}

/** A value as filters and orders see it; 1 and 0 for true and false. */
function plain(value: unknown): string {
  if (typeof value === "string") return value;
  return typeof value === "boolean" || typeof value === "number" ? String(Number(value)) : "";
}

/** `~pattern` with `*` and without case; `=text` or `text` exactly. */
function isLike(text: string, wanted: string): boolean {
  if (!wanted.startsWith("~")) return text === wanted.replace(/^=/, "");
  return globOf(wanted.slice(1), "i").test(text);
}

/** A shell's pattern: `*`, `?`, `[abc]`, `[!abc]`. */
export function globOf(pattern: string, flags = ""): RegExp {
  const source = pattern.replaceAll(/\*|\?|\[!?[^\]]+\]|[^*?[]+|\[/g, (part) => {
    if (part === "*") return ".*";
    if (part === "?") return ".";
    if (/^\[!?[^\]]+\]$/.test(part)) return part.replace("[!", "[^").replaceAll("\\", "\\\\");
    return part.replaceAll(/[\\^$.|+(){}[\]]/g, "\\$&");
  });
  return new RegExp(`^${source}$`, `s${flags}`);
}

/** From the first time, up to the second; each may be missing. */
function isWithin(text: string, [from = "", to = ""]: readonly string[]): boolean {
  const time = timeOf(text);
  return (from === "" || time >= timeOf(from)) && (to === "" || time < timeOf(to));
}

/** Rows by `orderby=request_time DESC,name`: stable. */
export function ordered<R extends Fields>(rows: readonly R[], orderby: string): R[] {
  const keys = orderby.split(",").flatMap((key) => {
    const [field = "", direction = "ASC"] = key.trim().split(/[ :+]/);
    return field === "" ? [] : [{ field, sign: direction.toUpperCase() === "DESC" ? -1 : 1 }];
  });
  return rows.toSorted((a, b) => {
    for (const { field, sign } of keys) {
      const [one, other] = [a[field], b[field]];
      const isNumber = typeof one === "number" && typeof other === "number";
      const [before, after] = [plain(one), plain(other)];
      const order = isNumber ? one - other : Number(before > after) - Number(before < after);
      if (order !== 0) return sign * order;
    }
    return 0;
  });
}
