/** FlowRun, FlowMonitor, FlowCancel, FlowResume and FlowRespond, on a site in memory and in virtual time. */
import { describe, expect, test } from "vitest";
import { sleep } from "../../../src/base/clock.ts";
import { ActionError, CancelledError } from "../../../src/base/errors.ts";
import {
  type FlowCommandsOptions,
  flowCancel,
  flowMonitor,
  flowRespond,
  flowResume,
  flowRun,
  respondArm,
} from "../../../src/controller/flows/flow-commands.ts";
import type { FlowSite } from "../../../src/controller/flows/flow-site.ts";
import { QuestionBoard } from "../../../src/controller/flows/question-board.ts";
import { AccessDeniedError, NotFoundError, UnavailableError } from "../../../src/controller/ports/call.ts";
import type { FlowReport, Question } from "../../../src/controller/ports/flows.ts";
import type { PvName } from "../../../src/controller/pvs/index.ts";
import type { FreeAction } from "../../../src/controller/run/action.ts";
import { InputError, RejectedError, StoppingError } from "../../../src/controller/run/outcome.ts";
import { failureOf } from "../../support/failure-of.ts";
import { FakeControllerPvs } from "../../support/fakes/fake-beamline.ts";
import { fakeRun } from "../../support/fakes/fake-run.ts";
import { started } from "../transfers/transfers-fixture.ts";

const FLOW = "24bc4997-b483-4c25-a19c-64b0afc00743";
const SOURCE = "11111111-1111-4111-8111-111111111111";
const DESTINATION = "22222222-2222-4222-8222-222222222222";
const ENDS = {
  SourceCollection: SOURCE,
  SourcePath: "/data/a1.h5",
  DestCollection: DESTINATION,
  DestPath: "/a1.h5",
} as const;
const SCHEMA = { properties: { source: {}, destination: {}, recursive_tx: {} }, additionalProperties: false };

async function bench(change: { readonly flow?: string; readonly input?: FlowSite["input"] } = {}) {
  const transfers = await started();
  const { flows, tasks, clock } = transfers;
  flows.deployed.set(FLOW, { id: FLOW, title: "Nightly", inputSchema: SCHEMA } as unknown as FlowReport);
  const site: FlowSite = {
    flows,
    tasks,
    files: {
      read: async (name) => (name === "nightly" ? { name, path: "/flows/nightly.json", id: FLOW } : undefined),
      names: async () => ["nightly"],
      pathOf: (name) => `/flows/${name}.json`,
    },
    nameOf: (id) => id,
    flow: change.flow ?? "nightly",
    input: change.input ?? (async () => ({})),
    pollSeconds: 1,
  };
  const board = new QuestionBoard(new FakeControllerPvs());
  /** What Flows had when the run was shown. */
  const shown: string[][] = [];
  const options: FlowCommandsOptions = {
    site,
    clock,
    board: () => board,
    showRun: () => void shown.push([...flows.reports.values()].map(({ state }) => state)),
    find: () => transfers.transfers.running ?? "The ledger is being read",
  };
  /** Runs a command, letting seconds pass until it has ended. */
  const run = async (action: FreeAction, inputs: Readonly<Partial<Record<PvName, string | number>>> = {}) => {
    const context = fakeRun(inputs);
    const result = action.run(context);
    const ended = { is: false };
    const end = (): void => void (ended.is = true);
    void result.then(end, end);
    for (let second = 0; second < 60 && !ended.is; second++) await transfers.pass(1);
    return { context, result };
  };
  return { transfers, flows, clock, board, site, options, run, shown };
}

