/** Transfers and deletes of the simulated Globus, on real files, by the clock that the test moves. */
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type GlobusService, startGlobusService } from "../../../src/sandbox/globus/service.ts";
import { FakeClock } from "../../support/fakes/fake-clock.ts";
import { callGlobus, type Document, type GlobusCaller } from "../../support/globus-caller.ts";

const START = Date.UTC(2026, 2, 1, 12);
const HOUR = 3600;
let clock: FakeClock;
let globus: GlobusService;
let api: GlobusCaller;
let source: string;
let destination: string;
/** The same, on this machine. */
let from: string;
let to: string;

beforeEach(async () => {
  clock = new FakeClock(START);
  globus = await startGlobusService({
    clock,
    collections: [
      { name: "detector", bytesPerSecond: 1000 },
      { name: "archive", bytesPerSecond: 1_000_000 },
    ],
  });
  [source, destination] = [globus.collection("detector").id, globus.collection("archive").id];
  [from, to] = [globus.collection("detector").folder, globus.collection("archive").folder];
  api = await callGlobus(globus);
});
afterEach(() => globus.close());

function write(path: string, content: string | number, folder = from): void {
  mkdirSync(join(folder, path, ".."), { recursive: true });
  writeFileSync(join(folder, path), typeof content === "number" ? Buffer.alloc(content, path) : content);
}
const transfer = (items: Readonly<Record<string, string>>, options: Document = {}): Promise<string> =>
  api.submit({
    DATA_TYPE: "transfer",
    source_endpoint: source,
    destination_endpoint: destination,
    DATA: Object.entries(items).map(([source_path, destination_path]) => ({
      DATA_TYPE: "transfer_item",
      source_path,
      destination_path,
    })),
    ...options,
  });
const erase = (paths: readonly string[], options: Document = {}): Promise<string> =>
  api.submit({
    DATA_TYPE: "delete",
    endpoint: destination,
    DATA: paths.map((path) => ({ DATA_TYPE: "delete_item", path })),
    ...options,
  });
const codes = async (id: string): Promise<unknown[]> => (await api.rows(id, "event_list")).map(({ code }) => code);
const below = (folder: string): string[] => readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
const read = (folder: string, path: string): string => readFileSync(join(folder, path), "utf8");

