/**
 * A function of Compute as a step: which one, when it may begin, and what is known after an answer that did not come.
 */
import { describe, expect, it } from "vitest";
import { ActionError } from "../../../src/base/errors.ts";
import { type ComputeSite, functionId } from "../../../src/controller/compute/compute-site.ts";
import { createComputeStep } from "../../../src/controller/compute/compute-step.ts";
import { NotFoundError, OffError, UnavailableError } from "../../../src/controller/ports/call.ts";
import type { ComputeRequest, ComputeTaskReport } from "../../../src/controller/ports/compute.ts";
import type { KnownFunction } from "../../../src/controller/ports/compute-functions.ts";
import { failureOf } from "../../support/failure-of.ts";

const ENDPOINT = "4b116d3c-1703-4f8f-9f6f-39921e5864df";
const RECON = "10000000-0000-4000-8000-000000000001";
const BEGIN = { scan: "1", destination: "petrel", what: "recon", path: "/2-BM/a1.h5", key: "", since: 0 };

/** Compute with one group, whose answers may be lost. */
class FakeCompute {
  readonly submitted: ComputeRequest[] = [];
  readonly groups = new Map<string, string[]>();
  readonly reports = new Map<string, ComputeTaskReport>();
  isOnline = true;
  losesAnswers = false;
  async submit(request: ComputeRequest): Promise<{ task: string; group: string }> {
    const { group = `group-${this.groups.size}` } = request;
    if (request.group !== undefined && !this.groups.has(request.group)) throw new NotFoundError("There is no group.");
    this.submitted.push(request);
    const task = `task-${this.submitted.length}`;
    this.groups.set(group, [...(this.groups.get(group) ?? []), task]);
    if (this.losesAnswers) throw new UnavailableError("lost", { mayHaveHappened: true });
    return { task, group };
  }
  async groupTasks(group: string): Promise<readonly { id: string; created: number }[]> {
    const tasks = this.groups.get(group);
    if (tasks === undefined) throw new NotFoundError("There is no group.");
    return tasks.map((id, created) => ({ id, created }));
  }
  async tasks(): Promise<ReadonlyMap<string, ComputeTaskReport>> {
    return this.reports;
  }
  async endpoint(): Promise<{ isOnline: boolean; said: string }> {
    return { isOnline: this.isOnline, said: this.isOnline ? "online" : "offline" };
  }
  async register(): Promise<string> {
    return RECON;
  }
}

const known = (more: Partial<KnownFunction> = {}): KnownFunction => ({
  name: "recon",
  id: RECON,
  digest: "",
  file: "/home/beamline/recon.py",
  client: "ours",
  registered: 0,
  ...more,
});

function setUp(functions: readonly KnownFunction[] = [known()]) {
  const compute = new FakeCompute();
  const site: ComputeSite = {
    compute,
    functions: { path: "functions.json", all: async () => functions, put: async () => {} },
    client: "ours",
    endpoint: ENDPOINT,
    endpointConfig: async () => undefined,
    taskSeconds: 60,
    pollSeconds: 5,
  };
  return { compute, site, step: createComputeStep(site) };
}

describe("the function that is meant", () => {
  it("is found by the name under which it was registered, or is a UUID", async () => {
    const { site } = setUp();
    expect(await functionId(site, "recon")).toBe(RECON);
    expect(await functionId(site, ENDPOINT)).toBe(ENDPOINT);
  });

  it("is asked for with the command where there is none, or it is another login's", async () => {
    const { message } = await failureOf(functionId(setUp().site, "other"), ActionError);
    expect(message).toBe(
      'There is no function "other" in functions.json (recon is): globus-ioc compute register FILE.py other.',
    );
    const another = await failureOf(functionId(setUp([known({ client: "theirs" })]).site, "recon"), ActionError);
    expect(another.message).toContain("was registered with another login (theirs)");
  });
});

