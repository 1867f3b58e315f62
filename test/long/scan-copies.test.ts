/** Looks and copies by processes of their own, killed at any step, and over SSH to the simulated host. */
import { randomBytes, randomInt } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { ActionError, CancelledError } from "../../src/base/errors.ts";
import { NoRoomError, NotFoundError, SourceChangedError, UnavailableError } from "../../src/controller/ports/call.ts";
import type { Parcel } from "../../src/controller/ports/destinations.ts";
import { type SshHost, startSshHost } from "../../src/sandbox/ssh/host.ts";
import { createFolderCopier, createSshCopier } from "../../src/services/scans/copiers.ts";
import { createMountedSource, createSshSource } from "../../src/services/scans/sources.ts";
import { workHere } from "../../src/services/scans/work.ts";
import { workApart } from "../../src/services/scans/worker-process.ts";
import { contentOf, putFile } from "../services/scans/scan-folder.ts";
import { lacksDescriptors, openDescriptors } from "../support/descriptors.ts";
import { mountSmallDisk } from "../support/failing-disk.ts";
import { failureOf } from "../support/failure-of.ts";
import { FakeClock } from "../support/fakes/fake-clock.ts";
import { needPeers, ROOT } from "../support/peers/real-peers.ts";
import { runPeer, succeed } from "../support/peers/spawn-peer.ts";

const MEGABYTE = 1024 * 1024;
const NAMED = "/det";
const moduleOf = (file: string): string => JSON.stringify(pathToFileURL(join(ROOT, "dist/services/scans", file)).href);
const PROGRAM = join(ROOT, "dist/services/scans/worker-program.js");

let folder: string;
let mount: string;
let archive: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "scan-copies-"));
  [mount, archive] = [join(folder, "mount"), join(folder, "archive")];
  mkdirSync(mount);
  mkdirSync(archive);
});
afterEach(() => rmSync(folder, { recursive: true }));

const apart = () => workApart({ clock: systemClock, place: "detector", program: PROGRAM });
const mounted = (worker = apart()) =>
  createMountedSource({ name: "detector", top: NAMED, mount, belongs: [] }, systemClock, worker);

/** A scan of small and large files. */
function putScan(largeMegabytes = 65): void {
  for (let i = 0; i < 40; i++) putFile(join(mount, `scan/${i % 4}/시료 ${i}`), `content ${i}`.repeat(i));
  putFile(join(mount, "scan/large.h5"), randomBytes(largeMegabytes * MEGABYTE + 1));
  putFile(join(mount, "scan/other.h5"), randomBytes(2 * MEGABYTE));
}

async function parcelOf(source = mounted(workHere(systemClock))): Promise<Parcel> {
  return { manifest: await source.look(`${NAMED}/scan`, {}), parts: ["2026-03", "scan"] };
}

/** Gone, or ended and not asked for by anybody. */
const hasEnded = (pid: string): boolean =>
  !existsSync(`/proc/${pid}`) || / Z /.test(readFileSync(`/proc/${pid}/stat`, "latin1"));

vi.setConfig({ testTimeout: 120_000 });

