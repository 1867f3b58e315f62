import { readFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ActionError } from "../../src/base/errors.ts";
import { silentLog } from "../../src/base/log.ts";
import { refuseCommands } from "../../src/controller/wiring.ts";
import { FakeControllerPvs } from "../support/fakes/fake-beamline.ts";
import { FakeClock } from "../support/fakes/fake-clock.ts";
import { ROOT } from "../support/peers/real-peers.ts";
import { Bench } from "./wiring-fixture.ts";

let bench: Bench;
beforeEach(() => {
  vi.useFakeTimers();
  bench = new Bench();
});
afterEach(async () => {
  await bench.stop();
  vi.useRealTimers();
});

test("what TomoScan's PVs hold drives no terminal from ours, and is one line", async () => {
  await bench.tag({ ProposalTitle: "a\x1b[2J\r\nb\x9bc\u202ed" });
  expect(bench.pvs.get("ProposalTitle")).toBe("a [2J b c d");
  await bench.tag({ UserLastName: "N\x9bo/ther" });
  expect(bench.pvs.get("TagMessage")).toContain('"N\\u009bo/ther"');
});

test("what goes wrong in the background is in LastError once, and its end in Message", () => {
  const { pvs, troubles } = bench;
  const disk = troubles.of("a file");
  disk.begins("The file /x cannot be written: no space left.");
  disk.begins("The file /x cannot be written: no space left.");
  expect(pvs.get("LastError")).toBe("The file /x cannot be written: no space left.");
  expect(pvs.get("MessageSeverity")).toBe(2);
  disk.ends("The file /x is written again.");
  disk.ends("The file /x is written again.");
  expect(pvs.get("Message")).toBe("The file /x is written again.");
  expect(pvs.get("MessageSeverity")).toBe(0);
  expect(String(pvs.get("Log")).split("\n")).toHaveLength(2);
});

test("a tag fills the PVs of the experiment", async () => {
  await bench.tag();
  expect(bench.pvs.get("TagValid")).toBe(1);
  expect(bench.pvs.get("ExperimentName")).toBe("2026-03-Noether-1014288");
  expect(bench.pvs.get("DetectorDir")).toBe("/data/2026-03-Noether-1014288");
  expect(bench.pvs.get("DataLink")).toBe("link to 2026-03-Noether-1014288");
});

test("Tag is over when what is made from the user PVs is new", async () => {
  await bench.tag();
  bench.pvs.putFromOutside("Tag", 1);
  await bench.wait(1);
  expect(bench.pvs.get("TagStatus")).toBe(1);
  bench.writes();
  await bench.wait(1);
  expect(bench.pvs.ends.at(-1)).toBe("Tag:ok");
  const writes = bench.writes();
  expect(writes.indexOf("ExperimentName=2026-03-Curie-1014288")).toBeLessThan(writes.indexOf("TagStatus=2"));
  expect(writes).toContain("ExperimentName=2026-03-Curie-1014288");
  expect(bench.pvs.get("TagMessage")).toBe("TomoScan is tagged.");
});

test("Dirs writes results, text, time, state, and itself last", async () => {
  await bench.tag();
  bench.writes();
  expect(bench.pvs.putFromOutside("Dirs", 1)).toBe("taken");
  await bench.wait(0);
  const writes = bench.writes();
  expect(writes.filter((one) => one.startsWith("Dirs"))).toEqual([
    "DirsStatus=1",
    "DirsDetector=2",
    "DirsAnalysis=2",
    expect.stringMatching(/^DirsMessage=det:.* was made; ana:.* was made\.$/),
    expect.stringMatching(/^DirsTime=2026-03-01T06:00:00-06:00$/),
    "DirsStatus=2",
    "Dirs:ok",
  ]);
  expect(bench.pvs.ends.at(-1)).toBe("Dirs:ok");
});

test("a directory that cannot be made fails the command on its own host only, and a put-callback with an error", async () => {
  await bench.tag();
  bench.analysis.failure = new ActionError("ana: no space left for /data/x; free some");
  bench.pvs.putFromOutside("Dirs", 1);
  await bench.wait(0);
  expect(bench.pvs.get("DirsStatus")).toBe(6);
  expect(bench.pvs.ends.at(-1)).toBe("Dirs:error");
  expect(bench.pvs.get("DirsAnalysis")).toBe(3);
  expect(bench.pvs.get("LastError")).toContain("ana: no space left");
});

