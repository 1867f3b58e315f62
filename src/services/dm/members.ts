/**
 * Members of DM's JSON, read tolerantly: one that may be missing may also be null, empty, or a number that is written
 * as text (data-management.md §7). What the members mean is json.ts's and processing-json.ts's matter.
 */
import * as z from "zod";
import { looseText } from "../json-text.ts";
import { readDmDate } from "./encoding.ts";

export const neededText = looseText.refine((value) => value !== "", "is empty");
/**
 * Undefined for anything but a text or number, and for an empty text: DM is read more tolerantly than other services.
 */
export const optionalText = z
  .unknown()
  .optional()
  .transform((value) => looseText.safeParse(value).data || undefined);
/** Undefined for anything but a number, or a text that is a number. */
export const optionalNumber = z
  .unknown()
  .optional()
  .transform((value) => {
    const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
    return typeof number === "number" && Number.isFinite(number) ? number : undefined;
  });
export const optionalDate = optionalText.transform((value) => (value === undefined ? undefined : readDmDate(value)));

/** Without the members that are undefined: the port's optional members are there or not. */
type Present<T> = { readonly [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  readonly [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};
export const present = <T extends object>(members: T): Present<T> =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Present<T>;

/** What could be read of a list, and what was wrong with each entry that could not. */
export interface Listed<T> {
  readonly list: readonly T[];
  readonly unread: readonly string[];
}

/** One odd entry must not cost the others. @param isConcerned of an entry's raw JSON: only such are read */
export const listOf = <S extends z.ZodType>(entry: S, isConcerned: (json: unknown) => boolean = () => true) =>
  z.array(z.unknown()).transform((all): Listed<z.output<S>> => {
    const read = all.filter(isConcerned).map((json) => entry.safeParse(json));
    return {
      list: read.flatMap(({ success, data }) => (success ? [data] : [])),
      unread: read.flatMap(({ error }) => (error === undefined ? [] : [z.prettifyError(error)])),
    };
  });
