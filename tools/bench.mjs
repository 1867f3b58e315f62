/**
 * `npm run bench`: drives softIoc and our IOC with bench/cabench.c, in turn and several times each, and prints for
 * every row both medians and their ratio. Judges nothing: speed depends on the machine, the ratio is what counts. The
 * connect row is measured once more with 50,000 records, because with 1000 it is the client's first search wait. More
 * is better, except for us (microseconds) and failed.
 *
 *   node tools/bench.mjs [--runs 5] [--seconds 3] [--only softIoc|ours] [--no-connect]
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { searchUntilAnswered } from "./ca-search.mjs";
import { freePort } from "./free-port.mjs";
import { collect, fail, PYTHON, ROOT, SOFT_IOC, say } from "./run.mjs";

const RECORDS = 1000;
const CONNECT_RECORDS = 50_000;
const START_SECONDS = 60;
const PREFIX = "bench:";
const CABENCH = join(ROOT, "build", "cabench");
const PROGRAM = join(ROOT, "dist", "main.js");

const { values: options } = parseArgs({
  options: {
    runs: { type: "string", default: "5" },
    seconds: { type: "string", default: "3" },
    only: { type: "string" },
    "no-connect": { type: "boolean", default: false },
  },
});

/** Each server, as a command to which `-m … -d …` is added, and what is missing for it. */
const SERVERS = {
  softIoc: {
    command: [PYTHON, SOFT_IOC, "-S"],
    missing: existsSync(PYTHON) ? undefined : "softIoc is missing: run `npm run peers`",
  },
  ours: {
    command: [process.execPath, PROGRAM, "ioc", "-S"],
    missing: existsSync(PROGRAM) ? undefined : "our IOC is not built: run `npm run build`",
  },
};

/** Compiles cabench with Debian's libca; newer ones are slower than the servers and would measure themselves. */
async function buildClient() {
  const libraries = readdirSync("/usr/lib").map((folder) => join("/usr/lib", folder, "libca.so"));
  if (!libraries.some((path) => existsSync(path)))
    fail("libca is missing: install the Debian packages libca-dev and libcom-dev");
  mkdirSync(join(ROOT, "build"), { recursive: true });
  const flags = ["-O2", "-o", CABENCH, join(ROOT, "bench/cabench.c"), "-lca", "-lCom", "-lpthread"];
  const built = await collect("gcc", flags);
  if (built.status === 127) fail("gcc is missing: install the Debian packages gcc and libc6-dev");
  if (built.status !== 0) fail(`bench/cabench.c does not compile:\n${built.stderr}`);
}

/** Writes bench.db `count` times and wf.db once into one file. */
function writeLoad(folder, count) {
  const [record, waveform] = ["bench.db", "wf.db"].map((file) => readFileSync(join(ROOT, "bench", file), "utf8"));
  const path = join(folder, `load-${count}.db`);
  writeFileSync(
    path,
    Array.from({ length: count }, (_, i) => record.replaceAll("$(I)", String(i))).join("") + waveform,
  );
  return path;
}

