/**
 * Runs before `npm start` and `npm test`: brings the packages of package-lock.json when they are missing or differ, and
 * builds dist when the sources have changed, unless `--no-build` is given. Does nothing, quickly and silently, when all
 * is current. Works on a fresh clone: imports Node's own modules only.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundleProgram } from "./bundle.mjs";
import { bundlePage } from "./bundle-page.mjs";
import { fail, LOCK, ROOT, runNode, runNpm, say, TSC } from "./run.mjs";

/** Kept equal to "engines" in package.json by a test. */
const LEAST_NODE = [20, 19];
const STAMP = join(ROOT, "dist", ".built");

/** The sentence for a Node that is too old, or undefined. */
export function nodeProblem(version) {
  const [major, minor] = version.replace(/^v/, "").split(".").map(Number);
  if (major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1])) return undefined;
  return `Node ${version} is too old: globus-ioc needs Node ${LEAST_NODE.join(".")} or newer; install it from nodejs.org or with nvm and try again.`;
}

/**
 * Whether node_modules holds what the lock file asks for: every package that is needed on all platforms, at its
 * version.
 */
export function isInstalled(lock, installed) {
  if (installed === undefined) return false;
  return Object.entries(lock.packages).every(
    ([path, wanted]) => path === "" || wanted.optional === true || installed.packages[path]?.version === wanted.version,
  );
}

/** Changes whenever something changes that dist is built from. */
function fingerprint() {
  const hash = createHash("sha256");
  const files = readdirSync(join(ROOT, "src"), { recursive: true })
    .filter((file) => /\.(ts|html|css)$/.test(file))
    .map((file) => join("src", file));
  for (const file of [
    ...files.sort(),
    "tsconfig.json",
    "tsconfig.build.json",
    "package-lock.json",
    "tools/bundle.mjs",
    "tools/bundle-page.mjs",
  ]) {
    hash.update(`${file}\0`).update(readFileSync(join(ROOT, file)));
  }
  return hash.digest("hex");
}

const read = (file) => (existsSync(file) ? readFileSync(file, "utf8") : undefined);
const parse = (text) => (text === undefined ? undefined : JSON.parse(text));

async function install() {
  if (isInstalled(parse(read(LOCK)), parse(read(join(ROOT, "node_modules/.package-lock.json"))))) return;
  say("Installing the packages of package-lock.json (once; about ten seconds) …");
  const status = await runNpm(["ci", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"]);
  if (status !== 0) fail(`npm ci ended with ${status}: the packages are not installed; see its words above.`);
}

/** Whether dist is what the sources say. */
export const isBuilt = () => read(STAMP) === fingerprint();

async function build() {
  const wanted = fingerprint();
  if (read(STAMP) === wanted) return;
  say("Building dist …");
  rmSync(join(ROOT, "dist"), { recursive: true, force: true });
  const status = await runNode([...TSC, "-p", "tsconfig.build.json"]);
  if (status !== 0) fail("The sources do not compile: correct what tsc says above.");
  await bundleProgram();
  await bundlePage(join(ROOT, "dist/web/page"));
  writeFileSync(STAMP, wanted);
}

if (process.argv[1] !== undefined && process.argv[1].endsWith("prepare.mjs")) {
  const problem = nodeProblem(process.version);
  if (problem !== undefined) fail(problem);
  await install();
  if (!process.argv.includes("--no-build")) await build();
}
