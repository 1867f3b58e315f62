import { Command, CommanderError } from "commander";
import { expect, test } from "vitest";
import type { QueueRequest } from "../../src/cli/queue-command.ts";
import { addQueueCommands, addTriggerCommand } from "../../src/cli/queue-program.ts";
import { failureOf } from "../support/failure-of.ts";

async function parsed(line: string): Promise<QueueRequest | undefined> {
  let found: QueueRequest | undefined;
  const program = new Command("globus-ioc").exitOverride().configureOutput({ writeErr: () => {}, writeOut: () => {} });
  addQueueCommands(program, "The IOC:", (request) => {
    found = request;
    return Promise.resolve();
  });
  await program.parseAsync(["queue", ...line.split(" ").filter((word) => word !== "")], { from: "user" });
  return found;
}

test.each([
  ["list", { what: "list" }],
  [
    "list --state failed --experiment E --destination d --name a* --last 5 --json --config c",
    {
      what: "list",
      state: "failed",
      experiment: "E",
      destination: "d",
      name: "a*",
      last: 5,
      json: true,
      config: "c",
    },
  ],
  ["show a1", { what: "show", scan: "a1", files: 20 }],
  ["show a1 --files 0", { what: "show", scan: "a1", files: 0 }],
  ["retry", { what: "retry", scans: [] }],
  ["retry --all", { what: "retry", scans: [], all: true }],
  ["retry a1 a2 --json", { what: "retry", scans: ["a1", "a2"], json: true }],
  ["drop a1 --yes", { what: "drop", scans: ["a1"], yes: true }],
  ["drop -- -a1", { what: "drop", scans: ["-a1"] }],
  ["export", { what: "export" }],
  ["export file", { what: "export", file: "file" }],
])("queue %s is understood", async (line, request) => {
  expect(await parsed(line)).toEqual(request);
});

test.each([
  "",
  "lists",
  "show",
  "show a1 a2",
  "drop",
  "list --last x",
  "list --last -1",
  "show a1 --files 1.5",
  "export a b",
])("queue %s is refused", async (line) => {
  expect((await failureOf(parsed(line), CommanderError)).exitCode).toBe(1);
});

test.each([
  ["/data/a1.h5", { scans: ["/data/a1.h5"] }],
  [
    "a b --to archive petrel --json --config c --ledger l",
    { scans: ["a", "b"], to: ["archive", "petrel"], json: true, config: "c", ledger: "l" },
  ],
  ["", undefined],
  ["a --state failed", undefined],
])("trigger %s", async (line, request) => {
  let found: unknown;
  const program = new Command("globus-ioc").exitOverride().configureOutput({ writeErr: () => {}, writeOut: () => {} });
  addTriggerCommand(program, "The IOC:", (asked) => {
    found = asked;
    return Promise.resolve();
  });
  const words = line.split(" ").filter((word) => word !== "");
  await program.parseAsync(["trigger", ...words], { from: "user" }).catch((thrown: unknown) => {
    if (!(thrown instanceof CommanderError)) throw thrown;
  });
  expect(found).toEqual(request);
});
