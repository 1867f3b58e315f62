/** What is known of the DAQs, and its picture on the PVs: values in, values out. */
import { describe, expect, test } from "vitest";
import { ActionError } from "../../../src/base/errors.ts";
import { DaqBoard } from "../../../src/controller/daq/daq-board.ts";
import { type DaqLook, looked, rateOf, sourcesDue } from "../../../src/controller/daq/daq-look.ts";
import { daqNews } from "../../../src/controller/daq/daq-news.ts";
import { showDaqs } from "../../../src/controller/daq/daq-pvs.ts";
import {
  begun,
  cleared,
  type DaqsState,
  following,
  isAlive,
  listed,
  lookFailed,
  NOTHING_KNOWN,
  noDaqs,
  sideStopped,
  sourceChecked,
  startedBy,
} from "../../../src/controller/daq/daq-state.ts";
import type { Experiment } from "../../../src/controller/experiment.ts";
import { AccessDeniedError, OffError, UnavailableError } from "../../../src/controller/ports/call.ts";
import type { SourceReport } from "../../../src/controller/ports/data-host.ts";
import type { DmTransfer } from "../../../src/controller/ports/data-management.ts";
import type { PvOutput } from "../../../src/controller/ports/pvs.ts";
import { DAQ_ROWS, DAQ_STATES } from "../../../src/controller/pvs/daq.ts";
import { PVS, type PvName } from "../../../src/controller/pvs/index.ts";
import type { PvRow } from "../../../src/controller/pvs/row.ts";
import { FakeDataHost } from "../../support/fakes/fake-services.ts";
import { daqOf, EXPERIMENT, NAME, RAW, REC } from "./daq-fixture.ts";

const SITE = { host: new FakeDataHost(), prefix: "", templates: { raw: "{exp}", rec: "{exp}_rec" } };
const OTHER: Experiment = { ...EXPERIMENT, name: "2026-04-Curie-2", uncleanedName: "2026-04-Curie-2" };
const PATIENCE = { pollSeconds: 10, stallSeconds: 600 };
const FOLLOWED = following(NOTHING_KNOWN, EXPERIMENT, SITE);
const AWAY = new UnavailableError("DM does not answer");

const look = (state: DaqsState, at: number, all: readonly DmTransfer[], reports: DaqLook["reports"] = {}): DaqsState =>
  looked(state, { at, all, reports }, PATIENCE);
const fail = (state: DaqsState, thrown: unknown = AWAY): DaqsState => lookFailed(state, thrown);
/** What is written to the PVs on the way from one state to another. */
function written(before: DaqsState, after: DaqsState): Partial<Record<PvName, PvOutput>> {
  const puts: Partial<Record<PvName, PvOutput>> = {};
  showDaqs((name, value) => void (puts[name] = value), before, after);
  return puts;
}
const shownState = (state: DaqsState) => DAQ_STATES[Number(written(NOTHING_KNOWN, state)["DaqRawState"])];
const RUNNING = look(FOLLOWED, 100, [daqOf({ filesDone: 2 })]);

describe("the picture", () => {
  /** Every PV that shows the state: each gets another value here than at the beginning. */
  const ALL = written(NOTHING_KNOWN, look(noDaqs(FOLLOWED, "x"), 0, [daqOf(), daqOf({ dataDirectory: REC })]));
  const COMMANDS_OWN = /^(DaqRaw|DaqRec|DaqStopped)$/;

  test("has every PV of the DAQs but the settings and what a command tells of itself", () => {
    const names = Object.keys(DAQ_ROWS).filter((name) => name.startsWith("Daq") && !COMMANDS_OWN.test(name));
    const source = written(FOLLOWED, sourceChecked(sourceChecked(FOLLOWED, "raw"), "rec"));
    expect(
      Object.keys({ ...ALL, ...source }).toSorted(),
      "a PV of the DAQs is a row of src/controller/daq/daq-pvs.ts, or stands in COMMANDS_OWN of this test",
    ).toEqual(names.toSorted());
  });

  test("is of nothing known what the PVs hold at the start", () => {
    const back = written(look(FOLLOWED, 0, [daqOf(), daqOf({ id: "2", dataDirectory: REC })]), NOTHING_KNOWN);
    for (const [name, value] of Object.entries(back)) {
      const { initial = "" }: PvRow = PVS[name as PvName];
      expect([name, value]).toEqual([name, initial]);
    }
    expect(Object.keys(back)).toContain("DaqRecErrors");
  });

  test("is written where it differs, and where the same was seen anew: a failed look refreshes nothing", () => {
    expect(written(RUNNING, RUNNING)).toEqual({});
    const again = written(RUNNING, look(RUNNING, 110, [daqOf({ filesDone: 2 })]));
    expect(again).toMatchObject({ DaqRawState: DAQ_STATES.indexOf("Running"), DaqRawFilesDone: 2, DaqRunning: 1 });
    expect(again).not.toHaveProperty("DaqRawSourceState");
    expect(Object.keys(written(RUNNING, fail(RUNNING)))).toEqual(["DaqMessage"]);
    expect(Object.keys(written(fail(RUNNING), fail(fail(RUNNING))))).toEqual([
      "DaqRawState",
      "DaqRunning",
      "DaqMessage",
    ]);
    const checked = sourceChecked(RUNNING, "raw", { state: "OK", bytes: 0 });
    expect(Object.keys(written(checked, sourceChecked(checked, "raw", { state: "OK", bytes: 0 })))).toEqual([
      "DaqRawSource",
      "DaqRawSourceState",
      "DaqRawSourceBytes",
    ]);
  });
});

