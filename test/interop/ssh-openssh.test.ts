/** Our SFTP code against OpenSSH's sshd, and OpenSSH's clients against our simulated host. */
import { randomBytes } from "node:crypto";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { ActionError } from "../../src/base/errors.ts";
import { trustHost } from "../../src/cli/trust-host.ts";
import { AccessDeniedError, NoRoomError, NotFoundError, UnavailableError } from "../../src/controller/ports/call.ts";
import { type SshHost, startSshHost } from "../../src/sandbox/ssh/host.ts";
import { createFolderCopier, createSshCopier } from "../../src/services/scans/copiers.ts";
import { createMountedSource, createSshSource } from "../../src/services/scans/sources.ts";
import { workHere } from "../../src/services/scans/work.ts";
import { createSshDataHost, type SshDataHostSettings } from "../../src/services/ssh/data-host.ts";
import { createSshTree, type SshTreeSettings } from "../../src/services/ssh/directories.ts";
import { fingerprint, judgeHostKey, parseKnownHosts } from "../../src/services/ssh/known-hosts.ts";
import { contentOf, putFile } from "../services/scans/scan-folder.ts";
import { mountSmallDisk } from "../support/failing-disk.ts";
import { failureOf } from "../support/failure-of.ts";
import { keygen, makeKey, type OpenSsh, startOpenSsh } from "../support/peers/open-ssh.ts";
import { needPeers, peerPath } from "../support/peers/real-peers.ts";
import { runPeer, spawnPeer } from "../support/peers/spawn-peer.ts";

let scratch: string;
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), "ssh-test-"));
});
afterEach(() => rm(scratch, { recursive: true }));

vi.setConfig({ testTimeout: 120_000 });

