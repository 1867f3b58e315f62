/** The short form of `npm run test:faults`: every command has its scenario there, and some that could lose or double most are tried at a few calls. */
import { describe, expect, test, vi } from "vitest";
import { COMMAND_NAMES } from "../../src/controller/pvs.ts";
import { benchOfTests } from "../faults/bench.ts";
import { COMMAND_CASES, caseOf } from "../faults/command-cases.ts";
import { harmEachService } from "../faults/failing-services.ts";
import { callsOf, killAtEachCall } from "../faults/kills.ts";

vi.setConfig({ testTimeout: 120_000 });

test("npm run test:faults tries every command", () => {
  expect(COMMAND_NAMES.filter((name) => COMMAND_CASES.every(({ command }) => command !== name))).toEqual([]);
});

describe("a few of its scenarios", () => {
  const bench = benchOfTests();

  test.each([
    { command: "Tag", call: /^tomoscan/ },
    { command: "Init", call: /POST .*addExperiment/ },
    { command: "StartDaq", call: /POST .*startDaq/ },
    { command: "Email", call: /^mail (?!EHLO|MAIL|RCPT|DATA|QUIT)/ },
  ] as const)("$command, killed in mid-way, is true afterwards and whole when repeated", async ({ command, call }) => {
    const one = caseOf(command, "voyager");
    const number = 1 + (await callsOf(bench(), one)).findLastIndex((text) => call.test(text));
    expect(number).toBeGreaterThan(0);
    (await killAtEachCall(bench(), one, [number])).close();
  });

  test("AddUser names a Data Management that answers with garbage, and is whole when repeated", async () => {
    (await harmEachService(bench(), caseOf("AddUser", "voyager"), [{ kind: "garbage" }])).close();
  });
});