describe("the tag", () => {
  test("another experiment is one of which nothing is known, but what StartDaq has started", () => {
    const state = following(startedBy(RUNNING, "daq-1", { existingToo: true, bytes: 7 }), OTHER, SITE);
    expect(state).toMatchObject({ own: undefined, sides: { raw: { state: "Unseen", daq: undefined } } });
    expect([...state.started.keys()]).toEqual(["daq-1"]);
    expect(written(RUNNING, state)).toMatchObject({ DaqRawId: "", DaqRunning: -1, DaqMessage: "" });
  });

  test.each(["none", "unknown"] as const)(
    "an experiment stays when TomoScan says %s, and so does the same one",
    (said) => {
      expect(following(RUNNING, said, SITE)).toBe(RUNNING);
      expect(following(RUNNING, { ...EXPERIMENT }, SITE)).toBe(RUNNING);
      expect(following(NOTHING_KNOWN, "unknown", SITE)).toBe(NOTHING_KNOWN);
    },
  );

  test("none from the beginning is an answer", () => {
    const none = following(NOTHING_KNOWN, "none", SITE);
    expect(written(NOTHING_KNOWN, look(none, 0, [daqOf()]))).toMatchObject({
      DaqRawState: DAQ_STATES.indexOf("None"),
      DaqRunning: 0,
      DaqMessage: "No experiment is tagged.",
    });
  });

  test("whose DAQs run although it is no longer tagged is told", () => {
    expect(daqNews(RUNNING, following(RUNNING, OTHER, SITE))).toEqual([
      expect.objectContaining({ sentence: expect.stringContaining(`DAQs of ${NAME} still run`) as unknown }),
    ]);
    expect(daqNews(FOLLOWED, following(FOLLOWED, OTHER, SITE))).toEqual([]);
  });
});

describe("commands between two looks", () => {
  test("what StartDaq says of a DAQ is known at once, and what was remembered of an older one is not its", () => {
    const quiet = look(RUNNING, 130, [daqOf({ filesDone: 52 })]);
    expect(rateOf(quiet.sides.raw.watched)).toBe(100);
    const state = begun(quiet, "raw", daqOf({ id: "daq-2", filesTotal: 1 }));
    expect(written(quiet, state)).toMatchObject({ DaqRawId: "daq-2", DaqRawRate: 0, DaqRawFilesTotal: 1 });
    expect(begun(quiet, "raw", daqOf()).sides.raw.watched).toBe(quiet.sides.raw.watched);
  });

  test("what StopDaq has stopped has ended neither by itself nor with an error", () => {
    const state = sideStopped(RUNNING, "raw", daqOf());
    const after = look(state, 110, [daqOf({ status: "failed" })]);
    expect([after.sides.raw.state, daqNews(state, after)]).toEqual(["Stopped", []]);
  });

  test("a list at the end of a command moves counts, leaves states, and shows that Data Management answers", () => {
    const hidden = fail(fail(RUNNING));
    expect(shownState(hidden)).toBe("Unseen");
    const state = listed(hidden, EXPERIMENT, [daqOf({ status: "failed", filesDone: 9 })]);
    expect([shownState(state), state.sides.raw.daq?.filesDone]).toEqual(["Running", 9]);
    const after = look(state, 110, [daqOf({ status: "failed", filesDone: 9 })]);
    expect(daqNews(state, after).map(({ sentence }) => sentence)).toEqual([
      "The DAQ of the raw data has failed after 9 of 10 files.",
      "The DAQs can be seen again.",
    ]);
  });

  test("a list without a DAQ that was stopped leaves how far it was seen", () => {
    const state = sideStopped(RUNNING, "raw", daqOf({ filesDone: 5 }));
    expect(written(RUNNING, listed(state, EXPERIMENT, []))).toMatchObject({ DaqRawId: "daq-1", DaqRawFilesDone: 5 });
  });

  test("is the first look at what nobody has looked at", () => {
    const state = listed(FOLLOWED, EXPERIMENT, [daqOf(), daqOf({ id: "2", dataDirectory: REC, status: "done" })]);
    expect([state.sides.raw.state, state.sides.rec.state]).toEqual(["Running", "None"]);
  });

  test("a list for an experiment that is tagged no more tells of the station alone", () => {
    const other = following(RUNNING, OTHER, SITE);
    expect(Object.keys(written(other, listed(other, EXPERIMENT, [daqOf()])))).toEqual(["DaqList"]);
  });

  test("what is cleared has its source still", () => {
    expect(cleared(RUNNING, "raw").sides.raw).toMatchObject({ state: "None", source: { directory: RAW } });
  });

  test("a command goes on for the experiment that it began with, and that is no matter of another one's PVs", () => {
    const puts: string[] = [];
    const board = new DaqBoard();
    const context = {
      experiment: EXPERIMENT,
      publish: (name: string) => void puts.push(name),
      input: () => "",
      say: () => {},
      signal: new AbortController().signal,
    };
    board.begin(context, SITE);
    board.begin({ ...context, experiment: OTHER }, SITE);
    expect(board.state.followed).toBe(EXPERIMENT);
    board.change(context.publish, (state) => following(state, OTHER, SITE));
    puts.splice(0);
    board.changeOf(context, (state) => begun(state, "raw", daqOf()));
    expect([board.state.sides.raw.state, puts]).toEqual(["Unseen", []]);
  });
});

