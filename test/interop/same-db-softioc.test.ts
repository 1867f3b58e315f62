/**
 * The same records in EPICS base's IOC and in ours: every field of every record, read by libca, has to look the same.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { startInProcessIoc } from "../support/engine/in-process-ioc.ts";
import { randomPrefix } from "../support/peers/epics-environment.ts";
import { needPeers, ROOT } from "../support/peers/real-peers.ts";
import { startSoftIoc } from "../support/peers/soft-ioc.ts";
import { runPythonJson } from "../support/peers/spawn-peer.ts";

const DB = readFileSync(join(ROOT, "test/peers/same_fields.db"), "utf8");

type Seen = Readonly<Record<string, unknown>>;

/** Reads `pvs` as a display does. */
async function dump(pvs: readonly string[], env: Readonly<Record<string, string>>): Promise<Seen> {
  const folder = mkdtempSync(join(tmpdir(), "globus-ioc-test-"));
  try {
    const file = join(folder, "names.json");
    writeFileSync(file, JSON.stringify(pvs));
    return (await runPythonJson("dump_fields.py", [file], env, 120)) as Seen;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One line for each thing that differs, as `ao.VAL.ctrl.units: "" instead of "mm"`. */
function differencesOf(ours: unknown, theirs: unknown, path: string): string[] {
  if (JSON.stringify(ours) === JSON.stringify(theirs)) return [];
  if (!isObject(ours) || !isObject(theirs))
    return [`${path}: ${JSON.stringify(ours)} instead of ${JSON.stringify(theirs)}`];
  const keys = new Set([...Object.keys(ours), ...Object.keys(theirs)]);
  return [...keys].flatMap((key) => differencesOf(ours[key], theirs[key], `${path}.${key}`));
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Where the two differ on purpose. A text PV is one text for whoever reads it as STRING, not a list of numbers. */
const EXPECTED: readonly string[] = ['waveform:char.VAL.string.value: [""] instead of []'];

describe.skipIf(needPeers("softIoc", "pyepics").missing)("a .db file in softIoc and in ours", () => {
  test("every field has the same type, count, rights, value and metadata", { timeout: 180_000 }, async () => {
    const prefix = randomPrefix();
    await using ours = await startInProcessIoc(DB, prefix);
    const pvs = [...ours.database.records()].flatMap((record) =>
      [...record.layout.specs.keys(), "NOSUCH"].map((field) => `${record.name}.${field}`),
    );
    const seenByOurs = await dump(pvs, ours.env);
    await using softIoc = await startSoftIoc({ db: DB, prefix });
    const seenBySoftIoc = await dump(pvs, softIoc.env);
    const differences = pvs.flatMap((pv) => differencesOf(seenByOurs[pv], seenBySoftIoc[pv], pv.slice(prefix.length)));
    expect(pvs.length).toBeGreaterThan(2500);
    expect(differences).toEqual(EXPECTED);
  });
});