describe("by a process of its own", () => {
  test("a scan is looked at, copied, listed and described, and failures keep their class", async () => {
    putScan();
    const source = mounted();
    const parcel = await parcelOf(source);
    const copier = createFolderCopier({ top: archive, source }, systemClock, apart());
    const copied = await copier.copy(parcel, {});
    expect(copied.map(({ path, bytes, modified }) => ({ path, bytes, modified }))).toEqual(parcel.manifest.files);
    expect(await copier.list(parcel, {})).toMatchObject(parcel.manifest.files);
    await copier.write(parcel.parts, "manifest.json", "{}", {});
    expect((await copier.list(parcel, {})).map(({ path }) => path)).toContain("manifest.json");
    const failure = await failureOf(source.look(`${NAMED}/none`, {}), NotFoundError);
    expect(failure.message).toContain("is not there");
    putFile(join(mount, "scan/0/시료 4"), "changed");
    await failureOf(copier.copy({ ...parcel, parts: [] }, {}), SourceChangedError);
    rmSync(archive, { recursive: true });
    await failureOf(copier.copy(parcel, {}), UnavailableError);
  });

  test("lists longer than a message arrive whole and in order", async () => {
    for (let i = 0; i < 1700; i++) putFile(join(mount, `scan/${i}`), "x");
    const source = mounted();
    const parcel = await parcelOf(source);
    expect(parcel.manifest.files).toHaveLength(1700);
    const copier = createFolderCopier({ top: archive, source }, systemClock, apart());
    const copied = await copier.copy(parcel, {});
    expect(copied.map(({ path }) => path)).toEqual(parcel.manifest.files.map(({ path }) => path));
    expect(await copier.list(parcel, {})).toMatchObject(parcel.manifest.files);
  });

  test("work that is called off stops, and a process that does not is given up", async () => {
    putScan();
    const parcel = await parcelOf();
    const abort = new AbortController();
    const copier = createFolderCopier({ top: archive, source: mounted() }, systemClock, apart());
    const onProgress = () => abort.abort(new CancelledError("Called off."));
    await failureOf(copier.copy(parcel, { signal: abort.signal, onProgress }), CancelledError);
    expect(contentOf(archive).filter(([path]) => path.endsWith(".part"))).toEqual([]);

    const deaf = join(folder, "deaf.mjs");
    writeFileSync(deaf, "process.on('message', () => {}); setInterval(() => {}, 1000);");
    const clock = new FakeClock();
    const silent = mounted(workApart({ clock, place: "detector", program: deaf }));
    const stop = new AbortController();
    const looking = silent.look(`${NAMED}/scan`, { signal: stop.signal });
    stop.abort(new CancelledError("Enough."));
    clock.advance(2);
    expect((await failureOf(looking, CancelledError)).message).toBe("Enough.");
  });

  test("a process that dies is told, and another takes the next work", async () => {
    putScan();
    const dying = join(folder, "dying.mjs");
    writeFileSync(dying, "process.on('message', () => process.exit(3));");
    const worker = workApart({ clock: systemClock, place: "detector", program: dying });
    for (let time = 0; time < 2; time++) {
      const failure = await failureOf(mounted(worker).look(`${NAMED}/scan`, {}), UnavailableError);
      expect(failure.message).toContain("ended with 3");
    }
  });

  test.skipIf(lacksDescriptors())("nothing stays open but one process for each that works at once", async () => {
    putScan();
    const source = mounted();
    const copier = createFolderCopier({ top: archive, source }, systemClock, apart());
    const parcel = await parcelOf(source);
    await copier.copy(parcel, {});
    const before = openDescriptors();
    for (let time = 0; time < 3; time++) await copier.copy(await parcelOf(source), {});
    expect(openDescriptors()).toBeLessThanOrEqual(before);
  });

  test.skipIf(lacksDescriptors())(
    "a program ends though such a process waits, and the process ends with a program that was killed",
    async () => {
      putScan();
      const program = (end: string) => `
      import { createMountedSource } from ${moduleOf("sources.js")};
      import { systemClock } from ${JSON.stringify(pathToFileURL(join(ROOT, "dist/base/clock.js")).href)};
      import { readFileSync } from "node:fs";
      const source = createMountedSource({ name: "d", top: "/det", mount: ${JSON.stringify(mount)}, belongs: [] }, systemClock);
      await source.look("/det/scan", {});
      console.log(readFileSync("/proc/self/task/" + process.pid + "/children", "utf8"));
      ${end}`;
      for (const end of ["", "process.kill(process.pid, 'SIGKILL');"]) {
        const { stdout } = await runPeer(process.execPath, ["--input-type=module", "-e", program(end)]);
        const [pid = ""] = stdout.trim().split(/\s+/);
        expect(pid).toMatch(/^\d+$/);
        await expect.poll(() => hasEnded(pid)).toBe(true);
      }
    },
  );
});