test("both hosts failing is a failure with an error completion", async () => {
  await bench.tag();
  bench.analysis.failure = new ActionError("ana is down");
  bench.detector.failure = new ActionError("det is down");
  bench.pvs.putFromOutside("Dirs", 1);
  await bench.wait(0);
  expect(bench.pvs.get("DirsStatus")).toBe(3);
  expect(bench.pvs.ends.at(-1)).toBe("Dirs:error");
  expect(bench.pvs.get("DirsMessage")).toMatch(/det is down; ana is down/);
});

test("a command's message that its PV cannot hold ends behind a word and points to the log, which has it all", async () => {
  const long = `${"word ".repeat(300)}end`;
  bench.detector.failure = new ActionError(long);
  bench.analysis.failure = new ActionError("no\nline");
  await bench.tag();
  bench.pvs.putFromOutside("Dirs", 1);
  await bench.wait(0);
  const elements = /\$\(C\)Message"\) \{[^}]*NELM, "(\d+)"/.exec(
    readFileSync(path.join(ROOT, "db/globus_command.template"), "utf8"),
  );
  const message = String(bench.pvs.get("DirsMessage"));
  expect(message).toMatch(/ word … \(see Log\)$/);
  expect(Buffer.byteLength(message)).toBeGreaterThan(500);
  expect(Buffer.byteLength(message)).toBeLessThan(Number(elements?.[1]));
  expect(bench.pvs.get("Log")).toMatch(/ end; .*no line/);
  expect(bench.pvs.get("Message")).toMatch(/ word … \(see Log\)$/);
});

test("a second start is refused, and only Message and LastError tell of it", async () => {
  await bench.tag();
  bench.detector.seconds = 5;
  bench.pvs.putFromOutside("Dirs", 1);
  await bench.wait(1);
  bench.writes();
  expect(bench.pvs.putFromOutside("Dirs", 1)).toBe("refused");
  expect(bench.writes()).toEqual(["LastError=Dirs is running; wait until it is done, or write 1 to Abort."]);
  expect(bench.pvs.get("DirsStatus")).toBe(1);
});

test("RequestId grows by 1 with each command that is accepted, and with none that is refused", async () => {
  await bench.tag();
  bench.detector.seconds = 5;
  for (const name of ["Dirs", "Init", "Dirs"]) bench.pvs.putFromOutside(name, 1);
  expect(bench.pvs.get("RequestId")).toBe(1);
  await bench.wait(5);
  bench.pvs.putFromOutside("Init", 1);
  expect(bench.pvs.get("RequestId")).toBe(2);
});

test("a double click starts a command once and leaves no error behind", async () => {
  await bench.tag();
  bench.detector.seconds = 5;
  bench.pvs.putFromOutside("Dirs", 1);
  await bench.wait(0.9);
  bench.writes();
  expect(bench.pvs.putFromOutside("Dirs", 1)).toBe("refused");
  expect(bench.writes()).toEqual([]);
  await bench.wait(5);
  expect(bench.pvs.get("DirsStatus")).toBe(2);
  expect(bench.pvs.get("LastError")).toBe("");
});

test("a command of the same group is rejected while another runs", async () => {
  await bench.tag();
  bench.detector.seconds = 5;
  bench.pvs.putFromOutside("Dirs", 1);
  await bench.wait(0);
  expect(bench.pvs.putFromOutside("Init", 1)).toBe("refused");
  expect(bench.pvs.get("InitStatus")).toBe(5);
  expect(bench.pvs.get("InitMessage")).toMatch(/Init cannot start while Dirs runs/);
});

test("0 written to a running command stops it; it stays busy until the action has ended, and ends Cancelled with an error", async () => {
  await bench.tag();
  bench.detector.seconds = 5;
  bench.pvs.putFromOutside("Dirs", 1);
  await bench.wait(0);
  expect(bench.pvs.putFromOutside("Dirs", 0)).toBe("absorbed");
  await bench.wait(0);
  expect(bench.pvs.get("DirsStatus")).toBe(4);
  expect(bench.pvs.ends.at(-1)).toBe("Dirs:error");
});

test("Status, Busy and ActiveCommand say what runs, and that nothing does", async () => {
  await bench.tag();
  const shown = (): unknown[] => ["Status", "Busy", "ActiveCommand"].map((name) => bench.pvs.get(name));
  expect(shown()).toEqual(["Done", 0, ""]);
  bench.detector.seconds = 5;
  bench.pvs.putFromOutside("Dirs", 1);
  await bench.wait(0);
  expect(shown()).toEqual(["Running Dirs", 1, "Dirs"]);
  await bench.wait(5);
  expect(shown()).toEqual(["Done", 0, ""]);
});