describe("a transfer", () => {
  test("is queued, scans, moves bytes file by file in order, and what arrived is the same", async () => {
    write("scan/a.h5", 5000);
    write("scan/b/c.h5", 3000);
    write("scan/d.h5", 2000);
    const id = await transfer({ "/scan": "/~/2026-03/scan" });
    expect(await api.task(id)).toMatchObject({
      status: "ACTIVE",
      nice_status: "Queued",
      is_ok: true,
      bytes_transferred: 0,
      files: 0,
      subtasks_total: 1,
    });
    clock.advance(1.05);
    expect(await api.task(id)).toMatchObject({ nice_status: "OK", directories: 1, files: 0 });
    clock.advance(2.55);
    expect(await api.task(id)).toMatchObject({
      bytes_transferred: 2500,
      files: 2,
      directories: 2,
      files_transferred: 0,
      subtasks_total: 5,
      subtasks_succeeded: 2,
      subtasks_pending: 3,
      effective_bytes_per_second: 961,
    });
    expect(statSync(join(to, "2026-03/scan/a.h5")).size).toBe(2500);
    clock.advance(HOUR);
    expect(await api.task(id)).toMatchObject({
      status: "SUCCEEDED",
      nice_status: null,
      is_ok: null,
      bytes_transferred: 10_000,
      bytes_checksummed: 10_000,
      files: 3,
      files_transferred: 3,
      directories: 2,
      subtasks_total: 6,
      subtasks_succeeded: 6,
      completion_time: "2026-03-01T12:00:11+00:00",
    });
    expect(below(join(to, "2026-03/scan"))).toEqual(below(join(from, "scan")));
    for (const file of ["a.h5", "b/c.h5", "d.h5"])
      expect(readFileSync(join(to, "2026-03/scan", file))).toEqual(readFileSync(join(from, "scan", file)));
    const successes = await api.rows(id, "successful_transfers");
    expect(successes.map(({ source_path, size }) => [source_path, size])).toEqual([
      ["/scan/a.h5", 5000],
      ["/scan/b/c.h5", 3000],
      ["/scan/d.h5", 2000],
    ]);
  });

  test("goes on when nobody looks, and is then told with the same times", async () => {
    write("a", 120_000);
    const id = await transfer({ "/a": "/a" });
    clock.advance(HOUR);
    expect(statSync(join(to, "a")).size).toBe(120_000);
    expect((await api.rows(id, "event_list")).map(({ code, time, is_error }) => [code, time, is_error])).toEqual([
      ["SUCCEEDED", "2026-03-01T12:02:01+00:00", false],
      ["PROGRESS", "2026-03-01T12:02:01+00:00", false],
      ["PROGRESS", "2026-03-01T12:01:01+00:00", false],
      ["STARTED", "2026-03-01T12:00:01+00:00", false],
    ]);
    const [, , progress, started] = await api.rows(id, "event_list");
    expect(JSON.parse(progress?.["details"] as string)).toEqual({
      bytes_transferred: 60_000,
      duration: 60,
      mbps: 0.008,
    });
    expect(JSON.parse(started?.["details"] as string)).toMatchObject({ type: "transfer" });
    expect(clock.pending).toBe(0);
  });

  test("shares its collections' bytes per second with the others, three at a time, the rest queued", async () => {
    for (const name of ["a", "b", "c", "d"]) write(name, 3000);
    const ids: string[] = [];
    for (const name of ["a", "b", "c", "d"]) ids.push(await transfer({ [`/${name}`]: `/${name}` }));
    clock.advance(4);
    const rows = await Promise.all(ids.map((id) => api.task(id)));
    expect(rows.map((row) => [row["nice_status"], row["bytes_transferred"]])).toEqual([
      ["OK", 1000],
      ["OK", 1000],
      ["OK", 1000],
      ["Queued", 0],
    ]);
    clock.advance(6);
    expect((await api.task(ids[0] ?? ""))["status"]).toBe("SUCCEEDED");
    clock.advance(1);
    expect(await api.task(ids[3] ?? "")).toMatchObject({ nice_status: "OK", bytes_transferred: 1000 });
  });

  test("whose source is missing stays active with more and more faults, frees its place, until its deadline", async () => {
    const deadline = "2026-03-01T12:02:00Z";
    const lost = await transfer({ "/none": "/none" }, { deadline });
    clock.advance(1);
    expect(await api.task(lost)).toMatchObject({
      status: "ACTIVE",
      nice_status: "FILE_NOT_FOUND",
      nice_status_short_description: "file not found",
      is_ok: false,
      faults: 1,
      subtasks_retrying: 1,
      subtasks_pending: 0,
    });
    clock.advance(90);
    expect(await api.task(lost)).toMatchObject({ faults: 4 });
    clock.advance(HOUR);
    expect(await api.task(lost)).toMatchObject({
      status: "FAILED",
      fatal_error: { code: "EXPIRED" },
      completion_time: "2026-03-01T12:02:00+00:00",
      subtasks_expired: 1,
    });
    expect(await codes(lost)).toEqual(["EXPIRED", ...Array<string>(4).fill("FILE_NOT_FOUND"), "STARTED"]);
  });

  test("that waits for its next attempt leaves its place to others, and does the other files first", async () => {
    write("ok", 10);
    const lost = [1, 2, 3];
    for (const n of lost) await transfer({ [`/none${n}`]: `/none${n}`, "/ok": `/ok${n}` });
    const other = await transfer({ "/ok": "/other" });
    clock.advance(2);
    expect(await api.task(other)).toMatchObject({ status: "SUCCEEDED" });
    expect(below(to)).toEqual(["ok1", "ok2", "ok3", "other"]);
    for (const n of lost) write(`none${n}`, "late");
    clock.advance(30);
    expect(below(to)).toEqual(["none1", "none2", "none3", "ok1", "ok2", "ok3", "other"]);
  });

  test("of a file that grows meanwhile is begun again", async () => {
    write("a", 3000);
    const id = await transfer({ "/a": "/a" });
    clock.advance(2);
    write("a", 4000);
    clock.advance(3);
    expect(await api.task(id)).toMatchObject({ nice_status: "FILE_SIZE_CHANGED", files_transferred: 0 });
    clock.advance(HOUR);
    expect(await api.task(id)).toMatchObject({ status: "SUCCEEDED", faults: 1, bytes_transferred: 7000 });
    expect(statSync(join(to, "a")).size).toBe(4000);
  });

  test("of nothing but empty files, without a limit of speed, and of names of all kinds", async () => {
    const names = ["a b", "한글", "line\nbreak", "a1", "a10", "A1"];
    for (const name of names) write(`scan/${name}`, "");
    const id = await transfer({ "/~/scan/": "/scan/" });
    clock.advance(2);
    expect(await api.task(id)).toMatchObject({ status: "SUCCEEDED", files: 6 });
    expect(below(join(to, "scan"))).toEqual([...names].sort());
  });
});

