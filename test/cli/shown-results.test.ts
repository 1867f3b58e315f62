/**
 * What the command line shows of a command comes from that command: on an IOC a PV that it does not publish holds what
 * an earlier one left there. Left out are the commands that also show what a watch keeps true, as DaqRunning and
 * DirsMismatch, and those whose own tests look at every PV that they publish.
 */
import { expect, test } from "vitest";
import { DATA_COMMANDS } from "../../src/cli/data-commands.ts";
import type { Beamtime } from "../../src/controller/ports/scheduling.ts";
import { TOMOSCAN_KEYS, tomoScanSuffix } from "../../src/controller/pvs/tomoscan.ts";
import type { Action } from "../../src/controller/run/action.ts";
import { createManualOnDm } from "../../src/controller/setup/create-manual.ts";
import { initOnDm } from "../../src/controller/setup/init-dm.ts";
import { listEsafs } from "../../src/controller/tagging/list-esafs.ts";
import { tagFromSchedule } from "../../src/controller/tagging/tag-experiment.ts";
import { FakeBeamline } from "../support/fakes/fake-beamline.ts";
import { FakeClock } from "../support/fakes/fake-clock.ts";
import { FakeDm, FakeScheduling } from "../support/fakes/fake-services.ts";
import { EXPERIMENT, taggedRun } from "../support/fakes/tagged-run.ts";

const BEAMTIME: Beamtime = {
  gupId: EXPERIMENT.proposalNumber,
  title: EXPERIMENT.proposalTitle,
  start: new Date("2026-03-01T00:00:00-06:00"),
  end: new Date("2026-03-06T08:00:00-06:00"),
  experimenters: [{ badge: "208112", firstName: "Paul", lastName: "Lévy", isPi: true }],
};

function actions(): Readonly<Record<string, Action>> {
  const clock = new FakeClock();
  const dm = new FakeDm();
  dm.experiments.set(EXPERIMENT.name, { name: EXPERIMENT.name, usernames: [] });
  dm.knownUsers.add("d208112");
  const scheduling = new FakeScheduling();
  scheduling.beamtimesNow = [BEAMTIME];
  const schedule = { scheduling, beamline: "99-ID-A,B", clock };
  const beamline = new FakeBeamline();
  for (const key of [...TOMOSCAN_KEYS.map(tomoScanSuffix), "UserInstitution", "UserInfoUpdate", "ESAFDOINumber"])
    beamline.set(key, "");
  const common = { dm, serverName: "voyager", experimentType: "99ID" };
  const people = { schedule, esafs: undefined, contacts: [] };
  return {
    init: initOnDm({ ...common, people }),
    "create-manual": createManualOnDm({ ...common, contacts: [], dataLink: () => "", clock }),
    tag: tagFromSchedule({ schedule, tomoScan: { beamline, nameOf: tomoScanSuffix, clock }, esafs: undefined }),
    "list-esafs": listEsafs({ esafs: () => Promise.resolve([]), clock }),
  };
}

test.each(Object.keys(actions()))("%s publishes all that is shown of it", async (name) => {
  const shows = DATA_COMMANDS.find((row) => row.name === name)?.shows ?? [];
  expect(shows).not.toEqual([]);
  const { published, run } = taggedRun({ ManualName: "Staff", ManualTitle: "Tests" });
  await run(actions()[name] as Action);
  expect(shows.filter((pv) => !(pv in published))).toEqual([]);
});
