/** The golden messages of vectors/*.json: what each holds, and how our own encoder writes and reads it. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { ByteWriter } from "../../../src/base/bytes.ts";
import { DbrSample, readDbr, type ValueArray, writeDbr } from "../../../src/ca/wire/dbr-codec.ts";
import { DBR, DBR_TYPES, type DbrType, LIMITS } from "../../../src/ca/wire/dbr-layout.ts";
import { Frame, type HeaderWords, writeHeader } from "../../../src/ca/wire/frame.ts";
import { type MessageRow, REQUESTS, RESPONSES } from "../../../src/ca/wire/messages.ts";
import {
  errorEcho,
  readEventMask,
  writeEventMask,
  writeMinorVersion,
  writeText,
} from "../../../src/ca/wire/payloads.ts";

export interface Vector {
  readonly name: string;
  /** Where the bytes came from. */
  readonly source: string;
  readonly table: "REQUESTS" | "RESPONSES";
  readonly row: string;
  /** By the names of the message table. */
  readonly words: Readonly<Record<string, number>>;
  readonly payload?: Payload;
  readonly hex: string;
}

/** One of these. */
interface Payload {
  readonly text?: string;
  readonly mask?: number;
  readonly minorVersion?: number;
  readonly hex?: string;
  /** So many zero bytes, which the hex leaves out. */
  readonly zeros?: number;
  readonly error?: { readonly echo: string; readonly text: string };
  readonly dbr?: DbrVector;
}

interface DbrVector {
  readonly type: string;
  readonly value: number | string | readonly number[] | readonly string[];
  readonly limits?: Readonly<Record<string, number>>;
  readonly choices?: readonly string[];
  readonly units?: string;
  readonly status?: number;
  readonly severity?: number;
  readonly seconds?: number;
  readonly nanoseconds?: number;
  readonly precision?: number;
  readonly acknowledgeTransient?: number;
  readonly acknowledgeSeverity?: number;
}

const FOLDER = join(import.meta.dirname, "vectors");

export const VECTORS: readonly Vector[] = readdirSync(FOLDER).flatMap(
  (file) => JSON.parse(readFileSync(join(FOLDER, file), "utf8")) as Vector[],
);

export const rowOf = (vector: Vector): MessageRow =>
  (({ REQUESTS, RESPONSES }) as Record<string, Record<string, MessageRow>>)[vector.table]![vector.row]!;

/** The whole message. */
export const bytesOf = (vector: Vector): Buffer =>
  Buffer.concat([Buffer.from(vector.hex, "hex"), Buffer.alloc(vector.payload?.zeros ?? 0)]);

const POSITIONS = ["dataType", "dataCount", "p1", "p2"] as const;

/** The header's words by position, out of the vector's names and the row's constants. */
export function wordsOf(vector: Vector): HeaderWords {
  const row = rowOf(vector);
  const value = (word: string | number): number => (typeof word === "number" ? word : vector.words[word]!);
  return { dataType: value(row.dataType), dataCount: value(row.dataCount), p1: value(row.p1), p2: value(row.p2) };
}

/** Checks that `frame` is the vector's message: each named word, each constant, the payload. */
export function expectVector(frame: Frame, vector: Vector): void {
  const row = rowOf(vector);
  expect(frame.command).toBe(row.command);
  for (const position of POSITIONS) {
    const word = row[position];
    const expected = typeof word === "number" ? word : vector.words[word];
    expect({ [`${position} (${word})`]: frame[position] }).toEqual({ [`${position} (${word})`]: expected });
  }
  expectPayload(frame, vector);
}

function expectPayload(frame: Frame, vector: Vector): void {
  const { payload = {} } = vector;
  if (payload.text !== undefined) expect(frame.text()).toBe(payload.text);
  else if (payload.mask !== undefined) expect(readEventMask(frame)).toBe(payload.mask);
  else if (payload.minorVersion !== undefined) {
    expect(frame.payload().readUInt16BE(0)).toBe(payload.minorVersion);
  } else if (payload.hex !== undefined) expect(frame.payload().toString("hex")).toBe(payload.hex);
  else if (payload.error !== undefined) {
    expect(frame.payload().toString("hex").startsWith(payload.error.echo)).toBe(true);
    expect(frame.payload().subarray(16).toString("latin1").split("\0")[0]).toBe(payload.error.text);
  } else if (payload.dbr !== undefined) {
    const sample = readDbr(typeOf(payload.dbr), frame.dataCount, frame.payload());
    expect(sample).toBeDefined();
    expect(describeSample(sample!, typeOf(payload.dbr))).toEqual(describe(payload.dbr));
  } else if (payload.zeros === undefined) expect(frame.payloadBytes).toBe(0);
}

