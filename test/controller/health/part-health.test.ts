import { describe, expect, test } from "vitest";
import { ActionError, CancelledError } from "../../../src/base/errors.ts";
import {
  healthOfAll,
  healthOfUses,
  type LastUse,
  type PartHealth,
  usedAgain,
} from "../../../src/controller/health/part-health.ts";
import {
  AccessDeniedError,
  AlreadyExistsError,
  NoRoomError,
  NotFoundError,
  NotOfferedError,
  OffError,
  SourceChangedError,
  UnavailableError,
} from "../../../src/controller/ports/call.ts";
import type { HealthPart } from "../../../src/controller/pvs/health.ts";

const NOON = Date.parse("2026-03-01T12:00:00Z");

test.each<readonly [string, unknown, string | undefined]>([
  ["does not answer is down", new UnavailableError("no answer"), "Down"],
  ["refuses us is in trouble", new AccessDeniedError("no login"), "Trouble"],
  ["has no room left is in trouble: it answers", new NoRoomError("full"), "Trouble"],
  ["fails in another way is in trouble", new ActionError("strange"), "Trouble"],
  ["does not have what was asked for answers", new NotFoundError("none"), "OK"],
  ["has it already answers", new AlreadyExistsError("there"), "OK"],
  ["is not known to do that is not judged ill", new NotOfferedError("unknown"), "OK"],
  ["has nothing to do with a file that changed", new SourceChangedError("changed"), "OK"],
  ["is off was not asked", new OffError("off"), undefined],
  ["was not waited for tells nothing", new CancelledError("Aborted."), undefined],
  ["is called by a bug of ours tells nothing", new TypeError("a bug"), undefined],
])("a service that %s", (_, thrown, wanted) => {
  expect(usedAgain(undefined, thrown, NOON)?.state).toBe(wanted);
});

describe("the last use counts", () => {
  const down = usedAgain(undefined, new UnavailableError("DM does not answer"), NOON);

  test("with its sentence, and since when it has been so", () => {
    const still = usedAgain(down, new UnavailableError("DM closes the connection"), NOON + 60_000);
    expect(still).toEqual({ state: "Down", sentence: "DM closes the connection.", since: NOON });
  });
  test("and a success after a failure is well again", () => {
    expect(usedAgain(down, undefined, NOON + 1)).toEqual({ state: "OK", sentence: "", since: NOON + 1 });
  });
  test("but what tells nothing changes nothing", () => {
    expect(usedAgain(down, new CancelledError("Aborted."), NOON + 1)).toBe(down);
    expect(usedAgain(undefined, new OffError("off"), NOON)).toBeUndefined();
  });
});

const OK: LastUse = { state: "OK", sentence: "", since: NOON };
const DET: LastUse = { state: "Down", sentence: "det does not answer.", since: NOON };
const ANA: LastUse = { state: "Trouble", sentence: "ana lets nobody in.", since: NOON };

test("nobody knows the health of what was never used", () => {
  expect(healthOfUses([])).toEqual({ state: "Unknown", message: "" });
});

test("of several hosts the worst is shown, with its sentence and the time", () => {
  expect(healthOfUses([OK, OK])).toEqual({ state: "OK", message: "" });
  expect(healthOfUses([OK, ANA, DET])).toEqual({
    state: "Down",
    message: expect.stringMatching(/^det does not answer\. Since 2026-03-01 \d\d:00:00\.$/) as string,
  });
});

test("what two uses say in one word is said once, since the first", () => {
  const later = { ...ANA, since: NOON + 60_000 };
  expect(healthOfUses([later, ANA]).message).toMatch(/^ana lets nobody in\. Since 2026-03-01 \d\d:00:00\.$/);
  const other = { ...ANA, sentence: "det lets nobody in." };
  expect(healthOfUses([other, ANA]).message.match(/lets nobody in/g)).toHaveLength(2);
});

test("what is told fits its PV", () => {
  const many = Array.from({ length: 20 }, (_, i) => ({ ...DET, sentence: `host ${i} does not answer at all today.` }));
  const { message } = healthOfUses(many);
  expect(message.length).toBeLessThanOrEqual(511);
  expect(message).toMatch(/ …$/);
});

const part = (state: PartHealth["state"], message = ""): PartHealth => ({ state, message });
test.each<readonly [string, Readonly<Partial<Record<HealthPart, PartHealth>>>, PartHealth]>([
  ["nothing is known", { DM: part("Unknown"), Globus: part("Off", "It is off.") }, part("Unknown")],
  ["all that is known is well", { DM: part("OK"), Mail: part("Unknown"), Globus: part("Off") }, part("OK")],
  ["one is in trouble", { DM: part("OK"), Mail: part("Trouble", "It refuses.") }, part("Trouble", "Mail: It refuses.")],
  [
    "one is down, another in trouble",
    { SSH: part("Down", "det is away."), Mail: part("Trouble", "It refuses.") },
    part("Down", "SSH: det is away."),
  ],
  [
    "two are down",
    { DM: part("Down", "It is away."), SSH: part("Down", "det is away.") },
    part("Down", "DM: It is away. SSH: det is away."),
  ],
])("of all parts the worst is told: %s", (_, parts, wanted) => {
  expect(healthOfAll(new Map(Object.entries(parts)) as ReadonlyMap<HealthPart, PartHealth>)).toEqual(wanted);
});
