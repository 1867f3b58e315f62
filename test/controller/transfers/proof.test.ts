import { describe, expect, test } from "vitest";
import { otherTimes, proofProblem, proofText } from "../../../src/controller/transfers/proof.ts";

const FILES = [
  { path: "a1.config", bytes: 10, modified: 1000 },
  { path: "a1.h5", bytes: 1000, modified: 5000 },
];
const FILE = { folder: "/data", isFolder: false, files: FILES };
const FOLDER = { ...FILE, isFolder: true };
const found = (changes: Partial<(typeof FILES)[number]> = {}) => [FILES[0]!, { ...FILES[1]!, ...changes }];

describe("what a destination lists", () => {
  test.each([
    ["all of it", FILE, found(), undefined],
    [
      "another scan's files in a folder that scans share",
      FILE,
      [...found(), { ...FILES[0]!, path: "a10.h5" }],
      undefined,
    ],
    ["a time that the file system has rounded", FILE, found({ modified: 4000 }), undefined],
    ["no time", FILE, FILES.map((file) => ({ ...file, modified: undefined })), undefined],
    ["one byte less", FILE, found({ bytes: 999 }), '"a1.h5" has 999 bytes instead of 1000'],
    ["one byte more", FILE, found({ bytes: 1001 }), '"a1.h5" has 1001 bytes instead of 1000'],
    ["another time", FILE, found({ modified: 60_000 }), '"a1.h5" has another time'],
    ["a missing file", FILE, [FILES[0]!], '"a1.h5" is missing'],
    ["a name that differs in case", FILE, found({ path: "A1.h5" }), '"a1.h5" is missing'],
    [
      "an extra file in the scan's own folder",
      FOLDER,
      [...found(), { ...FILES[0]!, path: "x" }],
      `"x" is none of the scan's files`,
    ],
  ])("%s", async (_what, manifest, there, problem) => {
    const proof = await proofProblem(manifest, there);
    expect(proof?.names[0]).toBe(problem);
    expect(proof?.count).toBe(problem === undefined ? undefined : 1);
  });

  test("a file that is there, and that Globus does not say it sent", async () => {
    const proof = await proofProblem(FILE, found(), {
      vouched: { sent: new Set(["a1.h5"]), skipped: 0 },
    });
    expect(proof?.names).toEqual(['"a1.config" is there, but Globus does not say that it sent it']);
  });

  const OLD = found({ modified: 60_000 });
  test.each([
    ["a file that Globus has skipped, for its checksum is equal, may have another time", ["a1.config"], 1, undefined],
    ["a file that Globus has sent may not", ["a1.h5"], 1, '"a1.h5" has another time'],
    [
      "where it has skipped fewer than it does not name",
      [],
      1,
      '"a1.config" is there, but Globus does not say that it sent it',
    ],
  ])("%s", async (_what, sent, skipped, problem) => {
    expect((await proofProblem(FILE, OLD, { vouched: { sent: new Set(sent), skipped } }))?.names[0]).toBe(problem);
  });
});

describe("times that were found to be other than the source's", () => {
  const OLD = found({ modified: 60_000 });

  test("prove the same listing again, and no other", async () => {
    const times = await otherTimes(FILE, OLD);
    expect(await proofProblem(FILE, OLD, { times })).toBeUndefined();
    expect((await proofProblem(FILE, found({ modified: 70_000 }), { times }))?.names).toEqual([
      '"a1.h5" has another time',
    ]);
    expect((await proofProblem(FILE, found({ modified: 60_000, bytes: 1 }), { times }))?.count).toBe(1);
    expect((await proofProblem(FILE, [OLD[1]!], { times }))?.count).toBe(2);
  });

  test("are none where they are the source's, but for what a file system rounds", async () => {
    expect(await otherTimes(FILE, found({ modified: 4000 }))).toBeUndefined();
  });
});

test("of many wrong files a sentence names three, and says how many there are", async () => {
  const files = Array.from({ length: 50 }, (_, index) => ({ path: `f${index}`, bytes: 1, modified: 1 }));
  const proof = await proofProblem({ folder: "/data", isFolder: true, files }, []);
  expect(proof?.names).toHaveLength(20);
  expect(proofText(proof!)).toBe('50 files are not as sent: "f0" is missing; "f1" is missing; "f2" is missing; …');
});
