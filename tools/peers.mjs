/**
 * `npm run peers`: makes the Python environments .peers, .peers-cli and .peers-compute with the foreign programs that
 * the tests meet.
 * Says in one sentence each what came of it; run again it finds everything in place. Packages come from wherever this
 * machine's pip is set up to take them.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { collect, fail, ROOT, say, VENV, VENV_CLI, VENV_COMPUTE } from "./run.mjs";

/** The one table of environments; `imports` prove that what was installed can be used. */
const ENVIRONMENTS = [
  {
    venv: VENV,
    requirements: "test/peers/requirements.txt",
    imports: "epicscorelibs.ioc, epics, caproto, globus_sdk, responses",
    megabytes: 165,
    oldest: 9,
  },
  {
    venv: VENV_CLI,
    requirements: "test/peers/requirements-cli.txt",
    imports: "globus_cli",
    megabytes: 60,
    oldest: 10,
  },
  {
    venv: VENV_COMPUTE,
    requirements: "test/peers/requirements-compute.txt",
    imports: "globus_compute_sdk",
    megabytes: 85,
    oldest: 10,
  },
];
const python = process.env.PYTHON ?? "python3";
const lastLine = (said) => (said.stderr || said.stdout).trim().split("\n").at(-1) ?? "";

async function make({ venv, requirements, imports, megabytes, oldest }) {
  const name = basename(venv);
  const own = join(venv, "bin", "python");
  const stamp = join(venv, ".installed");
  const wanted = readFileSync(join(ROOT, requirements), "utf8");
  const works = async () => existsSync(own) && (await collect(own, ["-c", `import ${imports}`])).status === 0;
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted && (await works()))
    return say(`The peers in ${name} are up to date.`);

  await needPython(name, oldest);
  if (!existsSync(own) || (await collect(own, ["-m", "pip", "--version"])).status !== 0) {
    rmSync(venv, { recursive: true, force: true });
    const made = await collect(python, ["-m", "venv", venv]);
    if (made.status !== 0) {
      rmSync(venv, { recursive: true, force: true });
      fail(
        `Python cannot make the environment ${name} (${lastLine(made)}); on Debian install python3-venv and try again.`,
      );
    }
  }

  say(`Installing the peers into ${name} (once; ${megabytes} MB) …`);
  const pip = ["-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--quiet", "-r", requirements];
  const installed = await collect(own, pip);
  if (installed.status !== 0) fail(`pip cannot install ${requirements} into ${name}: ${lastLine(installed)}`);
  if (!(await works()))
    fail(`The peers in ${name} cannot be imported (import ${imports}): delete ${name} and run this again.`);
  writeFileSync(stamp, wanted);
  say(`The peers are installed in ${name}.`);
}

/** @param oldest of Python 3 */
async function needPython(name, oldest) {
  const need = `The peers in ${name} need Python 3.${oldest} or newer`;
  const version = await collect(python, ["-c", "import sys; print('%d.%d' % sys.version_info[:2])"]);
  if (version.status !== 0) fail(`${need}, and "${python}" does not run: install it, or name it in PYTHON.`);
  const [major, minor] = version.stdout.trim().split(".").map(Number);
  if (major !== 3 || minor < oldest)
    fail(`${need}; "${python}" is ${version.stdout.trim()}: name a newer one in PYTHON.`);
}

for (const environment of ENVIRONMENTS) await make(environment);