test("Abort stops what runs", async () => {
  await bench.tag();
  bench.detector.seconds = 5;
  bench.pvs.putFromOutside("Dirs", 1);
  await bench.wait(0);
  expect(bench.pvs.putFromOutside("Abort", 1)).toBe("absorbed");
  await bench.wait(0);
  expect(bench.pvs.get("DirsMessage")).toBe("Aborted on request.");
});

test("an untagged TomoScan rejects the command and names the PVs", async () => {
  await bench.tag({ UserLastName: "Unknown" });
  bench.pvs.putFromOutside("Init", 1);
  await bench.wait(0);
  expect(bench.pvs.get("InitStatus")).toBe(5);
  expect(bench.pvs.get("InitMessage")).toMatch(/UserLastName is "Unknown"/);
  expect(bench.pvs.ends.at(-1)).toBe("Init:error");
  expect(bench.collection.made).toEqual([]);
});

test("a dry run publishes the plan and makes nothing", async () => {
  await bench.tag();
  bench.pvs.put("Testing", 1);
  bench.pvs.putFromOutside("Dirs", 1);
  await bench.wait(0);
  expect(bench.pvs.get("DirsMessage")).toMatch(
    /^Dry run: would make det:\/data\/2026-03-Noether-1014288; would make ana:/,
  );
  expect([...bench.detector.made, ...bench.analysis.made]).toEqual([]);
});

test("the experiment is that of the start, whatever happens to the tag meanwhile", async () => {
  await bench.tag();
  bench.detector.seconds = 5;
  bench.pvs.putFromOutside("Dirs", 1);
  await bench.wait(0);
  bench.beamline.set("UserLastName", "Curie");
  await bench.wait(6);
  expect(bench.detector.made).toEqual(["2026-03-Noether-1014288"]);
});

test("a new tag clears the name override, the first one seen does not", async () => {
  bench.pvs.put("ExperimentNameOverride", "Staff");
  await bench.tag();
  expect(bench.pvs.get("ExperimentName")).toBe("Staff");
  await bench.tag({ UserLastName: "Curie" });
  await bench.wait(2);
  expect(bench.pvs.get("ExperimentName")).toBe("2026-03-Curie-1014288");
});

test("the same tag written again, its month unknown meanwhile, leaves the name override", async () => {
  await bench.tag();
  bench.pvs.put("ExperimentNameOverride", "Staff");
  await bench.wait(2);
  await bench.tag({ ExperimentYearMonth: "Unknown" });
  expect(bench.pvs.get("TagValid")).toBe(0);
  await bench.tag();
  expect(bench.pvs.get("ExperimentName")).toBe("Staff");
  expect(bench.pvs.get("ExperimentNameOverride")).toBe("Staff");
});

test.each(["EmailSubject", "ManualExperiment", "DeleteName", "EditUserBadge"])(
  "%s does not take its own name in angle brackets, and the sentence names it; it takes other texts",
  (name) => {
    expect(bench.pvs.putFromOutside(name, `<2bmb:Globus:${name}>`)).toBe("refused");
    expect(bench.pvs.get("LastError")).toBe(
      `2bmb:Globus:${name} was not set to "<2bmb:Globus:${name}>": that is what a field of Phoebus shows while its PV is disconnected; put the text itself.`,
    );
    expect(bench.pvs.putFromOutside(name, "<b>Your data</b>")).toBe("taken");
  },
);

test("the server cannot be changed while a command runs", async () => {
  await bench.tag();
  expect(bench.pvs.putFromOutside("ServerName", 0)).toBe("taken");
  bench.detector.seconds = 5;
  bench.pvs.putFromOutside("Dirs", 1);
  await bench.wait(0);
  expect(bench.pvs.putFromOutside("ServerName", 0)).toBe("refused");
  expect(bench.pvs.get("LastError")).toBe("ServerName cannot change while Dirs runs; try again when it is over.");
});

test("the program shows that it lives", async () => {
  await bench.wait(3);
  expect(bench.pvs.get("Version")).toBe("1.2.3");
  expect(bench.pvs.get("Heartbeat")).toBe(3);
  expect(bench.pvs.get("Watchdog")).toBe(5);
});

test("acknowledging empties LastError", async () => {
  bench.pvs.putFromOutside("Init", 1);
  await bench.wait(11);
  expect(bench.pvs.get("LastError")).not.toBe("");
  bench.pvs.putFromOutside("ErrorAck", 1);
  expect(bench.pvs.get("LastError")).toBe("");
});