/** Tasks that compete, among faults, a pause and an end of patience, with `looks` evenly spread over ten minutes. */
async function lifeOf(looks: number): Promise<readonly Document[]> {
  const own = new FakeClock(START);
  const service = await startGlobusService({
    clock: own,
    collections: [
      { name: "detector", bytesPerSecond: 1000 },
      { name: "archive", bytesPerSecond: 1500 },
    ],
  });
  try {
    const [detector, archive] = [service.collection("detector"), service.collection("archive")];
    for (let i = 0; i < 6; i++) detector.files.put(`/scan${i}/${i}.h5`, 1000 + 777 * i, START);
    own.after(3.3, () => {
      const end = service.addFault("archive", { code: "CONNECT_FAILED", below: "/scan1" });
      own.after(20, end);
    });
    own.after(5.5, () => {
      const resume = service.pauseCollection("detector", "beam dump");
      own.after(31, resume);
    });
    const caller = await callGlobus(service);
    const ids: string[] = [];
    for (const i of [0, 1, 2, 3, 4, 5, "none"])
      ids.push(
        await caller.submit({
          source_endpoint: detector.id,
          destination_endpoint: archive.id,
          DATA: [{ source_path: `/scan${i}`, destination_path: `/scan${i}` }],
          deadline: "2026-03-01T12:08:00Z",
        }),
      );
    for (let look = 0; look < looks; look++) {
      own.advance(600 / looks);
      await caller.call("GET", "/task_list");
    }
    const told = ids.map(async (id) => ({ ...(await caller.task(id)), events: await caller.rows(id, "event_list") }));
    return (await Promise.all(told)).map((task) =>
      Object.fromEntries(Object.entries(task).filter(([name]) => !/_id$|^username$/.test(name))),
    );
  } finally {
    await service.close();
  }
}

test("a task's life is the same whether it is looked at often or never", async () => {
  const unseen = await lifeOf(1);
  expect(await lifeOf(113)).toEqual(unseen);
  expect(unseen.map(({ status }) => status)).toEqual([...Array<string>(6).fill("SUCCEEDED"), "FAILED"]);
  expect(unseen[1]?.["faults"]).toBe(1);
});

