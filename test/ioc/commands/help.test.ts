/** What `help` says of each shell command of an IOC: its arguments by name, and what it does. */
import { expect, test } from "vitest";
import { registerIocCommands } from "../../../src/ioc/commands/all.ts";
import type { CommandSession } from "../../../src/ioc/commands/session.ts";
import { Shell } from "../../../src/iocsh/shell.ts";
import { FakeClock } from "../../support/fakes/fake-clock.ts";

test("each command says what it is given and does", async () => {
  const said: string[] = [];
  const shell = new Shell(
    {},
    {
      print: (text) => said.push(text),
      printError: (text) => said.push(`! ${text}`),
      readScript: () => "",
      openOutput: () => ({ write: () => undefined, close: () => Promise.resolve() }),
      clock: new FakeClock(),
      signal: new AbortController().signal,
    },
  );
  registerIocCommands(shell, { ioc: { addStage: () => undefined } } as unknown as CommandSession);
  for (const { name } of shell.commands()) await shell.runCommand(`help '${name}'`);
  await expect(`${said.join("\n")}\n`).toMatchFileSnapshot("help.txt");
});
