import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type * as z from "zod";
import { readDmDate } from "../../../src/services/dm/encoding.ts";
import {
  esafsAnswer,
  experimentAnswer,
  transferAnswer,
  transfersOfStation,
  userAnswer,
} from "../../../src/services/dm/json.ts";

/** What the schema makes of it; undefined when it is no such answer. */
const read = <S extends z.ZodType>(schema: S, json: unknown): z.output<S> | undefined => schema.safeParse(json).data;

describe("experiments", () => {
  test("a look-up gives users, dates, directories and the site's own key", () => {
    const json = {
      id: 7,
      name: "2026-03-Noether-1014288",
      description: "Granular flows",
      rootPath: "2026-03",
      startDate: "2026-03-03 08:00:00.125000-06:00",
      endDate: "2026-03-08 08:00:00-05:00",
      experimentUsernameList: ["d208112"],
      storageDirectory: "/gdata/x",
      dataDirectory: "/gdata/x/data",
      analysisDirectory: "/gdata/x/analysis",
      emailedUsers: "a@example.org,b@example.org",
      pinnedAtTime: "1.5",
    };
    expect(read(experimentAnswer, json)).toEqual({
      name: "2026-03-Noether-1014288",
      description: "Granular flows",
      rootPath: "2026-03",
      startDate: new Date("2026-03-03T14:00:00.125Z"),
      endDate: new Date("2026-03-08T13:00:00Z"),
      usernames: ["d208112"],
      storageDirectory: "/gdata/x",
      dataDirectory: "/gdata/x/data",
      analysisDirectory: "/gdata/x/analysis",
      emailedUsers: "a@example.org,b@example.org",
    });
  });

  test("what is missing, null, empty or no date is left out", () => {
    const json = { name: "e", description: null, rootPath: "", startDate: "soon", experimentUsernameList: null };
    expect(read(experimentAnswer, json)).toEqual({ name: "e" });
  });

  test("a null among the users, or an odd value where one may be missing, costs nothing else", () => {
    const json = { name: "e", description: { text: "x" }, rootPath: false, experimentUsernameList: ["d1", null, "d2"] };
    expect(read(experimentAnswer, json)).toEqual({ name: "e", usernames: ["d1", "d2"] });
  });

  test.each([null, [], {}, { name: "" }, { name: null }, { name: "e", experimentUsernameList: "d1" }])(
    "%j is none",
    (json) => {
      expect(read(experimentAnswer, json)).toBeUndefined();
    },
  );
});

test("a user's badge may be a number, or follow from the username", () => {
  expect(
    read(userAnswer, { username: "d42", badge: 42, firstName: "A", lastName: "B", email: " a@example.org " }),
  ).toEqual({
    username: "d42",
    badge: "42",
    firstName: "A",
    lastName: "B",
    email: "a@example.org",
  });
  expect(read(userAnswer, { username: "d42" })).toEqual({ username: "d42", badge: "42", firstName: "", lastName: "" });
});

