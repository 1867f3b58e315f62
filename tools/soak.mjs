/**
 * `npm run soak`: lets clients of every kind, good, careless and hostile, work a real IOC on the simulated beamline for
 * a time, and watches what it holds. Rounds of load are followed by a rest in which everything is closed again: what is
 * then still open, or still in memory after a garbage collection, must not grow from the first rests to the last.
 * Prints the figures of each rest. Then the transfers of scans are killed 200 times, and an IOC that watches a tree is
 * while scans are marked there. Ends with status 1 when something grew, the IOC ended, or a scan was lost or doubled.
 * Linux only.
 *
 *   node tools/soak.mjs [--minutes 5]
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { searchUntilAnswered } from "./ca-search.mjs";
import { freePort } from "./free-port.mjs";
import { fail, ROOT, runNode, say } from "./run.mjs";

/** A round: load, then a rest in which keep-alive connections and files close. */
const LOAD_SECONDS = 22;
const REST_SECONDS = 8;
/**
 * Rests at the beginning and at the end that are compared, by their medians; what is loaded and cached at first is not
 * looked at.
 */
const COMPARED = 3;
const WARM_UP_ROUNDS = 2;
const START_SECONDS = 60;
/** As the sandbox has it in its globus.conf, on ports of its own. */
const STATION = "2bmb:";
const PREFIX = `${STATION}Globus:`;
const MIB = 2 ** 20;

/**
 * What may differ between the first rests and the last. A leak of one descriptor, or a kilobyte, for each client is
 * thousands of them.
 */
const BOUNDS = {
  descriptors: { most: 10, unit: "" },
  resources: { most: 10, unit: "" },
  heap: { most: 12, unit: " MiB" },
  resident: { most: 96, unit: " MiB" },
};

const { values: options } = parseArgs({ options: { minutes: { type: "string", default: "5" } } });
const minutes = Number(options.minutes);
if (!(minutes > 0)) fail(`--minutes ${options.minutes} is not a time in minutes`);
if (process.platform !== "linux")
  fail("The soak counts descriptors in /proc, which Linux alone has: run it on a Linux host.");
const rounds = Math.max(Math.round((minutes * 60) / (LOAD_SECONDS + REST_SECONDS)), WARM_UP_ROUNDS + 2 * COMPARED);

const { loopbackEnvironment, startBeamline } = await import("../dist/sandbox/beamline.js");
const { createLoad } = await import("./soak-load.mjs");

const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];
const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(EPICS|GLOBUS)_/.test(name)));

/** The IOC of iocBoot on the beamline, with the probe in it. */
function startIoc(beamline, iocPort, repeaterPort) {
  const probe = join(ROOT, "tools/soak-probe.mjs");
  const script = join(ROOT, "iocBoot/iocGlobus/st.cmd");
  const args = ["--expose-gc", "--import", probe, join(ROOT, "dist/main.js"), "ioc", "-S", script];
  const env = {
    ...inherited,
    ...loopbackEnvironment(iocPort),
    EPICS_CA_ADDR_LIST: `127.0.0.1:${beamline.tomoScanPort}`,
    EPICS_CA_AUTO_ADDR_LIST: "NO",
    EPICS_CA_REPEATER_PORT: String(repeaterPort),
    TOP: ROOT,
    P: STATION,
    GLOBUS_CONF: beamline.configFile,
    GLOBUS_ACF: join(ROOT, "iocBoot/iocGlobus/globus.acf"),
    GLOBUS_MANAGERS: "soak",
    AUTOSAVE_DIR: join(dirname(beamline.configFile), "autosave"),
  };
  const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "pipe", "ipc"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text) => (said = `${said}${text}`.slice(-4000)));
  return { child, said: () => said };
}

function serves(pv, port) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`${pv} is not served within ${START_SECONDS} s`)),
      START_SECONDS * 1000,
    );
    const stop = searchUntilAnswered(pv, port, () => {
      clearTimeout(timer);
      stop();
      resolve();
    });
  });
}