describe("options", () => {
  test.each([
    [0, ["older"]],
    [1, ["older", "other-size"]],
    [2, ["newer", "older", "other-size"]],
    [3, ["changed", "older", "other-size"]],
  ])("sync_level %i passes over what it takes for the same", async (level, sent) => {
    const stamp = (folder: string, name: string, seconds: number): void =>
      utimesSync(join(folder, "scan", name), seconds, seconds);
    const put = (name: string, mine: string, theirs: string | undefined, age: number): void => {
      write(`scan/${name}`, mine);
      stamp(from, name, 1_000_000 + age);
      if (theirs === undefined) return;
      write(`scan/${name}`, theirs, to);
      stamp(to, name, 1_000_000);
    };
    put("same", "same", "same", 0);
    put("changed", "mine", "your", 0);
    put("newer", "same", "same", 10);
    put("other-size", "longer", "short", 0);
    put("older", "absent", undefined, 0);
    const id = await transfer({ "/scan": "/scan" }, { sync_level: level });
    clock.advance(60);
    const rows = await api.rows(id, "successful_transfers");
    expect(rows.map(({ source_path }) => String(source_path).slice(6)).sort()).toEqual(sent);
    expect(await api.task(id)).toMatchObject({
      status: "SUCCEEDED",
      files: 5,
      files_skipped: 5 - sent.length,
      files_transferred: sent.length,
      sync_level: level,
    });
  });

  test("filter_rules: the first that fits decides, below items only", async () => {
    for (const name of ["a.h5", "b.txt", "tmp/c.h5", "keep/d.h5", "keep.txt"]) write(`x.txt/${name}`, "x");
    const rule = (method: string, name: string, type?: string): Document => ({
      DATA_TYPE: "filter_rule",
      method,
      name,
      ...(type !== undefined && { type }),
    });
    await transfer(
      { "/x.txt": "/x" },
      { filter_rules: [rule("include", "keep*"), rule("exclude", "*.txt", "file"), rule("exclude", "t?p", "dir")] },
    );
    clock.advance(60);
    expect(below(join(to, "x"))).toEqual(["a.h5", "keep", "keep.txt", "keep/d.h5"]);
  });

  test("skip_source_errors leaves out what cannot be read, and tells of it", async () => {
    write("scan/a", "a");
    write("scan/b", "b");
    globus.addFault("detector", { code: "PERMISSION_DENIED", below: "/scan/a" });
    const id = await transfer({ "/scan": "/scan", "/gone": "/gone" }, { skip_source_errors: true });
    clock.advance(60);
    expect(await api.task(id)).toMatchObject({ status: "SUCCEEDED", faults: 0, subtasks_skipped_errors: 2 });
    expect(await api.rows(id, "skipped_errors")).toMatchObject([
      { source_path: "/scan/a", destination_path: "/scan/a", error_code: "PERMISSION_DENIED", is_directory: false },
      { source_path: "/gone", error_code: "FILE_NOT_FOUND" },
    ]);
    expect((await api.rows(id, "successful_transfers")).map(({ source_path }) => source_path)).toEqual(["/scan/b"]);
    expect(await codes(id)).toContain("SKIPPED_ERRORS");
  });

  test("preserve_timestamp keeps the time of the file; without it, it is that of the end", async () => {
    write("a", "a");
    utimesSync(join(from, "a"), 1_000_000, 1_000_000);
    await transfer({ "/a": "/kept" }, { preserve_timestamp: true });
    await transfer({ "/a": "/new" });
    clock.advance(60);
    expect(statSync(join(to, "kept")).mtimeMs).toBe(1_000_000_000);
    expect(statSync(join(to, "new")).mtimeMs).toBeGreaterThan(START);
    expect(statSync(join(to, "new")).mtimeMs).toBeLessThanOrEqual(clock.now());
  });

  test("delete_destination_extra makes the destination a mirror", async () => {
    write("scan/a", "a");
    write("scan/old", "extra", to);
    write("scan/a/was-a-directory", "extra", to);
    await transfer({ "/scan": "/scan" }, { delete_destination_extra: true });
    clock.advance(60);
    expect(below(join(to, "scan"))).toEqual(["a"]);
  });

  test("links are left out of a directory", async () => {
    write("scan/a", "a");
    symlinkSync("/etc", join(from, "scan/out"));
    const id = await transfer({ "/scan": "/scan" });
    clock.advance(60);
    expect(await api.task(id)).toMatchObject({ status: "SUCCEEDED", symlinks: 1, files: 1 });
    expect(below(join(to, "scan"))).toEqual(["a"]);
  });

  test.each([
    [{ "/scan": "/x" }, { recursive: false }, "IS_A_DIRECTORY"],
    [{ "/file": "/x" }, { recursive: true }, "NOT_A_DIRECTORY"],
  ])("%j with %j ends with %s", async (items, item, code) => {
    write("scan/a", "a");
    write("file", "a");
    const DATA = Object.entries(items).map(([source_path, destination_path]) => {
      return { DATA_TYPE: "transfer_item", source_path, destination_path, ...item };
    });
    const id = await transfer({}, { DATA });
    clock.advance(60);
    expect(await api.task(id)).toMatchObject({ status: "FAILED", fatal_error: { code }, subtasks_failed: 1 });
  });

  test("an external checksum that is another ends the task", async () => {
    write("a", "abc");
    const item = {
      DATA_TYPE: "transfer_item",
      source_path: "/a",
      destination_path: "/a",
      checksum_algorithm: "SHA256",
    };
    const right = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    const good = await transfer({}, { DATA: [{ ...item, external_checksum: right }] });
    clock.advance(60);
    expect(await api.rows(good, "successful_transfers")).toMatchObject([
      { checksum: right, checksum_algorithm: "SHA256" },
    ]);
    const bad = await transfer({}, { DATA: [{ ...item, external_checksum: right.replace("b", "c") }] });
    clock.advance(60);
    expect(await api.task(bad)).toMatchObject({ status: "FAILED", fatal_error: { code: "VERIFY_CHECKSUM" } });
  });
});

