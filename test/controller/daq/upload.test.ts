import { beforeEach, expect, test } from "vitest";
import { ActionError, CancelledError } from "../../../src/base/errors.ts";
import { DaqBoard } from "../../../src/controller/daq/daq-board.ts";
import { REFUSED_SECONDS } from "../../../src/controller/daq/daq-sources.ts";
import { begun, type DaqsState, following, sourceChecked } from "../../../src/controller/daq/daq-state.ts";
import { upload } from "../../../src/controller/daq/upload.ts";
import type { Experiment } from "../../../src/controller/experiment.ts";
import {
  AccessDeniedError,
  NotFoundError,
  NotOfferedError,
  UnavailableError,
} from "../../../src/controller/ports/call.ts";
import type { SourceReport } from "../../../src/controller/ports/data-host.ts";
import { SOURCE_STATES, UPLOAD_STATES } from "../../../src/controller/pvs/daq.ts";
import { UNKNOWN_COUNT } from "../../../src/controller/pvs/row.ts";
import { type ActionResult, RejectedError } from "../../../src/controller/run/outcome.ts";
import { FakeClock } from "../../support/fakes/fake-clock.ts";
import { FakeDataHost, FakeDm } from "../../support/fakes/fake-services.ts";

const NAME = "2026-03-Levy-1014288";
const EXPERIMENT: Experiment = {
  name: NAME,
  uncleanedName: NAME,
  yearMonth: "2026-03",
  piLastName: "Levy",
  proposalNumber: "1014288",
  proposalTitle: "Foams",
  esafNumber: "",
};
const RAW = `/data/2BM/${NAME}`;
const REC = `${RAW}_rec`;
const POLL = 10;

let dm: FakeDm;
let host: FakeDataHost;
let clock: FakeClock;
let board: DaqBoard;
let published: Record<string, unknown>;
let said: string[];
let inputs: Record<string, number>;
let abort: AbortController;
beforeEach(() => {
  dm = new FakeDm();
  dm.experiments.set(NAME, { name: NAME, usernames: [] });
  host = new FakeDataHost();
  clock = new FakeClock();
  board = new DaqBoard();
  published = {};
  said = [];
  inputs = { DaqRaw: 1, DaqRec: 1 };
  abort = new AbortController();
});

const site = () => ({ host, prefix: "", templates: { raw: "{exp}", rec: "{exp}_rec" } });
/** Starts it, and lets its first requests be answered. */
async function start(patienceSeconds = 60): Promise<{ readonly outcome: Promise<ActionResult> }> {
  const action = upload({
    dm,
    site: site(),
    serverName: "voyager",
    board,
    clock,
    pollSeconds: POLL,
    patienceSeconds,
  });
  const outcome = action.run({
    experiment: EXPERIMENT,
    signal: abort.signal,
    input: (name) => inputs[name] ?? "",
    publish: (name, value) => void (published[name] = value),
    say: (sentence) => void said.push(sentence),
  });
  outcome.catch(() => undefined); // judged by the test, later
  await clock.advanceAsync(0);
  return { outcome };
}
/** What an earlier run, or the watch, has left. */
const left = (step: (known: DaqsState) => DaqsState) =>
  board.change(
    (name, value) => void (published[name] = value),
    (known) => step(following(known, EXPERIMENT, site())),
  );
const source = (path: string, report: Partial<SourceReport>) =>
  host.reports.set(path, { files: 0, bytes: 0, ...report });
const state = () => UPLOAD_STATES[Number(published["UploadState"])];