/** Starts a server with a load, runs cabench against it, stops it. @returns figures by row: { value, unit } */
async function measure(name, load, count, seconds) {
  const port = await freePort();
  const env = { ...process.env, ...variables(port) };
  const [program, ...args] = [...SERVERS[name].command, "-m", `P=${PREFIX}`, "-d", load];
  const server = spawn(program, args, { cwd: ROOT, env, stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  server.stderr.setEncoding("utf8").on("data", (text) => (said = `${said}${text}`.slice(-2000)));
  const ended = new Promise((resolve) => server.once("close", resolve));
  const kill = () => server.kill("SIGKILL");
  process.once("exit", kill);
  try {
    if (!(await answers(`${PREFIX}wf`, port, ended)))
      fail(`${name} does not serve ${load} within ${START_SECONDS} s:\n${said}`);
    const client = await collect(CABENCH, [PREFIX, String(count), String(seconds)], { env });
    if (client.status !== 0) say(`cabench ended with ${client.status} against ${name}: ${client.stderr.trim()}`);
    return parseFigures(client.stdout);
  } finally {
    server.kill("SIGTERM");
    const timer = setTimeout(kill, 5000);
    await ended;
    clearTimeout(timer);
    process.off("exit", kill);
  }
}

function answers(pv, port, ended) {
  return new Promise((resolve) => {
    const settle = (found) => {
      stop();
      clearTimeout(timer);
      resolve(found);
    };
    const stop = searchUntilAnswered(pv, port, () => settle(true));
    const timer = setTimeout(() => settle(false), START_SECONDS * 1000);
    void ended.then(() => settle(false));
  });
}

const variables = (port) => ({
  EPICS_CA_AUTO_ADDR_LIST: "NO",
  EPICS_CA_ADDR_LIST: "127.0.0.1",
  EPICS_CA_SERVER_PORT: String(port),
  EPICS_CA_REPEATER_PORT: String(port + 1),
  EPICS_CA_MAX_ARRAY_BYTES: "10000000",
  EPICS_CAS_SERVER_PORT: String(port),
  EPICS_CAS_INTF_ADDR_LIST: "127.0.0.1",
  EPICS_CAS_BEACON_ADDR_LIST: "127.0.0.1",
  EPICS_CAS_AUTO_BEACON_ADDR_LIST: "NO",
});

function parseFigures(text) {
  const rows = text
    .trim()
    .split("\n")
    .map((line) => line.split("\t"));
  return Object.fromEntries(rows.map(([row, value, unit]) => [row, { value: Number(value), unit }]));
}

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Runs the servers in turn and prints a line for each row. */
async function compare(title, names, count, seconds) {
  const folder = mkdtempSync(join(tmpdir(), "globus-ioc-bench-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const load = writeLoad(folder, count);
  const figures = Object.fromEntries(names.map((name) => [name, []]));
  for (let run = 1; run <= Number(options.runs); run++) {
    for (const name of names) {
      figures[name].push(await measure(name, load, count, seconds));
      process.stderr.write(`run ${run} of ${options.runs}: ${name} with ${count} records\n`);
    }
  }
  const columns = (row, unit, cells) =>
    `${row.padEnd(20)}${unit.padEnd(14)}${cells.map((cell) => cell.padStart(14)).join("")}`;
  say(`\n${title}`);
  say(columns("row", "unit", [...names, ...(names.length === 2 ? ["ours/softIoc"] : [])]));
  for (const [row, { unit }] of Object.entries(figures[names[0]][0] ?? {})) {
    const medians = names.map((name) => median(figures[name].map((one) => one[row]?.value ?? Number.NaN)));
    const ratio = names.length === 2 ? [medians[0] === 0 ? "-" : (medians[1] / medians[0]).toFixed(2)] : [];
    say(columns(row, unit, [...medians.map((value) => value.toPrecision(4)), ...ratio]));
  }
}

if (!(Number(options.runs) >= 1)) fail(`--runs ${options.runs} is not a number of runs, 1 or more`);
if (!(Number(options.seconds) > 0)) fail(`--seconds ${options.seconds} is not a time in seconds`);
if (options.only !== undefined && !(options.only in SERVERS))
  fail(`--only ${options.only} is neither softIoc nor ours`);
const wanted = Object.keys(SERVERS).filter((name) => options.only === undefined || options.only === name);
const names = wanted.filter((name) => {
  if (SERVERS[name].missing !== undefined) say(SERVERS[name].missing);
  return SERVERS[name].missing === undefined;
});
if (names.length === 0) fail("There is nothing to measure.");
await buildClient();
await compare(
  `${RECORDS} records, medians of ${options.runs} runs, ${options.seconds} s a row`,
  names,
  RECORDS,
  Number(options.seconds),
);
if (!options["no-connect"])
  await compare(`${CONNECT_RECORDS} records, medians of ${options.runs} runs`, names, CONNECT_RECORDS, 0);
