/**
 * What the web page costs the IOC: the processor time of a process with the PVs of db/ and the web server, while values
 * are written and pages are open, against the same without pages. Prints the figures and judges nothing.
 *
 *   node tools/prepare.mjs && node bench/web.mjs [--pages 20] [--updates 1000] [--seconds 10] [--runs 3]
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { get } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { ROOT, say } from "../tools/run.mjs";

const { values: options } = parseArgs({
  options: {
    pages: { type: "string", default: "20" },
    updates: { type: "string", default: "1000" },
    seconds: { type: "string", default: "10" },
    runs: { type: "string", default: "3" },
  },
});
const [pages, updates, seconds, runs] = [options.pages, options.updates, options.seconds, options.runs].map(Number);

const server = fork(join(ROOT, "bench", "web-server.mjs"), { stdio: ["ignore", "inherit", "inherit", "ipc"] });
const ask = async (message = {}) => {
  server.send(message);
  const [answer] = await once(server, "message");
  return answer;
};

/** Opens a page and reads all of it. @returns counts its bytes and events, and closes it */
async function openPage(port) {
  const request = get({ host: "127.0.0.1", port, path: "/api/events", agent: false });
  const [response] = await once(request, "response");
  const page = { bytes: 0, events: 0, close: () => request.destroy() };
  response.on("data", (part) => {
    page.bytes += part.length;
    page.events += part.includes("event: ") ? 1 : 0;
  });
  request.on("error", () => {});
  response.on("error", () => {});
  return page;
}

/** The part of a core that the server uses, in percent. */
async function percentOf() {
  const begin = await ask();
  const at = performance.now();
  await sleep(seconds * 1000);
  const end = await ask();
  return {
    percent: ((end.cpuSeconds - begin.cpuSeconds) / ((performance.now() - at) / 1000)) * 100,
    perSecond: Math.round((end.written - begin.written) / ((performance.now() - at) / 1000)),
  };
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];
const { port } = await ask({ perSecond: updates });
await sleep(2000); // until the code that runs most is compiled
const rows = [];
for (let run = 0; run < runs; run++) {
  const without = await percentOf();
  const open = await Promise.all(Array.from({ length: pages }, () => openPage(port)));
  await sleep(1000);
  const before = open.map(({ bytes, events }) => ({ bytes, events }));
  const withPages = await percentOf();
  const bytes = median(open.map((page, i) => page.bytes - before[i].bytes));
  const events = median(open.map((page, i) => page.events - before[i].events));
  for (const page of open) page.close();
  await sleep(500);
  rows.push({ without, withPages, bytes, events });
  say(
    `run ${run + 1}: ${withPages.perSecond} updates/s; without pages ${without.percent.toFixed(1)} %, with ${pages} pages ${withPages.percent.toFixed(1)} % of a core; a page gets ${(events / seconds).toFixed(1)} events/s, ${(bytes / seconds / 1000).toFixed(1)} kB/s`,
  );
}
const difference = median(rows.map(({ without, withPages }) => withPages.percent - without.percent));
say(
  `median: ${median(rows.map(({ withPages }) => withPages.percent)).toFixed(1)} % of a core with ${pages} pages, of which the pages cost ${difference.toFixed(1)} %`,
);
server.disconnect();
