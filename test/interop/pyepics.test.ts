/**
 * Our server under pyepics, with the client library it brings and with Debian's: what a user's script sees is what it
 * sees at softIoc.
 */
import { describe, expect, test } from "vitest";
import { compareIocs, pythonExercise } from "../support/engine/both-iocs.ts";
import { needPeers, peerPath } from "../support/peers/real-peers.ts";

const SECTIONS = [
  "connection",
  "values",
  "control variables",
  "time variables",
  "enumeration strings",
  "put and wait",
  "put with completion",
  "put that asks later",
  "enumerations",
  "callbacks",
  "enumeration callbacks",
  "text in a char waveform",
  "arrays",
  "a string that fills its field",
  "refused writes",
  "a name that nobody has",
];

const own = needPeers("softIoc", "pyepics");
const debian = needPeers("softIoc", "pyepics", "libca");

describe.each([
  { library: "its own libca", missing: own.missing, variables: () => ({}) },
  { library: "Debian's libca", missing: debian.missing, variables: () => ({ PYEPICS_LIBCA: peerPath("libca") }) },
])("under pyepics with $library", ({ missing, variables }) => {
  const { reference, ours } = compareIocs((ioc) => pythonExercise("pyepics_exercise.py", variables())(ioc));

  test.skipIf(missing)("softIoc does what the exercise is meant to show", { timeout: 60_000 }, async () => {
    const seen = await reference();
    expect(Object.keys(seen)).toEqual(SECTIONS);
    expect(seen["callbacks"]).toEqual([
      [95, 3, 2],
      [1, 0, 0],
      [85, 4, 1],
      [92, 3, 2],
      [0, 0, 0],
    ]);
    expect(seen["put and wait"]).toContainEqual([1, 2.5]);
    expect(seen["put with completion"]).toEqual([true, 8, 16]);
    expect(seen["enumeration strings"]).toContainEqual(["Zero", "One", "Two", "Three"]);
  });

  test.skipIf(missing).each(SECTIONS)("%s: as softIoc", { timeout: 60_000 }, async (section) => {
    const expected = await reference();
    expect((await ours())[section]).toEqual(expected[section]);
  });
});
