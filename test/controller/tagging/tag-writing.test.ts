import { beforeEach, describe, expect, test } from "vitest";
import { ActionError, CancelledError, messageOf } from "../../../src/base/errors.ts";
import { readTag, type UserTexts } from "../../../src/controller/experiment.ts";
import { UnavailableError } from "../../../src/controller/ports/call.ts";
import { TOMOSCAN_KEYS, tomoScanSuffix } from "../../../src/controller/pvs/tomoscan.ts";
import { type BeamUser, writeUserPvs, writtenNames } from "../../../src/controller/tagging/user-pvs.ts";
import { failureOf } from "../../support/failure-of.ts";
import { FakeBeamline } from "../../support/fakes/fake-beamline.ts";
import { FakeClock } from "../../support/fakes/fake-clock.ts";
import { type FakeRun, fakeRun } from "../../support/fakes/fake-run.ts";

const NOETHER: BeamUser = {
  firstName: "Emmy",
  lastName: "Noether",
  institution: "Göttingen",
  email: "emmy@example.org",
  badge: "208112",
  proposalNumber: "1014288",
  proposalTitle: "Invariants",
  yearMonth: "2026-03",
  esafNumber: "302911",
};
/** Of the same month: nothing but the order keeps the two apart. */
const CURIE: BeamUser = {
  ...NOETHER,
  firstName: "Marie",
  lastName: "Curie",
  badge: "211347",
  proposalNumber: "1014311",
  proposalTitle: "Radium",
  esafNumber: "302912",
};
const NAMES = writtenNames({ nameOf: tomoScanSuffix });
const [FORMER, NEW] = ["2026-03-Noether-1014288 Invariants 302911", "2026-03-Curie-1014311 Radium 302912"];
/** As the texts go in DMagic, which writes no "Unknown". */
const textsOf = (user: BeamUser): readonly (readonly [suffix: string, text: string])[] => [
  ["UserName", user.firstName],
  ["UserLastName", user.lastName],
  ["UserInstitution", user.institution],
  ["UserEmail", user.email],
  ["UserBadge", user.badge],
  ["UserInfoUpdate", "2026-03-01T06:00:00"],
  ["ProposalNumber", user.proposalNumber],
  ["ProposalTitle", user.proposalTitle],
  ["ExperimentYearMonth", user.yearMonth],
  ["ESAFNumber", user.esafNumber],
];

/** TomoScan with Noether's tag. It remembers each tag that anybody could have read, "" for none. */
class WatchedBeamline extends FakeBeamline {
  readonly seen = new Set<string>();
  /** Called behind each put, with how many there were. */
  onPut: (count: number, name: string) => Promise<void> = async () => {};
  readonly #texts = new Map<string, string>();

