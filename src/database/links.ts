/**
 * The text of a link field → what it says, and back in the canonical form that clients read. Nothing is looked up or
 * read here (link-ends.ts does). channel-access.md §5.3; epics-base: dbStaticLib.c dbParseLink.
 */
import { type Constant, constantOf } from "./constants.ts";
import { parseFloating } from "./convert/texts.ts";
import { DatabaseError } from "./database-error.ts";
import { type Json, membersOf, parseLenientJson } from "./lenient-json.ts";

export type LinkDirection = "INLINK" | "OUTLINK" | "FWDLINK";

/**
 * NPP: the target stays as it is. PP: it is processed if Passive. CA: by Channel Access. CP, CPP: a change processes
 * the owner (CPP: if Passive). They are looked for in this order, anywhere behind the name. epics-base: dbStaticLib.c
 * dbParseLink
 */
const ACCESSES = ["NPP", "CPP", "PP", "CA", "CP"] as const;
type LinkAccess = (typeof ACCESSES)[number];
/**
 * How the target's alarm reaches the owner: not; only INVALID; severity and status; severity. Looked for as `ACCESSES`.
 */
const SEVERITIES = ["NMS", "MSI", "MSS", "MS"] as const;
export type LinkSeverity = (typeof SEVERITIES)[number];

export interface PvLink {
  readonly kind: "pv";
  readonly name: string;
  readonly access: LinkAccess;
  readonly severity: LinkSeverity;
}

/** `{calc:{expr:"A+1", args:["rec.VAL", 5]}}`: each argument a number or the name of a PV. */
export interface CalcLink {
  readonly kind: "calc";
  readonly expression: string;
  readonly arguments: readonly (number | string)[];
}

export type LinkText =
  /** Without a value: empty. */
  | { readonly kind: "constant"; readonly value?: Constant }
  /** `@text`: an address for device support. */
  | { readonly kind: "address" }
  | PvLink
  | CalcLink;

/** The access words that a direction allows. epics-base: dbStaticLib.c, "filter modifiers based on link type" */
const ALLOWED: Readonly<Record<LinkDirection, readonly LinkAccess[]>> = {
  INLINK: ACCESSES,
  OUTLINK: ["NPP", "PP", "CA"],
  FWDLINK: ["NPP", "CA"],
};

/** @throws DatabaseError for JSON that is no link we know */
export function parseLink(given: string, direction: LinkDirection): LinkText {
  const text = given.trim();
  if (text === "") return { kind: "constant" };
  if (text.startsWith("@")) return { kind: "address" };
  const isConstant = parseFloating(text)?.rest === "" || (text.startsWith("[") && text.endsWith("]"));
  if (isConstant) return { kind: "constant", value: { form: "plain", text } };
  if (text.startsWith("{")) return parseJsonLink(text, direction);
  const [name = ""] = text.split(" ", 1);
  const modifiers = text.slice(name.length);
  const access = ACCESSES.find((one) => modifiers.includes(one)) ?? "NPP";
  const severity = SEVERITIES.find((one) => modifiers.includes(one)) ?? "NMS";
  return {
    kind: "pv",
    name,
    access: ALLOWED[direction].includes(access) ? access : "NPP",
    severity: direction === "FWDLINK" ? "NMS" : severity,
  };
}

function parseJsonLink(text: string, direction: LinkDirection): LinkText {
  const [[kind, body] = ["", null], ...more] = Object.entries(membersOf(parseLenientJson(text)) ?? {});
  if (more.length === 0 && (kind === "const" || kind === "calc") && direction !== "INLINK") {
    throw new DatabaseError(`The link ${text} can only be read; name the PV that is to be written.`);
  }
  if (more.length === 0 && kind === "const") return { kind: "constant", value: constantOf(body, text) };
  if (more.length === 0 && kind === "calc") {
    const { expr, args = [] } = membersOf(body) ?? {};
    const all = Array.isArray(args) ? (args as readonly Json[]) : [args];
    if (typeof expr === "string") return { kind: "calc", expression: expr, arguments: all.flatMap(argumentOf) };
  }
  throw new DatabaseError(`The link ${text} is not one of {const:…} and {calc:{expr:"…", args:[…]}}.`);
}

function argumentOf(json: Json): (number | string)[] {
  if (typeof json === "string") return [json];
  return typeof json === "number" || typeof json === "bigint" ? [Number(json)] : [];
}

/** The form that clients read: `name PP NMS`; for what is not a PV link, as given. */
export function canonicalLink(given: string, link: LinkText, direction: LinkDirection): string {
  if (link.kind !== "pv") return given.trim();
  if (direction === "FWDLINK") return link.access === "CA" ? `${link.name} CA` : link.name;
  return `${link.name} ${link.access} ${link.severity}`;
}
