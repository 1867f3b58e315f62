/**
 * What bench/web.mjs measures: the PVs of db/ in a process of their own, with the web server on them, in which the
 * program writes so many values a second as it is told. It tells its processor time when it is asked.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../tools/run.mjs";

const load = (path) => import(join(ROOT, "dist", path));
const [{ systemClock }, { Database }, { loadRecords }, { parseSubstitutions }, { GuestPvs }, { LocalPvs }] =
  await Promise.all(
    [
      "base/clock.js",
      "database/database.js",
      "dbfile/load.js",
      "dbfile/substitutions.js",
      "ioc/guest-pvs.js",
      "ioc/local-pvs.js",
    ].map(load),
  );
const [{ createWebApp }, { startWebServer }, { WEB_LIMITS }, { startTokens }, { allPvs }, { createLog }] =
  await Promise.all(
    ["web/app.js", "web/server.js", "web/limits.js", "web/tokens.js", "controller/pvs/index.js", "base/log.js"].map(
      load,
    ),
  );

const PREFIX = "bench:";
/** Times a second that a share of the values is written. */
const TURNS = 50;
/** Of a hundred values: texts, and numbers. */
const TEXTS = 10;

const log = createLog("bench");
const database = new Database({ clock: systemClock, log });
const own = new Map([
  ["P", PREFIX],
  ["R", ""],
]);
const text = (file) => ({ file, text: readFileSync(join(ROOT, "db", file), "latin1") });
const script = readFileSync(join(ROOT, "iocBoot/iocGlobus/st.cmd"), "utf8");
for (const [, file] of script.matchAll(/^dbLoad(?:Records|Template)\("([^"]+)"/gm)) {
  const { substitutions } = file.endsWith(".substitutions")
    ? parseSubstitutions(text(file), own)
    : { substitutions: [{ template: file, macros: own }] };
  for (const { template, macros } of substitutions)
    loadRecords(database, text(template), { macros: (name) => macros.get(name) });
}
database.initialize();

const pvs = new LocalPvs(database, PREFIX);
const results = [...allPvs()].filter(
  ([suffix, { kind, states }]) => kind === "result" && states === undefined && !/^User/.test(suffix),
);
const isNumber = ([suffix]) => typeof pvs.get(suffix) === "number";
const numbers = results.filter(isNumber).map(([suffix]) => suffix);
const texts = results.filter((row) => !isNumber(row) && !/\d$/.test(row[0])).map(([suffix]) => suffix);

const access = { grant: () => ({ rights: 3, traps: false, close: () => {} }) };
const app = createWebApp({
  pvs: new GuestPvs({ database, access, prefix: PREFIX, clock: systemClock, log }),
  about: { prefix: PREFIX, tomoscan: "bench:TomoScan:", version: "0.0.0" },
  files: new Map(),
  tokens: startTokens("the-token-of-the-bench"),
  isOpen: true,
  names: [],
  port: () => server.port,
  limits: WEB_LIMITS,
  clock: systemClock,
  log,
});
const server = await startWebServer({ app, address: "127.0.0.1", port: 0, limits: WEB_LIMITS });

let perSecond = 0;
let written = 0;
setInterval(() => {
  for (let i = 0; i < perSecond / TURNS; i++) {
    written++;
    if (written % 100 < TEXTS)
      pvs.put(texts[written % texts.length], `This sentence has been written as number ${written}.`);
    else pvs.put(numbers[written % numbers.length], written);
  }
}, 1000 / TURNS);

process.on("message", (message) => {
  if (message.perSecond !== undefined) perSecond = message.perSecond;
  const { user, system } = process.cpuUsage();
  process.send({ port: server.port, cpuSeconds: (user + system) / 1e6, written, resident: process.memoryUsage().rss });
});
process.on("disconnect", () => process.exit());