const typeOf = (vector: DbrVector): DbrType => DBR_TYPES[DBR[vector.type]!]!;

const asArray = (value: DbrVector["value"]): readonly (number | string)[] =>
  typeof value === "object" ? value : [value];

/** What a vector says, and what a sample holds, in one form. */
function describe(vector: DbrVector): Record<string, unknown> {
  const { type: _, value, ...metadata } = vector;
  return { ...metadata, value: asArray(value) };
}
function describeSample(sample: DbrSample, type: DbrType): Record<string, unknown> {
  const names = type.layout.flatMap(([name]) => (name === "" ? [] : [name]));
  const limits = names.flatMap((name) => {
    const index = (LIMITS as readonly string[]).indexOf(name);
    return index < 0 ? [] : [[name, sample.limits[index]!] as const];
  });
  const plain = names.filter((name) => !(LIMITS as readonly string[]).includes(name));
  const scalar = type.native === "STRING" ? sample.text : sample.number;
  return {
    ...Object.fromEntries(plain.map((name) => [name, sample[name as keyof DbrSample]])),
    ...(limits.length === 0 ? {} : { limits: Object.fromEntries(limits) }),
    value: sample.array === undefined ? [scalar] : [...sample.array].slice(0, sample.length),
  };
}

/** The vector's message as our encoder writes it. */
export function encodeVector(vector: Vector): Buffer {
  const body = new ByteWriter();
  writePayload(body, vector);
  const out = new ByteWriter();
  writeHeader(out, rowOf(vector).command, wordsOf(vector), body.length);
  out.bytes(body.written());
  return Buffer.from(out.written());
}

function writePayload(out: ByteWriter, vector: Vector): void {
  const { payload = {} } = vector;
  if (payload.text !== undefined) writeText(out, payload.text);
  else if (payload.mask !== undefined) writeEventMask(out, payload.mask);
  else if (payload.minorVersion !== undefined) writeMinorVersion(out);
  else if (payload.hex !== undefined) out.bytes(Buffer.from(payload.hex, "hex"));
  else if (payload.zeros !== undefined) out.zeros(payload.zeros);
  else if (payload.error !== undefined) {
    const request = new Frame();
    request.bytes = Buffer.from(payload.error.echo, "hex");
    request.command = request.bytes.readUInt16BE(0);
    out.bytes(errorEcho(request, payload.error.text));
  } else if (payload.dbr !== undefined) {
    writeDbr(out, typeOf(payload.dbr), sampleOf(payload.dbr), vector.words["count"]!);
  }
}

function sampleOf(vector: DbrVector): DbrSample {
  const sample = new DbrSample();
  const { type: _, value, limits = {}, ...metadata } = vector;
  Object.assign(sample, metadata);
  for (const [name, limit] of Object.entries(limits)) {
    sample.limits[(LIMITS as readonly string[]).indexOf(name)] = limit;
  }
  const { native } = typeOf(vector);
  if (typeof value === "number") sample.setNumber(value);
  else if (typeof value === "string") sample.setText(value);
  else sample.setArray(native === "STRING" ? (value as readonly string[]) : numericArray(native, value as number[]));
  return sample;
}

/** The engine's own array for a native type. */
export function numericArray(native: string, values: readonly number[]): ValueArray {
  if (native === "DOUBLE") return Float64Array.from(values);
  if (native === "FLOAT") return Float32Array.from(values);
  if (native === "LONG") return Int32Array.from(values);
  if (native === "SHORT") return Int16Array.from(values);
  return native === "ENUM" ? Uint16Array.from(values) : Uint8Array.from(values);
}
