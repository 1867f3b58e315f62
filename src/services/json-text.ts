/**
 * Members of others' JSON and YAML that are texts, which some write as numbers. For every service that reads such; it
 * reads nothing itself.
 */
import * as z from "zod";

/** Text or number, without blanks at its ends. */
export const looseText = z.union([z.string(), z.number()]).transform((value) => String(value).trim());
/** Undefined when it is absent, null or empty. */
export const optionalText = looseText.nullish().transform((value) => value || undefined);