describe("faults", () => {
  test.each(["GC_NOT_CONNECTED", "CONNECT_FAILED", "ENDPOINT_TOO_BUSY", "QUOTA_EXCEEDED"] as const)(
    "%s holds the task up, once for all its files, until it is over",
    async (code) => {
      for (const name of ["a", "b", "c"]) write(`scan/${name}`, name);
      const end = globus.addFault("archive", { code });
      const id = await transfer({ "/scan": "/scan" });
      clock.advance(40);
      expect(await api.task(id)).toMatchObject({ status: "ACTIVE", nice_status: code, is_ok: false, faults: 2 });
      end();
      clock.advance(60);
      expect(await api.task(id)).toMatchObject({ status: "SUCCEEDED", faults: 2 });
      expect((await api.rows(id, "event_list")).filter(({ is_error }) => is_error)).toHaveLength(2);
    },
  );

  test("a collection that goes offline breaks off the file that is on its way; it is begun again", async () => {
    write("a", 5000);
    const id = await transfer({ "/a": "/a" });
    clock.advance(3);
    const end = globus.addFault("archive", { code: "GC_NOT_CONNECTED" });
    expect(await api.task(id)).toMatchObject({ nice_status: "GC_NOT_CONNECTED", bytes_transferred: 2000, faults: 1 });
    end();
    clock.advance(60);
    expect(await api.task(id)).toMatchObject({ status: "SUCCEEDED", bytes_transferred: 7000 });
    expect(readFileSync(join(to, "a"))).toEqual(readFileSync(join(from, "a")));
  });

  test("fail_on_quota_errors ends the task where there is no space", async () => {
    write("a", "a");
    globus.addFault("archive", { code: "QUOTA_EXCEEDED", below: "/full" });
    const id = await transfer({ "/a": "/full/a" }, { fail_on_quota_errors: true });
    clock.advance(60);
    expect(await api.task(id)).toMatchObject({
      status: "FAILED",
      fatal_error: { code: "QUOTA_EXCEEDED", description: "disk quota exceeded: /full/a" },
    });
  });

  test("any code can be terminal, so often as is said", async () => {
    write("a", "a");
    globus.addFault("detector", { code: "ENDPOINT_ERROR", isFatal: true, times: 1 });
    const [first, second] = [await transfer({ "/a": "/1" }), await transfer({ "/a": "/2" })];
    clock.advance(60);
    expect(await api.task(first)).toMatchObject({ status: "FAILED", fatal_error: { code: "ENDPOINT_ERROR" } });
    expect(await api.task(second)).toMatchObject({ status: "SUCCEEDED" });
  });

  test("a checksum that differs sends the file again; without verify_checksum nobody looks", async () => {
    write("a", 500);
    globus.addFault("archive", { code: "VERIFY_CHECKSUM", times: 1 });
    const blind = await transfer({ "/a": "/blind" }, { verify_checksum: false });
    clock.advance(60);
    expect(await api.task(blind)).toMatchObject({ status: "SUCCEEDED", faults: 0, bytes_checksummed: 0 });
    const id = await transfer({ "/a": "/a" });
    clock.advance(60);
    expect(await api.task(id)).toMatchObject({ status: "SUCCEEDED", faults: 1, bytes_transferred: 1000 });
    expect(await codes(id)).toContain("VERIFY_CHECKSUM");
  });

  test("what somebody damages at the destination meanwhile is found by its checksum, and sent again", async () => {
    write("a", 5000);
    const id = await transfer({ "/a": "/a" });
    clock.advance(3);
    expect((await api.task(id))["bytes_transferred"]).toBe(2000);
    writeFileSync(join(to, "a"), "damaged", { flag: "r+" });
    clock.advance(60);
    expect(await api.task(id)).toMatchObject({ status: "SUCCEEDED", faults: 1, bytes_transferred: 10_000 });
    expect(readFileSync(join(to, "a"))).toEqual(readFileSync(join(from, "a")));
  });

  test("expired credentials make it INACTIVE until somebody acts", async () => {
    write("a", 5000);
    const id = await transfer({ "/a": "/a" });
    clock.advance(3);
    globus.suspendTask(id);
    clock.advance(HOUR);
    expect(await api.task(id)).toMatchObject({
      status: "INACTIVE",
      nice_status: "EXPIRED_CREDENTIALS",
      bytes_transferred: 2000,
    });
    globus.resumeTask(id);
    clock.advance(3);
    expect(await api.task(id)).toMatchObject({ status: "SUCCEEDED" });
  });

  test("credentials that expire on a collection make each of its tasks INACTIVE, and free the places", async () => {
    write("a", 5000);
    write("other", 10);
    const end = globus.addFault("archive", { code: "EXPIRED_CREDENTIALS", below: "/a" });
    const ids = [1, 2, 3].map((n) => transfer({ "/a": `/a/${n}` }));
    const [first = ""] = await Promise.all(ids);
    const other = await transfer({ "/other": "/other" });
    clock.advance(HOUR);
    expect(await api.task(first)).toMatchObject({ status: "INACTIVE", is_ok: false, faults: 1 });
    expect(await api.task(other)).toMatchObject({ status: "SUCCEEDED" });
    end();
    globus.resumeTask(first);
    clock.advance(10);
    expect(await api.task(first)).toMatchObject({ status: "SUCCEEDED" });
  });

  test("a collection that is offline refuses file operations too", async () => {
    globus.addFault("archive", { code: "GC_NOT_CONNECTED" });
    const { status, body } = await api.call("GET", `/operation/endpoint/${destination}/ls?path=/`);
    expect([status, body["code"]]).toEqual([502, "ExternalError.DirListingFailed.GCDisconnected"]);
  });
});

