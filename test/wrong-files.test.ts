/**
 * Everything that the program reads, with something else than its file in the place: none waits for ever, and each says
 * in one sentence what is there.
 */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { readSettingFile } from "../src/assemble/parts.ts";
import { messageOf } from "../src/base/errors.ts";
import { silentLog } from "../src/base/log.ts";
import { readLogin } from "../src/base/login-file.ts";
import { OwnerFile } from "../src/base/owner-file.ts";
import { readPrivateFile } from "../src/base/private-file.ts";
import { readRegularFile, readRegularFileSync } from "../src/base/regular-file.ts";
import { recordDmRoutes } from "../src/cli/dm-record-routes.ts";
import { readConfig } from "../src/config/config.ts";
import { claimSave, findSave } from "../src/ioc/autosave/save-folder.ts";
import { autosaveCommands } from "../src/ioc/commands/autosave.ts";
import { loadCommands } from "../src/ioc/commands/load.ts";
import { SHELL_COMMANDS } from "../src/ioc/commands/shell.ts";
import { Ioc } from "../src/ioc/ioc.ts";
import { WorkingDirectory } from "../src/ioc/working-directory.ts";
import { Shell } from "../src/iocsh/shell.ts";
import { nodeNetwork } from "../src/net/node-network.ts";
import { createTokenStore } from "../src/services/globus/token-store.ts";
import { createHttpService } from "../src/services/http.ts";
import { createSiteTexts } from "../src/services/mail/site-texts.ts";
import { createSchedulingFile } from "../src/services/scheduling/schedule-file.ts";
import { readKnownHosts } from "../src/services/ssh/connection.ts";
import { createUnderWayFile } from "../src/services/under-way-file.ts";
import { FakeClock } from "./support/fakes/fake-clock.ts";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "wrong-"));
  path = join(folder, "file");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What a person reads; empty: it was taken. */
async function sentenceOf(read: () => unknown): Promise<string> {
  try {
    await read();
    return "";
  } catch (thrown) {
    return messageOf(thrown);
  }
}

/** What a line of st.cmd prints as its error. */
async function errorOf(line: string): Promise<string> {
  const said: string[] = [];
  const clock = new FakeClock();
  const environment = {};
  const directory = new WorkingDirectory(folder);
  const shell = new Shell(environment, {
    print: () => {},
    printError: (text) => said.push(text),
    readScript: (file) => directory.read(file),
    openOutput: (file, append) => directory.openOutput(file, append),
    clock,
    signal: new AbortController().signal,
  });
  const ioc = new Ioc({ clock, log: silentLog, network: nodeNetwork, environment, print: () => {} });
  const session = { ioc, directory };
  shell.register([...SHELL_COMMANDS, ...loadCommands(session), ...autosaveCommands(session)]);
  await shell.runLine(line);
  return said.join("").trimEnd();
}

interface Reader {
  readonly what: string;
  /** Where only one name will do. */
  readonly name?: string;
  /** What it says of the file; empty: nothing is wrong. */
  readonly says: () => Promise<string>;
  /** What it says of a file that is empty, and of one that holds garbage; absent: it takes any text. */
  readonly ofNothing?: RegExp;
  readonly ofGarbage?: RegExp;
}

const DAMAGED = / is damaged\. So nobody knows whether a command was interrupted/;
const NO_LOGIN = /must begin with one line of the form username\|password/;
const NO_TOKENS =
  /^The Globus token file \S+ cannot be used \(.*\): move it away and run `globus-ioc login`, or restore it\.$/;