test("waits until both uploads are done, and publishes how far they are together", async () => {
  const { outcome } = await start();
  expect(dm.transfers).toMatchObject([
    { kind: "upload", dataDirectory: RAW, task: {} },
    { kind: "upload", dataDirectory: REC, task: { useAnalysisDirectoryAsRoot: true } },
  ]);
  expect(published["UploadId"]).toBe("upload-1 upload-2");
  expect(state()).toBe("Running");
  dm.change(0, { filesDone: 2, filesTotal: 6 });
  dm.change(1, { status: "done", filesDone: 2, filesTotal: 2 });
  await clock.advanceAsync(POLL);
  expect(published).toMatchObject({ UploadFilesDone: 4, UploadFilesTotal: 8, UploadPercent: 50 });
  dm.change(0, { status: "finalizing", filesDone: 6 });
  await clock.advanceAsync(POLL);
  expect(state()).toBe("Running");
  dm.change(0, { status: "done" });
  await clock.advanceAsync(POLL);
  await expect(outcome).resolves.toEqual({
    state: "Done",
    message: `6 of 6 files of ${RAW} were moved; 2 of 2 files of ${REC} were moved.`,
  });
  expect(state()).toBe("Done");
});

test.each(["EMPTY", "MISSING", "NO_TOPDIR"] as const)("is rejected when the raw source is %s", async (report) => {
  source(NAME, { state: report });
  await expect((await start()).outcome).rejects.toThrow(RejectedError);
  expect(dm.transfers).toEqual([]);
  expect(state()).toBe("None");
});

test.each(["EMPTY", "MISSING"] as const)("leaves out reconstructions that are %s, and says so", async (report) => {
  source(`${NAME}_rec`, { state: report });
  const { outcome } = await start();
  dm.change(0, { status: "done", filesDone: 1, filesTotal: 1 });
  await clock.advanceAsync(POLL);
  const { state: end, message } = await outcome;
  expect(end).toBe("Done");
  expect(message).toContain("the reconstructions are left out");
  expect(dm.transfers).toHaveLength(1);
});

test("what is said of a source begins with a capital, as a sentence does", async () => {
  source(`${NAME}_rec`, { state: "NO_TOPDIR" });
  await start();
  expect(said[0]).toMatch(/^The top directory .* does not exist, so the reconstructions are left out until .*\.$/);
});

test("empties what an earlier run has found of a side that is not asked for, unless a DAQ of it runs", async () => {
  inputs["DaqRec"] = 0;
  left((known) => sourceChecked(known, "rec", { state: "OK", bytes: 900 }));
  await start();
  expect(published).toMatchObject({
    DaqRecSourceState: SOURCE_STATES.indexOf("UNKNOWN"),
    DaqRecSourceBytes: UNKNOWN_COUNT,
  });
  const daq = await dm.startDaq(NAME, REC, {});
  left((known) => begun(sourceChecked(known, "rec", { state: "OK", bytes: 900 }), "rec", daq));
  await start();
  expect(published["DaqRecSourceBytes"]).toBe(900);
});

test("is rejected before Init", async () => {
  dm.experiments.clear();
  await expect((await start()).outcome).rejects.toThrow("run Init first");
});

