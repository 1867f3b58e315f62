/** This IOC's PVs for a client that does not come over Channel Access. */
import { expect, test } from "vitest";
import { silentLog } from "../../src/base/log.ts";
import { GuestPvs } from "../../src/ioc/guest-pvs.ts";
import { FakeClock } from "../support/fakes/fake-clock.ts";
import { globusDatabase } from "../support/globus-database.ts";

const PREFIX = "t:Globus:";

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
