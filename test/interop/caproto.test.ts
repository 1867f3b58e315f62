/**
 * Our server under caproto, which decodes every message by tables of its own: its client library and its command line
 * programs see what they see at softIoc.
 */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { compareIocs, type Facts, pythonExercise } from "../support/engine/both-iocs.ts";
import { needPeers, VENV } from "../support/peers/real-peers.ts";
import type { RunningIoc } from "../support/peers/soft-ioc.ts";
import { runPeer, spawnPeer } from "../support/peers/spawn-peer.ts";

const SECTIONS = [
  "channels",
  "native",
  "status",
  "time",
  "graphic",
  "control",
  "as text",
  "class names",
  "writes with notification",
  "a chain is complete",
  "plain writes",
  "subscriptions",
  "filters",
  "a big array",
];

describe.skipIf(needPeers("softIoc", "caproto").missing)("under caproto's client", () => {
  const { reference, ours } = compareIocs(pythonExercise("caproto_exercise.py"));

  test("softIoc does what the exercise is meant to show", { timeout: 60_000 }, async () => {
    const seen = await reference();
    expect(Object.keys(seen)).toEqual(SECTIONS);
    expect(seen["channels"]).toMatchObject({ enum: ["ENUM", 1, "3"] });
    expect(seen["writes with notification"]).toContainEqual([
      "disabled",
      "ECA_PUTFAIL",
      [[7], "DOUBLE", 1, {}, "ECA_NORMAL"],
    ]);
    expect(seen["a big array"]).toEqual(["ECA_NORMAL", 100000, 1249987500, 24999.75]);
  });

  test.each(SECTIONS)("%s: as softIoc", { timeout: 60_000 }, async (section) => {
    const expected = await reference();
    expect((await ours())[section]).toEqual(expected[section]);
  });
});

const COMMANDS: readonly (readonly [title: string, program: string, pv: string, ...args: string[]])[] = [
  ["get", "caproto-get", "double", "--terse"],
  ["get with a count and a type", "caproto-get", "doubles", "-d", "STRING", "--terse"],
  ["get of a state by its name", "caproto-get", "enum", "--terse"],
  [
    "get of limits",
    "caproto-get",
    "double",
    "-d",
    "control",
    "--format",
    "{response.metadata.units} {response.metadata.upper_ctrl_limit}",
  ],
  ["put", "caproto-put", "double", "4.5", "--terse"],
  ["put with notification", "caproto-put", "long", "12", "--notify", "--terse"],
  ["put of an array", "caproto-put", "doubles", "[1, 2, 3]", "--terse"],
  ["put of a text", "caproto-put", "string", "hello", "--terse"],
];

describe.skipIf(needPeers("softIoc", "caproto").missing)("under caproto's programs", () => {
  const { reference, ours } = compareIocs(exercisePrograms);

  test("softIoc does what the exercise is meant to show", { timeout: 60_000 }, async () => {
    expect(await reference()).toMatchObject({ get: { code: 0, stdout: "1.5\n" }, monitor: ["[1.5]", "[6]"] });
  });

  test.each([...COMMANDS.map(([title]) => title), "monitor"])(
    "%s: as at softIoc",
    { timeout: 60_000 },
    async (title) => {
      const expected = await reference();
      expect((await ours())[title]).toEqual(expected[title]);
    },
  );
});

async function exercisePrograms(ioc: RunningIoc): Promise<Facts> {
  const program = (name: string): string => join(VENV, "bin", name);
  const seen: Record<string, unknown> = {};
  const watching = ["--no-repeater", "--format", "{response.data}", `${ioc.prefix}double`];
  await using monitor = await spawnPeer(program("caproto-monitor"), watching, {
    env: { ...ioc.env, PYTHONUNBUFFERED: "1" },
    line: /\[1\.5\]/,
  });
  const put = ["--no-repeater", `${ioc.prefix}double`, "6"];
  await runPeer(program("caproto-put"), put, { env: ioc.env });
  await monitor.said(/\[6\]/);
  seen["monitor"] = monitor.stdout.trimEnd().split("\n");
  await runPeer(program("caproto-put"), [...put.slice(0, 2), "1.5"], { env: ioc.env });
  for (const [title, name, pv, ...args] of COMMANDS) {
    const { code, stdout } = await runPeer(program(name), ["--no-repeater", ioc.prefix + pv, ...args], {
      env: ioc.env,
    });
    seen[title] = { code, stdout };
  }
  return seen;
}
