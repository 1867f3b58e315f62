import { EMPTY, type Subscription } from "rxjs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { silentLog } from "../../../src/base/log.ts";
import { ANSWERS } from "../../../src/controller/pvs/row.ts";
import { tomoScanSuffix } from "../../../src/controller/pvs/tomoscan.ts";
import { Journal } from "../../../src/controller/run/journal.ts";
import { dirsMatchWatch } from "../../../src/controller/setup/dirs-match.ts";
import { FakeBeamline, FakeControllerPvs } from "../../support/fakes/fake-beamline.ts";
import { FakeClock } from "../../support/fakes/fake-clock.ts";

let beamline: FakeBeamline;
let pvs: FakeControllerPvs;
let watching: Subscription;
beforeEach(() => {
  beamline = new FakeBeamline();
  pvs = new FakeControllerPvs();
  const clock = new FakeClock();
  watching = dirsMatchWatch({
    tomoScan: { beamline, nameOf: tomoScanSuffix },
    detector: { top: "/data/2BM/" },
    analysis: { user: "2bmb", host: "tomo1", top: "/local/2BM" },
  })({
    pvs,
    journal: new Journal({ clock, log: silentLog, pvs }),
    experiment$: EMPTY,
    isRunning: () => false,
    ended$: EMPTY,
    clock,
  }).subscribe();
});
afterEach(() => watching.unsubscribe());

const say = (detector: string, analysis: string): void => {
  beamline.set("DetectorTopDir", detector);
  beamline.set("RemoteAnalysisDir", analysis);
};
const verdict = () => [ANSWERS[Number(pvs.get("DirsMatch"))], pvs.get("DirsMismatch")];

test.each([
  ["/data/2BM/", "2bmb@tomo1:/local/2BM/"],
  ["/data/2BM", "2bmb@tomo1:/local/2BM"],
  ["/data//2BM/", "tomo1:/local/2BM"],
  ["/data/2BM/", "2bmb@TOMO1.example.org:/local/2BM/"],
])("%s and %s are those of the settings", (detector, analysis) => {
  say(detector, analysis);
  expect(verdict()).toEqual(["Yes", ""]);
});

describe("what differs is told:", () => {
  test.each([
    ["/data2/2BM/", "2bmb@tomo1:/local/2BM/", 'DetectorTopDir is "/data2/2BM/", but detector-top-dir is /data/2BM/.'],
    [
      "/data/2BM/",
      "user99id@tomo10:/local2/2BM/",
      'RemoteAnalysisDir is "user99id@tomo10:/local2/2BM/", but analysis is tomo1 and analysis-user-name is 2bmb and analysis-top-dir is /local/2BM.',
    ],
    ["/data/2BM/", "/local/2BM/", 'RemoteAnalysisDir is "/local/2BM/", but user@host:/directory/ is its form.'],
  ])("%s, %s", (detector, analysis, sentence) => {
    say(detector, analysis);
    expect(verdict()).toEqual(["No", sentence]);
  });
});

test.each(["Unknown", "", "  "])("whether a TomoScan that says %j matches is not known, and that is told", (text) => {
  say(text, text);
  expect(verdict()).toEqual(["Unknown", "DetectorTopDir says nothing; RemoteAnalysisDir says nothing."]);
});

test("it follows TomoScan, also when that goes away", () => {
  expect(verdict()).toEqual(["Unknown", "DetectorTopDir is not connected; RemoteAnalysisDir is not connected."]);
  say("/elsewhere/", "2bmb@tomo1:/local/2BM/");
  expect(verdict()[0]).toBe("No");
  say("/data/2BM/", "2bmb@tomo1:/local/2BM/");
  expect(verdict()).toEqual(["Yes", ""]);
  beamline.disconnect("DetectorTopDir");
  expect(verdict()).toEqual(["Unknown", "DetectorTopDir is not connected."]);
  say("/data/2BM/", "2bmb@tomo2:/local/2BM/");
  beamline.disconnect("DetectorTopDir");
  expect(verdict()[0]).toBe("No");
});
