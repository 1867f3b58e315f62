/**
 * Data Management as assemble/dm.ts opens it: what globus.conf and the site's dm.setup.sh say reaches the service, and
 * what is wrong is told.
 */
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { type DmPart, openDm } from "../../src/assemble/dm.ts";
import { type PartOptions, Problems } from "../../src/assemble/parts.ts";
import { ActionError } from "../../src/base/errors.ts";
import { silentLog } from "../../src/base/log.ts";
import { ConfigError, parseConfig } from "../../src/config/config.ts";
import { UnavailableError } from "../../src/controller/ports/call.ts";
import { dmSite } from "../support/dm-site.ts";
import { failureOf } from "../support/failure-of.ts";
import { ImpatientClock } from "../support/fakes/impatient-clock.ts";

const TLS = path.join(import.meta.dirname, "../support/tls");
const pem = (name: string): string => readFileSync(path.join(TLS, name), "utf8");
const fingerprint = new X509Certificate(pem("server.pem")).fingerprint256;

/** A folder of the test with these files. @returns its path */
function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(path.join(tmpdir(), "globus-ioc-dm-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text, { mode: 0o600 });
  return folder;
}

interface Opened extends DmPart {
  readonly problems: readonly string[];
}

/** Opens what the lines of a [dm] section say. @param files beside globus.conf */
function opened(lines: readonly string[], files: Readonly<Record<string, string>> = {}): Opened {
  const folder = folderWith({ login: "dm2bm|secret\n", ...files });
  const problems = new Problems();
  const options: PartOptions = {
    settings: parseConfig(["[dm]", ...lines].join("\n"), path.join(folder, "globus.conf"), folder),
    environment: { DM_STATION_NAME: "of the environment", DM_DS_WEB_SERVICE_URL: "http://127.0.0.1:9" },
    clock: new ImpatientClock(),
    log: silentLog,
    closers: [],
    problems,
  };
  const part = openDm(options);
  onTestFinished(async () => {
    for (const close of options.closers) await close();
  });
  try {
    problems.throwIfAny();
  } catch (error) {
    if (error instanceof ConfigError)
      return { ...part, problems: error.problems.map((one) => one.replaceAll(folder, "/site")) };
    throw error;
  }
  return { ...part, problems: [] };
}

describe("TLS", () => {
  /** A service that takes every login. */
  async function tlsService(
    certificate: "server" | "other",
  ): Promise<{ readonly url: string; readonly requests: () => number }> {
    let requests = 0;
    const server = createServer({ cert: pem(`${certificate}.pem`), key: pem(`${certificate}.key`) }, (_, response) => {
      requests++;
      response.setHeader("set-cookie", "session=1; Secure");
      response.end("{}");
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    onTestFinished(() => {
      server.closeAllConnections();
      return new Promise((closed) => server.close(() => closed()));
    });
    return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, requests: () => requests };
  }
  const settings = (url: string, ...lines: string[]): readonly string[] => [
    "station = 2BM",
    `ds-url = ${url}`,
    "login-file = login",
    ...lines,
  ];
  const caFile = `ca-file = ${path.join(TLS, "ca.pem")}`;

  test.each([
    ["the authority's file", "server", [caFile]],
    ["the authority's file and another name", "other", [caFile, "tls-name = other.example.org"]],
    ["the certificate's fingerprint", "server", [`fingerprint = ${fingerprint}`]],
  ] as const)("a service is trusted by %s", async (_, certificate, lines) => {
    const { url, requests } = await tlsService(certificate);
    const { dm, identity, problems } = opened(settings(url, ...lines));
    expect(problems).toEqual([]);
    await dm.checkLogin({});
    expect(await identity.state({})).toEqual({ state: "OK" });
    expect(requests()).toBe(1);
  });

  test.each([
    ["nothing that vouches for it", "server", []],
    ["a certificate for another host", "other", [caFile]],
    ["another name than the expected one", "server", [caFile, "tls-name = other.example.org"]],
    ["another fingerprint than the pinned one", "other", [`fingerprint = ${fingerprint}`]],
  ] as const)("a service with %s sees no password", async (_, certificate, lines) => {
    const { url, requests } = await tlsService(certificate);
    const { dm } = opened(settings(url, ...lines));
    const failure = await failureOf(dm.checkLogin({}), UnavailableError);
    expect(failure.message).toMatch(/certificate (is not trusted|has the fingerprint)/);
    expect(requests()).toBe(0);
  });

  test("plain http is for this machine alone, whichever service it is", () => {
    const far = "http://dm.example.org:22237";
    for (const key of ["daq-url", "aps-db-url"]) {
      const { problems } = opened(settings("https://dm.example.org:22237", `${key} = ${far}`));
      expect(problems).toEqual([expect.stringContaining(`${far} would send the password in clear`)]);
    }
    expect(opened(settings(far)).problems).toEqual([expect.stringContaining("use https, or http to this machine")]);
    expect(opened(settings("http://127.0.0.1:9")).problems).toEqual([]);
  });

  test("a CA file that is not there is told with its key", () => {
    const { problems } = opened(settings("https://dm.example.org:22237", "ca-file = ca.pem"));
    expect(problems).toEqual([expect.stringMatching(/^\[dm\]: ca-file = \/site\/ca\.pem does not exist/)]);
  });
});

describe("the setup file", () => {
  test("fills what globus.conf leaves empty, and nothing else", async () => {
    const { twin } = await dmSite();
    const folder = folderWith({ dm_login: `${twin.login.username}|${twin.login.password}\n` });
    const { dm, esafs, problems } = opened(["setup-file = dm.setup.sh", `daq-url = ${twin.urls.daq}`], {
      "dm.setup.sh": [
        "#!/bin/bash",
        "export DM_ROOT_DIR=$HOME/production",
        "export DM_STATION_NAME=2BM",
        `export DM_DS_WEB_SERVICE_URL="${twin.urls.ds}/"`,
        "export DM_DAQ_WEB_SERVICE_URL=https://`hostname`:33336",
        `export DM_APS_DB_WEB_SERVICE_URL=${twin.urls.apsDb}`,
        `export DM_LOGIN_FILE='${folder}/dm_login'`,
      ].join("\n"),
    });
    expect(problems).toEqual([]);
    await dm.checkLogin({});
    await esafs?.(2026, {});
    expect(twin.requests.map(({ path: route }) => route)).toContain("/dm/esaf/stationEsafs/2BM");
  });

  test.each([
    ["DM_DS_WEB_SERVICE_URL=https://$HOST:22237", "DM_DS_WEB_SERVICE_URL needs a shell to be known; set ds-url"],
    ["DM_DS_WEB_SERVICE_URL=dm.example.org", 'DM_DS_WEB_SERVICE_URL = "dm.example.org" is not an address'],
    ["DM_LOGIN_FILE=etc/login", 'DM_LOGIN_FILE = "etc/login" is not a path that begins with /'],
    ["DM_LOGIN_FILE=~/login", "DM_LOGIN_FILE needs a shell to be known; set login-file"],
  ])("a value that cannot be used is told with its line: %s", (assignment, sentence) => {
    const { problems } = opened(["setup-file = dm.setup.sh"], { "dm.setup.sh": `export X=$Y\nexport ${assignment}\n` });
    expect(problems).toEqual([expect.stringContaining(`/site/dm.setup.sh:2: ${sentence}`)]);
    expect(problems[0]).toMatch(/in the \[dm\] section of globus\.conf$/);
  });

  test("nothing in it is run", () => {
    const folder = folderWith({});
    const mark = path.join(folder, "mark");
    opened(["setup-file = dm.setup.sh"], { "dm.setup.sh": `touch ${mark}\nexport DM_STATION_NAME=$(touch ${mark})\n` });
    expect(() => readFileSync(mark)).toThrow("ENOENT");
  });

  test("one that is not there is told with its key", () => {
    expect(opened(["setup-file = dm.setup.sh"]).problems).toEqual([
      expect.stringMatching(/^\[dm\]: setup-file = \/site\/dm\.setup\.sh does not exist/),
    ]);
  });
});

describe("what is not configured", () => {
  test.each([
    [
      [],
      "set station, ds-url and login-file in the [dm] section of globus.conf, or setup-file to the site's dm.setup.sh",
    ],
    [["station = 2BM", "login-file = login"], "set ds-url in the [dm] section of globus.conf, or setup-file"],
    [["station = 2BM", "ds-url = http://127.0.0.1:9"], "set login-file in the [dm] section"],
  ])("with %j everything of Data Management says what to set, and nobody is asked", async (lines, sentence) => {
    const { dm, identity, esafs, problems } = opened(lines);
    expect(problems).toEqual([]);
    const failure = await failureOf(dm.startDaq("e", "/data", {}, {}), ActionError);
    expect(failure.message).toContain(`Data Management is off: ${sentence}`);
    expect(await identity.state({})).toEqual({ state: "Off" });
    expect(esafs).toBeUndefined();
  });

  test("what the setup file does not give either is told with the file", async () => {
    const { dm } = opened(["setup-file = dm.setup.sh"], { "dm.setup.sh": "export DM_STATION_NAME=2BM\n" });
    const failure = await failureOf(dm.checkLogin({}), ActionError);
    expect(failure.message).toMatch(/set ds-url and login-file in .*, which .*dm\.setup\.sh does not give$/);
  });
});