describe.skipIf(needPeers("sshd", "ssh").missing)("our SFTP against OpenSSH's sshd", () => {
  let sshd: OpenSsh;
  let knownHostsFile: string;
  beforeAll(async () => {
    sshd = await startOpenSsh({ keyTypes: ["ed25519", "rsa", "ecdsa"], sftp: "-u 0077" });
  });
  afterAll(() => sshd.stop());
  beforeEach(async () => {
    knownHostsFile = join(scratch, "known_hosts");
    await trust("ed25519");
  });

  const name = () => `[127.0.0.1]:${sshd.port}`;
  const trust = async (type: string) => writeFile(knownHostsFile, `${name()} ${await sshd.hostKey(type)}\n`);
  const tree = (changes: Partial<SshTreeSettings> = {}) =>
    createSshTree(
      {
        host: "127.0.0.1",
        port: sshd.port,
        user: sshd.user,
        top: sshd.folder,
        login: { identityFile: sshd.identityFile },
        knownHostsFile,
        ...changes,
      },
      systemClock,
    );

  test("makes six levels with the group's permissions, whatever the server's umask", async () => {
    const parts = ["six", "b", "c", "d", "e", "f"];
    expect(await tree().makeDirectories(parts, {})).toBe("Created");
    for (let level = 1; level <= parts.length; level++) {
      const { mode } = await stat(join(sshd.folder, ...parts.slice(0, level)));
      expect((mode & 0o7777).toString(8)).toBe("2775");
    }
    expect(await tree().makeDirectories(parts, {})).toBe("Exists");
  });

  test("keeps every character of a name", async () => {
    const odd = `o'Neil $(id) ; "x" & * ü`;
    expect(await tree().makeDirectories([odd], {})).toBe("Created");
    expect((await stat(join(sshd.folder, odd))).isDirectory()).toBe(true);
  });

  test("names a missing permission, a missing top directory and a file in the way", async () => {
    await mkdir(join(sshd.folder, "closed"));
    await chmod(join(sshd.folder, "closed"), 0o555);
    const denied = await failureOf(tree().makeDirectories(["closed", "x"], {}), AccessDeniedError);
    expect(denied.message).toContain(`${sshd.user} may not make ${sshd.folder}/closed/x`);
    await failureOf(tree({ top: "/no/such/top" }).makeDirectories(["x"], {}), NotFoundError);
    await writeFile(join(sshd.folder, "file"), "");
    const taken = await failureOf(tree().makeDirectories(["file"], {}), ActionError);
    expect(taken.message).toContain("is not a directory");
  });

  test.each(["rsa", "ecdsa", "ed25519"])(
    "is satisfied with the host's %s key alone, whichever the host prefers",
    async (type) => {
      await trust(type);
      expect(await tree().makeDirectories([`by-${type}`], {})).toBe("Created");
    },
  );

  test("finds the host among names that ssh-keygen has hashed", async () => {
    await writeFile(knownHostsFile, `other ${await sshd.hostKey("rsa")}\n${name()} ${await sshd.hostKey("ed25519")}\n`);
    await keygen("-q", "-H", "-f", knownHostsFile);
    expect(await readFile(knownHostsFile, "utf8")).toMatch(/^\|1\|.*\n\|1\|/);
    expect(await tree().makeDirectories(["hashed"], {})).toBe("Created");
  });

  test("refuses a changed and an unknown key with the fingerprint that ssh-keygen prints", async () => {
    await makeKey(join(scratch, "other"), "ed25519");
    const other = (await readFile(join(scratch, "other.pub"), "utf8")).trim();
    await writeFile(knownHostsFile, `${name()} ${other}\n`);
    const changed = await failureOf(tree().makeDirectories(["x"], {}), ActionError);
    const printed = /SHA256:\S+/.exec(await keygen("-l", "-f", join(scratch, "other.pub")))?.[0] ?? "none";
    expect(changed.message).toContain(`has ${printed}`);
    await rm(knownHostsFile);
    const unknown = await failureOf(tree().makeDirectories(["x"], {}), ActionError);
    expect(unknown.message).toContain(`globus-ioc trust-host 127.0.0.1:${sshd.port}`);
    expect(unknown.message).toContain(
      fingerprint(Buffer.from((await sshd.hostKey("ed25519")).split(" ")[1] ?? "", "base64")),
    );
  });

  test("trust-host writes a line that OpenSSH finds", async () => {
    await rm(knownHostsFile);
    const dialogue = { isTerminal: true, write: () => {}, ask: () => Promise.resolve("yes") };
    await trustHost({ where: `127.0.0.1:${sshd.port}`, knownHostsFile }, dialogue, systemClock);
    expect(await keygen("-F", name(), "-f", knownHostsFile)).toContain(await sshd.hostKey("ed25519"));
    expect(await tree().makeDirectories(["trusted"], {})).toBe("Created");
  });

  test("says that the user or the key is refused", async () => {
    await makeKey(join(scratch, "stranger"), "ed25519");
    const failure = await failureOf(
      tree({ login: { identityFile: join(scratch, "stranger") } }).makeDirectories(["x"], {}),
      AccessDeniedError,
    );
    expect(failure.message).toContain(`refuses ${sshd.user} with the key`);
    await keygen("-q", "-p", "-N", "secret", "-f", join(scratch, "stranger"));
    const locked = await failureOf(
      tree({ login: { identityFile: join(scratch, "stranger") } }).makeDirectories(["x"], {}),
      ActionError,
    );
    expect(locked.message).toContain("without a passphrase");
  });

  describe("a look at a source directory", () => {
    const inspect = (parts: readonly string[], changes: Partial<SshDataHostSettings> = {}) =>
      createSshDataHost(
        {
          host: "127.0.0.1",
          port: sshd.port,
          user: sshd.user,
          top: sshd.folder,
          login: { identityFile: sshd.identityFile },
          knownHostsFile,
          ...changes,
        },
        systemClock,
      ).inspect(parts, {});

    test("counts files and bytes of all levels, and no links", async () => {
      const source = join(sshd.folder, "source");
      await mkdir(join(source, "scan"), { recursive: true });
      await writeFile(join(source, "a.h5"), "12345");
      await writeFile(join(source, "scan", "b.tiff"), "123");
      await symlink("a.h5", join(source, "link"));
      await expect(inspect(["source"])).resolves.toEqual({ state: "OK", files: 2, bytes: 8 });
    });

    test("tells EMPTY, MISSING and NO_TOPDIR apart, and what may not be read", async () => {
      await mkdir(join(sshd.folder, "empty"));
      await mkdir(join(sshd.folder, "secret"));
      await chmod(join(sshd.folder, "secret"), 0o000);
      await expect(inspect(["empty"])).resolves.toMatchObject({ state: "EMPTY" });
      await expect(inspect(["none"])).resolves.toMatchObject({ state: "MISSING" });
      await expect(inspect(["x"], { top: "/no/such/top" })).resolves.toMatchObject({ state: "NO_TOPDIR" });
      await expect(inspect(["secret"])).resolves.toMatchObject({
        state: "UNKNOWN",
        remark: `${sshd.user} may not read ${sshd.folder}/secret on 127.0.0.1:${sshd.port}`,
      });
      await chmod(join(sshd.folder, "secret"), 0o755); // else it cannot be removed
    });

    test("does not follow a link out of the top directory", async () => {
      await symlink("/etc", join(sshd.folder, "out"));
      const report = await inspect(["out"]);
      expect(report).toMatchObject({ state: "UNKNOWN", files: 0 });
      expect(report.remark).toContain("leads to /etc, outside of");
    });

    test("stops at its bound in a big directory", async () => {
      await mkdir(join(sshd.folder, "big"));
      await Promise.all(Array.from({ length: 1000 }, (_, i) => writeFile(join(sshd.folder, "big", `f${i}`), "x")));
      await expect(inspect(["big"])).resolves.toEqual({ state: "OK", files: 1000, bytes: 1000 });
      const limits = { entries: 300, depth: 4, seconds: 60 };
      await expect(inspect(["big"], { limits })).resolves.toMatchObject({
        state: "OK",
        files: 300,
        remark: "there is more than was counted",
      });
    });
  });

  describe("a scan that is copied", () => {
    const settings = () => ({
      host: "127.0.0.1",
      port: sshd.port,
      user: sshd.user,
      top: sshd.folder,
      login: { identityFile: sshd.identityFile },
      knownHostsFile,
    });
    const worker = workHere(systemClock);
    const copierOf = (mount: string) => {
      const source = createMountedSource({ name: "detector", top: "/det", mount, belongs: [] }, systemClock, worker);
      return { source, copier: createSshCopier({ ...settings(), source }, systemClock, worker) };
    };

    test("arrives with its bytes, times and modes, replaces what was there, and is fetched back the same", async () => {
      const mount = join(scratch, "mount");
      const put = (path: string, content: string | Buffer) => putFile(join(mount, "scan", path), content);
      for (let i = 0; i < 100; i++) put(`many/${i} 시료\n`, `${i}`.repeat(i * 500));
      put("large.h5", randomBytes(33 * 1024 * 1024 + 5));
      await chmod(join(mount, "scan/large.h5"), 0o640);
      const { source, copier } = copierOf(mount);
      const manifest = await source.look("/det/scan", {});
      const parcel = { manifest, parts: ["2026-03", "scan"] };
      const at = join(sshd.folder, ...parcel.parts);
      const seconds = (folder: string) =>
        contentOf(folder).map(([path, text, time]) => [path, text, time - (time % 1000)]);
      const copied = await copier.copy(parcel, {});
      expect(seconds(at)).toEqual(seconds(join(mount, "scan")));
      expect((await stat(join(at, "large.h5"))).mode & 0o777).toBe(0o640);
      expect(await copier.copy(parcel, {})).toEqual(copied);
      put("many/1 시료\n", "changed");
      const again = await source.look("/det/scan", {});
      await copier.copy({ ...parcel, manifest: again }, {});
      expect(seconds(at)).toEqual(seconds(join(mount, "scan")));
      expect((await copier.list(parcel, {})).map(({ path }) => path)).toEqual(again.files.map(({ path }) => path));

      const back = join(scratch, "back");
      await mkdir(back);
      const remote = createSshSource({ ...settings(), belongs: [] }, systemClock, worker);
      const there = await remote.look(at, {});
      await createFolderCopier({ top: back, source: remote }, systemClock, worker).copy(
        { manifest: there, parts: [] },
        {},
      );
      expect(contentOf(back)).toEqual(contentOf(at));
    });

    test.skipIf(needPeers("root").missing)("does not fit on the host's disk", async () => {
      const disk = await mountSmallDisk(4 * 1024 * 1024);
      onTestFinished(() => disk.remove());
      await chmod(disk.path, 0o777);
      const mount = join(scratch, "mount");
      putFile(join(mount, "scan/large.h5"), randomBytes(6 * 1024 * 1024));
      const { source } = copierOf(mount);
      const copier = createSshCopier({ ...settings(), top: disk.path, source }, systemClock, worker);
      const parcel = { manifest: await source.look("/det/scan", {}), parts: [] };
      const failure = await failureOf(copier.copy(parcel, {}), NoRoomError);
      expect(failure.message).toContain("its disk is full");
      expect(await readdir(disk.path)).toEqual([]);
    });

    test("is told where the host's permissions are in the way", async () => {
      await mkdir(join(sshd.folder, "locked"));
      await chmod(join(sshd.folder, "locked"), 0o555);
      const mount = join(scratch, "mount");
      putFile(join(mount, "scan/a"), "a");
      const { source, copier } = copierOf(mount);
      const parcel = { manifest: await source.look("/det/scan", {}), parts: ["locked"] };
      const failure = await failureOf(copier.copy(parcel, {}), AccessDeniedError);
      expect(failure.message).toContain(join(sshd.folder, "locked/a"));
    });
  });

  test("logs in by OpenSSH's agent", async () => {
    const agentSocket = join(scratch, "agent");
    const agent = await spawnPeer("ssh-agent", ["-D", "-a", agentSocket], { line: /SSH_AUTH_SOCK/ });
    const added = await runPeer("ssh-add", ["-q", sshd.identityFile], {
      env: { SSH_AUTH_SOCK: agentSocket, PATH: process.env["PATH"] ?? "" },
    });
    expect(added.stderr).toBe("");
    expect(await tree({ login: { agentSocket } }).makeDirectories(["agent"], {})).toBe("Created");
    await agent.stop();
  });

  test("says that a host offers no SFTP, and that it is gone", async () => {
    const other = await startOpenSsh();
    await writeFile(knownHostsFile, `[127.0.0.1]:${other.port} ${await other.hostKey("ed25519")}\n`);
    const bare = tree({ port: other.port, top: other.folder, login: { identityFile: other.identityFile } });
    const without = await failureOf(bare.makeDirectories(["x"], {}), UnavailableError);
    expect(without.message).toContain("offers no SFTP");
    await other.process.stop();
    const gone = await failureOf(bare.makeDirectories(["x"], {}), UnavailableError);
    expect(gone.message).toContain("refuses the SSH connection");
    await other.stop();
  });
});