describe("FlowRun", () => {
  test("sends what the PVs, the site's file and RunInput say, and is done when Flows has accepted", async () => {
    const { flows, options, run, shown } = await bench({ input: async () => ({ destination: { id: DESTINATION } }) });
    const { context, result } = await run(flowRun(options), {
      SourceCollection: SOURCE,
      SourcePath: "/data/a1/",
      DestPath: "~/a1/",
      RunInput: '{"speed": 1}',
      RunTags: " a, b,, a ",
      RunLabel: "the scan, again",
    });
    const { message } = await result;
    const [asked] = flows.asked;
    expect(asked).toMatchObject({
      flow: FLOW,
      tags: ["a", "b"],
      input: {
        source: { id: SOURCE, path: "/data/a1/" },
        destination: { id: DESTINATION, path: "/~/a1/" },
        recursive_tx: true,
        speed: 1,
      },
    });
    expect(asked?.label).toMatch(/^\d{8}T\d{9}Z-[0-9a-f]{2} the scan again$/);
    const id = [...flows.reports.keys()][0];
    expect(message).toBe(`Globus has accepted the run ${id} of the flow nightly; RunStatus follows it.`);
    expect(context.published).toMatchObject({
      RunId: id,
      RunUrl: `https://app.globus.org/runs/${id}`,
    });
    expect(shown).toEqual([["ACTIVE"]]);
  });

  test.each([
    [{}, "SourceCollection", "SourceCollection is empty, and neither RunInput nor input-file of [flows] says it"],
    [{ ...ENDS, DestPath: "" }, "DestPath", "DestPath is empty"],
    [{ ...ENDS, SourcePath: "../x" }, "SourcePath", 'SourcePath is "../x"'],
    [{ ...ENDS, DestCollection: "petrel" }, "DestCollection", 'DestCollection is "petrel"'],
    [{ ...ENDS, RunInput: "{" }, "RunInput", "RunInput"],
    [{ ...ENDS, RunInput: "[]" }, "RunInput", "RunInput holds an array"],
  ] as const)("with the inputs %j it is rejected for %s", async (inputs, pv, sentence) => {
    const { flows, options, run } = await bench();
    const { result } = await run(flowRun(options), inputs);
    const failure = await failureOf(result, InputError);
    expect([failure.input, failure.message.slice(0, sentence.length)]).toEqual([pv, sentence]);
    expect(flows.requests).not.toContain("start");
  });

  test("without a flow, with one that is not deployed, and with an input that the flow does not take, it is rejected", async () => {
    const none = await bench({ flow: "" });
    expect((await failureOf((await none.run(flowRun(none.options), ENDS)).result, InputError)).input).toBe("FlowId");
    const { flows, options, run } = await bench();
    const unknown = await run(flowRun(options), { ...ENDS, FlowId: "nightli" });
    expect((await failureOf(unknown.result, RejectedError)).message).toContain(
      "globus-ioc flow deploy nightli, with --definition FILE where it is no template.",
    );
    flows.wrong = ["'speed' was unexpected"];
    const wrong = await run(flowRun(options), ENDS);
    expect((await failureOf(wrong.result, RejectedError)).message).toBe(
      "The flow nightly does not take this input ('speed' was unexpected): `globus-ioc flow show nightly` shows its input schema",
    );
    expect(flows.requests).not.toContain("start");
  });

  test("a flow that moves nothing gets what the person gives, and a dry run asks nobody", async () => {
    const { flows, options, run, site } = await bench();
    flows.deployed.set(FLOW, { id: FLOW, title: "", inputSchema: {} } as unknown as FlowReport);
    await (await run(flowRun(options), { RunInput: '{"n": 1}' })).result;
    expect(flows.asked[0]?.input).toEqual({ n: 1 });
    const before = flows.requests.length;
    const plan = flowRun({ ...options, site: { ...site, input: async () => ({ speed: 1, source: { id: "x" } }) } });
    expect(await plan.plan(fakeRun({ ...ENDS, FlowId: "nightly" }))).toEqual([
      `would start a run of the flow nightly with the input {"speed":1,"source":{"id":"${SOURCE}","path":"/data/a1.h5"},"destination":{"id":"${DESTINATION}","path":"/a1.h5"}}`,
    ]);
    expect(flows.requests).toHaveLength(before);
  });

  test("where Globus is off it is rejected with the setting", async () => {
    const { options, run } = await bench();
    const { result } = await run(flowRun({ ...options, site: undefined }), ENDS);
    expect((await failureOf(result, RejectedError)).message).toContain("set client-id in the [globus-auth] section");
  });
});

async function begun() {
  const made = await bench();
  await (await made.run(flowRun(made.options), ENDS)).result;
  return { ...made, id: [...made.flows.reports.keys()][0] ?? "" };
}

