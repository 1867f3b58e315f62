/**
 * The short form of `npm run test:faults`: every command has its scenario there, and some that could lose or double
 * most are tried once.
 */
import { describe, expect, test, vi } from "vitest";
import { COMMAND_NAMES } from "../../src/controller/pvs/commands.ts";
import { benchOfTests } from "../faults/bench.ts";
import { COMMAND_CASES, caseOf } from "../faults/command-cases.ts";
import { harmEachService } from "../faults/failing-services.ts";
import { killOnce } from "../faults/kills.ts";
import { Tally } from "../faults/tally.ts";

vi.setConfig({ testTimeout: 120_000 });

test("npm run test:faults tries every command", () => {
  expect(
    COMMAND_NAMES.filter((name) => COMMAND_CASES.every(({ command }) => command !== name)),
    "a command of src/controller/pvs/commands.ts is a row of test/faults/command-cases.ts",
  ).toEqual([]);
});

describe("a few of its scenarios", () => {
  const bench = benchOfTests();

  test.each([
    { command: "Tag", call: /^tomoscan/ },
    { command: "Email", call: /^mail (?!EHLO|MAIL|RCPT|DATA|QUIT)/ },
    { command: "Upload", call: /POST .*upload/ },
  ] as const)(
    "$command, killed when the service has acted, is true afterwards and whole when repeated",
    async ({ command, call }) => {
      const one = caseOf(command, "voyager");
      const tally = new Tally(`SIGKILL in ${command}, once`);
      await killOnce(bench(), one, { call, moment: "after", tally });
      tally.close();
    },
  );

  test.each([
    { command: "AddUser", server: "voyager", fault: { kind: "garbage" } },
    { command: "RemoveUser", server: "voyager", fault: { kind: "reset" } },
    { command: "StopDaq", server: "voyager", fault: { kind: "cut", afterBytes: 20 } },
    { command: "ListEsafs", server: "voyager", fault: { kind: "refused" } },
  ] as const)(
    "$command on $server names a service at fault ($fault.kind), and is whole when repeated",
    async ({ command, server, fault }) => {
      (await harmEachService(bench(), caseOf(command, server), [fault])).close();
    },
  );
});
