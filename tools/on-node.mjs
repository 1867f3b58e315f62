/**
 * Runs the tests of `npm test` under another Node: `node tools/on-node.mjs 24 [words for vitest]`. Brings that Node
 * into build/node-24 with npm, once.
 */
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { collect, fail, ROOT, run, runNpm, say, VITEST } from "./run.mjs";

const [major = "", ...words] = process.argv.slice(2);
if (!/^\d+(\.\d+)*$/.test(major)) fail("Which Node? Say for example: node tools/on-node.mjs 24");

const folder = join(ROOT, "build", `node-${major}`);
const node = join(folder, "node_modules/node/bin/node");
if (!existsSync(node)) {
  mkdirSync(folder, { recursive: true });
  const status = await runNpm(["install", "--prefix", folder, "--no-save", "--no-audit", "--no-fund", `node@${major}`]);
  if (status !== 0 || !existsSync(node)) fail(`npm cannot bring node@${major} into ${folder}: see its words above.`);
}
const version = await collect(node, ["--version"]);
if (version.status !== 0) fail(`${node} does not run: ${version.stderr.trim()}; delete ${folder} and try again.`);
say(`Node ${version.stdout.trim()}`);
const suites = ["unit", "integration", "interop"].flatMap((suite) => ["--project", suite]);
process.exit(await run(node, [...VITEST, "run", ...suites, ...words]));
