/** How the flow stands that FlowRun would start, as PVs and as a line of the check before beam time. */
import { Subject } from "rxjs";
import { expect, onTestFinished, test } from "vitest";
import { facilityIso } from "../../../src/base/facility-time.ts";
import { silentLog } from "../../../src/base/log.ts";
import { watchFlow } from "../../../src/controller/flows/flow-look.ts";
import type { FlowSite } from "../../../src/controller/flows/flow-site.ts";
import { AccessDeniedError, UnavailableError } from "../../../src/controller/ports/call.ts";
import type { FlowReport, Flows } from "../../../src/controller/ports/flows.ts";
import type { TransferTasks } from "../../../src/controller/ports/transfer-tasks.ts";
import type { CommandName } from "../../../src/controller/pvs/commands.ts";
import { FLOW_PV_STATES } from "../../../src/controller/pvs/flows.ts";
import { Journal } from "../../../src/controller/run/journal.ts";
import { FakeControllerPvs } from "../../support/fakes/fake-beamline.ts";
import { FakeClock } from "../../support/fakes/fake-clock.ts";

const ID = "0f1e2d3c-0000-4000-8000-00000000000a";
const DAY = 86_400_000;

function bench(flow = "beamline") {
  const clock = new FakeClock();
  const pvs = new FakeControllerPvs();
  pvs.put("FlowId", "");
  pvs.put("Testing", 0);
  const ended$ = new Subject<CommandName>();
  const globus = { created: clock.now(), failure: undefined as Error | undefined, asked: [] as string[] };
  const flows = {
    flow: async (id: string): Promise<Partial<FlowReport>> => {
      globus.asked.push(id);
      if (globus.failure !== undefined) throw globus.failure;
      return { id, title: "Beamline's data", created: globus.created };
    },
  };
  const site: FlowSite = {
    flows: flows as unknown as Flows,
    tasks: {} as TransferTasks,
    files: {
      read: async (name) => (name === "beamline" ? { name, path: "/flows/beamline.json", id: ID } : undefined),
      names: async () => ["beamline"],
      pathOf: (name) => `/flows/${name}.json`,
    },
    nameOf: (id) => id,
    flow,
    input: async () => ({}),
    pollSeconds: 1,
  };
  const journal = new Journal({ clock, log: silentLog, pvs });
  const context = { pvs, journal, experiment$: new Subject<never>(), isRunning: () => false, ended$, clock };
  const subscription = watchFlow(site)(context).subscribe();
  onTestFinished(() => subscription.unsubscribe());
  return {
    clock,
    pvs,
    globus,
    /** A look has ended. */
    settle: () => clock.advanceAsync(0),
    endRun: () => ended$.next("FlowRun"),
    state: () => FLOW_PV_STATES[Number(pvs.get("FlowState"))],
  };
}

test("a flow without a subscription is told of a week and a day before Globus deletes it, once each", async () => {
  const { pvs, globus, settle, endRun, state, clock } = bench();
  await settle();
  expect([state(), pvs.get("FlowTitle"), pvs.get("FlowMessage")]).toEqual(["OK", "Beamline's data", ""]);
  expect(pvs.get("FlowExpires")).toBe(facilityIso(new Date(clock.now() + 30 * DAY)));
  for (const [left, wanted] of [
    [5, "Expiring"],
    [0.5, "Ending"],
  ] as const) {
    globus.created = clock.now() - (30 - left) * DAY;
    endRun();
    await settle();
    expect(state()).toBe(wanted);
    expect(pvs.get("LastError")).toBe(pvs.get("FlowMessage"));
    expect(pvs.get("FlowMessage")).toContain("globus-ioc flow deploy beamline");
  }
});

test("FlowId wins over the settings; a name that is not deployed, and none, are told", async () => {
  const { pvs, globus, settle, state } = bench("");
  await settle();
  expect([state(), globus.asked]).toEqual(["None", []]);
  pvs.put("FlowId", " beamline ");
  await settle();
  expect([state(), globus.asked]).toEqual(["OK", [ID]]);
  pvs.put("FlowId", "beamlin");
  await settle();
  expect([state(), pvs.get("FlowTitle"), pvs.get("FlowExpires")]).toEqual(["Trouble", "", ""]);
  expect(pvs.get("FlowMessage")).toContain(
    'globus-ioc flow deploy beamlin, with --definition FILE where it is no template. Did you mean "beamline"?',
  );
});

test("a login that does not see the flow is trouble; Globus away leaves what was known", async () => {
  const { pvs, globus, settle, endRun, state } = bench();
  globus.failure = new UnavailableError("Globus gave no answer");
  await settle();
  expect([state(), pvs.get("FlowMessage")]).toEqual(["Unknown", "Globus gave no answer."]);
  globus.failure = undefined;
  endRun();
  await settle();
  expect(state()).toBe("OK");
  globus.failure = new UnavailableError("Globus gave no answer");
  endRun();
  await settle();
  expect([state(), globus.asked.length]).toEqual(["OK", 3]);
  globus.failure = new AccessDeniedError("The login may not see it: run `globus-ioc login`");
  endRun();
  await settle();
  expect([state(), pvs.get("LastError")]).toEqual(["Trouble", "The login may not see it: run `globus-ioc login`."]);
});