describe("a function as a step", () => {
  it("is called with the scan's path, and the tasks behind the first join its group", async () => {
    const { compute, step } = setUp();
    expect(await step.start(BEGIN, {})).toBe("task-1");
    expect(await step.start(BEGIN, {})).toBe("task-2");
    expect(compute.submitted).toEqual([
      { endpoint: ENDPOINT, function: RECON, args: ["/2-BM/a1.h5"] },
      { endpoint: ENDPOINT, function: RECON, args: ["/2-BM/a1.h5"], group: "group-0" },
    ]);
  });

  it("is held while the endpoint is offline, in words", async () => {
    const { compute, step } = setUp();
    expect(await step.hold({})).toBeUndefined();
    compute.isOnline = false;
    expect(await step.hold({})).toBe(`The Compute endpoint ${ENDPOINT} is offline.`);
  });

  it("that began and whose answer was lost is found in the group", async () => {
    const { compute, step } = setUp();
    await step.start(BEGIN, {});
    const key = await step.prepare({});
    compute.losesAnswers = true;
    await failureOf(step.start({ ...BEGIN, key }, {}), UnavailableError);
    expect(await step.find({ ...BEGIN, key }, {})).toEqual({ run: "task-2" });
    compute.losesAnswers = false;
    const next = await step.prepare({});
    expect(await step.find({ ...BEGIN, key: next }, {})).toBe("none");
  });

  it("that did not begin is none, so that it is begun again", async () => {
    const { step } = setUp();
    await step.start(BEGIN, {});
    expect(await step.find({ ...BEGIN, key: await step.prepare({}) }, {})).toBe("none");
  });

  it("is unknown where the group shows several behind the last, or has lost the last", async () => {
    const { compute, step } = setUp();
    await step.start(BEGIN, {});
    const key = await step.prepare({});
    compute.groups.set("group-0", ["task-1", "task-2", "task-3"]);
    expect(await step.find({ ...BEGIN, key }, {})).toBe("unknown");
    compute.groups.set("group-0", ["task-2"]);
    expect(await step.find({ ...BEGIN, key }, {})).toBe("unknown");
  });

  it("that is the first of its process is unknown where its answer was lost", async () => {
    const { step } = setUp();
    const key = await step.prepare({});
    expect(await step.find({ ...BEGIN, key }, {})).toBe("unknown");
  });

  it("begins a new group where Compute has lost the old one, and does not count as begun", async () => {
    const { compute, step } = setUp();
    await step.start(BEGIN, {});
    compute.groups.clear();
    expect((await failureOf(step.start(BEGIN, {}), UnavailableError)).mayHaveHappened).toBe(false);
    expect(await step.start(BEGIN, {})).toBe("task-2");
  });

  it("that Compute does not know any more is a person's, who is told why", async () => {
    const { step } = setUp();
    const report = (await step.look(["task-9"], {})).get("task-9");
    expect(report).toMatchObject({ state: "failed", isFinal: true });
    expect(report?.words).toContain("nobody has fetched its result for 30 minutes");
  });

  it("tells what it gave, cut where it is long, and why it failed", async () => {
    const { compute, step } = setUp();
    compute.reports.set("1", { state: "done", said: "success", result: { value: { slices: 12 } } });
    compute.reports.set("2", { state: "done", said: "success", result: { value: "x".repeat(1000) } });
    compute.reports.set("3", { state: "failed", said: "failed", problem: "ValueError: no projections" });
    compute.reports.set("4", { state: "failed", said: "failed", problem: "its result is too long", isFinal: true });
    const reports = await step.look(["1", "2", "3", "4"], {});
    expect(reports.get("1")?.words).toBe('It gave {"slices":12}.');
    expect(reports.get("2")?.words).toHaveLength("It gave ".length + 201);
    expect(reports.get("3")).toEqual({ state: "failed", words: "ValueError: no projections" });
    expect(reports.get("4")).toEqual({ state: "failed", words: "its result is too long", isFinal: true });
  });

  it("where Compute is off says which setting is missing", async () => {
    const { message } = await failureOf(createComputeStep(undefined).hold({}), OffError);
    expect(message).toBe("Compute is off: set endpoint in the [compute] section of globus.conf.");
  });
});