describe("a copy that is killed", () => {
  /** Copies in a process that kills itself before its call number `last` to the destination. */
  const copyUntil = async (
    parcel: Parcel,
    last: number,
  ): Promise<{ readonly calls: number; readonly isDone: boolean }> => {
    const program = `
      import * as fs from "node:fs";
      import { copyParcel } from ${moduleOf("copy.js")};
      import { mountedFiles } from ${moduleOf("mounted-files.js")};
      let calls = 0;
      const names = ["openSync", "writeSync", "readSync", "fsyncSync", "renameSync", "mkdirSync", "futimesSync", "closeSync"];
      const counted = Object.fromEntries(names.map((name) => [name, (...args) => {
        if (++calls === ${last}) process.kill(process.pid, "SIGKILL");
        return fs[name](...args);
      }]));
      await copyParcel({
        source: mountedFiles("detector"),
        from: ${JSON.stringify(join(mount, "scan"))},
        destination: mountedFiles("archive", counted),
        top: ${JSON.stringify(archive)},
        parcel: ${JSON.stringify(parcel)},
        mark: ${JSON.stringify(randomBytes(4).toString("hex"))},
        told: () => {},
        between: () => new Promise((resolve) => setImmediate(resolve)),
      });
      console.log(calls);`;
    const { stdout, stderr, signal } = await runPeer(process.execPath, ["--input-type=module", "-e", program]);
    if (stdout === "") expect(signal, stderr).toBe("SIGKILL");
    return { calls: Number(stdout), isDone: stdout !== "" };
  };

  test("at any step leaves whole files and .part files, and the next one ends it", { timeout: 120_000 }, async () => {
    putScan();
    const parcel = await parcelOf();
    const want = contentOf(join(mount, "scan"));
    const at = join(archive, ...parcel.parts);
    const { calls } = await copyUntil(parcel, 0);
    expect(calls).toBeGreaterThan(300);
    rmSync(join(archive, "2026-03"), { recursive: true });
    for (let round = 0; round < 20; round++) {
      const { isDone } = await copyUntil(parcel, randomInt(1, calls));
      const left = existsSync(at) ? contentOf(at).filter(([path]) => !path.endsWith(".part")) : [];
      for (const file of left) expect(want).toContainEqual(file);
      if (!isDone) continue;
      expect(left).toEqual(want);
      rmSync(join(archive, "2026-03"), { recursive: true });
    }
    expect((await copyUntil(parcel, 0)).isDone).toBe(true);
    expect(contentOf(at)).toEqual(want);
  });
});

test.skipIf(needPeers("root").missing)("a disk that is full is said to be, and has no half file", async () => {
  putScan();
  const parcel = await parcelOf();
  for (const bytes of [MEGABYTE / 2, 20 * MEGABYTE, 35 * MEGABYTE]) {
    const disk = await mountSmallDisk(bytes);
    onTestFinished(() => disk.remove());
    if (bytes < MEGABYTE) await disk.fill(8192);
    const copier = createFolderCopier({ top: disk.path, source: mounted() }, systemClock, apart());
    const failure = await failureOf(copier.copy(parcel, {}), NoRoomError);
    expect(failure.message).toContain(disk.path);
    expect(failure.message).toContain("the disk is full");
    expect(readdirSync(disk.path, { recursive: true }).filter((path) => String(path).endsWith(".part"))).toEqual([]);
  }
});

test.skipIf(needPeers("root").missing)("a destination that has a part of the scan by a mount shows that", async () => {
  for (const name of ["x.h5", "sub/y.dat"]) {
    for (const path of ["mount/scan/x.h5", "mount/scan/sub/y.dat", "archive/scan/x.h5", "archive/scan/sub/y.dat"])
      putFile(join(folder, path), path.slice(-5));
    const shown = name.startsWith("sub") ? "sub" : name;
    const at = join(archive, "scan", shown);
    await succeed("mount", ["--bind", join(mount, "scan", shown), at]);
    try {
      const source = mounted();
      const manifest = await source.look(`${NAMED}/scan`, {});
      const copier = createFolderCopier({ top: archive, source }, systemClock, apart());
      const { marks, identities } = await source.mark(manifest, { mayLack: false });
      const listed = await copier.list({ manifest, parts: ["scan"] }, {});
      const same = listed.filter(({ identity = "" }) => identities.includes(identity)).map(({ path }) => path);
      expect(same).toEqual([name]);
      expect(listed.filter(({ path }) => marks.includes(path))).toHaveLength(shown === "sub" ? 1 : 0);
      await source.unmark(manifest, {});
    } finally {
      await succeed("umount", [at]);
    }
  }
});

