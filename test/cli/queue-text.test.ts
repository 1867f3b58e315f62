import { expect, test } from "vitest";
import { scanParts, scanTable } from "../../src/cli/queue-text.ts";
import type { ScanRow } from "../../src/controller/ports/queue-desk.ts";

const NOW = Date.UTC(2026, 2, 1, 12);
const HOSTILE = "a\u001b[2J\n\u202eb\u0007";
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/;

const row = (name: string, more: Partial<ScanRow> = {}): ScanRow => ({
  id: "20260301T120000000Z-aa",
  name,
  file: `/data/${name}.h5`,
  state: "Sending",
  seen: NOW - 1000,
  experiment: "",
  reason: "",
  destinations: [],
  ...more,
});

test("the table has a column for each destination, and its columns stand below each other", () => {
  const rows = [
    row("a1", { state: "Verified", seen: NOW - 90_000, destinations: [{ destination: "archive", state: "verified" }] }),
    row("스캔 2", { destinations: [{ destination: "petrel", state: "failed" }], reason: "It broke." }),
  ];
  expect(scanTable(rows, NOW)).toEqual([
    "AGE    NAME    STATE     archive   petrel  REASON",
    "1 min  a1      Verified  verified  -",
    "1 s    스캔 2  Sending   -         failed  It broke.",
  ]);
  expect(scanTable(rows, NOW, true)[1]).toContain("20260301T120000000Z-aa");
});

test.each([
  [0, "0 s"],
  [-5, "0 s"],
  [59.9, "59 s"],
  [60, "1 min"],
  [3599, "59 min"],
  [3600, "1 h"],
  [47 * 3600, "47 h"],
  [172_800, "2 d"],
  [4e8, "4629 d"],
])("an age of %d s is %s", (seconds, text) => {
  expect(scanTable([row("a", { seen: NOW - seconds * 1000 })], NOW)[1]).toMatch(new RegExp(`^${text} `));
});

test("a long name is cut, and no name or reason can drive a terminal or forge a line", () => {
  const table = scanTable([row("x".repeat(300)), row(HOSTILE, { reason: HOSTILE, state: "Left" })], NOW, true);
  expect(table).toHaveLength(3);
  for (const line of table) expect(line).not.toMatch(CONTROL);
  expect(table[1]).toContain(`${"x".repeat(39)}…`);
  expect(table[2]).toContain("a\\u001b[2J\\u000a\\u202eb\\u0007");
});

test("a scan is shown with its sends, its submission and its files, and nothing of it can drive a terminal", () => {
  const text = scanParts({
    row: row("a1", { state: "Failed", reason: HOSTILE }),
    scan: {
      id: "20260301T120000000Z-aa",
      file: `/data/${HOSTILE}`,
      state: "ready",
      seen: NOW,
      trigger: "tomoscan",
      tags: { exp: "2026-03-Levy-1", ym: "2026-03", last: HOSTILE, gup: "" },
      files: 40,
      bytes: 4000,
    },
    sends: [
      {
        scan: "20260301T120000000Z-aa",
        destination: "petrel",
        state: "dead",
        attempts: 8,
        at: NOW,
        next: NOW + 60_000,
        reason: HOSTILE,
        submission: "s1",
        missing: { count: 3, names: [HOSTILE, "b"] },
      },
    ],
    steps: [
      {
        scan: "20260301T120000000Z-aa",
        destination: "petrel",
        kind: "compute",
        what: "recon",
        path: `/2-BM/${HOSTILE}`,
        state: "dead",
        attempts: 8,
        at: NOW,
        reason: `ValueError: ${HOSTILE}`,
        run: "t1",
      },
    ],
    submissions: [{ id: "s1", label: HOSTILE, destination: "petrel", owner: "me", at: NOW, scans: 2, task: "t1" }],
    files: { count: 40, first: [{ path: HOSTILE, bytes: 100, modified: NOW }] },
  })
    .map(([title, body]) => `${title}:\n${body}`)
    .join("\n");
  expect(text).not.toMatch(CONTROL);
  expect(text).toContain("state: dead since 2026-03-01 06:00:00");
  expect(text).toContain("next attempt: 2026-03-01 06:01:00");
  expect(text).toContain("missing: 3 files: a\\u001b[2J\\u000a\\u202eb\\u0007; b");
  expect(text).toContain("Globus task: t1");
  expect(text).toContain("and 39 more: --files names more of them");
});