describe("people", () => {
  test("a pause rule holds up what it names, with its message", async () => {
    write("a", 5000);
    const resume = globus.pauseCollection("archive", "Maintenance until noon", {
      read: false,
      write: true,
      delete: false,
    });
    const id = await transfer({ "/a": "/a" });
    clock.advance(HOUR);
    expect(await api.task(id)).toMatchObject({ status: "ACTIVE", is_paused: true, is_ok: false, bytes_transferred: 0 });
    const { body } = await api.call("GET", `/task/${id}/pause_info`);
    expect(body).toMatchObject({
      pause_rules: [{ message: "Maintenance until noon", endpoint_display_name: "archive" }],
      source_pause_message: null,
    });
    resume();
    clock.advance(HOUR);
    expect(await api.task(id)).toMatchObject({ status: "SUCCEEDED", is_paused: false });
    expect(await codes(id)).toEqual(["SUCCEEDED", "STARTED", "UNPAUSED", "PAUSED"]);
  });

  test("a paused task frees its place, and goes on where it was", async () => {
    for (const name of ["a", "b", "c", "d"]) write(name, 3000);
    const ids: string[] = [];
    for (const name of ["a", "b", "c", "d"]) ids.push(await transfer({ [`/${name}`]: `/${name}` }));
    const [first = "", , , last = ""] = ids;
    clock.advance(4);
    const resume = globus.pauseTask(first, "Wait, please");
    clock.advance(1);
    expect(await api.task(last)).toMatchObject({ nice_status: "OK" });
    const { body } = await api.call("GET", `/task/${first}/pause_info`);
    expect(body).toMatchObject({ pause_rules: [], source_pause_message: "Wait, please" });
    resume();
    clock.advance(60);
    expect(await api.task(first)).toMatchObject({ status: "SUCCEEDED", bytes_transferred: 3000 });
  });

  test("an administrator's cancel is told as such", async () => {
    write("a", 5000);
    const id = await transfer({ "/a": "/a" });
    clock.advance(3);
    globus.cancelTask(id, "Too much at once", "destination");
    clock.advance(HOUR);
    expect(await api.task(id)).toMatchObject({
      status: "FAILED",
      canceled_by_admin: "DESTINATION",
      canceled_by_admin_message: "Too much at once",
      fatal_error: { code: "CANCELED" },
      bytes_transferred: 2000,
      subtasks_canceled: 1,
    });
    expect((await api.rows(id, "event_list"))[0]).toMatchObject({ code: "CANCELED", is_error: true });
  });

  test("label and deadline of a task can be changed while it has not ended", async () => {
    write("a", 5000);
    const id = await transfer({ "/a": "/a" }, { label: "one" });
    const change = { DATA_TYPE: "task", label: "two", deadline: "2026-03-01 12:00:03" };
    expect(await api.call("PUT", `/task/${id}`, change)).toMatchObject({ status: 200, body: { code: "Updated" } });
    clock.advance(10);
    expect(await api.task(id)).toMatchObject({ label: "two", status: "FAILED", fatal_error: { code: "EXPIRED" } });
    expect((await api.call("PUT", `/task/${id}`, change)).status).toBe(409);
  });
});

