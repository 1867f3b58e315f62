import { beforeEach, expect, test } from "vitest";
import { ActionError } from "../../../src/base/errors.ts";
import { looked } from "../../../src/controller/daq/daq-look.ts";
import { begun, type DaqsState, sideStopped, sourceChecked } from "../../../src/controller/daq/daq-state.ts";
import { startDaq } from "../../../src/controller/daq/start-daq.ts";
import { AlreadyExistsError, UnavailableError } from "../../../src/controller/ports/call.ts";
import type { DmTransfer } from "../../../src/controller/ports/data-management.ts";
import { DAQ_STATES, SOURCE_STATES } from "../../../src/controller/pvs/daq.ts";
import { UNKNOWN_COUNT } from "../../../src/controller/pvs/row.ts";
import { RejectedError } from "../../../src/controller/run/outcome.ts";
import { daqOf, daqScene, EXPERIMENT, NAME, RAW, REC, RUNNING } from "./daq-fixture.ts";

let { dm, host, board, published, inputs, abort, start, left, calls, options, source } = daqScene();
beforeEach(() => {
  ({ dm, host, board, published, inputs, abort, start, left, calls, options, source } = daqScene());
});
const PATIENCE = { pollSeconds: 10, stallSeconds: 600 };
const lookOf = (at: number, changes: Partial<DmTransfer>) => ({
  at,
  all: [daqOf({ id: "older", ...changes })],
  reports: {},
});

test("starts one DAQ for the raw data and one for the reconstructions, with the files that are there", async () => {
  await expect(start()).resolves.toMatchObject({ state: "Done" });
  expect(dm.transfers).toMatchObject([
    { experimentName: NAME, dataDirectory: RAW, task: { processExistingFiles: true } },
    {
      experimentName: NAME,
      dataDirectory: REC,
      task: { processExistingFiles: true, useAnalysisDirectoryAsRoot: true },
    },
  ]);
  expect(dm.transfers[0]?.task).not.toHaveProperty("useAnalysisDirectoryAsRoot");
  expect(published).toMatchObject({
    DaqRawId: "daq-1",
    DaqRawState: RUNNING,
    DaqRawSource: RAW,
    DaqRawSourceState: SOURCE_STATES.indexOf("OK"),
    DaqRawSourceBytes: 100,
    DaqRecId: "daq-2",
    DaqRecState: RUNNING,
  });
});

test("whoever waited for it reads counts, totals, list and message that are settled", async () => {
  const really = dm.startDaq.bind(dm);
  dm.startDaq = async (...call) => {
    const daq = await really(...call);
    dm.change(dm.transfers.length - 1, { filesDone: 1, filesTotal: 4 });
    return daq;
  };
  left((state) => looked(state, lookOf(100, { filesDone: 0 }), PATIENCE));
  left((state) => looked(state, lookOf(160, { filesDone: 7, status: "done" }), PATIENCE));
  await start();
  expect(published).toMatchObject({ DaqRawFilesTotal: 4, DaqRawRate: 0, DaqRunning: 2, DaqFilesTotal: 8 });
  expect(String(published["DaqList"]).split("\n")).toHaveLength(2);
  expect(published["DaqMessage"]).toBe(
    `${NAME}: raw data Running, 1 of 4 files; reconstructions Running, 1 of 4 files.`,
  );
});

test("a list that cannot be read when all is started does not make it fail", async () => {
  const really = dm.startDaq.bind(dm);
  dm.startDaq = async (...call) => {
    dm.failures.set("daqs", new UnavailableError("DM does not answer"));
    return really(...call);
  };
  await expect(start()).resolves.toMatchObject({ state: "Done" });
});

test("remembers of what it has started how, and what was in the source then; not of what runs already", async () => {
  await dm.startDaq(NAME, REC, {});
  source(NAME, { state: "OK", bytes: 700 });
  await start();
  expect([...board.state.started]).toEqual([["daq-2", { existingToo: true, bytes: 700 }]]);
});

test("empties what an earlier run has left of a side that is not asked for, unless its DAQ runs still", async () => {
  inputs["DaqRec"] = 0;
  const rec = daqOf({ id: "old", dataDirectory: REC, filesDone: 9, errors: 1 });
  const checked = (state: DaqsState) => sourceChecked(state, "rec", { state: "OK", bytes: 900 });
  left((state) => sideStopped(state, "rec", rec), checked);
  await start();
  expect(published).toMatchObject({
    DaqRecState: DAQ_STATES.indexOf("None"),
    DaqRecId: "",
    DaqRecFilesDone: 0,
    DaqRecErrors: 0,
    DaqRecSource: REC,
    DaqRecSourceState: SOURCE_STATES.indexOf("UNKNOWN"),
    DaqRecSourceBytes: UNKNOWN_COUNT,
  });
  const { id } = await dm.startDaq(NAME, REC, {});
  left((state) => begun(state, "rec", { ...rec, id }), checked);
  await start();
  expect(published).toMatchObject({ DaqRecState: RUNNING, DaqRecId: id, DaqRecSourceBytes: 900 });
});

