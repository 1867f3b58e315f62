/** The triggers of globus.conf: those of docs/transfers.md are taken, and what cannot be used is said. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Problems } from "../../src/assemble/parts.ts";
import { openTriggers, type SourceSight, type TriggerPartOptions } from "../../src/assemble/triggers.ts";
import { silentLog } from "../../src/base/log.ts";
import { parseConfig } from "../../src/config/config.ts";
import { FakeClock } from "../support/fakes/fake-clock.ts";
import { ROOT } from "../support/peers/real-peers.ts";

/** Which triggers these sections make, and what is wrong with them. */
function opened(text: string, sight: SourceSight = { top: "/data", seen: "/mnt/detector" }) {
  const settings = parseConfig(`[destination archive]\n${text}`, "/site/globus.conf", "/home/op");
  const problems = new Problems();
  const options = { settings, environment: {}, clock: new FakeClock(), log: silentLog, closers: [], problems };
  const { rows, trees } = openTriggers(options, {} as TriggerPartOptions, sight);
  return { trees, names: rows.map(({ name }) => name), destinations: rows.map((row) => row.destinations), problems };
}
function wrong(text: string, sight?: SourceSight): string {
  const { problems } = opened(text, sight);
  try {
    problems.throwIfAny();
  } catch (thrown) {
    return (thrown as Error).message;
  }
  return "";
}

test("docs/transfers.md: its triggers are taken as they stand there", () => {
  const page = readFileSync(join(ROOT, "docs/transfers.md"), "utf8");
  const blocks = [...page.matchAll(/^```ini\n([^]*?)^```$/gm)].map(([, code = ""]) => code);
  const triggers = blocks
    .filter((code) => code.includes("[trigger "))
    .map((code) => code.slice(Math.max(0, code.indexOf("[trigger "))));
  expect(triggers.map((code) => opened(code).names)).toEqual([
    ["tomoscan"],
    ["raw", "frames", "integrated", "tomography"],
    ["camera"],
  ]);
  expect(triggers.map((code) => wrong(code))).toEqual(["", "", ""]);
  expect(opened(triggers[1] ?? "").destinations).toEqual([undefined, ["archive"], undefined, undefined]);
});

test("what scans are is known by the names of the source host, also without a root", () => {
  const { trees } = opened(
    "[trigger a]\nkind = next\npreset = pal-xfel\n[trigger b]\nkind = quiet\nscans = {scan}\nroot = /data/live/\n",
  );
  expect(trees.map(({ name, root }) => [name, root])).toEqual([
    ["a", "/data"],
    ["b", "/data/live"],
  ]);
});

const SCANS = "scans = {scan}\n";
test.each([
  ["[trigger a]\n", '[trigger a]: kind is not set, and the name "a" is none: set kind to one of tomoscan, marker, '],
  [
    "[trigger a]\nkind = marker\n",
    "[trigger a]: scans is not set: say which folders or files are scans, or set preset",
  ],
  [`[trigger a]\nkind = next\n${SCANS}destinations = tape\n`, 'there is no destination "tape": name one of archive'],
  [`[trigger a]\nkind = next\n${SCANS}root = /other\n`, 'root = "/other" does not lie below /data, top of [source]'],
  [`[trigger a]\nkind = next\n${SCANS}canary = /other\n`, 'canary = "/other" does not lie below /data'],
  [
    `[trigger a]\nkind = next\n${SCANS}root = /data/raw\ncanary = /data/canary\n`,
    'canary = "/data/canary" does not lie below /data/raw, which is watched: name a folder there',
  ],
  ["[trigger a]\nkind = next\nscans = {exp}\n", 'The path pattern "{exp}" does not end in {scan} or {file}'],
  [
    `[trigger a]\nkind = marker\n${SCANS}markers = *\n`,
    '[trigger a]: The marker pattern "*" makes every file a marker',
  ],
  [`[trigger a]\nkind = quiet\n${SCANS}exclude = *\n`, 'The exclusion "*" leaves everything out'],
  [
    `[trigger a]\nkind = count\n${SCANS}`,
    "[trigger a]: files is not set: say how many files a scan has when it is complete",
  ],
  ["[trigger a]\nkind = pv\npath-pv = x:File\n", "[trigger a]: pv is not set"],
  ["[trigger a]\nkind = pv\npv = x:Done\n", "[trigger a]: path-pv is not set: nothing would say which scan has ended"],
])("a trigger that cannot be used is refused in a sentence: %j", (text, sentence) => {
  expect(opened(text).names).toEqual([]);
  expect(wrong(text)).toContain(sentence);
});

test.each(["marker", "count", "quiet", "next", "pv"])(
  "with host = analysis nobody but TomoScan says where the copy of a scan is: kind %s is refused",
  (kind) => {
    const more = `${SCANS}pv = x:Done\npath-pv = x:File\n`;
    expect(wrong(`[source]\nhost = analysis\n[trigger a]\nkind = ${kind}\n${more}`)).toContain(
      `[trigger a]: kind = ${kind} needs host = detector in [source]: with host = analysis scans are sent from TomoScan's copies, and only kind = tomoscan knows where those are`,
    );
    expect(opened("[source]\nhost = analysis\n[trigger tomoscan]\n").names).toEqual(["tomoscan"]);
  },
);

test.each([
  ["quiet-seconds = 0.5", 'quiet-seconds = "0.5" is not a number of seconds from 1 to 86400'],
  ["quiet-seconds = 90000", 'quiet-seconds = "90000" is not a number of seconds from 1 to 86400'],
  ["files = 0", 'files = "0" is not a whole number from 1 to 999999999'],
  ["counted = a b", 'counted = "a b" is not a pattern of file names without blanks'],
])("what no trigger can do is refused with its line: %s", (line, sentence) => {
  expect(() => opened(`[trigger a]\nkind = quiet\n${SCANS}${line}\n`)).toThrow(sentence);
});

test("a directory that this host does not see is watched by nobody, and mount is named", () => {
  expect(wrong(`[trigger a]\nkind = next\n${SCANS}`, { top: "/data", seen: undefined })).toContain(
    "this host does not see the directory /data of [source], and nothing tells of its files: set mount in [source]",
  );
});