test("FlowMonitor ends as its run does, also where a later run was started meanwhile", async () => {
  const { flows, options, run, id, transfers, shown } = await begun();
  const first = flowMonitor(options).run(fakeRun());
  await transfers.pass(2);
  expect((await (await run(flowRun(options), ENDS)).result).message).toContain(
    `The run ${id} before it goes on: \`globus-ioc flow cancel ${id}\` cancels it.`,
  );
  const second = [...flows.reports.keys()].at(-1) ?? "";
  const failure = failureOf(flowMonitor(options).run(fakeRun()), ActionError);
  flows.tell(id, { state: "SUCCEEDED" });
  flows.tell(second, { state: "FAILED", code: "FlowFailed", description: "no room" });
  await transfers.pass(3);
  expect(await first).toEqual({ state: "Done", message: `The run ${id} of the flow nightly has succeeded.` });
  expect((await failure).message).toContain(`The run ${second} of the flow nightly has failed: FlowFailed: no room`);
  expect(shown.slice(2)).toEqual([
    ["SUCCEEDED", "FAILED"],
    ["SUCCEEDED", "FAILED"],
  ]);
});

test("before the first run there is nothing to follow, cancel or resume", async () => {
  const { options, run } = await bench();
  for (const action of [flowMonitor(options), flowCancel(options), flowResume(options)])
    expect((await failureOf((await run(action)).result, RejectedError)).message).toBe(
      "No run has been started: write 1 to FlowRun",
    );
});

