/**
 * `npm run peers`: makes the Python environment .peers with the foreign programs that the tests meet
 * (test/peers/requirements.txt). Says in one sentence what came of it; run again it finds everything in place. Packages
 * come from wherever this machine's pip is set up to take them.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { collect, fail, PYTHON, ROOT, say, VENV } from "./run.mjs";

const REQUIREMENTS = join(ROOT, "test/peers/requirements.txt");
const STAMP = join(VENV, ".installed");
/** Proves that what was installed can be used. */
const IMPORTS = "import epicscorelibs.ioc, epics, caproto, globus_sdk, responses";

const wanted = readFileSync(REQUIREMENTS, "utf8");
const python = process.env.PYTHON ?? "python3";
const lastLine = (said) => (said.stderr || said.stdout).trim().split("\n").at(-1) ?? "";

async function works() {
  return existsSync(PYTHON) && (await collect(PYTHON, ["-c", IMPORTS])).status === 0;
}

if (existsSync(STAMP) && readFileSync(STAMP, "utf8") === wanted && (await works())) {
  say("The peers in .peers are up to date.");
  process.exit(0);
}

const version = await collect(python, ["-c", "import sys; print('%d.%d' % sys.version_info[:2])"]);
if (version.status !== 0)
  fail(`The peers need Python 3.9 or newer, and "${python}" does not run: install it, or name it in PYTHON.`);
const [major, minor] = version.stdout.trim().split(".").map(Number);
if (major !== 3 || minor < 9)
  fail(`The peers need Python 3.9 or newer; "${python}" is ${version.stdout.trim()}: name a newer one in PYTHON.`);

if (!existsSync(PYTHON) || (await collect(PYTHON, ["-m", "pip", "--version"])).status !== 0) {
  rmSync(VENV, { recursive: true, force: true });
  const made = await collect(python, ["-m", "venv", VENV]);
  if (made.status !== 0) {
    rmSync(VENV, { recursive: true, force: true });
    fail(
      `Python cannot make the environment .peers (${lastLine(made)}); on Debian install python3-venv and try again.`,
    );
  }
}

say("Installing the peers into .peers (once; 165 MB) …");
const pip = ["-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--quiet", "-r", REQUIREMENTS];
const installed = await collect(PYTHON, pip);
if (installed.status !== 0) fail(`pip cannot install test/peers/requirements.txt into .peers: ${lastLine(installed)}`);
if (!(await works())) fail(`The peers in .peers cannot be imported (${IMPORTS}): delete .peers and run this again.`);
writeFileSync(STAMP, wanted);
say("The peers are installed in .peers.");
