/**
 * The simulated Transfer under Globus' own command line, as its service account: what a person at a beamline types, and
 * files that arrive as they were sent.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { type GlobusService, startGlobusService } from "../../src/sandbox/globus/service.ts";
import { type GlobusCommand, globusCommand } from "../support/peers/globus-command.ts";
import { needPeers } from "../support/peers/real-peers.ts";

vi.setConfig({ testTimeout: 120_000 });
const TLS = join(import.meta.dirname, "../support/tls");
const tls = (name: string): Buffer => readFileSync(join(TLS, name));

describe.skipIf(needPeers("globus-cli").missing)("the simulated Transfer under globus-cli", () => {
  let globus: GlobusService;
  /** The collections' manager, which globus-cli asks by TLS alone. */
  let manager: Server;
  let home: string;
  let run: GlobusCommand["run"];
  let text: GlobusCommand["text"];
  let json: GlobusCommand["json"];
  let source: string;
  let destination: string;
  /** The same, on this machine. */
  let from: string;
  let to: string;

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), "globus-cli-"));
    manager = createServer({ key: tls("server.key"), cert: tls("server.pem") }, (asked, answer) => {
      const options = { headers: { authorization: asked.headers.authorization } };
      get(new URL(asked.url ?? "", globus.url), options, (told) =>
        told.pipe(answer.writeHead(told.statusCode ?? 502, { "content-type": "application/json" })),
      );
    });
    await new Promise<void>((resolve) => manager.listen(0, "127.0.0.1", resolve));
    globus = await startGlobusService({
      clock: systemClock,
      managerUrl: `https://127.0.0.1:${(manager.address() as AddressInfo).port}`,
      queuedSeconds: 0,
      collections: [
        { name: "detector", bytesPerSecond: Infinity },
        { name: "archive", bytesPerSecond: Infinity },
      ],
    });
    const [detector, archive] = [globus.collection("detector"), globus.collection("archive")];
    ({ run, text, json } = globusCommand(globus, home, "account"));
    [source, destination, from, to] = [detector.id, archive.id, detector.folder, archive.folder];
  });
  afterAll(async () => {
    manager?.closeAllConnections();
    manager?.close();
    await globus?.close();
    rmSync(home, { recursive: true, force: true });
  });

  const put = (folder: string, path: string, content: string | Buffer): void => {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), content);
  };
  /** The task of a transfer that is submitted. */
  const transfer = async (...words: string[]): Promise<string> =>
    (await json("transfer", ...words))["task_id"] as string;
  const everything = (folder: string): (readonly [string, Buffer | undefined])[] =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .map((entry) => [join(entry.parentPath, entry.name).slice(folder.length), entry] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([path, entry]) => [path, entry.isFile() ? readFileSync(join(folder, path)) : undefined] as const);

  test("a directory is sent, waited for and told of, and arrives byte for byte", async () => {
    const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, index) => (index * 7919) % 256));
    for (const path of ["a b.h5", "한글.h5", "deep/er/c.config", "empty"]) put(join(from, "sent"), path, bytes);
    put(join(from, "sent"), "empty", "");
    const id = await transfer(
      "--recursive",
      "--label",
      "whole scan",
      "--preserve-timestamp",
      `${source}:/sent`,
      `${destination}:/~/2026-03/sent`,
    );
    await text("task", "wait", "--timeout", "120", id);
    expect(everything(join(to, "2026-03/sent"))).toEqual(everything(join(from, "sent")));
    expect(await json("task", "show", id)).toMatchObject({
      status: "SUCCEEDED",
      label: "whole scan",
      files: 4,
      directories: 3,
      bytes_transferred: 300_000,
      subtasks_total: 8,
      subtasks_succeeded: 8,
      preserve_timestamp: true,
    });
    const shown = await text("task", "show", id);
    expect(shown).toMatch(/^Label: +whole scan$/m);
    expect(shown).toMatch(/^Completion Time: /m);
    const successes = await text("task", "show", "--successful-transfers", id);
    expect(
      successes
        .split("\n")
        .slice(2)
        .map((line) => line.split(" | ")[0]?.trim()),
    ).toEqual(["/sent/a b.h5", "/sent/deep/er/c.config", "/sent/empty", "/sent/한글.h5"]);
    expect(await text("task", "event-list", id)).toMatch(/SUCCEEDED[^]*STARTED/);
    expect((await json("task", "event-list", "--filter-errors", id))["DATA"]).toEqual([]);
  });

  test("ls, with its filters and orders, also recursively; stat, mkdir, rename", async () => {
    for (const path of ["b.h5", "a.txt", ".hidden", "sub/sub/x"]) put(join(from, "listed"), path, "x");
    expect((await text("ls", `${source}:/listed`)).split("\n")).toEqual(["a.txt", "b.h5", "sub/"]);
    expect((await text("ls", "--all", "--filter", "~*h*", `${source}:/~/listed/`)).split("\n")).toEqual([
      ".hidden",
      "b.h5",
    ]);
    expect((await text("ls", "--orderby", "name:DESC", `${source}:/listed`)).split("\n")).toEqual([
      "sub/",
      "b.h5",
      "a.txt",
    ]);
    expect((await text("ls", "-r", `${source}:/listed`)).split("\n").sort()).toEqual([
      "a.txt",
      "b.h5",
      "sub/",
      "sub/sub/",
      "sub/sub/x",
    ]);
    expect((await text("ls", "-r", "--filter", "~*.h5", `${source}:/listed`)).split("\n")).toContain("b.h5");
    expect(await text("ls", "-l", `${source}:/listed`)).toContain("b.h5");
    expect(await text("stat", `${source}:/listed/b.h5`)).toMatch(/^Size: +1$/m);
    expect(await text("mkdir", `${source}:/listed/new`)).toBe("The directory was created successfully");
    expect(await text("rename", source, "/listed/new", "/listed/newer")).toBe("File or directory renamed successfully");
    const { code, stderr } = await run("rename", source, "/listed/none", "/listed/x");
    expect([code, stderr]).toEqual([1, expect.stringContaining("ClientError.NotFound")]);
  });

  test("rm and delete", async () => {
    for (const path of ["a.h5", "b.h5", "c.txt", "sub/d"]) put(join(to, "erased"), path, "x");
    await text("rm", "--timeout", "120", `${destination}:/erased/*.h5`);
    expect(readdirSync(join(to, "erased"))).toEqual(["c.txt", "sub"]);
    const failed = await run("rm", "--timeout", "120", `${destination}:/erased/sub`);
    expect(failed.code).toBe(1);
    expect((await run("rm", "--timeout", "120", `${destination}:/erased/none`)).code).toBe(1);
    await text("rm", "--timeout", "120", "--ignore-missing", `${destination}:/erased/none`);
    const id = (await json("delete", "--recursive", "--label", "old scan", `${destination}:/erased`))[
      "task_id"
    ] as string;
    await text("task", "wait", "--timeout", "120", id);
    expect(readdirSync(to)).not.toContain("erased");
    const shown = await text("task", "show", id);
    expect(shown).toMatch(/^Type: +DELETE$/m);
    expect(shown).toMatch(/^Endpoint: +archive$/m);
  });

  test("options of a transfer: sync level, filters, mirrors, skipped errors, a batch, a deadline, a checksum", async () => {
    for (const path of ["a.h5", "b.txt", "c.h5"]) put(join(from, "options"), path, path);
    put(join(to, "options"), "a.h5", "a.h5");
    put(join(to, "options"), "extra", "x");
    const sent = ["--recursive", "--sync-level", "size", "--exclude", "*.txt", "--delete-destination-extra"];
    const treated = ["--fail-on-quota-errors", "--encrypt-data", "--skip-source-errors", "--deadline", "2099-01-01"];
    const id = await transfer(...sent, ...treated, `${source}:/options/`, `${destination}:/options/`);
    await text("task", "wait", "--timeout", "120", id);
    expect(readdirSync(join(to, "options"))).toEqual(["a.h5", "c.h5"]);
    expect(await json("task", "show", id)).toMatchObject({
      status: "SUCCEEDED",
      files_skipped: 1,
      files_transferred: 1,
      sync_level: 1,
      encrypt_data: true,
      fail_on_quota_errors: true,
      deadline: "2099-01-01T00:00:00+00:00",
    });
    const list = join(home, "batch.txt");
    writeFileSync(list, `a.h5 one.h5\n"none" none\n--external-checksum 0 c.h5 two.h5\n`);
    const listed = ["--skip-source-errors", "--checksum-algorithm", "md5", "--batch", list];
    const batch = await transfer(...listed, `${source}:/options/`, `${destination}:/batch/`);
    expect((await run("task", "wait", "--timeout", "120", batch)).code).toBe(1);
    expect(await json("task", "show", batch)).toMatchObject({
      status: "FAILED",
      fatal_error: { code: "VERIFY_CHECKSUM" },
    });
    expect(await text("task", "show", "--skipped-errors", batch)).toMatch(
      /^\/options\/none +\| \/batch\/none +\| FILE_NOT_FOUND$/m,
    );
    expect(readdirSync(join(to, "batch"))).toContain("one.h5");
  });

  test("a task that waits: list, update, pause-info, event-list, cancel; the same submission twice", async () => {
    const submission = await text("task", "generate-submission-id");
    const words = ["--submission-id", submission, "--label", "lost scan", `${source}:/lost`, `${destination}:/lost`];
    const id = await transfer(...words);
    expect(await transfer(...words)).toBe(id);
    const conflict = await run("transfer", `${source}:/lost`, `${destination}:/lost`);
    expect([conflict.code, conflict.stderr]).toEqual([1, expect.stringContaining("Conflict")]);
    expect((await run("task", "wait", "--timeout", "1", "--polling-interval", "1", id)).code).toBe(1);
    expect(await text("task", "show", id)).toMatch(/^Details: +FILE_NOT_FOUND$/m);
    expect(await text("task", "event-list", "--filter-errors", id)).toContain("FILE_NOT_FOUND");
    expect(await text("task", "update", "--label", "found scan", "--deadline", "2099-01-01", id)).toBe("Success");
    expect(await text("task", "list", "--filter-status", "ACTIVE", "--filter-label", "FOUND*")).toContain(id);
    expect(await text("task", "list", "--exact", "--filter-label", "lost scan")).not.toContain(id);
    expect(await text("task", "list", "--filter-task-id", id, "--filter-type", "DELETE")).not.toContain(id);
    expect(await text("task", "list", "--filter-requested-after", "2020-01-01", "--limit", "1000")).toContain(id);
    expect(await text("task", "pause-info", id)).toBe(`Task ${id} is not paused.`);
    const resume = globus.pauseCollection("archive", "Maintenance until noon");
    const letGo = globus.pauseTask(id, "Not now");
    const info = await text("task", "pause-info", id);
    expect(info).toMatch(/^Source Endpoint: +Not now$/m);
    expect(info).toMatch(/^write\/read\/delete +\| archive +\| \S+ +\| Maintenance until noon$/m);
    expect(await text("task", "show", id)).toMatch(/^Is Paused: +True$/m);
    resume();
    letGo();
    expect(await text("task", "cancel", id)).toBe("The task has been cancelled successfully.");
    expect((await json("task", "event-list", id))["DATA"]).toMatchObject([
      { code: "CANCELED", is_error: true },
      { code: "UNPAUSED" },
      { code: "PAUSED" },
      { code: "FILE_NOT_FOUND" },
      { code: "STARTED" },
    ]);
    expect((await run("task", "show", "00000000-0000-4000-8000-000000000000")).stderr).toContain("TaskNotFound");
  });

  test("weakness 21: collections are found with globus endpoint search, and shown", async () => {
    expect(await text("endpoint", "search", "--filter-scope", "my-endpoints")).toContain(source);
    const found = (await text("endpoint", "search", "arch")).split("\n");
    expect(found).toHaveLength(3);
    expect(found[2]).toBe(
      `${destination} | ${globus.serviceAccount.clientId}@clients.auth.globus.org | archive      | gcs.example.org`,
    );
    const shown = await text("endpoint", "show", "--skip-endpoint-type-check", source);
    expect(shown).toMatch(/^Display Name: +detector$/m);
    const collection = await text("collection", "show", destination);
    expect(collection).toMatch(/^Display Name: +archive$/m);
    expect(collection).toMatch(/^Collection Type: +guest$/m);
    expect(collection).toMatch(/^Connector: +POSIX$/m);
    // It sends people who show a collection as an end point elsewhere by its entity type.
    expect((await run("endpoint", "show", source)).stderr).toContain("Guest Collection");
    expect((await json("endpoint", "permission", "list", destination))["DATA"]).toEqual([]);
  });
});