describe("a look", () => {
  test("two at one instant tell no rate, whatever was done between them", () => {
    let state = FOLLOWED;
    const rates = (
      [
        [0, 100],
        [50, 100],
        [50, 130],
      ] as const
    ).map(([filesDone, at]) => {
      state = look(state, at, [daqOf({ filesDone, filesTotal: 90 })]);
      return rateOf(state.sides.raw.watched);
    });
    expect(rates).toEqual([0, 0, 100]);
  });

  test("where looks are further apart than a minute, the rate is taken over the time between them", () => {
    expect(rateOf(look(RUNNING, 300, [daqOf({ filesDone: 12 })]).sides.raw.watched)).toBe(3);
  });

  test("one that ran and is no longer listed is gone, also where an older one of its directory is listed still", () => {
    const after = look(RUNNING, 110, [daqOf({ id: "older", status: "done" })]);
    expect([after.sides.raw.state, after.sides.raw.daq?.id]).toEqual(["Ended", "daq-1"]);
    expect(daqNews(RUNNING, after)).toMatchObject(
      [{ severity: "MINOR", sentence: /no longer has it/ }].map((news) => ({
        ...news,
        sentence: expect.stringMatching(news.sentence) as unknown,
      })),
    );
  });

  test("a DAQ of both sides, where both are one directory, is counted once", () => {
    const one = following(NOTHING_KNOWN, EXPERIMENT, { ...SITE, templates: { raw: "{exp}", rec: "{exp}" } });
    expect(written(one, look(one, 0, [daqOf()]))).toMatchObject({ DaqRunning: 1, DaqFilesTotal: 10 });
  });

  test("sources are checked once in so many polls, and where a DAQ sees nothing new for long", () => {
    const due = (state: DaqsState, at: number, daq = daqOf({ filesDone: 2 })) =>
      sourcesDue(state, { at, all: [daq] }, PATIENCE).map(({ side }) => side);
    expect(due(RUNNING, 100)).toEqual([]);
    expect(due(RUNNING, 160)).toEqual(["raw"]);
    expect(due(RUNNING, 160, daqOf({ status: "finalizing" }))).toEqual([]);
    const report: SourceReport = { state: "OK", files: 3, bytes: 3 };
    const checked = look(RUNNING, 160, [daqOf({ filesDone: 2 })], { raw: report });
    expect([due(checked, 219), due(checked, 220)]).toEqual([[], ["raw"]]);
    const frequent = { ...PATIENCE, pollSeconds: 1000 };
    expect(sourcesDue(checked, { at: 699, all: [daqOf()] }, frequent)).toEqual([]);
    expect(sourcesDue(checked, { at: 700, all: [daqOf()] }, frequent)).toHaveLength(1);
    const unknown = { raw: { state: "UNKNOWN", files: 0, bytes: 0 } } as const;
    const unseen = looked(checked, { at: 700, all: [daqOf()], reports: unknown }, frequent);
    expect(sourcesDue(unseen, { at: 1299, all: [daqOf()] }, frequent)).toEqual([]);
    expect(sourcesDue(unseen, { at: 1300, all: [daqOf()] }, frequent)).toHaveLength(1);
  });

  test("changes nothing of what it is given", () => {
    const frozen = structuredClone(RUNNING);
    look(RUNNING, 900, [daqOf({ filesDone: 5, errors: 2 })], { raw: { state: "MISSING", files: 0, bytes: 0 } });
    expect(RUNNING).toEqual(frozen);
  });
});

