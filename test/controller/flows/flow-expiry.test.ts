/** Until when Globus keeps a flow. */
import { expect, test } from "vitest";
import { facilityIso } from "../../../src/base/facility-time.ts";
import { flowExpiry } from "../../../src/controller/flows/flow-expiry.ts";

const DAY = 86_400_000;
const CREATED = Date.UTC(2026, 2, 3, 12);
const END = facilityIso(new Date(CREATED + 30 * DAY));

test.each([
  [29, "OK"],
  [7.1, "OK"],
  [7, "Expiring"],
  [1.1, "Expiring"],
  [1, "Ending"],
  [-2, "Ending"],
] as const)("with %f days left a flow without a subscription is %s", (days, state) => {
  const now = CREATED + (30 - days) * DAY;
  const expiry = flowExpiry({ created: CREATED }, "beamline", now);
  expect(expiry).toMatchObject({ state, iso: END });
  if (state === "OK") expect(expiry.message).toBe("");
  else expect(expiry.message).toContain(`${END}: deploy it with --subscription-id`);
});

test("a flow with a subscription, or of unknown age, has no end", () => {
  for (const flow of [{ created: CREATED, subscription: "DEFAULT" }, { created: Number.NaN }])
    expect(flowExpiry(flow, "beamline", CREATED + 40 * DAY)).toEqual({ state: "OK", iso: "", message: "" });
});