test("leaves a side that ran when it was seen last to the watch, also where its DAQ is listed no more", async () => {
  inputs["DaqRec"] = 0;
  left((state) => begun(state, "rec", daqOf({ id: "gone", dataDirectory: REC })));
  await start();
  expect(published).toMatchObject({ DaqRecState: RUNNING, DaqRecId: "gone" });
});

test.each([
  ["another experiment's that runs", "2026-02-Other-1", "running"],
  ["an own one that has ended", NAME, "done"],
] as const)("a DAQ of the same directory, %s, keeps nothing that an earlier run has left", async (_, name, status) => {
  inputs["DaqRec"] = 0;
  const { id } = await dm.startDaq(name, REC, {});
  dm.change(0, { status });
  left((state) => sideStopped(state, "rec", daqOf({ id, dataDirectory: REC, filesDone: 9 })));
  await start();
  expect(published).toMatchObject({ DaqRecState: DAQ_STATES.indexOf("None"), DaqRecId: "", DaqRecFilesDone: 0 });
});

test("leaves existing files where ProcessExisting is No", async () => {
  inputs["ProcessExisting"] = 0;
  await start();
  expect(dm.transfers[0]?.task).toEqual({ processExistingFiles: false });
});

test("names the host to Data Management where it has no mount of its own", async () => {
  await start({ prefix: "@store1:" });
  expect(dm.transfers[0]?.dataDirectory).toBe(`@store1:${RAW}`);
  expect(published["DaqRawSource"]).toBe(`@store1:${RAW}`);
});

test("starts only what DaqRaw and DaqRec ask for, and nothing when both are No", async () => {
  inputs["DaqRaw"] = 0;
  await start();
  expect(calls("startDaq")).toEqual([`startDaq ${REC}`]);
  inputs["DaqRec"] = 0;
  await expect(start()).rejects.toThrow(RejectedError);
  await expect(start()).rejects.toThrow("DaqRaw and DaqRec are both No; set one of them to Yes.");
});

test("is rejected before Init, and says so", async () => {
  dm.experiments.clear();
  await expect(start()).rejects.toThrow(RejectedError);
  await expect(start()).rejects.toThrow(`Experiment ${NAME} does not exist on voyager; run Init first`);
  expect(host.looks).toEqual([]);
});

test("uses the experiment that the original program has made under the uncleaned name", async () => {
  dm.experiments.clear();
  dm.experiments.set(EXPERIMENT.uncleanedName, { name: EXPERIMENT.uncleanedName, usernames: [] });
  await start();
  expect(dm.transfers[0]?.experimentName).toBe(EXPERIMENT.uncleanedName);
});

test.each([
  ["MISSING", `store1:${RAW} does not exist; run Dirs first`],
  ["NO_TOPDIR", "the top directory store1:/data/2BM does not exist; correct data-host or data-top-dir"],
] as const)("starts nothing when the raw source is %s, and says where and what to do", async (state, sentence) => {
  source(NAME, { state });
  await expect(start()).rejects.toThrow(RejectedError);
  await expect(start()).rejects.toThrow(sentence);
  expect(dm.transfers).toEqual([]);
  expect(published["DaqRawSourceState"]).toBe(SOURCE_STATES.indexOf(state));
});

test("is done without reconstructions that are not there yet, and says that they are left out", async () => {
  source(`${NAME}_rec`, { state: "MISSING" });
  const result = await start();
  expect(result.state).toBe("Done");
  expect(result.message).toContain(`${REC} does not exist, so the reconstructions are left out`);
  expect(published["DaqRecSourceState"]).toBe(SOURCE_STATES.indexOf("NOT_YET"));
  expect(calls("startDaq")).toEqual([`startDaq ${RAW}`]);
});

test("is rejected when the reconstructions alone were asked for and are not there", async () => {
  inputs["DaqRaw"] = 0;
  source(`${NAME}_rec`, { state: "MISSING" });
  await expect(start()).rejects.toThrow(RejectedError);
});

test("watches an empty directory, too, and tells that it is empty", async () => {
  source(NAME, { state: "EMPTY" });
  await expect(start()).resolves.toMatchObject({
    state: "Done",
    message: expect.stringContaining("is empty") as unknown,
  });
  expect(dm.transfers).toHaveLength(2);
});

test("goes on with the raw data when the host cannot be reached, which is partial, and says why the source was not checked", async () => {
  source(NAME, { state: "UNKNOWN", remark: "store1 does not answer." });
  const { state, message } = await start();
  expect(state).toBe("Partial");
  expect(message).toContain("was not checked: store1 does not answer");
  expect(dm.transfers).toHaveLength(2);
});