describe("a look that fails", () => {
  test("is told once, and what was seen is Unseen from the second on, with no count of what runs", () => {
    const [first, second] = [fail(RUNNING), fail(fail(RUNNING))];
    expect(daqNews(RUNNING, first)).toEqual([
      { severity: "MINOR", sentence: "The DAQs cannot be seen: DM does not answer." },
    ]);
    expect(daqNews(first, second)).toEqual([]);
    expect([shownState(first), shownState(second)]).toEqual(["Running", "Unseen"]);
    expect(isAlive(second.sides.raw)).toBe(true);
    expect(daqNews(second, look(second, 130, [daqOf({ filesDone: 2 })]))).toEqual([
      { severity: "NO_ALARM", sentence: "The DAQs can be seen again." },
    ]);
  });

  test("counts nothing as running where a DAQ for another directory ran", () => {
    const state = look(FOLLOWED, 0, [daqOf({ dataDirectory: "/elsewhere" })]);
    expect(written(state, fail(fail(state)))).toMatchObject({ DaqRunning: -1 });
  });

  test("is no news where none runs, unless it is a bug", () => {
    const idle = look(FOLLOWED, 0, []);
    expect(daqNews(idle, fail(idle, new ActionError("away")))).toEqual([]);
    expect(daqNews(idle, fail(idle, new TypeError("x is undefined")))).toHaveLength(1);
    expect(written(NOTHING_KNOWN, fail(fail(idle)))).toMatchObject({ DaqRunning: 0 });
  });

  test("is over where a Data Management that was off has been set up", () => {
    const on = look(fail(RUNNING, new OffError("set ds-url")), 130, [daqOf({ filesDone: 2 })]);
    expect(written(NOTHING_KNOWN, on)).toMatchObject({
      DaqRawState: DAQ_STATES.indexOf("Running"),
      DaqRawSource: RAW,
      DaqMessage: `${NAME}: raw data Running, 2 of 10 files.`,
    });
  });

  test("after one that found Data Management off leaves nothing that looks like knowledge of DAQs", () => {
    const off = fail(RUNNING, new OffError("x"));
    const away = fail(off);
    expect(away.sides.raw).toMatchObject({ state: "Unseen", source: RUNNING.sides.raw.source, daq: undefined });
    expect(written(off, away)).toMatchObject({
      DaqRawSource: RAW,
      DaqRawState: DAQ_STATES.indexOf("Unseen"),
      DaqRawFilesDone: -1,
      DaqRunning: -1,
      DaqMessage: "The DAQs cannot be seen: DM does not answer.",
    });
    const untagged = fail(fail(following(NOTHING_KNOWN, "none", SITE)));
    expect([untagged.none, untagged.sides.raw.state]).toEqual(["No experiment is tagged.", "None"]);
  });

  test("that found Data Management off is outdated by a command that Data Management has answered", () => {
    const off = fail(FOLLOWED, new OffError("x"));
    const checked = sourceChecked(off, "raw", { state: "OK", bytes: 7 });
    expect(written(off, checked)).toMatchObject({ DaqRawSource: RAW, DaqMessage: `No DAQ of ${NAME} runs.` });
    const daq = daqOf({ filesDone: 1, filesTotal: 2 });
    for (const state of [listed(begun(off, "raw", daq), EXPERIMENT, [daq]), begun(off, "raw", daq)])
      expect(written(off, state)["DaqMessage"]).toBe(`${NAME}: raw data Running, 1 of 2 files.`);
    expect(written(off, listed(off, EXPERIMENT, []))).toMatchObject({
      DaqRawSource: RAW,
      DaqMessage: `No DAQ of ${NAME} runs.`,
    });
  });

  test("knows a refused login, and a Data Management that is off, which is an answer", () => {
    expect(fail(RUNNING, new AccessDeniedError("no")).trouble?.isRefused).toBe(true);
    const off = fail(fail(RUNNING), new OffError("Data Management is off: set ds-url."));
    expect(written(NOTHING_KNOWN, off)).toMatchObject({
      DaqRawSource: "",
      DaqRawState: DAQ_STATES.indexOf("None"),
      DaqRunning: 0,
      DaqMessage: "There are no DAQs, since Data Management is off: set ds-url.",
    });
  });
});