describe("a run that Flows does not take now", () => {
  const BUSY = new UnavailableError("Globus Flows is too busy: try again later.");
  const LATER = "it is started by itself once Globus takes it, and FlowCancel withdraws it.";
  const starts = (requests: readonly string[]): number => requests.filter((one) => one === "start").length;

  async function refused(refusals: readonly UnavailableError[] = [BUSY]) {
    const made = await bench();
    made.flows.refuses.push(...refusals);
    const { result } = await made.run(flowRun(made.options), ENDS);
    return { ...made, failure: await failureOf(result, ActionError) };
  }

  test("is kept, which FlowRun says; it is started by itself, and no second one beside it", async () => {
    const { flows, options, run, transfers, failure, shown } = await refused();
    expect(failure.message).toMatch(
      /^Globus Flows is too busy: try again later: the run \S+ a1\.h5 of the flow nightly /,
    );
    expect(failure.message).toContain(LATER);
    expect(shown).toEqual([[]]);
    for (const action of [flowRun, flowMonitor, flowResume])
      expect((await failureOf((await run(action(options), ENDS)).result, RejectedError)).message).toContain(LATER);
    expect(starts(flows.requests)).toBe(1);
    await transfers.pass(300);
    expect([starts(flows.requests), flows.reports.size]).toEqual([2, 1]);
    await (await run(flowRun(options), ENDS)).result;
    expect(flows.reports.size).toBe(2);
  });

  test("is withdrawn by FlowCancel, and never started then", async () => {
    const { flows, options, run, transfers } = await refused();
    const plan = await flowCancel(options).plan(fakeRun());
    expect(plan).toEqual([expect.stringMatching(/^would withdraw the run \S+ a1\.h5$/)]);
    expect((await (await run(flowCancel(options))).result).message).toMatch(/ had not begun, and is withdrawn\.$/);
    await transfers.pass(600);
    expect([starts(flows.requests), flows.reports.size]).toEqual([1, 0]);
    await (await run(flowRun(options), ENDS)).result;
    expect(flows.reports.size).toBe(1);
  });

  test("and that may have begun is looked for before it is withdrawn, and cancelled where it has", async () => {
    const { flows, options, run, transfers } = await bench();
    flows.losesAnswers.push(true);
    const ended = failureOf(flowRun(options).run(fakeRun(ENDS)), CancelledError);
    await transfers.pass(1);
    const { message } = await (await run(flowCancel(options))).result;
    const id = [...flows.reports.keys()][0] ?? "";
    expect(message).toContain(`had begun: Globus was asked to cancel the run ${id}`);
    expect((await ended).message).toBe("The run was withdrawn.");
    await transfers.pass(60);
    expect(flows.reports.get(id)?.code).toBe("FlowCanceled");
    expect(starts(flows.requests)).toBe(1);
  });

  test("and that may have begun is cancelled once Flows answers, also behind a restart", async () => {
    const { flows, options, run, transfers } = await bench();
    flows.losesAnswers.push(true);
    void flowRun(options)
      .run(fakeRun(ENDS))
      .catch(() => undefined);
    await transfers.pass(1);
    flows.down = BUSY;
    const failure = await failureOf((await run(flowCancel(options))).result, ActionError);
    expect(failure.message).toMatch(/is withdrawn, but may have begun: it is looked for, and cancelled, by itself\.$/);
    expect((await failureOf((await run(flowRun(options), ENDS)).result, ActionError)).message).not.toContain(LATER);
    await transfers.stop();
    flows.down = undefined;
    await transfers.start();
    await transfers.pass(60);
    expect([...flows.reports.values()].map(({ code }) => code)).toEqual(["FlowCanceled"]);
    expect(starts(flows.requests)).toBe(1);
  });

  test.each([
    ["at once", 0],
    ["when it counts as gone already", 100],
  ])("and that had begun, and was deleted at Globus, which the cancel hears %s, is forgotten", async (_, seconds) => {
    const { flows, options, run, transfers } = await bench();
    flows.losesAnswers.push(true);
    void flowRun(options)
      .run(fakeRun(ENDS))
      .catch(() => undefined);
    await transfers.pass(1);
    flows.onCancel = async (id) => {
      flows.reports.delete(id);
      await sleep(transfers.clock, seconds);
    };
    const { result } = await run(flowCancel(options));
    await transfers.pass(200);
    expect((await result).message).toContain("had begun: Globus was asked to cancel the run");
    expect(transfers.said.filter((line) => line.includes("is gone: it was deleted at Globus"))).toHaveLength(1);
    const { running } = transfers.transfers;
    expect([running?.runs?.asked, running?.road.queue.flowRuns.all]).toEqual([undefined, []]);
    expect([starts(flows.requests), flows.requests.filter((one) => one === "cancel").length]).toEqual([1, 1]);
  });

  test.each([
    ["has begun", true, ["FlowCanceled"]],
    ["has not begun", false, []],
  ])("and that %s when FlowRun is aborted does not go on", async (_, hasBegun, codes) => {
    const { flows, options, transfers } = await bench();
    if (hasBegun) flows.losesAnswers.push(true);
    else flows.refuses.push(new UnavailableError("Nobody knows.", { mayHaveHappened: true }));
    const context = fakeRun(ENDS);
    const ended = failureOf(flowRun(options).run(context), CancelledError);
    await transfers.pass(1);
    context.abort(new CancelledError("Aborted on request."));
    expect((await ended).message).toMatch(
      /^Aborted on request\. The run .* is withdrawn, but may have begun: it is looked for, and cancelled, by itself\.$/,
    );
    await transfers.pass(120);
    expect([...flows.reports.values()].map(({ code }) => code)).toEqual(codes);
    expect(starts(flows.requests)).toBe(1);
  });

  test("goes on behind a stop of the IOC in the middle of FlowRun", async () => {
    const { flows, options, transfers } = await bench();
    flows.refuses.push(new UnavailableError("Nobody knows.", { mayHaveHappened: true }));
    const context = fakeRun(ENDS);
    const ended = failureOf(flowRun(options).run(context), CancelledError);
    await transfers.pass(1);
    context.abort(new StoppingError("The IOC stops."));
    expect((await ended).message).toContain("The IOC stops. The run");
    await transfers.stop();
    await transfers.start();
    await transfers.pass(120);
    expect([...flows.reports.values()].map(({ state }) => state)).toEqual(["ACTIVE"]);
  });

  test("of another login is given up by FlowCancel, which says who can see it", async () => {
    const { options, run, transfers, flows } = await refused();
    await transfers.stop();
    transfers.tasks.login = "another";
    await transfers.start();
    const { message } = await failureOf((await run(flowCancel(options))).result, ActionError);
    expect(message).toMatch(/log in as me to see whether it has begun; it is not started any more$/);
    await (await run(flowRun(options), ENDS)).result;
    expect(flows.reports.size).toBe(1);
  });
});