describe.skipIf(needPeers("ssh").missing)("known_hosts as OpenSSH writes it", () => {
  test("every name that ssh-keygen hashes is found again, and no other", async () => {
    await makeKey(join(scratch, "key"), "ed25519");
    const key = (await readFile(join(scratch, "key.pub"), "utf8")).trim().split(" ").slice(0, 2).join(" ");
    const file = join(scratch, "known_hosts");
    const names = ["tomo1", "tomo1.example.org", "10.1.2.3", "[tomo2]:2222"];
    await writeFile(file, names.map((one) => `${one} ${key}\n`).join(""));
    await keygen("-q", "-H", "-f", file);
    const lines = parseKnownHosts(await readFile(file, "utf8"));
    const bytes = Buffer.from(key.split(" ")[1] ?? "", "base64");
    const verdict = (host: string, port: number) => judgeHostKey(lines, host, port, bytes).verdict;
    expect(["tomo1", "tomo1.example.org", "10.1.2.3"].map((host) => verdict(host, 22))).toEqual([
      "trusted",
      "trusted",
      "trusted",
    ]);
    expect([verdict("tomo2", 2222), verdict("tomo2", 22), verdict("tomo3", 22)]).toEqual([
      "trusted",
      "unknown",
      "unknown",
    ]);
  });
});

