import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  ConfigError,
  configFileToWrite,
  findConfigFile,
  loadConfig,
  parseConfig,
  parseSource,
} from "../../src/config/config.ts";
import { SETTINGS } from "../../src/config/settings.ts";
import { ALIASES } from "../../src/config/settings-aliases.ts";

const problems = (text: string): readonly string[] => {
  try {
    parseConfig(text, "/site/globus.conf", "/home/op");
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
};

/** All that the Python program globus writes with `globus config`, in its sections and order. */
const GLOBUS_FILE = `[general]
globus-token-file = /home/beams/99IDB/token.npy
verbose = True

[scheduling]
beamline = 99-ID-A,B
set = 0
url = https://beam-api-dev.example.org
credentials = /home/beams/99IDB/.scheduling_credentials

[globus]
experiment-type = 99ID
primary-beamline-contact-badge = 11111
primary-beamline-contact-email = contact@example.org
secondary-beamline-contact-badge = 56789
secondary-beamline-contact-email = second@example.org
globus-message-file = message-99id.txt
edit-user-badge = 0
globus-server-name = petrel

[local]
analysis = analysis1
analysis-user-name = 99idb
analysis-top-dir = /local/data/
detector = detector1
detector-user-name = 99idb
detector-top-dir = /local/data/

[epics]
ioc-prefix = 99idb1:
tomoscan-prefix = TomoScan:
experiment-year-month = ExperimentYearMonth
user-email = UserEmail
user-last-name = UserLastName
proposal-number = ProposalNumber
proposal-title = ProposalTitle

[email]
schedule = False

`;

/** All that DMagic writes, in its sections and order; what is not set stands there as a comment. */
const DMAGIC_FILE = `[general]

[settings]
set = -3.5

[site]
beamline = 98-ID-B,C
credentials = /home/beams/USER98ID/.scheduling_credentials
experiment-type = 98ID
globus-message-file = message-98id.txt
globus-server-uuid = 44444444-4444-4444-8444-444444444444
primary-beamline-contact-badge = 222222
primary-beamline-contact-email = first@example.org
secondary-beamline-contact-badge = 111111
secondary-beamline-contact-email = second@example.org
tomolog-home = /home/beams/NOTES
tomoscan-prefix = 98id:TomoScan:
url = https://beam-api.example.org
verbose = True

[manual]
# badges =
# date =
# email =
# end =
# first-name =
gup = 0
# institution =
name = Staff
# start =
title = Commissioning

[local]
data-host = store3
data-top-dir = /data3/2BM/
dm-direct-mount = False

[query]
# start-date =
# end-date =

`;

test("a file of the Python program globus is read as it is", () => {
  const settings = parseConfig(GLOBUS_FILE, "/site/globus.conf", "/home/op");
  expect(settings.general).toMatchObject({ verbose: true, "globus-token-file": "/home/beams/99IDB/token.npy" });
  expect(settings.scheduling).toMatchObject({ beamline: "99-ID-A,B", set: 0, url: "https://beam-api-dev.example.org" });
  expect(settings.globus).toMatchObject({
    "secondary-beamline-contact-badge": "56789",
    "globus-server-name": "petrel",
  });
  expect(settings.local).toMatchObject({ analysis: "analysis1", "detector-top-dir": "/local/data/" });
  expect(settings.email.schedule).toBe(false);
  expect(settings.servers.map((server) => [server.name, server.kind])).toEqual([
    ["voyager", "dm"],
    ["petrel", "globus"],
  ]);
});

test("a file of DMagic is read as it is", () => {
  const settings = parseConfig(DMAGIC_FILE, "/home/op/dmagic.conf", "/home/op");
  expect(settings.scheduling).toMatchObject({
    beamline: "98-ID-B,C",
    set: -3.5,
    url: "https://beam-api.example.org",
    credentials: "/home/beams/USER98ID/.scheduling_credentials",
  });
  expect(settings.globus).toMatchObject({
    "experiment-type": "98ID",
    "globus-message-file": "/home/op/message-98id.txt",
    "primary-beamline-contact-badge": "222222",
    "secondary-beamline-contact-email": "second@example.org",
  });
  expect(settings.email["tomolog-home"]).toBe("/home/beams/NOTES");
  expect([settings.epics["ioc-prefix"], settings.epics["tomoscan-prefix"]]).toEqual(["98id:", "TomoScan:"]);
  expect(settings.servers.map(({ name, uuid }) => [name, uuid.slice(0, 8)])).toEqual([
    ["voyager", "44444444"],
    ["petrel", ""],
  ]);
  expect(settings.local).toMatchObject({ "data-host": "store3", "dm-direct-mount": false });
  expect([settings.local.detector, settings.local.analysis]).toEqual(["", ""]); // not those of another beamline
  expect(settings.manual).toMatchObject({ name: "Staff", title: "Commissioning", badges: "", start: "" });
});

test.each([
  ["[site]\nbeamlin = x\n", "/site/globus.conf:2: [site] has no key beamlin; did you mean beamline?"],
  ["[site]\nglobus-server-uuid = 7\n", '/site/globus.conf:2: [site] globus-server-uuid = "7" is not a UUID, or empty'],
  [
    "[general]\ntime-zone = Chicago\n",
    '/site/globus.conf:2: [general] time-zone = "Chicago" is not a time zone such as America/Chicago, or empty',
  ],
  [
    "[settings]\nset = soon\n",
    '/site/globus.conf:2: [settings] set = "soon" is not a number of days from -36500 to 36500',
  ],
])("what is wrong in it is told with its line: %j", (text, problem) => {
  expect(problems(text)).toEqual([problem]);
});

test("a file of DMagic before it had [site] means the same", () => {
  const settings = parseConfig(
    "[settings]\nbeamline = 99-ID-A\ncredentials = /home/user/.scheduling_credentials\nset = 0\ntomoscan-prefix = 99id:TomoScan:\nurl = https://beam-api.example.org\n",
    "/home/op/dmagic.conf",
    "/home/op",
  );
  expect(settings.scheduling).toMatchObject({
    beamline: "99-ID-A",
    set: 0,
    url: "https://beam-api.example.org",
    credentials: "/home/user/.scheduling_credentials",
  });
  expect(settings.epics).toMatchObject({ "ioc-prefix": "99id:", "tomoscan-prefix": "TomoScan:" });
});

test.each([
  ["[settings]\npv_prefix = 99id:\n# scan_prefix =\n", "99id:", ""],
  ["[settings]\npv_prefix = 99id:\nscan_prefix = Exp:\n", "99id:", "Exp:"],
  ["[epics]\npv_prefix = 99id:\nscan_prefix = Exp:\n", "99id:", "Exp:"],
  ["[epics]\npv-prefix = 99id:\nscan-prefix = Exp:\n", "99id:", "Exp:"],
])("TomoScan's prefix in the words of an older version: %j", (text, first, second) => {
  const { epics } = parseConfig(text, "/site/globus.conf", "/home/op");
  expect([epics["ioc-prefix"], epics["tomoscan-prefix"]]).toEqual([first, second]);
});

test("DMagic's [dm] of one week, its switch and its manual experiment among it", () => {
  const settings = parseConfig(
    "[dm]\nexperiment-type = 99ID\nglobus-server-top-dir = /gdata/dm/99ID\nmanual = False\nname = Staff\ntitle = Tests\n[create]\nbadges = 111111\n",
    "/home/op/dmagic.conf",
    "/home/op",
  );
  expect(settings.globus["experiment-type"]).toBe("99ID");
  expect(settings.servers.map(({ top }) => top)).toEqual(["/gdata/dm/99ID", "/"]);
  expect(settings.manual).toMatchObject({ name: "Staff", title: "Tests", badges: "111111" });
});

test("the Python program's collection is the one of the chosen server, and its data link leads below its top", () => {
  const uuid = "33333333-3333-4333-8333-333333333333";
  const settings = parseConfig(
    `[globus]\nglobus-server-name = petrel\nglobus-server-uuid = ${uuid}\nglobus-server-top-dir = /99-ID/\n`,
    "/site/globus.conf",
    "/home/op",
  );
  expect(settings.servers.map((server) => server.uuid)).toEqual(["", uuid]);
  expect(settings.servers[1]).toMatchObject({ top: "/99-ID/", "data-link-path": "/99-ID/{ym}/{exp}/" });
});

test("a key of an older version that does nothing here is told, and accepted", () => {
  const { idle } = parseSource("[hosts]\ninternal = https://old.example.org\n[globus]\napp-id = 7\n", {
    file: "/site/globus.conf",
    home: "/home/op",
  });
  expect(idle).toEqual([
    "/site/globus.conf:2: [hosts] internal of the Python program does nothing here.",
    "/site/globus.conf:4: [globus] app-id of the Python program does nothing here.",
  ]);
});

test("a server that only the Python program knew is asked for, with the section that it needs", () => {
  expect(problems("[globus]\nglobus-server-name = storage\n")).toEqual([
    '/site/globus.conf:2: [globus] globus-server-name = "storage" is none of the servers: voyager, petrel; add a section [server storage] to the file',
  ]);
});

test("a key in its own place wins over where DMagic has it", () => {
  const settings = parseConfig(
    "[site]\nbeamline = a\nglobus-server-uuid = 44444444-4444-4444-8444-444444444444\n[scheduling]\nbeamline = b\n[globus]\nglobus-server-name = s\n[server s]\nuuid = 33333333-3333-4333-8333-333333333333\n",
    "/site/globus.conf",
    "/home/op",
  );
  expect(settings.scheduling.beamline).toBe("b");
  expect(settings.servers[0].uuid).toBe("33333333-3333-4333-8333-333333333333");
});

test("what a Python program has written as None or as nothing is not set", () => {
  const settings = parseConfig(
    "[scheduling]\nbeamline =\nset = None\n[local]\nanalysis =\n[site]\nexperiment-type = None\n[globus]\nprimary-beamline-contact-email =\n",
    "/site/globus.conf",
    "/home/op",
  );
  expect(settings.scheduling).toMatchObject({ beamline: "", set: 0 });
  expect(settings.local.analysis).toBe("");
  expect(settings.globus).toMatchObject({ "experiment-type": "", "primary-beamline-contact-email": "" });
});

const WITH_OWN_NAMES = ["globus", "scheduling", "general", "local", "epics", "email", "manual", "dm"];
const OF_PYTHON = new Set([...Object.keys(ALIASES), ...WITH_OWN_NAMES]);
test.each([...OF_PYTHON])("None in any key of [%s] is not set", (section) => {
  const ofSettings = Object.keys((SETTINGS as Readonly<Record<string, object>>)[section] ?? {});
  const keys = new Set([...Object.keys(ALIASES[section] ?? {}), ...ofSettings]);
  const text = `[${section}]\n${[...keys].map((key) => `${key} = None\n`).join("")}`;
  expect(parseConfig(text, "/site/globus.conf", "/home/op")).toEqual(parseConfig("", "/site/globus.conf", "/home/op"));
});

test("an option wins over the file, and says of each setting who said so", () => {
  const { settings, lines } = parseSource("[scheduling]\nbeamline = file\nset = 2\n", {
    file: "/site/globus.conf",
    home: "/home/op",
    options: [{ section: "scheduling", key: "beamline", text: "option", option: "--beamline" }],
  });
  expect(settings.scheduling).toMatchObject({ beamline: "option", set: 2 });
  const origins = lines.filter(({ section }) => section === "scheduling").map(({ key, origin }) => `${key} ${origin}`);
  expect(origins).toEqual([
    "beamline option",
    "set file",
    "url default",
    "credentials default",
    "schedule-file default",
    "timeout default",
  ]);
});

test("an empty file gives the defaults, of which none is a place, an address or a number of somebody's", () => {
  const { lines } = parseSource("", { file: "/site/globus.conf", home: "/home/op" });
  const own = lines.filter(
    ({ section, text }) =>
      /^(scheduling|globus|local|epics|email|dm)$/.test(section) && /[/@.]|[A-Za-z]\d|\d[A-Za-z]|\d{4}/.test(text),
  );
  expect(own.map(({ key, text }) => `${key} = ${text}`)).toEqual([
    "credentials = ~/.scheduling_credentials",
    "python = python3",
  ]);
});

test.each(["destination  archive", "destination\tarchive", "constructor x", "toString", "server"])(
  "a section [%s] is none: its keys would be read by nobody",
  (section) => {
    expect(problems(`[${section}]\nkind = folder\n`)[0]).toContain(
      `/site/globus.conf:1: there is no section [${section}]`,
    );
  },
);

test("all problems are reported at once, each with its line, in order", () => {
  const found = problems(
    "[lokal]\n[local]\nanalysis-top-dir = data\nanalisys = x\n[ssh]\ndetector-port = 99999\n[server a]\nkind = dn\n",
  );
  expect(found).toEqual([
    "/site/globus.conf:1: there is no section [lokal]; did you mean local?",
    '/site/globus.conf:3: [local] analysis-top-dir = "data" is not a path that begins with /, or empty',
    "/site/globus.conf:4: [local] has no key analisys; did you mean analysis?",
    '/site/globus.conf:6: [ssh] detector-port = "99999" is not a port from 1 to 65535',
    '/site/globus.conf:8: [server a] kind = "dn" is not one of dm, globus',
  ]);
});

test("a site's own servers replace the built-in ones, in their order", () => {
  const settings = parseConfig(
    "[globus]\nglobus-server-name = sojourner\n[server sojourner]\nuuid = 33333333-3333-4333-8333-333333333333\n[server eagle]\nkind = globus\ntop = /2-BM\n",
    "/site/globus.conf",
    "/home/op",
  );
  expect(settings.servers.map((server) => server.name)).toEqual(["sojourner", "eagle"]);
  expect(settings.servers[1]).toMatchObject({ kind: "globus", top: "/2-BM", "directory-template": "{ym}/{exp}" });
});

test("too many servers, or a name that ServerName cannot show, are refused", () => {
  const many = Array.from({ length: 17 }, (_, i) => `[server s${i}]\n`).join("");
  expect(problems(`[globus]\nglobus-server-name = s0\n${many}`).join()).toMatch(/at most 16/);
  expect(problems(`[globus]\nglobus-server-name = ${"x".repeat(26)}\n[server ${"x".repeat(26)}]\n`).join()).toMatch(
    /more than 25 bytes/,
  );
});

test("relative file names begin at the configuration file, ~ at home", () => {
  const settings = parseConfig(
    "[dm]\nroutes-file = dm-routes.json\nlogin-file = ~/.dm\n",
    "/site/globus.conf",
    "/home/op",
  );
  expect(settings.dm).toMatchObject({
    "routes-file": "/site/dm-routes.json",
    "login-file": "/home/op/.dm",
    "ca-file": "",
  });
});

test("the file is looked for where the decision says, and its absence is a sentence", () => {
  expect(findConfigFile("/a/b.conf", {})).toBe("/a/b.conf");
  expect(findConfigFile(undefined, { GLOBUS_CONF: "/c.conf" })).toBe("/c.conf");
  expect(() => findConfigFile(undefined, { HOME: "/nowhere" }, "/nowhere")).toThrow(
    /There is no .*globus\.conf.*dmagic\.conf.*--config/,
  );
  const home = mkdtempSync(join(tmpdir(), "globus-ioc-home-"));
  for (const name of ["dmagic.conf", "globus.conf"]) {
    writeFileSync(join(home, name), "");
    expect(findConfigFile(undefined, { HOME: home }, "/nowhere")).toBe(join(home, name));
  }
  rmSync(home, { recursive: true });
});

test("a new file is written where it would be read", () => {
  const [here, home] = [
    mkdtempSync(join(tmpdir(), "globus-ioc-here-")),
    mkdtempSync(join(tmpdir(), "globus-ioc-home-")),
  ];
  const chosen = (given?: string, environment = {}) => configFileToWrite(given, { HOME: home, ...environment }, here);
  expect(chosen()).toBe(join(home, "globus.conf"));
  writeFileSync(join(home, "dmagic.conf"), ""); // never written over
  expect(chosen()).toBe(join(home, "globus.conf"));
  writeFileSync(join(here, "globus.conf"), ""); // would hide the one at home
  expect(chosen()).toBe(join(here, "globus.conf"));
  expect(chosen(undefined, { GLOBUS_CONF: "/c.conf" })).toBe("/c.conf");
  expect(chosen("/a/b.conf", { GLOBUS_CONF: "/c.conf" })).toBe("/a/b.conf");
  for (const folder of [here, home]) rmSync(folder, { recursive: true });
});

test.each([
  [
    '[scheduling]\nbeamline = "99-ID-A"\n',
    'beamline = "\\"99-ID-A\\"" stands in quotes, which would be part of it: leave them out',
  ],
  ["[dm]\nds-url = https://dm.example.org\n", "is not an address that begins with http:// or https:// and has a port"],
  ["[dm]\nds-url = https://dm.example.org:22237/?a=b\n", "is not an address"],
  ["[scheduling]\nurl = https://user:secret@api.example.org\n", "is not an address"],
  ["[scheduling]\nset = 1e9\n", "is not a number of days from -36500 to 36500"],
  ["[dm]\ntimeout = 1e12\n", "is not a number of seconds from 0.1 to 1000000"],
  ["[daq]\npoll-seconds = 0.00001\n", "is not a number of seconds from 0.1"],
  ["[manual]\ngup = 3000000000\n", "is not a proposal number"],
  ["[manual]\nstart = 2026-02-30\n", "is not a day as YYYY-MM-DD"],
  ["[manual]\ndate = 2026-13\n", "is not a month as YYYY-MM"],
  ["[globus]\nprimary-beamline-contact-badge = 0\n", "is not a badge number"],
  ["[globus]\nprimary-beamline-contact-email = contact\n", "is not an e-mail address"],
  ["[web]\naddress = 999.0.0.1\n", "is not an IP address of this host, 0.0.0.0 or ::"],
  ["[web]\naddress = ioc.example.org\n", "is not an IP address of this host, 0.0.0.0 or ::"],
  ["[web]\naddress = 2001:db8::g\n", "is not an IP address of this host, 0.0.0.0 or ::"],
  ["[web]\nport = 65536\n", "is not a port from 1 to 65535, or 0 for any that is free"],
  ["[web]\nnames = dm.example.org https://dm\n", "is not host names separated by blanks"],
  ["[ssh]\ndirectory-mode = 0066\n", "is not an octal mode such as 2775 that lets its owner in"],
])("what would fail only when it is used is refused at the start: %j", (text, sentence) => {
  expect(problems(text)).toEqual([expect.stringContaining(sentence)]);
});

test("a line of the file that is no UTF-8 is named; a comment may be anything", () => {
  const folder = mkdtempSync(join(tmpdir(), "globus-ioc-latin1-"));
  const file = join(folder, "globus.conf");
  writeFileSync(file, Buffer.from("# Zürich\n[manual]\ntitle = Zürich\n", "latin1"));
  expect(() => loadConfig(file, {})).toThrow(
    `${file}:3: the line holds bytes that are no UTF-8, as Latin-1 has them: save the file as UTF-8`,
  );
  writeFileSync(file, "# Zürich\n[manual]\ntitle = Zürich\n");
  expect(loadConfig(file, {}).settings.manual.title).toBe("Zürich");
  rmSync(folder, { recursive: true });
});