async function measure(child) {
  const answer = once(child, "message");
  child.send("measure");
  const [{ heapUsed, external, rss, resources }] = await answer;
  return {
    descriptors: readdirSync(`/proc/${child.pid}/fd`).length,
    resources: Object.values(resources).reduce((sum, one) => sum + one, 0),
    heap: (heapUsed + external) / MIB,
    resident: rss / MIB,
    kinds: resources,
  };
}

const column = (text) => String(text).padStart(13);
const shown = (value) => (Number.isInteger(value) ? value : value.toFixed(1));

/** @returns sentences about what grew too much */
function judge(rests) {
  const [first, last] = [rests.slice(0, COMPARED), rests.slice(-COMPARED)];
  return Object.entries(BOUNDS).flatMap(([what, { most, unit }]) => {
    const [before, after] = [first, last].map((some) => median(some.map((rest) => rest[what])));
    say(`${what}: ${shown(before)} → ${shown(after)}${unit} (may grow by ${most})`);
    return after - before > most
      ? [`${what} grew from ${shown(before)} to ${shown(after)}${unit}, by more than ${most}`]
      : [];
  });
}

const [tomoScanPort, iocPort, repeaterPort] = [await freePort(), await freePort(), await freePort()];
const beamline = await startBeamline({
  iocCommand: [process.execPath, join(ROOT, "dist/main.js"), "ioc"],
  tomoScanDatabase: join(ROOT, "db/sandbox_tomoscan.db"),
  tomoScanPort,
  environment: inherited,
  sink: () => {},
});
const { child, said } = startIoc(beamline, iocPort, repeaterPort);
process.once("exit", () => child.kill("SIGKILL"));
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));
let isStopping = false;
const ended = endOf(child);
async function endOf(process) {
  const [code, signal] = await once(process, "exit");
  if (!isStopping) throw new Error(`the IOC ended with ${signal ?? code} in the middle:\n${said()}`);
}
let problems = [];
const load = createLoad({ iocPort, repeaterPort, prefix: PREFIX, beamline });
const started = Date.now();

async function work() {
  await serves(`${PREFIX}Status`, iocPort);
  const rests = [];
  say(`${rounds} rounds of ${LOAD_SECONDS} s of load and ${REST_SECONDS} s of rest`);
  say(["rest", "descriptors", "resources", "heap MiB", "resident MiB"].map(column).join(""));
  for (let round = 1; round <= rounds; round++) {
    await load.run(LOAD_SECONDS);
    await sleep(REST_SECONDS * 1000);
    const rest = await measure(child);
    rests.push(rest);
    say([round, rest.descriptors, rest.resources, shown(rest.heap), shown(rest.resident)].map(column).join(""));
  }
  say(`\nActive resources at the last rest: ${JSON.stringify(rests.at(-1).kinds)}`);
  say(`In ${((Date.now() - started) / 60_000).toFixed(1)} minutes: ${tally(load.counts)}.`);
  for (const [sentence, times] of load.failures) say(`${times} times: ${sentence}`);
  problems = judge(rests.slice(WARM_UP_ROUNDS));
}

const tally = (counts) =>
  Object.entries(counts)
    .map(([what, number]) => `${number} ${what}`)
    .join(", ");

try {
  await Promise.race([work(), ended]);
} catch (thrown) {
  problems = [thrown.message];
} finally {
  isStopping = true;
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), 10_000);
  await ended.catch(() => undefined);
  clearTimeout(timer);
  await beamline.close();
}
if (problems.length === 0) {
  say(
    "200 kills of the transfers, and of an IOC that watches a tree, while scans arrive and destinations are at fault:",
  );
  if ((await runNode([join(ROOT, "tools/faults.mjs"), "kills-transfers", "kills-watch"])) !== 0)
    problems = ["the transfers, or the watch, have lost or doubled a scan: see above"];
}
for (const problem of problems) process.stderr.write(`${problem}\n`);
say(problems.length === 0 ? "Nothing grew." : "Something is wrong.");
process.exit(problems.length === 0 ? 0 : 1);
