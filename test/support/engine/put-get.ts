/**
 * Puts to and reads from an IOC with the wire types of the test's choice, by caproto's client (test/peers/put_get.py).
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runPythonJson } from "../peers/spawn-peer.ts";

export type WireType = "STRING" | "INT" | "FLOAT" | "ENUM" | "CHAR" | "LONG" | "DOUBLE";
export type WireValue = number | string | null | readonly (number | string)[];

export interface PutGetStep {
  /** Without the prefix. */
  readonly pv: string;
  readonly put: readonly [WireType, WireValue] | null;
  readonly get: readonly WireType[];
}

export interface PutGetAnswer {
  /** Whether the put-callback succeeded. */
  readonly put: boolean;
  /** null: the read failed. NaN and infinities are "nan", "inf", "-inf". */
  readonly get: readonly WireValue[];
}

/** Does the steps one after the other. */
export async function putAndGet(
  ioc: { readonly prefix: string; readonly env: Readonly<Record<string, string>> },
  steps: readonly PutGetStep[],
): Promise<PutGetAnswer[]> {
  const folder = mkdtempSync(join(tmpdir(), "globus-ioc-test-"));
  try {
    const file = join(folder, "steps.json");
    const named = steps.map((step) => ({ ...step, pv: ioc.prefix + step.pv }));
    writeFileSync(file, JSON.stringify(named, spellNumbers));
    return (await runPythonJson("put_get.py", [file], ioc.env, 120)) as PutGetAnswer[];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** JSON has no NaN, and no infinity. */
function spellNumbers(_key: string, value: unknown): unknown {
  if (typeof value !== "number" || Number.isFinite(value)) return value;
  return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
}

/** The number that was read. */
export const numberOf = (value: WireValue | undefined): number =>
  typeof value === "string"
    ? ({ nan: NaN, inf: Infinity, "-inf": -Infinity }[value] ?? Number(value))
    : Number(value ?? NaN);
