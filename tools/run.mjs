/**
 * What the repository's tools share: the root folder, starting a program, and where the installed programs are. Node's
 * own modules only.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
export const LOCK = join(ROOT, "package-lock.json");
/** EPICS base's IOC and its Python, once `npm run peers` has brought them. */
export const VENV = join(ROOT, ".peers");
/** globus-cli, which fixes another version of what .peers has. */
export const VENV_CLI = join(ROOT, ".peers-cli");
/** globus-compute-sdk, which wants another one again. */
export const VENV_COMPUTE = join(ROOT, ".peers-compute");
export const PYTHON = join(VENV, "bin", "python");
export const SOFT_IOC = join(ROOT, "test", "peers", "softioc.py");

/** The programs that npm installs, as arguments for this Node. */
export const TSC = [join(ROOT, "node_modules/typescript/bin/tsc")];
export const OXLINT = [join(ROOT, "node_modules/oxlint/bin/oxlint")];
export const BIOME = [join(ROOT, "node_modules/@biomejs/biome/bin/biome")];
export const VITEST = [join(ROOT, "node_modules/vitest/vitest.mjs")];

/**
 * Runs a program to its end with this terminal, in the repository's folder.
 * @returns its exit status; 127 when it cannot be started
 */
export function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: "inherit", ...options });
    child.once("error", () => resolve(127));
    child.once("close", (status, signal) => resolve(signal === null ? status : 128));
  });
}

/** Runs a JavaScript program with this Node. */
export const runNode = (args, options) => run(process.execPath, args, options);

/** Runs npm: the one that runs us, or the one on PATH. */
export function runNpm(args) {
  const own = process.env.npm_execpath;
  if (own !== undefined && /npm-cli\.c?js$/.test(own) && existsSync(own)) return runNode([own, ...args]);
  return run(process.platform === "win32" ? "npm.cmd" : "npm", args);
}

/** Runs a program to its end and collects its words. @returns status, stdout and stderr */
export function collect(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"], ...options });
    const said = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (text) => (said.stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text) => (said.stderr += text));
    child.once("error", (error) => resolve({ status: 127, ...said, stderr: error.message }));
    child.once("close", (status, signal) => resolve({ status: signal === null ? status : 128, ...said }));
  });
}

/** Prints one sentence and ends with a failure. */
export function fail(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}

export function say(sentence) {
  process.stdout.write(`${sentence}\n`);
}