describe("FlowResume", () => {
  const CONSENT = { state: "INACTIVE", code: "ConsentRequired", requiredScopes: ["transfer:all"] } as const;

  test("is rejected with what the login lacks, and with what the run still waits for", async () => {
    const { flows, options, run, id } = await begun();
    flows.tell(id, CONSENT);
    const lacks = "Flows wants a consent: run `globus-ioc login --flow nightly`";
    const resume = flows.resume.bind(flows);
    Object.assign(flows, { resume: () => Promise.reject(new AccessDeniedError(lacks)) });
    expect((await failureOf((await run(flowResume(options))).result, RejectedError)).message).toBe(lacks);
    Object.assign(flows, { resume: async () => {} });
    expect((await failureOf((await run(flowResume(options))).result, RejectedError)).message).toContain(
      "run `globus-ioc login --flow nightly`, then `globus-ioc flow resume",
    );
    Object.assign(flows, { resume });
    expect((await (await run(flowResume(options))).result).message).toBe(`The run ${id} goes on.`);
  });

  test.each([
    [{ state: "ACTIVE" }, "there is nothing to resume"],
    [{ state: "INACTIVE", question: FLOW }, "use FlowRespond"],
    [{ state: "SUCCEEDED" }, "has succeeded"],
  ] as const)("is rejected for a run that is %j", async (told, sentence) => {
    const { flows, options, run, id } = await begun();
    flows.tell(id, told);
    expect((await failureOf((await run(flowResume(options))).result, RejectedError)).message).toContain(sentence);
    expect(flows.requests).not.toContain("resume");
  });
});

describe("FlowRespond", () => {
  const QUESTION: Question = {
    id: FLOW,
    run: FLOW,
    state: "open",
    title: "Delete?",
    text: "",
    options: [
      { id: "yes", words: "Delete" },
      { id: "no", words: "Keep" },
    ],
  };
  const ARMED = { FlowRespondArm: 1, FlowInputChoice: 2 };

  async function asked(shown: Question = QUESTION) {
    const made = await begun();
    const answers: string[] = [];
    const service = { question: (): Promise<Question> => Promise.resolve(shown) };
    Object.assign(made.flows, {
      question: () => service.question(),
      respond: async (_id: string, option: string) => void answers.push(option),
    });
    made.board.show(shown);
    return { ...made, answers, service };
  }

  test("gives the answer that was chosen and armed, once", async () => {
    const { options, run, answers, board } = await asked();
    const { context, result } = await run(flowRespond(options), ARMED);
    expect(await result).toEqual({ state: "Done", message: 'The question "Delete?" was answered with "Keep".' });
    expect([answers, context.published]).toEqual([["no"], { FlowRespondArm: 0 }]);
    expect(respondArm(() => board)(() => 0)).toBe("No question waits for an answer: FlowRespondArm stays Safe.");
    const again = await run(flowRespond(options), ARMED);
    expect((await failureOf(again.result, RejectedError)).message).toBe("No question waits for an answer");
  });

  test.each([
    [{ FlowInputChoice: 2 }, "FlowRespond is not armed"],
    [{ FlowRespondArm: 1 }, "No answer is chosen"],
    [{ FlowRespondArm: 1, FlowInputChoice: 3 }, "FlowInputChoice is 3, and the question has 2 answers"],
  ])("with %j it is rejected", async (inputs, sentence) => {
    const { options, run, answers } = await asked();
    expect((await failureOf((await run(flowRespond(options), inputs)).result, RejectedError)).message).toContain(
      sentence,
    );
    expect(answers).toEqual([]);
  });

  test("a question that is closed, expired or gone, or not ours to answer, is told as such", async () => {
    const { options, run, answers, service, clock, flows } = await asked();
    const sentence = async (): Promise<string> =>
      (await failureOf((await run(flowRespond(options), ARMED)).result, RejectedError)).message;
    service.question = async () => ({ ...QUESTION, state: "closed" });
    expect(await sentence()).toContain("is closed: it was answered already, or the run has ended");
    service.question = async () => ({ ...QUESTION, expires: clock.now() });
    expect(await sentence()).toContain("could be answered until 2026-");
    service.question = () => Promise.reject(new NotFoundError("It is there no more"));
    expect(await sentence()).toBe("It is there no more.");
    service.question = async () => QUESTION;
    Object.assign(flows, { respond: () => Promise.reject(new AccessDeniedError("This login is none of those asked")) });
    expect(await sentence()).toBe("This login is none of those asked");
    expect(answers).toEqual([]);
  });

  test("a question that cannot be shown says why where it is to be answered", async () => {
    const { options, run } = await asked({ ...QUESTION, title: "It cannot be shown", text: "Not ours.", options: [] });
    const { result } = await run(flowRespond(options), ARMED);
    expect((await failureOf(result, RejectedError)).message).toBe("It cannot be shown: Not ours.");
  });
});
