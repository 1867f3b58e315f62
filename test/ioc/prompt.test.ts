/** The prompt at a terminal that is a stream in memory. */
import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { SHELL_COMMANDS } from "../../src/ioc/commands/shell.ts";
import { runPrompt } from "../../src/ioc/prompt.ts";
import { Shell } from "../../src/iocsh/shell.ts";
import { shellCommand } from "../../src/iocsh/shell-command.ts";
import { FakeClock } from "../support/fakes/fake-clock.ts";

function terminal(environment: Record<string, string> = {}) {
  const said: string[] = [];
  const stop = new AbortController();
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  const stdout = new PassThrough();
  let screen = "";
  stdout.on("data", (chunk: Buffer) => {
    screen += chunk.toString();
  });
  const shell = new Shell(environment, {
    print: (text) => said.push(text.trimEnd()),
    printError: (text) => said.push(text.trimEnd()),
    readScript: () => "",
    openOutput: () => ({ write: () => undefined, close: () => Promise.resolve() }),
    clock: new FakeClock(),
    signal: stop.signal,
  });
  shell.register(SHELL_COMMANDS);
  shell.register([
    shellCommand({
      name: "greet",
      arguments: [{ name: "whom", kind: "text" }],
      help: "Greets.",
      run: async ({ print }, whom) => {
        await Promise.resolve();
        print(`hello ${whom}`);
      },
    }),
  ]);
  let interrupts = 0;
  const done = runPrompt({ shell, stdin, stdout, interrupt: () => interrupts++ });
  return { stdin, stop, done, said, screen: () => screen, interrupts: () => interrupts };
}

/** Lets the event loop handle what was typed. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("lines run one after the other until exit", async () => {
  const { stdin, done, said, screen } = terminal();
  stdin.write("greet a\ngreet b\nexit\ngreet c\n");
  await done;
  expect(said).toEqual(["hello a", "hello b"]);
  expect(screen()).toContain("epics> ");
});

test("the prompt is what IOCSH_PS1 says", async () => {
  const { stdin, done, screen } = terminal({ IOCSH_PS1: "2bm> ", EPICS_IOCSH_PS1: "no> " });
  stdin.end();
  await done;
  expect(screen()).toContain("2bm> ");
});

test.each([
  ["procServ", { PROCSERV_INFO: "PID=1" }],
  ["a dumb terminal", { TERM: "dumb" }],
])("under %s the prompt has no cursor codes", async (_name, environment) => {
  const { stdin, done, said, screen } = terminal(environment);
  stdin.write("greet a\nexit\n");
  await done;
  expect(said).toEqual(["hello a"]);
  expect(screen()).toBe("epics> epics> ");
});

test("tab completes a command, the arrow brings the last line back", async () => {
  const { stdin, done, said } = terminal();
  for (const keys of ["gre", "\t", " a\r", "\x1b[A", "\r", "exit\r"]) {
    stdin.write(keys);
    await turn();
  }
  await done;
  expect(said).toEqual(["hello a", "hello a"]);
});

test("Ctrl-C asks for the end, and the end of the IOC ends the prompt", async () => {
  const { stdin, done, stop, interrupts } = terminal();
  stdin.write("\x03");
  await turn();
  expect(interrupts()).toBe(1);
  stop.abort();
  await done;
});
