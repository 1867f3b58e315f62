/**
 * A moment of a visit on the sandbox beamline: the experiment is made, its users have mail, the DAQ runs, two scans are
 * proven and a third one, which is large, is on its way to two destinations.
 */
import { spawn } from "node:child_process";
import { readdirSync, readFileSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { collect, ROOT } from "../run.mjs";

const MAIN = join(ROOT, "dist/main.js");
const START_SECONDS = 60;
const COMMAND_SECONDS = 60;
/** Of the third scan: it is under way for half a minute at the 20 MB/s of the simulated collection. */
const LARGE_BYTES = 600_000_000;
const OWN = "2bmb:Globus:";
const TOMOSCAN = "2bmb:TomoScan:";

/**
 * Starts `globus-ioc sandbox` and brings it there.
 * @returns the environment of its clients, the address of its page, and what ends it
 */
export async function beginMoment(say) {
  const sandbox = spawn(process.execPath, [MAIN, "sandbox"], { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise((resolve) => sandbox.once("close", resolve));
  let said = "";
  for (const stream of [sandbox.stdout, sandbox.stderr])
    stream.setEncoding("utf8").on("data", (text) => (said += text));
  const close = async () => {
    sandbox.kill("SIGTERM");
    await ended;
  };
  try {
    const list = await soon("the sandbox is ready", START_SECONDS, () => {
      if (sandbox.exitCode !== null) throw new Error(`The sandbox has ended with ${sandbox.exitCode}:\n${said}`);
      return /EPICS_CA_ADDR_LIST="([^"]+)"/.exec(said)?.[1];
    });
    const environment = { ...process.env, EPICS_CA_ADDR_LIST: list, EPICS_CA_AUTO_ADDR_LIST: "NO" };
    const [, config = ""] = /GLOBUS_CONF=(\S+)/.exec(said) ?? [];
    await visit({ environment, say, folder: /^mount = (.*)$/m.exec(readFileSync(config, "utf8"))?.[1] });
    return { environment, page: /http:\/\/127\.0\.0\.1:\d+\//.exec(said)?.[0], close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function visit({ environment, say, folder }) {
  const pv = ioc(environment);
  for (const command of ["Init", "Dirs", "PreviewEmail"]) await pv.put(`${OWN}${command}`, "1");
  await pv.put(`${OWN}EmailArm`, "1");
  for (const command of ["Email", "StartDaq"]) await pv.put(`${OWN}${command}`, "1");
  say("The experiment is made, its users have mail, the DAQ runs.");
  for (const scan of ["first", "second"]) {
    await pv.put(`${TOMOSCAN}StartScan`, "1");
    await soon(`the ${scan} scan is proven`, COMMAND_SECONDS, async () => (await pv.get("ArchiveVerified")) === "Yes");
  }
  const before = new Set(filesOf(folder));
  const scan = pv.put(`${TOMOSCAN}StartScan`, "1");
  const file = await soon("the third scan has a file", COMMAND_SECONDS, () =>
    filesOf(folder).find((name) => name.endsWith(".h5") && !before.has(name)),
  );
  truncateSync(join(folder, file), LARGE_BYTES);
  await scan;
  await soon(
    "the third scan is on its way",
    COMMAND_SECONDS,
    async () => Number(await pv.get("PercentComplete")) > 55 && (await pv.get("QueueState")) === "Sending",
  );
  say("Two scans are proven, the third is on its way.");
}

const filesOf = (folder) => readdirSync(folder, { recursive: true });

/** Reads and writes PVs as a person at a terminal does. */
function ioc(environment) {
  const run = async (words) => {
    const { status, stdout, stderr } = await collect(process.execPath, [MAIN, ...words], { env: environment });
    if (status !== 0) throw new Error(`globus-ioc ${words.join(" ")} ended with ${status}: ${stdout}${stderr}`);
    return stdout;
  };
  return {
    put: (name, value) => run(["put", "--wait", "-w", String(COMMAND_SECONDS), name, value]),
    get: async (suffix) => (await run(["get", `${OWN}${suffix}`])).trim().split(/\s+/).at(-1),
  };
}

/** What `find` finds, asked until it finds something. @param what for the sentence when it does not */
async function soon(what, seconds, find) {
  for (const end = Date.now() + 1000 * seconds; Date.now() < end; await sleep(200)) {
    const found = await find();
    if (found !== undefined && found !== false) return found;
  }
  throw new Error(`After ${seconds} s it is not so that ${what}: see what npm start says.`);
}
