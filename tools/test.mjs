/**
 * `npm test`: types, lint, format, and every test; `--check` (`npm run check`) leaves out the tests that start programs
 * or open sockets. Runs all of it even when a part fails. Its last line counts: "N passed, N failed, N skipped", where
 * each step before the tests counts as one.
 *
 *   node tools/test.mjs [--check] [words that vitest takes as filters of file names]
 */
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { BIOME, OXLINT, ROOT, runNode, say, TSC } from "./run.mjs";

/** What the last run found out about types; only what has changed is looked at again. */
const TYPES_SEEN = join(ROOT, "node_modules", ".tsbuildinfo");

const STEPS = [
  { name: "types", args: [...TSC, "-p", "tsconfig.json", "--incremental", "--tsBuildInfoFile", TYPES_SEEN] },
  { name: "types of the page", args: [...TSC, "-p", "src/web/page/tsconfig.json"] },
  { name: "lint", args: [...OXLINT, "--type-aware", "src", "test", "tools/screens"] },
  // The rest is plain JavaScript: the rules that need types would only repeat that
  { name: "lint of tools", args: [...OXLINT, "tools"] },
  { name: "format", args: [...BIOME, "ci", "--log-level=warn", "."] },
];

const words = process.argv.slice(2);
const filters = words.filter((word) => word !== "--check");
const isCheck = words.includes("--check");
const total = { passed: 0, failed: 0, skipped: 0 };
const failedSteps = [];

if (filters.length === 0) {
  for (const step of STEPS) {
    const passed = (await runNode(step.args)) === 0;
    total[passed ? "passed" : "failed"]++;
    if (!passed) failedSteps.push(step.name);
    say(`${passed ? "✓" : "✗"} ${step.name}`);
  }
}

// Imported only now: a fresh clone gets its packages by tools/prepare.mjs, which npm runs before this.
const { startVitest } = await import("vitest/node");
process.chdir(ROOT);
const vitest = await startVitest("test", filters, {
  run: true,
  watch: false,
  project: isCheck ? ["unit"] : ["unit", "integration", "interop"],
  // Unit tests wait for nothing but the processor
  ...(isCheck && { maxWorkers: availableParallelism() }),
});
for (const file of vitest.state.getTestModules()) {
  for (const test of file.children.allTests()) total[countedAs(test.result().state)]++;
  // It could not be loaded
  if (file.state() === "failed" && [...file.children.allTests("failed")].length === 0) total.failed++;
}
total.failed += vitest.state.getUnhandledErrors().length;
await vitest.close();

if (failedSteps.length > 0) say(`Failed before the tests: ${failedSteps.join(", ")}.`);
say(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(total.failed > 0 ? 1 : 0);

function countedAs(state) {
  if (state === "passed" || state === "skipped") return state;
  return "failed";
}