describe("over SSH", () => {
  let host: SshHost;
  beforeEach(async () => {
    host = await startSshHost({ name: "archive", clock: systemClock, folders: ["/data"] });
  });
  afterEach(() => host.close());

  const login = () => ({
    host: host.host,
    port: host.port,
    user: host.user,
    login: { identityFile: host.identityFile },
    knownHostsFile: host.knownHostsFile,
    top: "/data",
  });
  const toHost = (worker = workHere(systemClock)) =>
    createSshCopier({ ...login(), source: mounted(workHere(systemClock)) }, systemClock, worker);
  const there = () => contentOf(join(host.root, "data"));
  /** What a copy of the scan must leave: SFTP keeps whole seconds. */
  const wanted = () =>
    contentOf(join(mount, "scan")).map(([path, text, time]) => [
      `2026-03/scan/${path}`,
      text,
      Math.floor(time / 1000) * 1000,
    ]);

  test("a scan arrives byte for byte, is kept when it is there, and is listed", async () => {
    putScan(5);
    const parcel = await parcelOf();
    const copier = toHost(apart());
    const copied = await copier.copy(parcel, {});
    expect(there()).toEqual(wanted());
    expect(statSync(join(host.root, "data/2026-03/scan/large.h5")).mode & 0o777).toBe(0o644);
    const writes = () => host.requests.filter(({ operation }) => operation === "WRITE").length;
    const before = writes();
    expect(await copier.copy(parcel, {})).toEqual(copied);
    expect(writes()).toBe(before);
    const listed = await copier.list(parcel, {});
    expect(listed.map(({ path, bytes }) => ({ path, bytes }))).toEqual(
      parcel.manifest.files.map(({ path, bytes }) => ({ path, bytes })),
    );
    await copier.write(["2026-03"], "manifest.json", "one", {});
    await copier.write(["2026-03"], "manifest.json", "two", {});
    expect(there().find(([path]) => path === "2026-03/manifest.json")?.[1]).toBe("two");
  });

  test("a scan is looked at and fetched from a host, too", async () => {
    putFile(join(host.root, "data/exp/a1.h5"), "scan");
    putFile(join(host.root, "data/exp/a1.config"), "config");
    putFile(join(host.root, "data/exp/a10.h5"), "other");
    const source = createSshSource({ ...login(), belongs: ["{stem}.config"] }, systemClock, workHere(systemClock));
    const manifest = await source.look("/data/exp/a1.h5", {});
    expect(manifest.files.map(({ path }) => path)).toEqual(["a1.config", "a1.h5"]);
    host.faults.noSizes = true;
    expect((await source.look("/data/exp", {})).files.map(({ bytes }) => bytes)).toEqual([6, 4, 5]);
    const copier = createFolderCopier({ top: archive, source }, systemClock, workHere(systemClock));
    await copier.copy({ manifest, parts: [] }, {});
    expect(contentOf(archive).map(([path, text]) => [path, text])).toEqual([
      ["a1.config", "config"],
      ["a1.h5", "scan"],
    ]);
    await failureOf(source.look("/data/none", {}), NotFoundError);
    host.faults.down = true;
    await failureOf(source.look("/data/exp", {}), UnavailableError);
  });

  test("scans are listed and deleted on a host, too, and only as they were", async () => {
    for (const name of ["x", "meta/y"]) putFile(join(host.root, "data/exp/whole", name), name);
    putFile(join(host.root, "data/exp/a1.h5"), "scan");
    const source = createSshSource({ ...login(), belongs: [] }, systemClock, workHere(systemClock));
    expect(await source.scans({})).toEqual({ scans: ["/data/exp/a1.h5"], problems: [] });
    const scan = await source.look("/data/exp/whole", {});
    const { marks, identities } = await source.mark(scan, { mayLack: false });
    expect(contentOf(join(host.root, "data/exp/whole")).map(([path]) => path)).toEqual(
      expect.arrayContaining([...marks]),
    );
    expect(marks.map(dirname)).toEqual([".", "meta"]);
    expect(identities).toEqual([]);
    await failureOf(source.remove(scan, { isPlan: false, mayLack: false }), SourceChangedError);
    await source.unmark(scan, {});
    putFile(join(host.root, "data/exp/whole/x"), "xx");
    await failureOf(source.remove(scan, { isPlan: false, mayLack: false }), SourceChangedError);
    expect(contentOf(join(host.root, "data/exp/whole")).map(([path]) => path)).toEqual(["meta/y", "x"]);
    putFile(join(host.root, "data/exp/whole/x"), "x");
    expect(await source.remove(scan, { isPlan: true, mayLack: false })).toEqual({ files: 2, bytes: 7 });
    expect(await source.remove(scan, { isPlan: false, mayLack: false })).toEqual({ files: 2, bytes: 7 });
    expect(readdirSync(join(host.root, "data/exp"))).toEqual(["a1.h5"]);
  });

  test("a connection that is cut at any request is told, and the next copy goes on", { timeout: 120_000 }, async () => {
    putScan(5);
    const parcel = await parcelOf();
    await toHost().copy(parcel, {});
    const requests = host.requests.length;
    rmSync(join(host.root, "data/2026-03"), { recursive: true });
    await expect.poll(() => host.connections).toBe(0);
    const descriptors = lacksDescriptors() ? 0 : openDescriptors();
    let cutAt = 0;
    host.asked.add(() => {
      if (--cutAt === 0) host.cut();
    });
    for (let round = 0; round < 10; round++) {
      cutAt = randomInt(2, requests);
      const isDone = await toHost()
        .copy(parcel, {})
        .then(
          () => true,
          (thrown: unknown) => {
            expect(thrown).toBeInstanceOf(UnavailableError);
            return false;
          },
        );
      for (const file of there().filter(([path]) => !path.endsWith(".part"))) expect(wanted()).toContainEqual(file);
      if (isDone) rmSync(join(host.root, "data/2026-03"), { recursive: true });
    }
    cutAt = 0;
    await toHost().copy(parcel, {});
    expect(there()).toEqual(wanted());
    await expect.poll(() => host.connections).toBe(0);
    if (!lacksDescriptors()) await expect.poll(() => openDescriptors()).toBeLessThanOrEqual(descriptors);
  });

  test.each([
    ["that is down", () => (host.faults.down = true), UnavailableError, "refuses the SSH connection|broke off"],
    ["with another key", () => (host.faults.otherHostKey = true), ActionError, "has changed"],
    ["that denies", () => (host.faults.deniedBelow = "/data/2026-03"), ActionError, "permission is denied"],
    ["that is full", () => (host.faults.diskFull = true), ActionError, "gives no reason"],
    ["without the top", () => rmSync(join(host.root, "data"), { recursive: true }), UnavailableError, "is not there"],
  ])("a host %s is named", async (_, spoil, kind, words) => {
    putScan(5);
    const parcel = await parcelOf();
    spoil();
    const failure = await failureOf(toHost().copy(parcel, {}), kind);
    expect(failure.message).toMatch(new RegExp(words));
    expect(failure.message).toContain(host.host);
    expect(existsSync(join(host.root, "data/2026-03")) ? there() : []).toEqual([]);
  });

  test.each([
    ["large", () => putScan(5)],
    ["small", () => [...Array(400).keys()].forEach((i) => putFile(join(mount, `scan/${i}`), `${i}`))],
  ])("a copy of %s files that is called off leaves no part of a file, and ends its connection", async (_, put) => {
    put();
    const parcel = await parcelOf();
    const abort = new AbortController();
    host.asked.add(({ operation }) => {
      if (operation === "WRITE") abort.abort(new CancelledError("Called off."));
    });
    await failureOf(toHost().copy(parcel, { signal: abort.signal }), CancelledError);
    const names = there().map(([path]) => path);
    expect(names.filter((path) => path.endsWith(".part"))).toEqual([]);
    await expect.poll(() => host.connections).toBe(0);
  });
});
