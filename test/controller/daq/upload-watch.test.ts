import { BehaviorSubject, Subject, type Subscription } from "rxjs";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { silentLog } from "../../../src/base/log.ts";
import { watchUploads } from "../../../src/controller/daq/upload-watch.ts";
import type { Experiment } from "../../../src/controller/experiment.ts";
import { AccessDeniedError, NotOfferedError, OffError, UnavailableError } from "../../../src/controller/ports/call.ts";
import type { CommandName } from "../../../src/controller/pvs/commands.ts";
import { UPLOAD_STATES } from "../../../src/controller/pvs/daq.ts";
import { Journal } from "../../../src/controller/run/journal.ts";
import { FakeControllerPvs } from "../../support/fakes/fake-beamline.ts";
import { FakeClock } from "../../support/fakes/fake-clock.ts";
import { FakeDm } from "../../support/fakes/fake-services.ts";
import { EXPERIMENT } from "../../support/fakes/tagged-run.ts";

const NAME = EXPERIMENT.name;
const RAW = `/data/2BM/${NAME}`;
const [POLL, AGAIN, REFUSED] = [10, 60, 300];

let pvs: FakeControllerPvs;
let dm: FakeDm;
let experiment$: BehaviorSubject<Experiment | undefined>;
let ended$: Subject<CommandName>;
let running: Set<CommandName>;
let errors: unknown[];
let subscription: Subscription | undefined;
beforeEach(() => {
  vi.useFakeTimers();
  pvs = new FakeControllerPvs();
  pvs.put("Testing", 0);
  dm = new FakeDm();
  experiment$ = new BehaviorSubject<Experiment | undefined>(EXPERIMENT);
  ended$ = new Subject();
  running = new Set();
  errors = [];
});
afterEach(() => {
  subscription?.unsubscribe();
  expect(errors).toEqual([]);
  vi.useRealTimers();
});

const wait = (seconds: number) => vi.advanceTimersByTimeAsync(1000 * seconds);
async function watch(): Promise<void> {
  const clock = new FakeClock();
  const journal = new Journal({ clock, log: silentLog, pvs });
  const isRunning = (name: CommandName) => running.has(name);
  const watch$ = watchUploads({ dm, pollSeconds: POLL })({ pvs, journal, experiment$, isRunning, ended$, clock });
  subscription = watch$.subscribe({
    error: (error) => errors.push(error),
    complete: () => errors.push("completed"),
  });
  await wait(0);
}
const state = () => UPLOAD_STATES[Number(pvs.get("UploadState"))];
const shown = () =>
  (["UploadId", "UploadFilesDone", "UploadFilesTotal", "UploadPercent"] as const).map((n) => pvs.get(n));
const calls = (name: string) => dm.calls.filter((call) => call.split(" ")[0] === name).length;

test("an upload of the experiment that runs when the program starts is shown, and followed until it is done", async () => {
  await dm.startUpload("2026-02-Other-1", "/data/2BM/other", {});
  await dm.startUpload(NAME, RAW, {});
  dm.change(1, { filesDone: 3, filesTotal: 12 });
  await watch();
  expect(state()).toBe("Running");
  expect(shown()).toEqual(["upload-2", 3, 12, 25]);
  expect(pvs.get("Message")).toBe(
    `Uploads of ${NAME} that Upload does not wait for are under way: ${RAW} (upload-2) 3 of 12 files.`,
  );
  dm.change(1, { filesDone: 12, status: "done" });
  await wait(POLL);
  expect(state()).toBe("Done");
  expect(shown()).toEqual(["upload-2", 12, 12, 100]);
  await wait(AGAIN - 1);
  expect([calls("uploads"), calls("upload")]).toEqual([2, 0]);
});

test("where none runs that is shown once, and the list is asked for now and then", async () => {
  await dm.startUpload(NAME, RAW, {});
  dm.change(0, { status: "done" });
  pvs.put("UploadState", UPLOAD_STATES.indexOf("Unknown"));
  pvs.writes.splice(0);
  await watch();
  await wait(10 * AGAIN);
  expect(pvs.writes.filter((write) => write.startsWith("Upload"))).toEqual([
    "UploadId=",
    "UploadFilesDone=0",
    "UploadFilesTotal=0",
    "UploadPercent=0",
    `UploadState=${UPLOAD_STATES.indexOf("None")}`,
  ]);
  expect(calls("uploads")).toBe(11);
});