describe("a delete", () => {
  test("takes directories with recursive only, patterns with interpret_globs only", async () => {
    for (const name of ["scan/a.h5", "scan/b.h5", "scan/c.txt", "other/d"]) write(name, "x", to);
    const globs = await erase(["/scan/*.h5"], { interpret_globs: true });
    const plain = await erase(["/scan/*"]);
    const flat = await erase(["/other"]);
    clock.advance(5);
    expect(await api.task(globs)).toMatchObject({ type: "DELETE", status: "SUCCEEDED", files: 2 });
    expect(await api.task(plain)).toMatchObject({ status: "FAILED", fatal_error: { code: "FILE_NOT_FOUND" } });
    expect(await api.task(flat)).toMatchObject({ status: "FAILED", fatal_error: { code: "IS_A_DIRECTORY" } });
    expect(below(to)).toEqual(["other", "other/d", "scan", "scan/c.txt"]);
    const all = await erase(["/other", "/none"], { recursive: true, ignore_missing: true });
    clock.advance(5);
    expect(await api.task(all)).toMatchObject({ status: "SUCCEEDED", directories: 1 });
    expect(below(to)).toEqual(["scan", "scan/c.txt"]);
  });

  test("fails at once where a transfer would wait, and never moves its deadline", async () => {
    globus.addFault("archive", { code: "GC_NOT_CONNECTED" });
    const id = await erase(["/x"]);
    clock.advance(2);
    expect(await api.task(id)).toMatchObject({
      status: "FAILED",
      fatal_error: { code: "GC_NOT_CONNECTED" },
      deadline: "2026-03-02T12:00:00+00:00",
      destination_endpoint_id: null,
    });
  });
});

describe("a submission", () => {
  const document = (options: Document = {}): Document => ({
    DATA_TYPE: "transfer",
    submission_id: "11111111-1111-4111-8111-111111111111",
    source_endpoint: source,
    destination_endpoint: destination,
    DATA: [{ DATA_TYPE: "transfer_item", source_path: "/a", destination_path: "/a" }],
    ...options,
  });

  test("that is repeated is a duplicate, also when the task has ended", async () => {
    write("a", "a");
    const first = await api.call("POST", "/transfer", document());
    clock.advance(HOUR);
    expect(await api.call("POST", "/transfer", document())).toMatchObject({
      status: 202,
      body: { code: "Duplicate", task_id: first.body["task_id"] },
    });
  });

  test("whose answer is lost has been accepted, once", async () => {
    write("a", "a");
    await globus.misbehave({ on: "/transfer", answerLost: true, times: 2 });
    await expect(api.call("POST", "/transfer", document())).rejects.toThrow();
    await expect(api.call("POST", "/transfer", document())).rejects.toThrow();
    expect((await api.call("POST", "/transfer", document())).body["code"]).toBe("Duplicate");
    expect((await api.call("GET", "/task_list")).body["total"]).toBe(1);
  });

  test.each([
    [{ label: "x".repeat(129) }, "label"],
    [{ label: "two\nlines" }, "label"],
    [{ label: " blank" }, "label"],
    [{ sync_level: 4 }, "sync_level"],
    [{ deadline: "tomorrow" }, "deadline"],
    [{ verify_checksum: "yes" }, "verify_checksum"],
    [{ filter_rules: [{ method: "exclude", name: "a/b" }] }, "filter_rules"],
    [{ DATA: [{ source_path: "a", destination_path: "/a" }] }, "not absolute"],
    [{ DATA: [{ source_path: "/a", destination_path: "/a", recursive: true, external_checksum: "0" }] }, "checksum"],
  ])("with %j is refused", async (options, word) => {
    const { status, body } = await api.call("POST", "/transfer", document(options));
    expect([status, body["code"]]).toEqual([400, "ClientError.BadRequest"]);
    expect(body["message"]).toContain(word);
  });

  test("of a directory into itself is refused; beside it, under a longer name, it is not", async () => {
    write("a1/x", "x");
    const within = (destination_path: string): Document =>
      document({ destination_endpoint: source, DATA: [{ source_path: "/a1", destination_path }] });
    expect((await api.call("POST", "/transfer", within("/a1/copy"))).status).toBe(400);
    expect((await api.call("POST", "/transfer", within("/a10"))).status).toBe(202);
  });
});

