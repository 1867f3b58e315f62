/**
 * `npm run test:faults`: everything that can go wrong around the IOC, done to it: SIGKILL at each call of each command,
 * each service at fault in each way, a full disk, no descriptors left, steps of the clock. Prints one row a scenario:
 * how often it was tried, and what was lost, doubled, crashed or untrue; fails unless all of that is 0. What each of
 * them means stands in test/faults/tally.ts.
 *
 *   node tools/faults.mjs [words that vitest takes as filters of file names]
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { runNode, say, VITEST } from "./run.mjs";

/**
 * More than processors: mostly they wait for quiet user PVs and for time limits. Each starts a beamline of two
 * programs, which must not starve.
 */
const WORKERS = 4 * cpus().length;
const COLUMNS = ["tried", "lost", "doubled", "crashed", "untrue"];

const folder = mkdtempSync(join(tmpdir(), "globus-ioc-faults-"));
const report = join(folder, "report.jsonl");
const began = Date.now();
const args = ["run", "--project", "faults", "--maxWorkers", String(WORKERS), ...process.argv.slice(2)];
const status = await runNode([...VITEST, ...args], { env: { ...process.env, FAULTS_REPORT: report } });
const rows = readRows(report);
rmSync(folder, { recursive: true });

const total = Object.fromEntries(COLUMNS.map((column) => [column, rows.reduce((sum, row) => sum + row[column], 0)]));
const width = Math.max(...rows.map(({ scenario }) => scenario.length), 8);
const line = (name, cells) => say(`${name.padEnd(width)} ${cells.map((cell) => String(cell).padStart(8)).join("")}`);
line("scenario", COLUMNS);
for (const row of rows)
  line(
    row.scenario,
    COLUMNS.map((column) => row[column]),
  );
line(
  "all",
  COLUMNS.map((column) => total[column]),
);
for (const { scenario, findings } of rows) for (const finding of findings) say(`${scenario}: ${finding}`);
const seconds = Math.round((Date.now() - began) / 1000);
say(`${seconds} s on ${cpus().length} × ${cpus()[0]?.model ?? "an unknown processor"}, Node ${process.version}`);
const isWell = status === 0 && rows.length > 0 && COLUMNS.slice(1).every((column) => total[column] === 0);
process.exit(isWell ? 0 : 1);

/** One JSON object a line, in the order of their names. */
function readRows(file) {
  try {
    const found = readFileSync(file, "utf8")
      .trim()
      .split("\n")
      .map((text) => JSON.parse(text));
    return found.sort((one, other) => (one.scenario < other.scenario ? -1 : 1));
  } catch {
    return [];
  }
}