test("a command that is started while a new tag comes in runs for the new tag, not under the old override", async () => {
  await bench.tag();
  bench.pvs.put("ExperimentNameOverride", "Staff");
  await bench.wait(2);
  expect(bench.pvs.get("ExperimentName")).toBe("Staff");
  bench.beamline.set("UserLastName", "Meitner");
  bench.pvs.putFromOutside("Dirs", 1);
  await bench.wait(2);
  expect(bench.detector.made).toEqual(["2026-03-Meitner-1014288"]);
});

test("what an input cannot mean is refused at the put, and LastError says why", () => {
  expect(bench.pvs.putFromOutside("Set", Number.NaN)).toBe("refused");
  expect(bench.pvs.get("LastError")).toBe("Set takes numbers from -36500 to 36500, not NaN; it stays as it was.");
  expect(bench.pvs.putFromOutside("BeamtimeIndex", 1, 1.5)).toBe("refused");
  expect(bench.pvs.putFromOutside("EmailSubject", "x".repeat(600))).toBe("refused");
  expect(bench.pvs.get("LastError")).toMatch(/^EmailSubject holds 255 bytes, and the text has 600/);
  expect(bench.pvs.putFromOutside("Set", 2)).toBe("taken");
  expect(bench.pvs.putFromOutside("Dirs", 7)).toBe("refused");
  expect(bench.pvs.get("DirsStatus")).toBe(0);
});

test("a server that is not configured cannot be chosen", async () => {
  expect(bench.pvs.putFromOutside("ServerName", 9)).toBe("refused");
  expect(bench.pvs.get("LastError")).toMatch(/ServerName 9 is none of the 2 servers; choose petrel or eagle/);
});

test("without a controller every command is refused with a sentence, instead of waiting for nobody", () => {
  const pvs = new FakeControllerPvs();
  const stop = refuseCommands(pvs, new FakeClock(), silentLog, "Data management was not started.");
  expect(pvs.putFromOutside("Init", 1)).toBe("refused");
  expect(pvs.get("LastError")).toBe("Data management was not started.");
  stop();
  expect(pvs.putFromOutside("Init", 1)).toBe("taken");
});

describe("the results of an experiment", () => {
  const NAMES = [
    "DirsDetector",
    "UsersAdded",
    "Users",
    "UserNames",
    "EmailPreview",
    "EmailLine19",
    "UploadId",
  ] as const;
  const EMPTY = [0, 0, "", "", "", "", ""];
  const held = () => NAMES.map((name) => bench.pvs.get(name));
  const fill = () => {
    for (const [i, name] of NAMES.entries()) bench.pvs.put(name, EMPTY[i] === 0 ? 2 : "of the former");
  };

  test("are emptied when another one is tagged, but for those that belong to none", async () => {
    await bench.tag();
    fill();
    bench.pvs.put("TagTruncated", "what Tag has just said");
    await bench.tag({ UserLastName: "Curie" });
    expect(held()).toEqual(EMPTY);
    expect(bench.pvs.get("TagTruncated")).toBe("what Tag has just said");
  });

  test("are emptied when another server is chosen", async () => {
    await bench.tag();
    fill();
    bench.pvs.putFromOutside("ServerName", 1);
    await bench.wait(0);
    expect(held()).toEqual(EMPTY);
  });

  test("stay at the first tag, while the tag is unsettled or not valid, and when only its title changes", async () => {
    fill();
    const before = held();
    await bench.tag();
    bench.beamline.disconnect("UserLastName");
    await bench.wait(2);
    expect(bench.pvs.get("ExperimentName")).toBe("");
    await bench.tag({ ProposalTitle: "Invariants, corrected" });
    expect(held()).toEqual(before);
  });

  test("of a command that runs stay: it goes on writing for the experiment that it began with", async () => {
    await bench.tag();
    bench.detector.seconds = 5;
    bench.pvs.putFromOutside("Dirs", 1);
    await bench.wait(0);
    fill();
    await bench.tag({ UserLastName: "Curie" });
    expect(held()).toEqual([2, ...EMPTY.slice(1)]);
  });
});

test("watches are told of another experiment, not of another title", async () => {
  await bench.tag();
  await bench.tag({ ProposalTitle: "Invariants, corrected" });
  expect(bench.pvs.get("ProposalTitle")).toBe("Invariants, corrected");
  await bench.tag({ UserLastName: "Curie" });
  expect(bench.watched.slice(-2)).toEqual(["2026-03-Noether-1014288", "2026-03-Curie-1014288"]);
});
