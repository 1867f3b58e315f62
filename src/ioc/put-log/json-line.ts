/**
 * The put log's JSON form: one object a line, bounded, whatever clients put and call themselves. channel-access.md
 * §6.4; caPutLog: docs/index.rst, caPutJsonLogTask.cpp.
 */
import { cleanJson } from "../../base/clean-text.ts";
import type { FieldAddress } from "../../database/field-address.ts";
import type { ValueHead } from "../../database/value-head.ts";
import { fromByteString, toByteString } from "../../epics/byte-string.ts";
import { isArray, type LogEntry, WrittenNames } from "./logged-put.ts";
import { secondFormatter } from "./time-format.ts";

/** Digits of a FLOAT that mean something. */
const FLOAT_DIGITS = 8;

/** The names of the form itself, which a site's own properties may not have. */
export const JSON_PROPERTIES: readonly string[] =
  "date time host user pv new new-size old old-size min max burst".split(" ");

/**
 * @param own the site's own properties, put between user and pv, as they are when a line is made; byte strings
 * @returns the line of an entry, without a line end and without the prefix, as a byte string
 */
export function jsonForm(own: ReadonlyMap<string, string>): (entry: LogEntry) => string {
  const second = secondFormatter('{"date":"%F","time":"%T.');
  const names = new WrittenNames(text);
  return ({ put, before, burst }) => {
    const { at, address, after } = put;
    let line = `${second(at)}${String(at % 1000).padStart(3, "0")}","host":${names.host(put)},"user":${names.user(put)}`;
    for (const [name, value] of own) line += `,${text(name)}:${text(value)}`;
    line += `,"pv":${names.pv(address)},"new":${valueJson(after, address)}${sizeJson("new-size", after, address)}`;
    line += `,"old":${valueJson(before, address)}${sizeJson("old-size", before, address)}`;
    if (burst !== undefined) {
      const { least, greatest, joined } = burst;
      line += `,"min":${numberJson(least, address)},"max":${numberJson(greatest, address)},"burst":${joined}`;
    }
    return `${line}}`;
  };
}

const sizeJson = (name: string, { size }: ValueHead, address: FieldAddress): string =>
  isArray(address) ? `,"${name}":${size}` : "";

/** Characters are an array of one text. */
function valueJson({ value }: ValueHead, address: FieldAddress): string {
  if (typeof value !== "object")
    return isArray(address) ? `[${elementJson(value, address)}]` : elementJson(value, address);
  const elements: string[] = [];
  for (const one of value) elements.push(elementJson(one, address));
  return `[${elements.join(",")}]`;
}

const elementJson = (value: number | bigint | string, address: FieldAddress): string =>
  typeof value === "string" ? text(value) : numberJson(value, address);

/** A floating number always shows that it is one. What JSON has no number for is a text. */
function numberJson(value: number | bigint, { type }: FieldAddress): string {
  if (typeof value === "bigint" || (type !== "DOUBLE" && type !== "FLOAT")) return String(value);
  if (Number.isNaN(value)) return '"Nan"';
  if (!Number.isFinite(value)) return value > 0 ? '"Infinity"' : '"-Infinity"';
  if (Object.is(value, -0)) return "-0.0";
  const digits = String(type === "FLOAT" ? Number(value.toPrecision(FLOAT_DIGITS)) : value);
  return /^-?\d+$/.test(digits) ? `${digits}.0` : digits;
}

/** UTF-8, with everything that ends a line or drives a terminal escaped. */
const text = (bytes: string): string =>
  /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/.test(bytes) ? `"${bytes}"` : toByteString(cleanJson(fromByteString(bytes)));