  override set(name: string, text: string): void {
    this.#hold(name, text);
    this.seen.add(this.tag);
  }
  #hold(name: string, text: string): void {
    super.set(name, text);
    this.#texts.set(name, text);
  }
  override async writeText(name: string, text: string): Promise<string> {
    const kept = await super.writeText(name, text);
    await this.onPut(this.puts.length, name);
    return kept;
  }
  /** The tag as a reader takes it: name, title and safety form. */
  get tag(): string {
    const texts = Object.fromEntries(
      TOMOSCAN_KEYS.map((key) => [key, this.#texts.get(tomoScanSuffix(key))]),
    ) as UserTexts;
    const tag = readTag(texts, tomoScanSuffix, "");
    if (!tag.valid) return "";
    const { name, proposalTitle, esafNumber } = tag.experiment;
    return `${name} ${proposalTitle} ${esafNumber}`;
  }
  /** As a restart does: before anybody can read. */
  restoreFormer(): void {
    for (const [suffix, text] of textsOf(NOETHER)) this.#hold(suffix, text);
    this.seen.add(this.tag);
  }
}

let beamline: WatchedBeamline;
let clock: FakeClock;
beforeEach(() => {
  beamline = new WatchedBeamline();
  clock = new FakeClock();
  beamline.set("ESAFDOINumber", "10.1/former");
  beamline.restoreFormer();
  beamline.seen.clear();
});

const write = (user: BeamUser = CURIE, context: FakeRun = fakeRun()): Promise<readonly string[]> =>
  writeUserPvs({ beamline, nameOf: tomoScanSuffix, clock }, user, context);
/** Lets time pass until the work is over. */
async function finished<T>(work: Promise<T>): Promise<T> {
  const over = new AbortController();
  const settled = work.finally(() => over.abort());
  settled.catch(() => {}); // it is handed on
  while (!over.signal.aborted) await clock.advanceAsync(0.25);
  return settled;
}
/** "Unknown" and "" for the DOI, and each text. */
const PUTS = NAMES.length + 2;
const EACH_PUT = Array.from({ length: PUTS }, (_, index) => index + 1);

test("a whole pass shows the former tag, none, and then the new one", async () => {
  await write();
  expect(beamline.puts).toHaveLength(PUTS);
  expect([...beamline.seen]).toEqual(["", NEW]);
});

test.each(EACH_PUT)("a program that is killed after put %i leaves none or the new tag", async (last) => {
  const killed = new Promise<void>((resolve) => {
    beamline.onPut = (count) => (count === last ? new Promise(() => resolve()) : Promise.resolve());
  });
  void write();
  await killed;
  expect(beamline.tag).toBe(last === PUTS ? NEW : "");
});

test.each(EACH_PUT)(
  "put %i that fails leaves no tag, and the sentence says why, and what was written",
  async (last) => {
    beamline.onPut = async (count, name) => {
      if (count === last) throw new UnavailableError(`PV ${name} cannot be written: no answer.`);
    };
    const failure = await failureOf(write(), ActionError);
    expect(beamline.tag).toBe("");
    expect(messageOf(failure)).toMatch(/^PV \w+ cannot be written: no answer\. .*; tag again$/);
    expect([...beamline.seen].filter((tag) => tag !== "" && tag !== NEW)).toEqual([]);
  },
);

test.each(EACH_PUT)("an abort after put %i leaves no tag", async (last) => {
  const context = fakeRun();
  beamline.onPut = async (count) => {
    if (count === last) context.abort(new CancelledError("Aborted on request."));
  };
  const failure = await failureOf(write(CURIE, context), CancelledError);
  expect(failure.message).toMatch(/^Aborted on request\. .*; tag again\.$/);
  expect(beamline.tag).toBe("");
});

test("an abort before the first put leaves the former tag", async () => {
  const context = fakeRun();
  context.abort(new CancelledError("Aborted on request."));
  await failureOf(write(CURIE, context), CancelledError);
  expect([beamline.puts, beamline.tag]).toEqual([[], FORMER]);
});

test.each(EACH_PUT)(
  "a TomoScan that was restarted with its former tag after put %i gets no text on top of it",
  async (last) => {
    beamline.onPut = async (count) => {
      if (count === last) beamline.restoreFormer();
    };
    const failure = await failureOf(finished(write()), ActionError);
    expect(failure.message).toContain("or TomoScan was restarted. ");
    expect(beamline.tag).toBe("");
    expect([FORMER, NEW, ""]).toEqual(expect.arrayContaining([...beamline.seen]));
  },
);

test("a TomoScan that goes away in mid-way is not trusted, and the sentence says so", async () => {
  beamline.onPut = async (count) => {
    if (count === 3) for (const name of NAMES) beamline.disconnect(name);
  };
  const failure = await failureOf(write(), ActionError);
  expect(failure.message).toBe(
    'ExperimentYearMonth does not answer any more. Written were UserName, UserLastName alone, and ExperimentYearMonth could not be set to "Unknown" (PV ExperimentYearMonth is not connected): do not trust the user PVs before they are tagged again',
  );
});

describe("two programs at once", () => {
  test.each(EACH_PUT)("another one that begins after put %i leaves no mixture", async (first) => {
    const theirs = [...textsOf(NOETHER)];
    beamline.onPut = async (count) => {
      const next = count >= first ? theirs.shift() : undefined;
      if (next !== undefined) beamline.set(...next);
    };
    const writing = write().catch(messageOf);
    await clock.advanceAsync(0.1);
    for (const next of theirs.splice(0)) beamline.set(...next);
    await finished(writing);
    expect(["", FORMER, NEW]).toContain(beamline.tag);
  });

  test("two different tags at once leave none, and that is told", async () => {
    const both = await finished(Promise.all([write(CURIE), write(NOETHER)].map((one) => one.catch(messageOf))));
    expect(beamline.tag).toBe("");
    expect(both.flat().join("\n")).toContain("another program writes the user PVs too");
  });

  test("an abort while the user PVs come to rest is an abort at once, and leaves no tag", async () => {
    const context = fakeRun();
    beamline.onPut = async (count) => {
      if (count === 3) beamline.set("UserName", "Hypatia");
    };
    const writing = write(CURIE, context).catch((thrown: unknown) => thrown);
    await clock.advanceAsync(0.25);
    context.abort(new CancelledError("Aborted on request."));
    const failure = await writing;
    expect(failure).toBeInstanceOf(CancelledError);
    expect(messageOf(failure)).toMatch(/^Aborted on request\. Written were .*; tag again\.$/);
    expect(beamline.tag).toBe("");
  });

  test("the same tag twice is one tag", async () => {
    await expect(finished(Promise.all([write(CURIE), write(CURIE)]))).resolves.toEqual([[], []]);
    expect(beamline.tag).toBe(NEW);
  });
});
