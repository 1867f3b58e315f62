/** The look at a source directory over SFTP, against the simulated host. */
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Clock, systemClock } from "../../src/base/clock.ts";
import { ActionError, CancelledError } from "../../src/base/errors.ts";
import { type SshHost, startSshHost } from "../../src/sandbox/ssh/host.ts";
import { createSshDataHost, type SshDataHostSettings } from "../../src/services/ssh/data-host.ts";
import { FakeClock } from "../support/fakes/fake-clock.ts";

const TOP = "/data/2BM";
let host: SshHost;
beforeEach(async () => {
  host = await startSshHost({ name: "data", clock: systemClock, folders: [`${TOP}/exp/scan`] });
});
afterEach(() => host.close());

const dataHost = (changes: Partial<SshDataHostSettings> = {}, clock: Clock = systemClock) =>
  createSshDataHost(
    {
      host: host.host,
      port: host.port,
      user: host.user,
      top: TOP,
      login: { identityFile: host.identityFile },
      knownHostsFile: host.knownHostsFile,
      ...changes,
    },
    clock,
  );
const where = (...parts: string[]) => join(host.root, TOP, ...parts);

test("counts files and bytes of all levels in one connection, and changes nothing", async () => {
  await writeFile(where("exp", "a.h5"), "12345");
  await writeFile(where("exp", "scan", "b.tiff"), "123");
  await expect(dataHost().inspect(["exp"], {})).resolves.toEqual({ state: "OK", files: 2, bytes: 8 });
  const asked = host.requests.map(({ operation }) => operation);
  expect(asked.filter((operation) => operation === "LOGIN")).toHaveLength(1);
  expect(new Set(asked)).toEqual(new Set(["LOGIN", "STAT", "REALPATH", "OPENDIR", "READDIR", "CLOSE"]));
  await expect.poll(() => host.connections).toBe(0);
});

test("tells EMPTY, MISSING and NO_TOPDIR apart", async () => {
  await writeFile(where("file"), "");
  await expect(dataHost().inspect(["exp"], {})).resolves.toMatchObject({ state: "EMPTY" });
  await expect(dataHost().inspect(["none"], {})).resolves.toMatchObject({ state: "MISSING" });
  await expect(dataHost().inspect(["file"], {})).resolves.toMatchObject({ state: "MISSING" });
  await expect(dataHost({ top: "/data/none" }).inspect(["exp"], {})).resolves.toMatchObject({ state: "NO_TOPDIR" });
});

test("does not look where a link leads out of the top directory", async () => {
  await mkdir(join(host.root, "other"));
  await writeFile(join(host.root, "other", "secret"), "x");
  await symlink(join(host.root, "other"), where("out"));
  await symlink(join(host.root, "other"), where("exp", "link"));
  const report = await dataHost().inspect(["out"], {});
  expect(report.state).toBe("UNKNOWN");
  expect(report.remark).toContain("leads to /other, outside of /data/2BM");
  await expect(dataHost().inspect(["exp"], {})).resolves.toMatchObject({ state: "EMPTY" });
});

test("stops at its bounds without listing the rest, and says that there is more", async () => {
  await Promise.all(Array.from({ length: 450 }, (_, i) => writeFile(where("exp", `f${i}`), "x")));
  const limits = { entries: 150, depth: 4, seconds: 60 };
  await expect(dataHost({ limits }).inspect(["exp"], {})).resolves.toMatchObject({
    state: "OK",
    remark: "there is more than was counted",
  });
  expect(host.requests.filter(({ operation }) => operation === "READDIR").length).toBeLessThanOrEqual(2);
});

test.each([
  ["is down", { down: true }, /reset|connection/i],
  ["shows another key", { otherHostKey: true }, /host key/],
  ["refuses the login", { refusesLogin: true }, /refuses beamline/],
  ["offers no SFTP", { noSftp: true }, /no SFTP/],
])("a host that %s makes the report UNKNOWN, and the remark says why", async (_, fault, remark) => {
  Object.assign(host.faults, fault);
  const report = await dataHost().inspect(["exp"], {});
  expect(report.state).toBe("UNKNOWN");
  expect(report.remark).toMatch(remark);
});

test.each([
  ["before it lists", "STAT", { state: "UNKNOWN", files: 0 }],
  ["while it lists", "CLOSE", { state: "OK", files: 3, remark: "there is more than was counted" }],
])("a host that falls silent %s is given up after 10 s", async (_, at, report) => {
  for (const name of ["a", "b", "c"]) await writeFile(where("exp", name), "x");
  const clock = new FakeClock();
  const silent = new Promise<void>((resolve) =>
    host.asked.add(({ operation }) => {
      if (operation !== at) return;
      host.faults.delaySeconds = 3600;
      resolve();
    }),
  );
  const looking = dataHost({}, clock).inspect(["exp"], {});
  await silent;
  clock.advance(10);
  await expect(looking).resolves.toMatchObject(report);
  await expect.poll(() => host.connections).toBe(0);
});

test("files whose size the host does not tell are counted without it", async () => {
  await writeFile(where("exp", "a"), "12345");
  host.faults.noSizes = true;
  await expect(dataHost().inspect(["exp"], {})).resolves.toMatchObject({ state: "OK", files: 1, bytes: 0 });
});

test("a look that is called off fails with the reason, and leaves no connection", async () => {
  const abort = new AbortController();
  host.asked.add(({ operation }) => {
    if (operation === "OPENDIR") abort.abort(new CancelledError("called off"));
  });
  await expect(dataHost().inspect(["exp"], { signal: abort.signal })).rejects.toThrow("called off");
  await expect.poll(() => host.connections).toBe(0);
});

test("looks at no name that leads elsewhere, and takes no relative top", async () => {
  await expect(dataHost().inspect(["..", "x"], {})).resolves.toMatchObject({ state: "UNKNOWN" });
  expect(host.requests).toEqual([]);
  expect(() => dataHost({ top: "data" })).toThrow(ActionError);
});
