/** The endpoint of Compute as PVs, and what operators are told of it. */
import { NEVER, of, type Subscription } from "rxjs";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { silentLog } from "../../../src/base/log.ts";
import { watchCompute } from "../../../src/controller/compute/compute-watch.ts";
import { UnavailableError } from "../../../src/controller/ports/call.ts";
import type { Compute, ComputeEndpointReport } from "../../../src/controller/ports/compute.ts";
import { COMPUTE_PV_STATES } from "../../../src/controller/pvs/steps.ts";
import { Journal } from "../../../src/controller/run/journal.ts";
import { FakeControllerPvs } from "../../support/fakes/fake-beamline.ts";
import { FakeClock } from "../../support/fakes/fake-clock.ts";

const ENDPOINT = "4b116d3c-1703-4f8f-9f6f-39921e5864df";
let pvs: FakeControllerPvs;
let answer: ComputeEndpointReport | Error;
let subscription: Subscription | undefined;

beforeEach(() => {
  vi.useFakeTimers();
  pvs = new FakeControllerPvs();
  pvs.put("Testing", 0);
});
afterEach(() => {
  subscription?.unsubscribe();
  vi.useRealTimers();
});

function begin(isOff = false): void {
  const clock = new FakeClock();
  const journal = new Journal({ clock, log: silentLog, pvs });
  const endpoint: Compute["endpoint"] = async () => {
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const compute = { endpoint } as Compute;
  const watch = watchCompute(isOff ? undefined : { compute, endpoint: ENDPOINT });
  const context = { pvs, journal, experiment$: of(undefined), isRunning: () => false, ended$: NEVER, clock };
  subscription = watch(context).subscribe();
}
const look = () => vi.advanceTimersByTimeAsync(30_000);
const state = (): string | undefined => COMPUTE_PV_STATES[Number(pvs.get("ComputeStatus"))];

test("without an endpoint it is off, and the setting is named", () => {
  begin(true);
  expect(state()).toBe("Off");
  expect(pvs.get("ComputeMessage")).toBe("Compute is off: set endpoint in the [compute] section of globus.conf.");
});

test("an endpoint that goes and comes back is told, with what waits there, and a service that says nothing", async () => {
  answer = { isOnline: true, said: "online", waiting: 0 };
  begin();
  await look();
  expect([state(), pvs.get("ComputeMessage")]).toEqual(["Online", ""]);
  answer = { isOnline: false, said: "offline" };
  await look();
  expect(state()).toBe("Offline");
  expect(pvs.get("ComputeMessage")).toContain(`The Compute endpoint ${ENDPOINT} is offline: start it on its host`);
  answer = new UnavailableError("Globus Compute does not answer");
  await look();
  expect([state(), pvs.get("ComputeMessage")]).toEqual(["Trouble", "Globus Compute does not answer."]);
  answer = { isOnline: true, said: "online", waiting: 2 };
  await look();
  expect([state(), pvs.get("ComputeMessage")]).toEqual(["Online", "2 tasks wait there."]);
});