test("one that somebody else starts later is shown, beside others and behind those that have ended", async () => {
  await watch();
  await dm.startUpload(NAME, RAW, {});
  await wait(AGAIN);
  expect([state(), pvs.get("UploadId")]).toEqual(["Running", "upload-1"]);
  await dm.startUpload(NAME, `${RAW}_rec`, {});
  await wait(POLL);
  expect(pvs.get("UploadId")).toBe("upload-1 upload-2");
  dm.change(0, { status: "done" });
  dm.change(1, { status: "done" });
  await wait(POLL);
  expect(state()).toBe("Done");
  await dm.startUpload(NAME, RAW, {});
  await wait(AGAIN);
  expect([state(), pvs.get("UploadId")]).toEqual(["Running", "upload-3"]);
});

test("the end of one that the list no longer has is asked for by its id", async () => {
  await dm.startUpload(NAME, RAW, {});
  await watch();
  dm.change(0, { filesDone: 7, filesTotal: 7, status: "done" });
  dm.uploads = () => Promise.resolve([]);
  await wait(POLL);
  expect([state(), pvs.get("UploadFilesDone")]).toEqual(["Done", 7]);
});

test("where no Data Management is configured there is none, and nobody is asked again", async () => {
  dm.failures.set("uploads", new OffError("set ds-url"));
  await watch();
  await wait(10 * AGAIN);
  expect([state(), calls("uploads")]).toEqual(["None", 1]);
});

test("what is aborted is Stopped, what fails or is gone is Failed", async () => {
  await dm.startUpload(NAME, RAW, {});
  await watch();
  dm.change(0, { status: "aborted" });
  await wait(POLL);
  expect(state()).toBe("Stopped");
  await dm.startUpload(NAME, RAW, {});
  ended$.next("Upload");
  await wait(0);
  expect(state()).toBe("Running");
  dm.transfers.splice(0);
  await wait(POLL);
  expect(state()).toBe("Failed");
});

test("Upload tells of its own uploads: nothing is written beside it, and those that it leaves behind are found when it has ended", async () => {
  running.add("Upload");
  await dm.startUpload(NAME, RAW, {});
  await watch();
  await wait(AGAIN);
  expect(calls("uploads")).toBe(0);
  running.clear();
  ended$.next("Upload");
  await wait(0);
  expect(state()).toBe("Running");
});

test("another experiment is looked for anew, and one that is gone while TomoScan restarts is still followed", async () => {
  await dm.startUpload(NAME, RAW, {});
  await watch();
  experiment$.next(undefined);
  dm.change(0, { filesDone: 5, filesTotal: 5 });
  await wait(POLL);
  expect(pvs.get("UploadFilesDone")).toBe(5);
  await dm.startUpload("2026-04-Curie-2", "/data/2BM/2026-04-Curie-2", {});
  experiment$.next({ ...EXPERIMENT, name: "2026-04-Curie-2", uncleanedName: "2026-04-Curie-2" });
  await wait(0);
  expect(pvs.get("UploadId")).toBe("upload-2");
});

test("a service that does not answer is asked again, and told of once where an upload is known to run", async () => {
  dm.failures.set("uploads", new UnavailableError("DM does not answer"));
  await dm.startUpload(NAME, RAW, {});
  await watch();
  expect(pvs.writes.filter((write) => write.startsWith("Message="))).toEqual([]);
  dm.failures.clear();
  await wait(AGAIN);
  expect(state()).toBe("Running");
  dm.failures.set("uploads", new UnavailableError("DM does not answer"));
  await wait(POLL + 3 * AGAIN);
  expect(pvs.writes.filter((write) => write.startsWith("LastError="))).toEqual([
    "LastError=The uploads cannot be seen: DM does not answer.",
  ]);
  expect(state()).toBe("Running");
});

test("a refused login is not tried at every minute", async () => {
  dm.failures.set("uploads", new AccessDeniedError("login refused"));
  await watch();
  await wait(REFUSED - 1);
  expect(calls("uploads")).toBe(1);
  await wait(1);
  expect(calls("uploads")).toBe(2);
});

test("a Data Management that has no list of uploads, and a dry run, are not asked", async () => {
  pvs.put("Testing", 1);
  dm.failures.set("uploads", new NotOfferedError("not verified"));
  await watch();
  expect(calls("uploads")).toBe(0);
  pvs.put("Testing", 0);
  await wait(REFUSED);
  expect(calls("uploads")).toBe(1);
  expect(errors).toEqual([]);
});