describe.skipIf(needPeers("ssh").missing)("OpenSSH's clients against our simulated host", () => {
  let host: SshHost;
  beforeEach(async () => {
    host = await startSshHost({ name: "detector", clock: systemClock, folders: ["/data"] });
  });
  afterEach(() => host.close());

  const options = () => [
    ..."-F none -o BatchMode=yes -o StrictHostKeyChecking=yes -o IdentitiesOnly=yes".split(" "),
    "-o",
    `UserKnownHostsFile=${host.knownHostsFile}`,
    "-i",
    host.identityFile,
  ];
  const sftp = (...commands: string[]) =>
    runPeer("sftp", ["-b", "-", "-P", String(host.port), ...options(), `${host.user}@${host.host}`], {
      input: `${commands.join("\n")}\n`,
    });

  test("sftp makes, lists, writes, reads, renames and removes", async () => {
    const [local, back] = [join(scratch, "local"), join(scratch, "back")];
    await writeFile(local, "x".repeat(100_000));
    const finished = await sftp(
      "cd /data",
      "mkdir a",
      "chmod 2775 a",
      `put ${local} a/file`,
      "ls -l a",
      "rename a/file a/other",
      `get a/other ${back}`,
      "rm a/other",
      "rmdir a",
      "pwd",
    );
    expect(finished).toMatchObject({ code: 0 });
    expect(finished.stdout).toContain("Remote working directory: /data");
    expect(finished.stdout).toMatch(/100000 .*file/);
    expect(await readFile(back, "utf8")).toBe("x".repeat(100_000));
    expect(host.requests.map(({ operation }) => operation)).toEqual(
      expect.arrayContaining(["MKDIR", "SETSTAT", "WRITE", "READ", "RENAME", "REMOVE", "RMDIR"]),
    );
  });

  test("sftp names the faults as it names real ones", async () => {
    host.faults.deniedBelow = "/data";
    expect((await sftp("mkdir /data/a")).stderr).toContain("Permission denied");
    host.faults.deniedBelow = undefined;
    host.faults.diskFull = true;
    expect((await sftp("mkdir /data/a")).stderr).toContain("Failure");
    expect((await sftp("ls /none")).stderr).toContain("not found");
    host.faults.otherHostKey = true;
    expect((await sftp("pwd")).stderr).toContain("REMOTE HOST IDENTIFICATION HAS CHANGED");
    host.faults.otherHostKey = false;
    host.faults.refusesLogin = true;
    expect((await sftp("pwd")).stderr).toContain("Permission denied (publickey)");
  });

  test("ssh gets no shell", async () => {
    const finished = await runPeer(peerPath("ssh"), [
      "-p",
      String(host.port),
      ...options(),
      `${host.user}@${host.host}`,
      "id",
    ]);
    expect(finished.code).not.toBe(0);
    expect(finished.stdout).toBe("");
  });
});
