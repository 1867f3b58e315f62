/** The SFTP directory maker against the simulated host, in every mood of the host. */
import { chmod, mkdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { ActionError } from "../../src/base/errors.ts";
import { AccessDeniedError, NotFoundError, UnavailableError } from "../../src/controller/ports/call.ts";
import { type SshHost, startSshHost } from "../../src/sandbox/ssh/host.ts";
import { createSshTree, type SshTreeSettings } from "../../src/services/ssh/directories.ts";
import { failureOf } from "../support/failure-of.ts";
import { FakeClock } from "../support/fakes/fake-clock.ts";

const TOP = "/data/2BM";
const PARTS = ["2026-03", "2026-03-Curie-90210"];
let host: SshHost;
beforeEach(async () => {
  host = await startSshHost({ name: "detector", clock: systemClock, folders: [TOP] });
});
afterEach(async () => {
  await host.close();
});

const settings = (changes: Partial<SshTreeSettings> = {}): SshTreeSettings => ({
  host: host.host,
  port: changes.port ?? host.port,
  user: host.user,
  top: TOP,
  login: { identityFile: host.identityFile },
  knownHostsFile: host.knownHostsFile,
  ...changes,
});
const tree = (changes: Partial<SshTreeSettings> = {}) => createSshTree(settings(changes), systemClock);
const made = (...parts: string[]) => stat(join(host.root, TOP, ...parts));
const label = () => `127.0.0.1:${host.port}`;

test("makes each missing level with one connection and the group's permissions", async () => {
  expect(await tree().makeDirectories(PARTS, {})).toBe("Created");
  const { mode } = await made(...PARTS);
  expect((mode & 0o7777).toString(8)).toBe("2775");
  expect(((await made("2026-03")).mode & 0o7777).toString(8)).toBe("2775");
  expect(host.requests.filter(({ operation }) => operation === "LOGIN")).toHaveLength(1);
  await expect.poll(() => host.connections).toBe(0);
});

test("says that a directory exists and leaves its mode as it is", async () => {
  await mkdir(join(host.root, TOP, ...PARTS), { recursive: true });
  await chmod(join(host.root, TOP, ...PARTS), 0o700);
  expect(await tree().makeDirectories(PARTS, {})).toBe("Exists");
  expect((await made(...PARTS)).mode & 0o777).toBe(0o700);
  expect(host.requests.map(({ operation }) => operation)).not.toContain("SETSTAT");
});

test("a connection that cannot even begin is told, and nothing waits for its end", async () => {
  const failure = await failureOf(tree({ port: 70_000 }).makeDirectories(PARTS, {}), Error);
  expect(failure.message).toContain("70000");
});

test("makes six levels, and only the missing ones", async () => {
  const parts = ["a", "b", "c", "d", "e", "f"];
  await mkdir(join(host.root, TOP, "a", "b"), { recursive: true });
  expect(await tree().makeDirectories(parts, {})).toBe("Created");
  expect(host.requests.filter(({ operation }) => operation === "MKDIR").map(({ path }) => path)).toEqual([
    `${TOP}/a/b/c`,
    `${TOP}/a/b/c/d`,
    `${TOP}/a/b/c/d/e`,
    `${TOP}/a/b/c/d/e/f`,
  ]);
});

test("takes another mode from the configuration", async () => {
  await tree({ mode: 0o750 }).makeDirectories(["2026-03"], {});
  expect((await made("2026-03")).mode & 0o7777).toBe(0o750);
});

test("keeps blanks, quotes and shell characters as parts of a name", async () => {
  const name = `o'Neil $(reboot); "x" & * ü`;
  expect(await tree().makeDirectories([name], {})).toBe("Created");
  expect((await made(name)).isDirectory()).toBe(true);
});

test.each([
  ["", "is empty"],
  ["..", "leads elsewhere"],
  [".", "leads elsewhere"],
  ["a/b", 'holds a "/"'],
  ["a\0b", "holds a control character"],
  ["a\nb", "holds a control character"],
  ["x".repeat(256), "is longer than 255 bytes"],
])("refuses the name %j before it connects", async (part, why) => {
  const failure = await failureOf(tree().makeDirectories(["2026-03", part], {}), ActionError);
  expect(failure.message).toBe(
    `The directory name ${JSON.stringify(part)} for ${label()} ${why}: correct the experiment's name.`,
  );
  expect(host.requests).toEqual([]);
});

test.each(["data/2BM", "/data/../etc", "/data\n"])("refuses the top directory %j at once", (top) => {
  expect(() => tree({ top })).toThrow("must be an absolute path");
});

test("says that the top directory is missing and makes nothing", async () => {
  const failure = await failureOf(tree({ top: "/data/99ID" }).makeDirectories(PARTS, {}), NotFoundError);
  expect(failure.message).toBe(
    `The top directory /data/99ID does not exist on ${label()}: make it there, or correct the top directory in the configuration.`,
  );
  expect(host.requests.map(({ operation }) => operation)).not.toContain("MKDIR");
});

test("says that a file is in the way", async () => {
  await writeFile(join(host.root, TOP, "2026-03"), "");
  const failure = await failureOf(tree().makeDirectories(PARTS, {}), ActionError);
  expect(failure.message).toBe(
    `${TOP}/2026-03 exists on ${label()} but is not a directory: remove or rename it there.`,
  );
});

test("follows a link inside the top directory and refuses one that leads out", async () => {
  await mkdir(join(host.root, TOP, "disk1"));
  await symlink("disk1", join(host.root, TOP, "2026-03"));
  expect(await tree().makeDirectories(PARTS, {})).toBe("Created");
  expect((await made("disk1", "2026-03-Curie-90210")).isDirectory()).toBe(true);
  await mkdir(join(host.root, "home"));
  await symlink("../../home", join(host.root, TOP, "2026-04"));
  const failure = await failureOf(tree().makeDirectories(["2026-04", "x"], {}), ActionError);
  expect(failure.message).toContain("is a link to /home, outside of /data/2BM");
});

test("names the permission that is missing", async () => {
  host.faults.deniedBelow = `${TOP}/2026-03`;
  const failure = await failureOf(tree().makeDirectories(PARTS, {}), AccessDeniedError);
  expect(failure.message).toBe(
    `beamline may not make ${TOP}/2026-03 on ${label()}: give beamline the permission at ${TOP}.`,
  );
});

test("suspects the disk when the host gives no reason", async () => {
  host.faults.diskFull = true;
  const failure = await failureOf(tree().makeDirectories(PARTS, {}), ActionError);
  expect(failure.message).toBe(
    `${label()} could not make ${TOP}/2026-03: it gives no reason; its disk may be full, over quota or read-only.`,
  );
});

test("refuses a host whose key has changed and shows both keys", async () => {
  host.faults.otherHostKey = true;
  const failure = await failureOf(tree().makeDirectories(PARTS, {}), ActionError);
  expect(failure.message).toContain(`The host key of ${label()} has changed: it shows ssh-ed25519 SHA256:`);
  expect(failure.message.match(/SHA256:[\w+/]{43}/g)).toHaveLength(2);
  expect(failure.message).toContain(`ssh-keygen -R '[127.0.0.1]:${host.port}' -f ${host.knownHostsFile}`);
  expect(host.requests).toEqual([]);
});

test("refuses an unknown host and names the command that trusts it", async () => {
  const failure = await failureOf(
    tree({ knownHostsFile: "/nonexistent/known_hosts" }).makeDirectories(PARTS, {}),
    ActionError,
  );
  expect(failure.message).toContain(`No host key of ${label()} is in /nonexistent/known_hosts`);
  expect(failure.message).toContain(`globus-ioc trust-host ${label()}`);
});

test("refuses a revoked host key", async () => {
  await writeFile(
    host.knownHostsFile,
    `@revoked * ${host.knownHostsLine.split(" ").slice(1).join(" ")}\n${host.knownHostsLine}\n`,
  );
  const failure = await failureOf(tree().makeDirectories(PARTS, {}), ActionError);
  expect(failure.message).toContain("is revoked in line 1");
});

test("says that the host refuses our key", async () => {
  host.faults.refusesLogin = true;
  const failure = await failureOf(tree().makeDirectories(PARTS, {}), AccessDeniedError);
  expect(failure.message).toBe(
    `${label()} refuses beamline with the key ${host.identityFile}: add its public half to ~beamline/.ssh/authorized_keys there, or correct the user or the key.`,
  );
});

test("says that the agent does not answer", async () => {
  const failure = await failureOf(
    tree({ login: { agentSocket: "/nonexistent/agent" } }).makeDirectories(PARTS, {}),
    ActionError,
  );
  expect(failure.message).toBe(
    "The SSH agent at /nonexistent/agent does not answer: start it, or name an identity file.",
  );
});

test("refuses a key file that others can read, and one that is no key", async () => {
  await chmod(host.identityFile, 0o644);
  const open = await failureOf(tree().makeDirectories(PARTS, {}), ActionError);
  expect(open.message).toContain(`chmod 600 ${host.identityFile}`);
  await chmod(host.identityFile, 0o600);
  await writeFile(host.identityFile, "not a key");
  const wrong = await failureOf(tree().makeDirectories(PARTS, {}), ActionError);
  expect(wrong.message).toContain(`The SSH key file ${host.identityFile} cannot be used`);
});

test("says that the host is down", async () => {
  host.faults.down = true;
  const failure = await failureOf(tree().makeDirectories(PARTS, {}), UnavailableError);
  expect(failure.message).toBe(
    `${label()} broke off the SSH connection: is sshd overloaded, or does it refuse this host?`,
  );
});

test("says that nobody listens there", async () => {
  const { port } = host;
  await host.close();
  const login = { agentSocket: "/nonexistent/agent" };
  const failure = await failureOf(
    tree({ port, login, knownHostsFile: "/nonexistent/known_hosts" }).makeDirectories(PARTS, {}),
    UnavailableError,
  );
  expect(failure.message).toBe(
    `127.0.0.1:${port} refuses the SSH connection: is sshd running there, and is the port right?`,
  );
});

test("says that a host name is unknown", async () => {
  const failure = await failureOf(
    tree({ host: "no-such-host.invalid", port: 22 }).makeDirectories(PARTS, {}),
    UnavailableError,
  );
  expect(failure.message).toContain("no-such-host.invalid ");
});

test("says that the host has no SFTP", async () => {
  host.faults.noSftp = true;
  const failure = await failureOf(tree().makeDirectories(PARTS, {}), UnavailableError);
  expect(failure.message).toContain("offers no SFTP");
});

test("gives up on a host that does not answer a request in time", async () => {
  host.faults.delaySeconds = 3600;
  const clock = new FakeClock();
  const stuck = new Promise<void>((resolve) => host.asked.add(({ operation }) => operation === "STAT" && resolve()));
  const outcome = failureOf(
    createSshTree(settings({ stepTimeoutSeconds: 20 }), clock).makeDirectories(PARTS, {}),
    UnavailableError,
  );
  await stuck;
  clock.advance(21);
  const failure = await outcome;
  expect(failure.message).toBe(`${label()} did not answer within 20 s while looking at ${TOP}.`);
  expect(failure.mayHaveHappened).toBe(true);
  await expect.poll(() => host.connections).toBe(0);
});

test("closes the connection when the command is aborted", async () => {
  host.faults.delaySeconds = 3600;
  const abort = new AbortController();
  const reason = new ActionError("Abort was pressed");
  host.asked.add(({ operation }) => operation === "STAT" && abort.abort(reason));
  await expect(tree().makeDirectories(PARTS, { signal: abort.signal })).rejects.toBe(reason);
  await expect.poll(() => host.connections).toBe(0);
});

test("does nothing when the command is aborted before it begins", async () => {
  const reason = new ActionError("Abort was pressed");
  await expect(tree().makeDirectories(PARTS, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  expect(host.requests).toEqual([]);
});

test("does nothing when the command is aborted while the key is read", async () => {
  const abort = new AbortController();
  const reason = new ActionError("Abort was pressed");
  const making = tree().makeDirectories(PARTS, { signal: abort.signal });
  abort.abort(reason);
  await expect(making).rejects.toBe(reason);
  expect(host.requests).toEqual([]);
});

test("the simulated host leaves nothing behind", async () => {
  const { root } = host;
  await tree().makeDirectories(PARTS, {});
  await host.close();
  await expect(readFile(root)).rejects.toMatchObject({ code: "ENOENT" });
});
