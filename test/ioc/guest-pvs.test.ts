/** This IOC's PVs for a client that does not come over Channel Access. */
import { expect, test } from "vitest";
import { createLog, silentLog } from "../../src/base/log.ts";
import type { FieldValue } from "../../src/database/record-type.ts";
import { toByteString } from "../../src/epics/byte-string.ts";
import { GuestPvs } from "../../src/ioc/guest-pvs.ts";
import { FakeClock } from "../support/fakes/fake-clock.ts";
import { globusDatabase } from "../support/globus-database.ts";

const PREFIX = "t:Globus:";
const GUEST = { user: "web:alpha", host: "10.0.0.5", peer: "10.0.0.5:4711", isProven: true as const };

/** The PVs of some topics, for a guest with these rights. */
function guestOn(files: readonly string[], granted = { rights: 3, traps: false }) {
  const database = globusDatabase(PREFIX, files);
  database.initialize();
  const lines: string[] = [];
  const open = new Set<object>();
  const access = {
    grant: () => {
      const grant = { ...granted, close: () => void open.delete(grant) };
      open.add(grant);
      return grant;
    },
  };
  const log = createLog("ioc", (line) => lines.push(line));
  const pvs = new GuestPvs({ database, access, prefix: PREFIX, clock: new FakeClock(), log });
  return { pvs, database, lines, open };
}

test("names of states are part of what a PV holds, and their change is posted", () => {
  const database = globusDatabase(PREFIX, ["globus_experiment.db"]);
  database.initialize();
  const access = { grant: () => ({ rights: 0, traps: false, close: () => {} }) };
  const pvs = new GuestPvs({ database, access, prefix: PREFIX, clock: new FakeClock(), log: silentLog });
  let posts = 0;
  const end = pvs.whenPosted("ServerName", () => posts++);
  database.putInternal(database.find(`${PREFIX}ServerName.ZRST`)!, "voyager");
  expect(pvs.look("ServerName")).toMatchObject({ value: 0, states: ["voyager"] });
  expect(posts).toBeGreaterThan(0);
  expect(pvs.look("YearMonth")).not.toHaveProperty("states");
  end();
});

test("a value is a number, Unicode text, or the elements of an array; an alarm comes with it", () => {
  const { pvs, database } = guestOn(["globus_users.db", "globus.db"]);
  const put = (suffix: string, value: FieldValue): void =>
    void database.putInternal(database.find(PREFIX + suffix)!, value);
  put("UserNames", [toByteString("Zoë"), "Ada"]);
  put("UserBadges", Float64Array.of(1, 23));
  put("LastError", toByteString("20 °C"));
  put("MessageSeverity", 2);
  expect(pvs.look("UserNames").value).toEqual(["Zoë", "Ada"]);
  expect(pvs.look("UserBadges").value).toEqual([1, 23]);
  expect(pvs.look("LastError").value).toBe("20 °C");
  expect(pvs.look("MessageSeverity")).toMatchObject({ value: 2, severity: 2 });
});

test.each<[string, string | number, string | number]>([
  ["EmailTo", "Schedule", 1],
  ["EmailTo", 1, 1],
  ["EmailSubject", "Data of Zoë: 20 °C", "Data of Zoë: 20 °C"],
  ["BeamtimeIndex", "2", 2],
])("a put of %s := %j holds %j, made by the guest", (suffix, value, held) => {
  const { pvs, database, open } = guestOn(["globus_email.db", "globus_experiment.db"], { rights: 3, traps: true });
  const trapped: unknown[] = [];
  database.putTrapped.add(({ by, isTrapped }) => trapped.push({ by, isTrapped }));
  expect(pvs.put(suffix, value, GUEST)).toBeUndefined();
  expect(pvs.look(suffix).value).toBe(held);
  expect(trapped).toEqual([{ by: GUEST, isTrapped: true }]);
  expect(open.size).toBe(0);
});

test("a put that the access rules do not let pass is told and logged, and nothing is written", () => {
  const { pvs, lines, open } = guestOn(["globus_email.db"], { rights: 1, traps: true });
  expect(pvs.put("EmailTo", 1, GUEST)).toEqual({
    kind: "denied",
    reason: `web:alpha@10.0.0.5:4711 may not write ${PREFIX}EmailTo, and was refused: the IOC's access security file (globus.acf) says who may.`,
  });
  expect(pvs.look("EmailTo").value).toBe(0);
  expect(lines).toEqual([`warn: ioc: web:alpha@10.0.0.5:4711 may not write ${PREFIX}EmailTo, and was refused`]);
  expect(open.size).toBe(0);
});

test("a put that a guard refuses, or that the PV cannot hold, has the reason; DISP counts as for everybody", () => {
  const { pvs, database } = guestOn(["globus_email.db"]);
  const record = database.record(`${PREFIX}EmailTo`)!;
  record.guard = () => ({ kind: "refused", reason: "Not now." });
  expect(pvs.put("EmailTo", 1, GUEST)).toEqual({ kind: "refused", reason: "Not now." });
  expect(pvs.put("EmailMode", "Sometimes", GUEST)).toMatchObject({ kind: "failed" });
  record.fields.DISP = 1;
  expect(pvs.put("EmailTo", 1, GUEST)).toMatchObject({ kind: "disabled" });
});
