/** Which steps of a visit, and which parts of health, a site has by its settings. */
import { afterEach, expect, test } from "vitest";
import { openSite } from "../../src/assemble/site.ts";
import { silentLog } from "../../src/base/log.ts";
import { parseConfig } from "../../src/config/config.ts";
import { HEALTH_PARTS, type HealthPart } from "../../src/controller/pvs/health.ts";
import { VISIT_STEPS, type VisitStep } from "../../src/controller/pvs/visit.ts";
import type { Site } from "../../src/controller/site.ts";
import { FakeClock } from "../support/fakes/fake-clock.ts";

const closing: Site[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((site) => site.close()));
});
function open(text: string): Site {
  const site = openSite({
    settings: parseConfig(text, "/nowhere/globus.conf", "/nowhere"),
    environment: { HOME: "/nowhere", SSH_AUTH_SOCK: "/nowhere/agent" },
    user: "op",
    host: "ws1",
    clock: new FakeClock(),
    log: silentLog,
  });
  closing.push(site);
  return site;
}

const DM = "[server voyager]\nkind = dm\n";
const DM_SERVICE =
  "[dm]\nbackend = http\nstation = 99ID\nds-url = https://127.0.0.1:1\ndaq-url = https://127.0.0.1:1\nlogin-file = /login\n";
const GLOBUS = "[server petrel]\nkind = globus\n";
const HOSTS =
  "[local]\ndetector = det\ndetector-user-name = op\ndetector-top-dir = /data\nanalysis = ana\nanalysis-user-name = op\nanalysis-top-dir = /data\n";
const MAIL = "[email]\nsmtp-host = mail.example.org\n";
const FOLDER = "[source]\ntop = /data\nmount = /data\n[destination archive]\nkind = folder\ntop = /archive\n";

test.each<readonly [string, string, readonly VisitStep[]]>([
  ["nothing but a server", DM, ["Dirs", "Email", "Start", "Scans", "Stop"]],
  ["Data Management, hosts and a mail server", DM + DM_SERVICE + HOSTS + MAIL, []],
  [
    "Data Management without its DAQ service",
    DM + DM_SERVICE.replace(/daq-url.*\n/, "") + HOSTS + MAIL,
    ["Start", "Scans", "Stop"],
  ],
  ["a collection", GLOBUS + DM_SERVICE + HOSTS + MAIL, ["Start", "Scans", "Stop"]],
  ["a collection and a destination of scans", GLOBUS + HOSTS + MAIL + FOLDER, ["Start", "Stop"]],
])("a site with %s does without some steps", (_, text, off) => {
  const { visit, servers } = open(text);
  expect(VISIT_STEPS.filter((step) => visit.isOff(step, servers[0]))).toEqual(off);
});

test.each<readonly [string, string, RegExp]>([
  ["Data Management is not configured", DM, /experiment-type/],
  [
    "Data Management is off",
    `${DM}[globus]\nexperiment-type = 2BM\nprimary-beamline-contact-badge = 1\n[epics]\nioc-prefix = t:\n`,
    /^Init cannot begin: Data Management is off: set station, ds-url and login-file in the \[dm\] section/,
  ],
  ["Globus is off", `${GLOBUS}[epics]\nioc-prefix = t:\n`, /^Globus is off: set client-id/],
  [
    "the collection is not named",
    `${GLOBUS}[epics]\nioc-prefix = t:\n[globus-auth]\nclient-id = 00000000-0000-0000-0000-000000000001\n`,
    /^Init needs uuid in the \[server petrel\] section of globus\.conf/,
  ],
])("Init says which setting is missing where %s", (_, text, sentence) => {
  const { visit, servers } = open(text);
  expect(visit.problem("Init", servers[0])).toMatch(sentence);
});

test("where nothing is missing nothing is said", () => {
  const globus = "[globus]\nexperiment-type = 2BM\nprimary-beamline-contact-badge = 1\n";
  const { visit, servers } = open(`${DM}${DM_SERVICE}${globus}[epics]\nioc-prefix = t:\n`);
  expect(visit.problem("Init", servers[0])).toBeUndefined();
  expect(visit.problem("StopDaq", servers[0])).toBeUndefined();
});

test.each<readonly [string, string, readonly HealthPart[]]>([
  ["nothing but a server", DM, ["TomoScan", "DM", "Globus", "SSH", "Mail", "Watcher"]],
  ["its services", `${DM}${DM_SERVICE}${HOSTS}${MAIL}[epics]\nioc-prefix = t:\n`, ["Globus", "Watcher"]],
  [
    "a watch over directories",
    `${DM}${FOLDER}[trigger quiet]\nscans = {scan}\ndestinations = archive\n`,
    ["TomoScan", "DM", "Globus", "SSH", "Mail"],
  ],
])("with %s some parts have no health, and say what to set", (_, text, off) => {
  const { health } = open(text);
  expect(HEALTH_PARTS.filter((part) => health?.offOf(part) !== undefined)).toEqual(off);
  for (const part of off) expect(health?.offOf(part)).toMatch(/globus\.conf/);
});