test("leaves out reconstructions that nobody can look at, which is partial", async () => {
  source(`${NAME}_rec`, { state: "UNKNOWN", remark: "store1 does not answer." });
  const { state, message } = await start();
  expect(state).toBe("Partial");
  expect(message).toContain(
    `${REC} was not checked: store1 does not answer, so the reconstructions are left out until this is run again.`,
  );
  expect(dm.transfers.map(({ dataDirectory }) => dataDirectory)).toEqual([RAW]);
});

test("is rejected when all that is asked for are reconstructions that nobody can look at", async () => {
  inputs["DaqRaw"] = 0;
  source(`${NAME}_rec`, { state: "UNKNOWN", remark: "store1 does not answer." });
  await expect(start()).rejects.toThrow(RejectedError);
  await expect(start()).rejects.toThrow(/nothing was started; run this again when that host can be reached\.$/);
  expect(dm.transfers).toEqual([]);
});

test("does not start what runs already, and counts it as done", async () => {
  await start();
  const { state, message } = await start();
  expect(state).toBe("Done");
  expect(message).toMatch(/raw data .* runs already; .*reconstructions .* runs already/);
  expect(dm.transfers).toHaveLength(2);
  expect(published["DaqRawId"]).toBe("daq-1");
});

test("starts again what has ended, and is not held up by another experiment's or another directory's DAQ", async () => {
  await dm.startDaq(NAME, RAW, {});
  dm.change(0, { status: "failed" });
  await dm.startDaq("2026-02-Other-1", REC, {});
  await dm.startDaq(NAME, `@elsewhere:${REC}`, {});
  await start();
  expect(dm.transfers).toHaveLength(5);
});

test("a DAQ that is only being finalized sees no new file, so another one is started", async () => {
  inputs["DaqRec"] = 0;
  await start();
  dm.change(0, { status: "finalizing" });
  await start();
  expect(dm.transfers).toHaveLength(2);
  expect(published["DaqRawId"]).toBe("daq-2");
});

test("after a start whose answer got lost the DAQ is looked for, not started again", async () => {
  const really = dm.startDaq.bind(dm);
  dm.startDaq = async (...call) => {
    await really(...call);
    throw new UnavailableError("no answer", { mayHaveHappened: true });
  };
  await expect(start()).resolves.toMatchObject({ state: "Done" });
  expect(dm.transfers.map(({ dataDirectory }) => dataDirectory)).toEqual([RAW, REC]);
  expect(published["DaqRecId"]).toBe("daq-2");
});

test("a start whose answer got lost, and that nobody can look for, is told as uncertain", async () => {
  inputs["DaqRec"] = 0;
  dm.startDaq = async () => {
    dm.failures.set("daqs", new UnavailableError("down"));
    throw new UnavailableError("no answer", { mayHaveHappened: true });
  };
  await expect(start()).rejects.toThrow(`the DAQ for ${RAW} may run or not: look at DaqList`);
});

test("a DAQ that somebody else has started meanwhile counts as done", async () => {
  const really = dm.startDaq.bind(dm);
  dm.startDaq = async (...call) => {
    await really(...call);
    throw new AlreadyExistsError("a DAQ exists");
  };
  await expect(start()).resolves.toMatchObject({ state: "Done" });
  expect(board.state.started.size).toBe(0);
});

test("without the list of DAQs nothing is started", async () => {
  dm.failures.set("daqs", new UnavailableError("DM does not answer"));
  await expect(start()).rejects.toThrow("DM does not answer");
  expect(dm.transfers).toEqual([]);
});

test("is partial when one of the two cannot be started, and failed when none can", async () => {
  dm.failures.set(`startDaq ${RAW}`, new ActionError("DM says no to raw"));
  const { state, message } = await start();
  expect(state).toBe("Partial");
  expect(message).toMatch(/reconstructions .* was started, but DM says no to raw/);
  dm.transfers.splice(0);
  dm.failures.set("startDaq", new ActionError("DM says no to all"));
  await expect(start()).rejects.toThrow("DM says no to raw; DM says no to all");
});

test("an abort between the two stops there and says what was started", async () => {
  const really = dm.startDaq.bind(dm);
  dm.startDaq = async (...call) => {
    abort.abort(new ActionError("Aborted on request."));
    return really(...call);
  };
  await expect(start()).rejects.toThrow(/^Aborted on request\. The DAQ of the raw data .* was started/);
  expect(dm.transfers).toHaveLength(1);
});

test("is rejected when both sides are one directory", async () => {
  await expect(start({ templates: { raw: "{exp}", rec: "{ym}-{last}-{gup}" } })).rejects.toThrow("are both in");
});

test("in a dry run tells what it would do, and for which directories", async () => {
  const plan = await startDaq(options()).plan({
    experiment: EXPERIMENT,
    input: (name) => inputs[name] ?? "",
  });
  expect(plan).toHaveLength(3);
  expect(plan[1]).toBe(
    `would look at store1:${RAW} and start a DAQ of the raw data for ${RAW}, with the files that are there already, unless one runs`,
  );
  expect(dm.calls).toEqual([]);
});
