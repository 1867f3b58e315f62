/** `globus-ioc trust-host` against the simulated host. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { ActionError } from "../../src/base/errors.ts";
import { UsageError } from "../../src/cli/exit-status.ts";
import { type TrustRequest, type TrustTerminal, trustHost } from "../../src/cli/trust-host.ts";
import { UnavailableError } from "../../src/controller/ports/call.ts";
import { type SshHost, startSshHost } from "../../src/sandbox/ssh/host.ts";
import { createSshTree } from "../../src/services/ssh/directories.ts";
import { failureOf } from "../support/failure-of.ts";

let host: SshHost;
let knownHostsFile: string;
let written: string[];
beforeEach(async () => {
  host = await startSshHost({ name: "analysis", clock: systemClock, folders: ["/data"] });
  knownHostsFile = join(host.root, ".ssh", "known_hosts");
  written = [];
});
afterEach(() => host.close());

const where = () => `127.0.0.1:${host.port}`;
const trust = (answer: string | undefined, changes: Partial<TrustRequest> = {}) => {
  const dialogue: TrustTerminal = {
    isTerminal: answer !== undefined,
    write: (line) => written.push(line),
    ask: (question) => {
      written.push(question);
      return Promise.resolve(answer ?? "");
    },
  };
  return trustHost({ where: where(), knownHostsFile, ...changes }, dialogue, systemClock);
};
const shown = () => /SHA256:\S{43}/.exec(written[0] ?? "")?.[0] ?? "";

test("a confirmed key is added, and the host can be used from then on", async () => {
  expect(await trust("yes")).toBe(true);
  expect(await readFile(knownHostsFile, "utf8")).toBe(`${host.knownHostsLine}\n`);
  expect(written[0]).toMatch(/^127\.0\.0\.1:\d+ shows ssh-ed25519 SHA256:\S{43}$/);
  const login = { identityFile: host.identityFile };
  const tree = createSshTree(
    { ...host, login, top: "/data", knownHostsFile, host: host.host, port: host.port, user: host.user },
    systemClock,
  );
  expect(await tree.makeDirectories(["x"], {})).toBe("Created");
});

test("a key that is not confirmed is not added", async () => {
  expect(await trust("no")).toBe(false);
  expect(written.at(-1)).toBe("Nothing was added.");
  await expect(readFile(knownHostsFile)).rejects.toMatchObject({ code: "ENOENT" });
});

test("an answer that is neither yes nor no is asked for again, until the end of the input", async () => {
  const answers = ["maybe", "y", undefined];
  const dialogue: TrustTerminal = {
    isTerminal: true,
    write: (line) => written.push(line),
    ask: (question) => {
      written.push(question);
      return Promise.resolve(answers.shift());
    },
  };
  expect(await trustHost({ where: where(), knownHostsFile }, dialogue, systemClock)).toBe(false);
  expect(written.slice(2)).toEqual(["Please type yes or no: ", "Please type yes or no: ", "Nothing was added."]);
});

test("--yes at a terminal adds without a question", async () => {
  expect(await trust("", { yes: true })).toBe(true);
  expect(written.join()).not.toContain("?");
});

test("without a terminal only a fingerprint decides, not --yes", async () => {
  const failure = await failureOf(trust(undefined, { yes: true }), UsageError);
  expect(failure.message).toContain("give --fingerprint SHA256:");
  const wrong = await failureOf(trust(undefined, { fingerprint: "SHA256:wrong" }), ActionError);
  expect(wrong.message).toContain("not the fingerprint that was given, SHA256:wrong");
  expect(await trust(undefined, { fingerprint: shown() })).toBe(true);
});

test("a trusted host stays as it is, and a line is added after a last line without end", async () => {
  await writeFile(host.knownHostsFile, "# note");
  expect(await trust("yes", { knownHostsFile: host.knownHostsFile })).toBe(true);
  expect(await readFile(host.knownHostsFile, "utf8")).toBe(`# note\n${host.knownHostsLine}\n`);
  expect(await trust("yes", { knownHostsFile: host.knownHostsFile })).toBe(true);
  expect(written.at(-1)).toBe(`Line 2 of ${host.knownHostsFile} trusts it already.`);
});

test("a changed key is never replaced", async () => {
  host.faults.otherHostKey = true;
  const failure = await failureOf(trust("yes", { knownHostsFile: host.knownHostsFile }), ActionError);
  expect(failure.message.match(/SHA256:/g)).toHaveLength(2);
  expect(failure.message).toContain("ssh-keygen -R");
  expect(await readFile(host.knownHostsFile, "utf8")).toBe(`${host.knownHostsLine}\n`);
});

test.each(["", "a b", "host:", "host:0", "host:99999", "user@host", "a,b"])("%j is not a host", async (wrong) => {
  const failure = await failureOf(trust("yes", { where: wrong }), UsageError);
  expect(failure.message).toContain("give HOST or HOST:PORT");
});

test("a host that is down is named", async () => {
  host.faults.down = true;
  const failure = await failureOf(trust("yes"), UnavailableError);
  expect(failure.message).toContain(where());
});