test("says that nothing was moved, in Data Management's words, and what is in the source", async () => {
  inputs["DaqRec"] = 0;
  source(NAME, { state: "OK", files: 812 });
  const { outcome } = await start();
  dm.change(0, { status: "done", problem: "no new files for upload" });
  await clock.advanceAsync(POLL);
  const { state: end, message } = await outcome;
  expect(end).toBe("Done");
  expect(message).toMatch(/^Nothing of .* was moved.*Data Management: no new files for upload/);
  expect(message).toMatch(/holds 812: either .* has them all, or it does not see that directory \(dm-direct-mount/);
});

test("a failed upload fails the command with Data Management's words", async () => {
  inputs["DaqRec"] = 0;
  const { outcome } = await start();
  dm.change(0, { status: "failed", filesDone: 3, filesTotal: 9, problem: "disk quota exceeded" });
  await clock.advanceAsync(POLL);
  await expect(outcome).rejects.toThrow(/is failed after 3 of 9 files \(Data Management: disk quota exceeded\)/);
  expect(state()).toBe("Failed");
});

test("an upload that somebody else aborts is waited for until it is aborted", async () => {
  inputs["DaqRec"] = 0;
  const { outcome } = await start();
  dm.change(0, { status: "aborting", filesDone: 3, filesTotal: 9 });
  await clock.advanceAsync(POLL);
  expect(state()).toBe("Running");
  dm.change(0, { status: "aborted", filesDone: 4 });
  await clock.advanceAsync(POLL);
  await expect(outcome).rejects.toThrow(/is aborted after 4 of 9 files/);
});

test("one failed upload of two makes it partial", async () => {
  const { outcome } = await start();
  dm.change(0, { status: "done", filesDone: 9, filesTotal: 9 });
  dm.change(1, { status: "aborted" });
  await clock.advanceAsync(POLL);
  await expect(outcome).resolves.toMatchObject({ state: "Partial" });
  expect(state()).toBe("Stopped");
});

test("files that could not be processed make it partial and are counted", async () => {
  inputs["DaqRec"] = 0;
  const { outcome } = await start();
  dm.change(0, { status: "done", filesDone: 7, filesTotal: 9, errors: 2 });
  await clock.advanceAsync(POLL);
  const { state: end, message } = await outcome;
  expect(end).toBe("Partial");
  expect(message).toContain(`2 files of ${RAW} could not be processed`);
});

test("one that cannot be started does not keep the other", async () => {
  dm.failures.set(`startUpload ${RAW}`, new ActionError("DM says no"));
  const { outcome } = await start();
  dm.change(0, { status: "done", filesDone: 1, filesTotal: 1 });
  await clock.advanceAsync(POLL);
  const { state: end, message } = await outcome;
  expect(end).toBe("Partial");
  expect(message).toContain(`the upload of ${RAW} was not started: DM says no`);
});

const LOST = new UnavailableError("no answer", { mayHaveHappened: true });

/** From now on it starts uploads, but the answers get lost. */
function loseAnswers(): void {
  const really = dm.startUpload.bind(dm);
  dm.startUpload = async (...call) => {
    await really(...call);
    throw LOST;
  };
}

test("a start whose answer got lost is looked for among the uploads, and waited for", async () => {
  inputs["DaqRec"] = 0;
  await dm.startUpload(NAME, RAW, {});
  dm.change(0, { status: "done" });
  loseAnswers();
  const { outcome } = await start();
  expect(published["UploadId"]).toBe("upload-2");
  dm.change(1, { status: "done", filesDone: 1, filesTotal: 1 });
  await clock.advanceAsync(POLL);
  await expect(outcome).resolves.toMatchObject({ state: "Done" });
  expect(dm.transfers).toHaveLength(2);
});

test("a start whose answer got lost, and which Data Management does not list, was not made", async () => {
  inputs["DaqRec"] = 0;
  dm.failures.set("startUpload", LOST);
  await expect((await start()).outcome).rejects.toThrow(
    `the upload of ${RAW} was not started, Data Management lists none`,
  );
});

test("an upload that runs for the same directory already is waited for, and no second one is started", async () => {
  inputs["DaqRec"] = 0;
  await dm.startUpload("2026-02-Other-1", RAW, {});
  await dm.startUpload(NAME, RAW, {});
  dm.change(1, { filesDone: 3, filesTotal: 9 });
  const { outcome } = await start();
  expect(published).toMatchObject({ UploadId: "upload-2", UploadFilesDone: 3, UploadFilesTotal: 9 });
  expect(state()).toBe("Running");
  expect(said).toEqual([
    `The upload upload-2 of ${RAW} runs already: it is waited for, and none is started beside it.`,
  ]);
  dm.change(1, { status: "done", filesDone: 9 });
  await clock.advanceAsync(POLL);
  await expect(outcome).resolves.toMatchObject({ state: "Done", message: `9 of 9 files of ${RAW} were moved.` });
  expect(dm.transfers).toHaveLength(2);
});

test("where Data Management has no list of uploads it goes on without, and says so", async () => {
  inputs["DaqRec"] = 0;
  dm.failures.set("uploads", new NotOfferedError("DM's route for listUploads is not verified"));
  const { outcome } = await start();
  expect(said).toEqual([
    "An upload that runs already would be started a second time: DM's route for listUploads is not verified.",
  ]);
  dm.change(0, { status: "done", filesDone: 1, filesTotal: 1 });
  await clock.advanceAsync(POLL);
  await expect(outcome).resolves.toMatchObject({ state: "Done" });
});

test("a list of uploads that cannot be had now fails it, and nothing is started", async () => {
  dm.failures.set("uploads", new UnavailableError("DM does not answer"));
  await expect((await start()).outcome).rejects.toThrow("DM does not answer");
  expect(dm.transfers).toEqual([]);
});

test("raw data that nobody can look at are moved all the same, which is partial; reconstructions are left out", async () => {
  for (const path of [NAME, `${NAME}_rec`]) source(path, { state: "UNKNOWN", remark: "store1 does not answer." });
  const { outcome } = await start();
  dm.change(0, { status: "done", problem: "no new files for upload" });
  await clock.advanceAsync(POLL);
  const { state: end, message } = await outcome;
  expect(end).toBe("Partial");
  expect(message).toContain(`but store1:${RAW} was not checked: store1 does not answer; store1:${REC}`);
  expect(dm.transfers).toHaveLength(1);
});

test("a start whose answer got lost is told as uncertain where there is no list, and not repeated", async () => {
  inputs["DaqRec"] = 0;
  dm.failures.set("uploads", new NotOfferedError("no list"));
  dm.failures.set("startUpload", LOST);
  await expect((await start()).outcome).rejects.toThrow(`the upload of ${RAW} may run or not`);
  expect(dm.calls.filter((call) => call.startsWith("startUpload"))).toHaveLength(1);
});

test("a service that is away for a while is told once and waited for", async () => {
  const { outcome } = await start();
  dm.failures.set("upload", new UnavailableError("DM does not answer"));
  await clock.advanceAsync(3 * POLL);
  expect(said.filter((sentence) => sentence.includes("does not answer"))).toHaveLength(1);
  dm.failures.clear();
  dm.change(0, { status: "done", filesDone: 1, filesTotal: 1 });
  dm.change(1, { status: "done", filesDone: 1, filesTotal: 1 });
  await clock.advanceAsync(POLL);
  await expect(outcome).resolves.toMatchObject({ state: "Done" });
});

test("a service that stays away ends the wait, and the sentence names the uploads that go on", async () => {
  const { outcome } = await start();
  dm.failures.set("upload", new UnavailableError("DM does not answer"));
  await clock.advanceAsync(7 * POLL);
  await expect(outcome).rejects.toThrow("The uploads upload-1 upload-2 go on, but nobody can say how");
});

test("a session that expires between two looks is waited for, without knocking at every look", async () => {
  const { outcome } = await start(600);
  dm.failures.set("upload upload-1", new AccessDeniedError("DM does not know us any more"));
  dm.change(1, { status: "done", filesDone: 3, filesTotal: 3 });
  await clock.advanceAsync(5 * POLL);
  expect(published["UploadFilesDone"]).toBe(3);
  expect(dm.calls.filter((call) => call === "upload upload-1")).toHaveLength(1);
  dm.failures.clear();
  dm.change(0, { status: "done", filesDone: 1, filesTotal: 1 });
  await clock.advanceAsync(REFUSED_SECONDS);
  await expect(outcome).resolves.toMatchObject({ state: "Done" });
});

test("an upload that Data Management no longer has ends alone, and is named", async () => {
  const { outcome } = await start();
  dm.failures.set("upload upload-1", new NotFoundError("there is no upload upload-1"));
  await clock.advanceAsync(POLL);
  expect(state()).toBe("Running");
  dm.change(1, { status: "done", filesDone: 3, filesTotal: 3 });
  await clock.advanceAsync(POLL);
  const { state: end, message } = await outcome;
  expect(end).toBe("Partial");
  expect(message).toMatch(
    /3 of 3 files of .*_rec were moved; but the upload upload-1 of .* is gone after 0 of 0 files/,
  );
});

test("what could not be started, and the remarks, are told too when the wait fails", async () => {
  dm.failures.set(`startUpload ${RAW}`, new ActionError("DM says no"));
  source(NAME, { state: "UNKNOWN", remark: "store1 does not answer." });
  const { outcome } = await start();
  dm.failures.set("upload", new AccessDeniedError("DM refuses the password"));
  await clock.advanceAsync(POLL + REFUSED_SECONDS);
  await expect(outcome).rejects.toThrow(
    /^The uploads upload-1 go on, but nobody can say how: DM refuses the password; the upload of .* was not started: DM says no; .* was not checked/,
  );
});

test("an abort stops both uploads and says what was moved", async () => {
  const { outcome } = await start();
  dm.change(0, { filesDone: 4, filesTotal: 9 });
  await clock.advanceAsync(POLL);
  abort.abort(new CancelledError("Aborted on request."));
  await expect(outcome).rejects.toThrow(CancelledError);
  await expect(outcome).rejects.toThrow(/^Aborted on request\. 4 of 9 files of .* were moved/);
  expect(dm.transfers.map(({ status }) => status)).toEqual(["aborted", "aborted"]);
  expect(state()).toBe("Stopped");
});

test("the counts after an abort are those of the message", async () => {
  inputs["DaqRec"] = 0;
  const { outcome } = await start();
  dm.change(0, { filesDone: 10, filesTotal: 60 });
  await clock.advanceAsync(POLL);
  dm.change(0, { filesDone: 12 });
  abort.abort(new CancelledError("Aborted on request."));
  await expect(outcome).rejects.toThrow(`12 of 60 files of ${RAW} were moved`);
  expect(published).toMatchObject({ UploadId: "upload-1", UploadFilesDone: 12, UploadFilesTotal: 60 });
});

test("an abort while the answer to the start is awaited stops what was started", async () => {
  inputs["DaqRec"] = 0;
  const really = dm.startUpload.bind(dm);
  dm.startUpload = async (...call) => {
    await really(...call);
    abort.abort(new CancelledError("Aborted on request."));
    throw abort.signal.reason;
  };
  await expect((await start()).outcome).rejects.toThrow(/^Aborted on request\. 0 of 0 files/);
  expect(dm.transfers.map(({ status }) => status)).toEqual(["aborted"]);
});

test("what is no failure of the service comes through as it is", async () => {
  inputs["DaqRec"] = 0;
  const mistake = new TypeError("undefined is no function");
  dm.startUpload = () => Promise.reject(mistake);
  await expect((await start()).outcome).rejects.toBe(mistake);
});

test("an abort during a start that has started nothing says so, shows none, and stops nothing", async () => {
  inputs["DaqRec"] = 0;
  dm.startUpload = async () => {
    abort.abort(new CancelledError("Aborted on request."));
    throw abort.signal.reason;
  };
  await expect((await start()).outcome).rejects.toThrow(/^Aborted on request\. No upload is known to have started\.$/);
  expect(state()).toBe("None");
  expect(dm.calls.filter((call) => call.startsWith("stopUpload"))).toEqual([]);
});

test("an upload that an abort cannot stop is named, and shown as running", async () => {
  inputs["DaqRec"] = 0;
  const { outcome } = await start();
  dm.failures.set("stopUpload", new UnavailableError("DM does not answer"));
  abort.abort(new CancelledError("Aborted on request."));
  await expect(outcome).rejects.toThrow(/upload upload-1 goes on: DM does not answer/);
  expect(state()).toBe("Running");
});
