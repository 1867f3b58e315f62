import { beforeEach, expect, test } from "vitest";
import { ActionError } from "../../../src/base/errors.ts";
import { UnavailableError } from "../../../src/controller/ports/call.ts";
import { DAQ_STATES } from "../../../src/controller/pvs/daq.ts";
import { daqScene, NAME, RAW, RUNNING } from "./daq-fixture.ts";

let { dm, published, inputs, abort, start, stop } = daqScene();
beforeEach(() => {
  ({ dm, published, inputs, abort, start, stop } = daqScene());
});

test("stops every DAQ of the experiment, for whatever directory, and no other's", async () => {
  await start();
  await dm.startDaq(NAME, "@elsewhere:/scratch", {});
  await dm.startDaq("2026-02-Other-1", "/data/2BM/other", {});
  await expect(stop()).resolves.toMatchObject({
    state: "Done",
    message: expect.stringMatching(/^3 of 3 DAQs .* were stopped/) as unknown,
  });
  expect(dm.transfers.map(({ status }) => status)).toEqual(["done", "done", "done", "running"]);
  expect(published).toMatchObject({
    DaqStopped: 3,
    DaqRawState: DAQ_STATES.indexOf("Stopped"),
    DaqRecState: DAQ_STATES.indexOf("Stopped"),
  });
});

test("is partial where files are left, and says how many and what moves them", async () => {
  inputs["DaqRec"] = 0;
  await start();
  const really = dm.stopDaq.bind(dm);
  dm.stopDaq = async (name, directory) => {
    await really(name, directory);
    dm.change(0, { filesDone: 15, filesTotal: 65 });
  };
  const stopped = `1 of 1 DAQs of ${NAME} were stopped: ${RAW}; but`;
  await expect(stop()).resolves.toEqual({
    state: "Partial",
    message: `${stopped} 15 of 65 files of ${RAW} were moved; Upload moves the rest.`,
  });
});

test.each([
  [
    { filesDone: 15, filesTotal: 65, status: "finalizing" },
    /15 of 65 files of .* so far, and Data Management still works/,
  ],
  [{ filesDone: 65, filesTotal: 65, errors: 2, problem: "no space" }, /2 files of .* not be processed .*no space/],
])("is partial after a stop that leaves %j", async (left, sentence) => {
  inputs["DaqRec"] = 0;
  await start();
  const really = dm.stopDaq.bind(dm);
  dm.stopDaq = async (name, directory) => {
    await really(name, directory);
    dm.change(0, left);
  };
  await expect(stop()).resolves.toMatchObject({
    state: "Partial",
    message: expect.stringMatching(sentence) as unknown,
  });
});

test("is partial where nobody can say what the stopped DAQ has moved", async () => {
  inputs["DaqRec"] = 0;
  await start();
  const really = dm.stopDaq.bind(dm);
  dm.stopDaq = async (name, directory) => {
    await really(name, directory);
    dm.failures.set("daqs", new UnavailableError("down"));
  };
  await expect(stop()).resolves.toMatchObject({
    state: "Partial",
    message: expect.stringContaining(`how many files of ${RAW} were moved is not known`) as unknown,
  });
});

test("is done when nothing runs, and says so", async () => {
  await expect(stop()).resolves.toEqual({ state: "Done", message: `No DAQ of ${NAME} runs.` });
  expect(published["DaqStopped"]).toBe(0);
});

test("one that cannot be stopped does not keep the others", async () => {
  await start();
  dm.failures.set(`stopDaq ${RAW}`, new ActionError("DM says no"));
  const { state, message } = await stop();
  expect(state).toBe("Partial");
  expect(message).toContain(`the DAQ for ${RAW} could not be stopped: DM says no`);
  expect(dm.transfers.map(({ status }) => status)).toEqual(["running", "done"]);
  expect(published["DaqRawState"]).toBe(RUNNING);
});

test("whoever waited for it reads that none runs any more", async () => {
  await start();
  await stop();
  expect(published).toMatchObject({ DaqRunning: 0, DaqList: "", DaqRawState: DAQ_STATES.indexOf("Stopped") });
  expect(published["DaqMessage"]).toBe(
    `${NAME}: raw data Stopped, 0 of 0 files; reconstructions Stopped, 0 of 0 files.`,
  );
});

test("where none runs it shows that", async () => {
  published["DaqRunning"] = 2;
  await stop();
  expect(published).toMatchObject({ DaqRunning: 0, DaqMessage: `No DAQ of ${NAME} runs.` });
});

test("fails when none can be stopped", async () => {
  await start();
  dm.failures.set("stopDaq", new ActionError("DM says no"));
  await expect(stop()).rejects.toThrow(/could not be stopped: DM says no; .*could not be stopped/);
});

test("a stop whose answer got lost is judged by what the service says then", async () => {
  await start();
  const really = dm.stopDaq.bind(dm);
  dm.stopDaq = async (name, directory) => {
    if (directory === RAW) await really(name, directory);
    throw new UnavailableError("no answer", { mayHaveHappened: true });
  };
  await expect(stop()).resolves.toMatchObject({ state: "Partial" });
  expect(published["DaqStopped"]).toBe(1);
});

test("a stop whose answer got lost has worked when the DAQ is being finalized", async () => {
  inputs["DaqRec"] = 0;
  await start();
  dm.stopDaq = async () => {
    dm.change(0, { status: "finalizing" });
    throw new UnavailableError("no answer", { mayHaveHappened: true });
  };
  await expect(stop()).resolves.toMatchObject({ state: "Done" });
});

test("a stop whose answer got lost, and that nobody can look for, has not worked", async () => {
  inputs["DaqRec"] = 0;
  await start();
  dm.stopDaq = async () => {
    dm.failures.set("daqs", new UnavailableError("down"));
    throw new UnavailableError("no answer", { mayHaveHappened: true });
  };
  await expect(stop()).rejects.toThrow(`the DAQ for ${RAW} could not be stopped: no answer`);
  expect(published).toMatchObject({ DaqStopped: 0, DaqRawState: RUNNING });
});

test("one that has ended by itself meanwhile is no failure", async () => {
  await start();
  const really = dm.stopDaq.bind(dm);
  dm.stopDaq = async (name, directory) => {
    await really(name, directory);
    return really(name, directory); // NotFoundError
  };
  await expect(stop()).resolves.toMatchObject({ state: "Done" });
});

test("an abort stops there and says how many were stopped", async () => {
  await start();
  const really = dm.stopDaq.bind(dm);
  dm.stopDaq = async (...call) => {
    await really(...call);
    abort.abort(new ActionError("Aborted on request."));
  };
  await expect(stop()).rejects.toThrow(/^Aborted on request\. 1 of 2 DAQs .* run StopDaq again/);
});
