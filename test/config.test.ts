import { expect, test } from "vitest";
import { ConfigError, findConfigFile, parseConfig } from "../src/config.ts";

const problems = (text: string): readonly string[] => {
  try {
    parseConfig(text, "/site/globus.conf", "/home/op");
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
};

/** What the Python program writes with `globus config`, in its sections and order. */
const PYTHON_FILE = `[general]
globus-token-file = ~/token.npy
verbose = True

[scheduling]
beamline = 7-BM-A,B
set = 0
url = https://beam-api.example.org
credentials = ~/.scheduling_credentials

[globus]
experiment-type = 7BM
primary-beamline-contact-badge = 56788
primary-beamline-contact-email = contact@example.org
edit-user-badge = 0
globus-server-name = petrel

[local]
analysis = mach
analysis-user-name = 7bmb
`;

test("a file of the Python program is read as it is", () => {
  const settings = parseConfig(PYTHON_FILE, "/site/globus.conf", "/home/op");
  expect(settings.scheduling).toMatchObject({
    beamline: "7-BM-A,B",
    set: 0,
    credentials: "/home/op/.scheduling_credentials",
  });
  expect(settings.globus["globus-server-name"]).toBe("petrel");
  expect(settings.servers.map((server) => [server.name, server.kind])).toEqual([
    ["voyager", "dm"],
    ["petrel", "globus"],
  ]);
});

test("an empty file gives the defaults", () => {
  expect(parseConfig("", "/site/globus.conf", "/home/op").epics["ioc-prefix"]).toBe("7bmb1:");
});

test("all problems are reported at once, each with its line, in order", () => {
  const found = problems(
    "[lokal]\n[local]\nanalysis-top-dir = data\nanalisys = x\n[ssh]\ndetector-port = 99999\n[server a]\nkind = dn\n",
  );
  expect(found).toEqual([
    expect.stringContaining('globus-server-name = "voyager" is none of the servers: a'),
    "/site/globus.conf:1: there is no section [lokal]; did you mean local?",
    '/site/globus.conf:3: [local] analysis-top-dir = "data" is not a path that begins with /',
    "/site/globus.conf:4: [local] has no key analisys; did you mean analysis?",
    '/site/globus.conf:6: [ssh] detector-port = "99999" is not a port from 1 to 65535',
    '/site/globus.conf:8: [server a] kind = "dn" is not one of dm, globus',
  ]);
});

test("a site's own servers replace the built-in ones, in their order", () => {
  const settings = parseConfig(
    "[globus]\nglobus-server-name = sojourner\n[server sojourner]\nuuid = 054a0877-97ca-4d80-947f-47ca522b173e\n[server eagle]\nkind = globus\ntop = /2-BM\n",
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
    /there is no .*globus\.conf.*--config/,
  );
});