const READERS: readonly Reader[] = [
  {
    what: "list of what is under way",
    says: async () => createUnderWayFile(path).left().problem ?? "",
    ofNothing: DAMAGED,
    ofGarbage: DAMAGED,
  },
  {
    what: "Globus token file",
    says: () => sentenceOf(() => createTokenStore(path).read()),
    ofNothing: NO_TOKENS,
    ofGarbage: NO_TOKENS,
  },
  { what: "private key", says: () => sentenceOf(() => readPrivateFile(path, "private key")) },
  {
    what: "login file",
    says: () => sentenceOf(() => readLogin({ file: path })),
    ofNothing: NO_LOGIN,
    ofGarbage: NO_LOGIN,
  },
  { what: "owner file", says: () => sentenceOf(() => claimSave(path, new OwnerFile(path))) },
  {
    what: "save file",
    says: async () => {
      const said: string[] = [];
      const found = await findSave(path, 0, "", (sentence) => said.push(sentence));
      expect(found).toBeUndefined();
      return said[0] ?? "";
    },
    ofNothing: /does not end with <END>/,
    ofGarbage: /does not end with <END>/,
  },
  { what: "request file", says: () => errorOf(`create_monitor_set("${path}", 30)`), ofGarbage: /lines cannot be used/ },
  { what: "database", says: () => errorOf(`dbLoadRecords("${path}")`), ofGarbage: /Failed to load/ },
  { what: "substitution file", says: () => errorOf(`dbLoadTemplate("${path}")`), ofGarbage: /Failed to load/ },
  { what: "script", says: () => errorOf(`iocshLoad("${path}")`), ofGarbage: /was broken off|not found/ },
  { what: "redirected script", says: () => errorOf(`< ${path}`), ofGarbage: /was broken off|not found/ },
  {
    what: "globus.conf",
    says: () => sentenceOf(() => readConfig(path, { HOME: folder })),
    ofGarbage: /line 1|:1:/,
  },
  { what: "setup file", says: () => sentenceOf(() => readSettingFile(path, "setup-file")) },
  {
    what: "setup file to record routes by",
    says: () => {
      const context = { environment: {}, clock: new FakeClock(), log: silentLog, write: () => {} };
      const request = { python: join(folder, "no-python"), output: join(folder, "routes.json"), setupFile: path };
      return sentenceOf(() => recordDmRoutes(request, context));
    },
    ofNothing: /no-python/,
    ofGarbage: /no-python/,
  },
  {
    what: "CA file",
    says: () =>
      sentenceOf(() =>
        createHttpService({
          name: "DM storage service",
          url: "https://dm.example.org",
          tls: { caFile: path },
          clock: new FakeClock(),
          timeoutSeconds: 1,
        }),
      ),
  },
  { what: "known hosts file", says: () => sentenceOf(() => readKnownHosts(path)) },
  {
    what: "schedule file",
    says: () => sentenceOf(() => createSchedulingFile(path).runs({})),
    ofNothing: /is wrong: there is nothing in it; docs/,
    ofGarbage: /schedule file/,
  },
  {
    what: "e-mail template",
    says: () => sentenceOf(() => createSiteTexts({ templateFile: path, tomologHome: "" }).messageTemplate()),
    ofGarbage: /is not text in UTF-8/,
  },
  {
    what: "tomolog file",
    name: ".tomolog",
    says: () => sentenceOf(() => createSiteTexts({ templateFile: "", tomologHome: folder }).slidesLink("1")),
    ofGarbage: /is not text in UTF-8/,
  },
];

const KINDS: readonly { readonly kind: string; readonly words: string; readonly make: () => unknown }[] = [
  { kind: "a folder", words: "that is a folder", make: () => mkdirSync(path) },
  { kind: "a named pipe", words: "that is a named pipe", make: () => makePipe(path) },
  { kind: "a socket", words: "that is a socket, or a device that is not there (ENXIO)", make: () => listen(path) },
  {
    kind: "a circle of links",
    words: "its symbolic links lead in a circle (ELOOP)",
    make: () => symlinkSync(path, path),
  },
  { kind: "a device", words: "that is a device", make: () => symlinkSync("/dev/zero", path) },
  // Root may read whatever it likes
  ...(process.getuid?.() === 0 ? [] : [{ kind: "forbidden", words: "permission is denied (EACCES)", make: forbid }]),
];

function makePipe(at: string): void {
  expect(spawnSync("mkfifo", [at]).status).toBe(0);
}
async function listen(at: string): Promise<void> {
  const server = createServer().listen(at);
  onTestFinished(() => void server.close());
  await once(server, "listening");
}
function forbid(): void {
  writeFileSync(path, "x");
  chmodSync(path, 0);
}

describe.each(READERS)("in place of the $what", ({ name = "file", says, ofNothing, ofGarbage }) => {
  beforeEach(() => {
    path = join(folder, name);
  });

  test.each(KINDS)("$kind is told", async ({ make, words }) => {
    await make();
    const said = await says();
    expect(said.split("\n")).toHaveLength(1);
    expect(said.split(path)).toHaveLength(2);
    expect(said).toContain(words);
  });

  test.each([
    ["nothing", "", ofNothing],
    ["garbage", Buffer.from("{\xff garbage\n", "latin1"), ofGarbage],
  ])("%s is read", async (_what, text, expected) => {
    writeFileSync(path, text, { mode: 0o600 });
    const said = await says();
    if (expected === undefined) expect(said).toBe("");
    else expect(said).toMatch(expected);
  });
});

test("nothing, and what a shell has opened, are read to their end", async () => {
  expect(String(await readRegularFile("/dev/null"))).toBe("");
  expect(String(readRegularFileSync("/dev/null"))).toBe("");
  writeFileSync(path, "text");
  const file = openSync(path, "r");
  onTestFinished(() => closeSync(file));
  expect(String(await readRegularFile(`/dev/fd/${file}`))).toBe("text");
  expect(String(readRegularFileSync(`/proc/self/fd/${file}`))).toBe("text");
});

test("nothing is a template without a word, and no secret", async () => {
  const texts = createSiteTexts({ templateFile: "/dev/null", tomologHome: "" });
  expect(await texts.messageTemplate()).toEqual({ name: "/dev/null", text: "" });
  expect(await sentenceOf(() => readPrivateFile("/dev/null", "private key"))).toMatch(
    / cannot be read: that is a device/,
  );
});

test("a line of st.cmd does not write into a named pipe, which may have no reader", async () => {
  makePipe(path);
  const refusal = `ERROR: ${path} cannot be written: that is a named pipe`;
  expect(await errorOf(`help > ${path}`)).toBe(refusal);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  onTestFinished(() => closeSync(reader));
  expect(await errorOf(`help > ${path}`)).toBe(refusal);
  expect(await errorOf("help > /dev/null")).toBe("");
  expect(await errorOf(`help > ${join(folder, "new")}`)).toBe("");
});