describe("DAQs and uploads", () => {
  const idsOf = (all: readonly unknown[]) => read(transfersOfStation("2BM"), all)?.list.map(({ id }) => id);
  const started = { id: "u-1", experimentName: "e", dataDirectory: "/data/e ", status: "running" };

  test("counters that are not there yet are 0", () => {
    expect(read(transferAnswer, started)).toEqual({
      ...started,
      filesDone: 0,
      filesTotal: 0,
      percent: 0,
      errors: 0,
      runSeconds: 0,
    });
  });

  test.each([
    [
      { countFiles: 8, nFiles: 9, nProcessedFiles: 2 },
      { filesTotal: 8, filesDone: 2, percent: 25 },
    ],
    [
      { nFiles: 9, nCompletedFiles: 3, nProcessedFiles: 2 },
      { filesTotal: 9, filesDone: 3 },
    ],
    [{ countFiles: 8, nCompletedFiles: 0, nProcessedFiles: 2 }, { filesDone: 0 }],
    [
      { countFiles: -1, nFiles: 7.5, nCompletedFiles: 3e9, nProcessingErrors: -1 },
      { filesTotal: 7, filesDone: 0, errors: 0 },
    ],
    [
      { countFiles: "8", nProcessingErrors: "1" },
      { filesTotal: 8, errors: 1 },
    ],
    [{ percentageComplete: "62.50" }, { percent: 62.5 }],
    [{ percentageComplete: 62.5 }, { percent: 62.5 }],
    [{ percentageComplete: "n/a", countFiles: 4, nCompletedFiles: 1 }, { percent: 25 }],
    [{ percentageComplete: 104 }, { percent: 100 }],
    [{ runTime: "12.5" }, { runSeconds: 12.5 }],
    [{ startTime: 100.5, endTime: 103 }, { runSeconds: 2.5 }],
    [{ startTimestamp: "2026/03/01 06:00:00 CST", errorMessage: "" }, { startedAt: "2026/03/01 06:00:00 CST" }],
    [
      { status: "FAILED", errorMessage: "no new files for upload" },
      { status: "failed", problem: "no new files for upload" },
    ],
  ])("%j is read as %j", (members, wanted) => {
    expect(read(transferAnswer, { ...started, ...members })).toMatchObject(wanted);
  });

  test("whatever the counters are, the port gets finite numbers and a percentage", () => {
    const counter = fc.oneof(fc.integer(), fc.double(), fc.string(), fc.jsonValue());
    const counters = fc.record(
      {
        countFiles: counter,
        nCompletedFiles: counter,
        percentageComplete: counter,
        runTime: counter,
        startTime: counter,
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(counters, (members) => {
        const one = read(transferAnswer, { ...started, ...members });
        const { filesDone, filesTotal, percent, runSeconds } = one ?? {};
        for (const value of [filesDone, filesTotal, percent, runSeconds]) expect(value).toSatisfy(Number.isFinite);
        expect(percent).toBeGreaterThanOrEqual(0);
        expect(percent).toBeLessThanOrEqual(100);
      }),
    );
  });

  test.each(["id", "experimentName", "dataDirectory", "status"])("without %s it is none", (member) => {
    expect(read(transferAnswer, { ...started, [member]: undefined })).toBeUndefined();
  });

  test("those of other stations are left out, one that names no station is not", () => {
    const all = [
      { ...started, id: "ours", experimentStationName: "2BM" },
      { ...started, id: "theirs", experimentStationName: "99ID" },
      { ...started, id: "anyone's" },
    ];
    expect(idsOf(all)).toEqual(["ours", "anyone's"]);
  });

  test("one of another station may be as odd as it likes", () => {
    const theirs = { ...started, experimentStationName: "99ID" };
    const odd = [
      { ...theirs, dataDirectory: undefined },
      { ...theirs, experimentName: "" },
      { experimentStationName: "99ID" },
    ];
    expect(read(transfersOfStation("2BM"), [...odd, started])).toMatchObject({ list: [{ id: "u-1" }], unread: [] });
  });

  test("one that may be ours and cannot be read is left out, and told", () => {
    const odd = { ...started, dataDirectory: undefined, experimentStationName: "2BM" };
    expect(read(transfersOfStation("2BM"), [odd, null, started])).toMatchObject({
      list: [{ id: "u-1" }],
      unread: [expect.stringMatching(/dataDirectory/), expect.stringMatching(/expected object/)],
    });
  });

  test.each([null, {}, "none"])("%j is no list of them", (json) => {
    expect(read(transfersOfStation("2BM"), json)).toBeUndefined();
  });
});

test("a safety form is read with its days, its users' badges in either spelling, and who is the PI", () => {
  const json = [
    {
      esafId: 302911,
      esafTitle: "Granular flows",
      esafStatus: "Approved",
      experimentStartDate: "2026-03-01 08:00:00",
      experimentEndDate: null,
      doi: "",
      experimentUsers: [
        { badge: 208112, firstName: "Emmy", lastName: "Noether", email: "e@example.org", piFlag: "Yes" },
        { badgeNumber: "211347", firstName: "Irène", lastName: "Joliot-Curie", email: null, piFlag: "No" },
        { firstName: "A", lastName: "B", piFlag: "Y", institution: "C" },
      ],
    },
    { esafId: "5" },
  ];
  expect(read(esafsAnswer, json)?.list).toEqual([
    {
      esafId: "302911",
      title: "Granular flows",
      status: "Approved",
      startDate: "2026-03-01",
      endDate: "",
      users: [
        { badge: "208112", firstName: "Emmy", lastName: "Noether", email: "e@example.org", isPi: true },
        { badge: "211347", firstName: "Irène", lastName: "Joliot-Curie", isPi: false },
        { badge: "", firstName: "A", lastName: "B", institution: "C", isPi: true },
      ],
    },
    { esafId: "5", title: "", status: "", startDate: "", endDate: "", users: [] },
  ]);
});

test("a safety form that cannot be read leaves the others, and what is odd in one leaves its rest", () => {
  const json = [
    { esafTitle: "without a number" },
    {
      esafId: 5,
      doi: {},
      experimentUsers: [null, { badge: "7", piFlag: true }, { badge: 8, piFlag: false, email: [] }],
    },
  ];
  const { list, unread } = read(esafsAnswer, json) ?? {};
  expect(list).toMatchObject([
    {
      esafId: "5",
      users: [
        { badge: "7", isPi: true },
        { badge: "8", isPi: false },
      ],
    },
  ]);
  expect(unread).toEqual([expect.stringMatching(/esafId/)]);
});

test.each([
  ["2026-03-03 08:00:00-06:00", "2026-03-03T14:00:00.000Z"],
  ["2026-03-03 08:00:00.123456-0600", "2026-03-03T14:00:00.123Z"],
  ["2026-03-03T08:00:00-06", "2026-03-03T14:00:00.000Z"],
  ["2026-03-03 08:00:00Z", "2026-03-03T08:00:00.000Z"],
  ["2026-03-03 08:00:00", "2026-03-03T14:00:00.000Z"],
  ["2026-07-03 08:00:00", "2026-07-03T13:00:00.000Z"],
  ["2026-07-03", "2026-07-03T05:00:00.000Z"],
  ["2026-03-08 01:59:59", "2026-03-08T07:59:59.000Z"], // an hour before the clock changes
  ["2026-03-08 03:00:00", "2026-03-08T08:00:00.000Z"],
  ["2026-13-03 08:00:00", undefined],
  ["03-Mar-26", undefined],
  ["2026-03-03 08:00", undefined],
  ["", undefined],
])("the date %j is %s", (text, iso) => {
  expect(readDmDate(text)?.toISOString()).toBe(iso);
});
