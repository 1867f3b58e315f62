/** What each kind of server brings. */
import { expect, test } from "vitest";
import { openSite } from "../../src/assemble/site.ts";
import { silentLog } from "../../src/base/log.ts";
import { parseConfig } from "../../src/config/config.ts";
import { withoutDaqs } from "../../src/controller/daq/daq-watch.ts";
import type { Site } from "../../src/controller/site.ts";
import { FakeClock } from "../support/fakes/fake-clock.ts";

const open = (text: string): Site =>
  openSite({
    settings: parseConfig(text, "/nowhere/globus.conf", "/nowhere"),
    environment: { HOME: "/nowhere" },
    user: "op",
    host: "ws1",
    clock: new FakeClock(),
    log: silentLog,
  });

/** By server, the commands that it has. */
const commandsOf = ({ servers }: Site): Record<string, string[]> =>
  Object.fromEntries(servers.map(({ name, actions }) => [name, Object.keys(actions).toSorted()]));

const EVERYWHERE = ["AddUser", "CreateManual", "Email", "Init", "ListUsers", "PreviewEmail", "RemoveUser", "TagManual"];

test("a Data Management server has DAQs, uploads and deletion beside what every server has", async () => {
  const site = open("[server voyager]\nkind = dm\n");
  expect(commandsOf(site)).toEqual({ voyager: [...EVERYWHERE, "Delete", "StartDaq", "StopDaq", "Upload"].toSorted() });
  expect(site.servers[0].dataManagement).toBe(site.dataManagement);
  await site.close();
});

test("a collection has what every server has, and keeps no list of experiments", async () => {
  const site = open("[server petrel]\nkind = globus\nshare = yes\n");
  expect(commandsOf(site)).toEqual({ petrel: EVERYWHERE });
  expect(site.servers[0].dataManagement).toBeUndefined();
  await site.close();
});

test.each([
  ["[server petrel]\nkind = globus\n", true],
  ["[server petrel]\nkind = globus\n[server voyager]\nkind = dm\n", false],
])("the PVs of DAQs say that there are none where no server has any: %j", async (text, isWithout) => {
  const site = open(text);
  expect(site.watches.includes(withoutDaqs)).toBe(isWithout);
  await site.close();
});