test("ended tasks are found by their ids, tasks under way by their status", async () => {
  write("a", "a");
  const done = await transfer({ "/a": "/a" }, { label: "scan 1" });
  clock.advance(1);
  const lost = await transfer({ "/none": "/none" });
  clock.advance(10);
  const list = async (query: string): Promise<unknown[]> => {
    const { body } = await api.call("GET", `/task_list?${query}`);
    return (body["DATA"] as Document[]).map(({ task_id }) => task_id);
  };
  expect(await list("")).toEqual([lost, done]);
  expect(await list("filter=status:ACTIVE,INACTIVE")).toEqual([lost]);
  expect(await list(`filter=task_id:${done},${lost}&orderby=request_time ASC`)).toEqual([done, lost]);
  expect(await list("filter=label:~SCAN*")).toEqual([done]);
});

test("successful transfers come page by page, of ended tasks only", async () => {
  for (let i = 0; i < 150; i++) write(`scan/${String(i).padStart(3, "0")}`, "");
  const id = await transfer({ "/scan": "/scan" });
  expect((await api.call("GET", `/task/${id}/successful_transfers`)).status).toBe(409);
  clock.advance(10);
  const first = await api.call("GET", `/task/${id}/successful_transfers`);
  const second = await api.call("GET", `/task/${id}/successful_transfers?marker=${String(first.body["next_marker"])}`);
  expect((first.body["DATA"] as Document[]).length + (second.body["DATA"] as Document[]).length).toBe(150);
  expect(second.body["next_marker"]).toBeNull();
});

test("a collection that only a flow may use says so, and takes no other transfer", async () => {
  const flow = "22222222-2222-4222-8222-222222222222";
  await globus.close();
  globus = await startGlobusService({
    clock,
    collections: [{ name: "open" }, { name: "guarded", flowPolicy: { destination: flow } }],
  });
  api = await callGlobus(globus);
  [source, destination] = [globus.collection("open").id, globus.collection("guarded").id];
  const { body } = await api.call("GET", `/endpoint/${destination}`);
  expect(body["associated_flow_policy"]).toEqual({ transfer: { source: {}, destination: { flow } } });
  await expect(transfer({ "/a": "/a" })).rejects.toThrow(flow);
});

test("collections are found by a part of their names", async () => {
  const search = async (query: string): Promise<unknown> => (await api.call("GET", `/endpoint_search?${query}`)).body;
  expect(await search("filter_fulltext=ARCH")).toMatchObject({
    DATA: [{ id: destination, display_name: "archive", owner_id: globus.serviceAccount.clientId }],
    has_next_page: false,
  });
  expect(await search("filter_fulltext=nothing")).toMatchObject({ DATA: [] });
  expect(await search("filter_scope=my-endpoints&limit=1")).toMatchObject({ DATA: [{}], has_next_page: true });
});

test("ls: the path ends in a slash; hidden files, filters, order and pages are obeyed", async () => {
  for (const name of ["b.h5", "a.txt", ".hidden", "sub/x"]) write(name, "x");
  const ls = async (query: string): Promise<Document> =>
    (await api.call("GET", `/operation/endpoint/${source}/ls?${query}`)).body;
  const names = async (query: string): Promise<unknown[]> =>
    ((await ls(query))["DATA"] as Document[]).map(({ name }) => name);
  expect(await ls("path=/sub")).toMatchObject({ path: "/sub/", absolute_path: "/sub/", length: 1, total: 1 });
  expect((await ls(""))["path"]).toBe("/~/");
  expect(await names("path=/")).toEqual([".hidden", "a.txt", "b.h5", "sub"]);
  expect(await names("path=/&show_hidden=0&orderby=name DESC&limit=2")).toEqual(["sub", "b.h5"]);
  expect(await names("path=/&filter=type:dir&filter=name:~*.txt")).toEqual(["a.txt", "sub"]);
});

test("rename moves, and refuses what is taken or not there", async () => {
  write("a", "a");
  write("b", "b");
  const rename = async (old_path: string, new_path: string): Promise<unknown[]> => {
    const path = `/operation/endpoint/${source}/rename`;
    const { status, body } = await api.call("POST", path, { DATA_TYPE: "rename", old_path, new_path });
    return [status, body["code"]];
  };
  expect(await rename("/a", "/b")).toEqual([502, "ExternalError.RenameFailed.Exists"]);
  expect(await rename("/none", "/c")).toEqual([404, "ClientError.NotFound"]);
  expect(await rename("/a", "/c")).toEqual([200, "FileRenamed"]);
  expect(read(from, "c")).toBe("a");
});
