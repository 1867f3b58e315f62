import { expect, test } from "vitest";
import { messageOf } from "../../../src/base/errors.ts";
import { type Deployed, type DeployRequest, deployFlow } from "../../../src/controller/flows/deploy.ts";
import { UnavailableError } from "../../../src/controller/ports/call.ts";
import type { Flows } from "../../../src/controller/ports/flows.ts";
import { FakeDeployedFlows, LOGIN } from "../../support/fakes/fake-deployed-flows.ts";
import { ImpatientClock } from "../../support/fakes/impatient-clock.ts";
import { PAL_FLOW, PAL_SCHEMA } from "../../support/pal-flow.ts";

const OUR_KEYWORD = "globus-ioc";
const DRAFT = { title: "PAL-XFEL Data Transfer Flow", definition: PAL_FLOW, inputSchema: PAL_SCHEMA };

const deploy = (
  flows: FakeDeployedFlows,
  more: Partial<DeployRequest> = {},
  clock = new ImpatientClock(),
): Promise<Deployed> =>
  deployFlow(
    flows as unknown as Flows,
    { draft: DRAFT, others: new Map(), takeOver: false, login: LOGIN, isDryRun: false, ...more },
    { clock },
  );

test("weakness 22: a second deployment changes the flow of the first, and makes no other", async () => {
  const flows = new FakeDeployedFlows();
  const first = await deploy(flows);
  expect(first).toMatchObject({ did: "made", flow: { title: DRAFT.title, keywords: [OUR_KEYWORD] } });
  expect(await deploy(flows)).toMatchObject({ did: "unchanged", flow: { id: first.flow?.id } });
  const changed = { ...DRAFT, definition: { ...PAL_FLOW, Comment: "new" } };
  expect(await deploy(flows, { draft: changed })).toMatchObject({ did: "changed", flow: { id: first.flow?.id } });
  expect(flows.asked).toEqual(["create", "change definition"]);
  expect(flows.all.size).toBe(1);
});

test("the id of an earlier deployment counts, whatever the flow is called now", async () => {
  const flows = new FakeDeployedFlows();
  const old = flows.add({ ...DRAFT, title: "Called otherwise", keywords: [OUR_KEYWORD, "beam"] });
  const known = { id: old.id, file: "flow_info.json" };
  expect(await deploy(flows, { known })).toMatchObject({ did: "changed", flow: { id: old.id, title: DRAFT.title } });
  expect(flows.all.get(old.id)?.keywords).toEqual([OUR_KEYWORD, "beam"]);
});

test("a flow that is gone is told, and made anew", async () => {
  const flows = new FakeDeployedFlows();
  const known = { id: "ffffffff-0000-4000-8000-00000000dead", file: "flow_info.json" };
  const { did, notes } = await deploy(flows, { known });
  expect(did).toBe("made");
  expect(notes).toEqual([expect.stringContaining(`The flow ${known.id} of flow_info.json is there no more`)]);
});

test.each(["by its title", "by its file"])("a flow that was not made by us, found %s, stays as it is", async (how) => {
  const flows = new FakeDeployedFlows();
  const theirs = flows.add({ ...DRAFT, definition: { StartAt: "A", States: {} } });
  const known = how === "by its file" ? { known: { id: theirs.id, file: "flow_info.json" } } : {};
  await expect(deploy(flows, known)).rejects.toThrow(/was not made by globus-ioc and stays as it is: give --take-over/);
  expect(flows.asked).toEqual([]);
  expect(await deploy(flows, { ...known, takeOver: true })).toMatchObject({ did: "changed", flow: { id: theirs.id } });
  expect(flows.all.get(theirs.id)?.keywords).toContain(OUR_KEYWORD);
});

test("another's flow of the same title is nobody's business", async () => {
  const flows = new FakeDeployedFlows();
  flows.add({ ...DRAFT, keywords: [OUR_KEYWORD] }, { owner: "cccccccc-0000-4000-8000-000000000003" });
  expect(await deploy(flows)).toMatchObject({ did: "made" });
});

test("two of the same title are told, for nobody knows which is meant", async () => {
  const flows = new FakeDeployedFlows();
  for (const _ of [1, 2]) flows.add({ ...DRAFT, keywords: [OUR_KEYWORD] });
  await expect(deploy(flows)).rejects.toThrow(
    /2 flows of this login are called "PAL-XFEL Data Transfer Flow" \(.*, .*\): say which with --info-file/,
  );
});

test("an account without a subscription is told which flow it has", async () => {
  const flows = new FakeDeployedFlows();
  const other = flows.add({ title: "Other" });
  const failure = messageOf(await deploy(flows).catch((thrown: unknown) => thrown));
  expect(failure).toMatch(
    new RegExp(
      `one flow for an account without a subscription, and this login has "Other" \\(${other.id}\\) already: give --subscription-id, or delete that one`,
    ),
  );
  expect(failure).not.toContain("permission");
});

test("a lost answer makes no second flow: the first is found", async () => {
  const flows = new FakeDeployedFlows();
  flows.failure = { error: new UnavailableError("Globus Flows: no answer", { mayHaveHappened: true }), isMade: true };
  const clock = new ImpatientClock();
  expect(await deploy(flows, {}, clock)).toMatchObject({ did: "made" });
  expect(flows.asked).toEqual(["create"]);
  expect(clock.waits).toEqual([5]);
});

test("a flow that is not there after a lost answer is told", async () => {
  const flows = new FakeDeployedFlows();
  flows.failure = { error: new UnavailableError("Globus Flows: no answer.", { mayHaveHappened: true }), isMade: false };
  await expect(deploy(flows)).rejects.toThrow(
    "Globus Flows: no answer; the flow is not there after 30 s: deploy it again",
  );
});

test("a dry run changes nothing", async () => {
  const flows = new FakeDeployedFlows();
  expect(await deploy(flows, { isDryRun: true })).toEqual({ did: "made", notes: [] });
  flows.add({ ...DRAFT, keywords: [OUR_KEYWORD] });
  const draft = { ...DRAFT, description: "new" };
  expect(await deploy(flows, { isDryRun: true, draft })).toMatchObject({ did: "changed" });
  expect(flows.asked).toEqual([]);
});
