/** The shell with scripts in memory and two commands: what is echoed, what runs, and what an error leads to. */
import { describe, expect, test } from "vitest";
import { parseMacros } from "../../src/base/macros.ts";
import { SHELL_COMMANDS } from "../../src/ioc/commands/shell.ts";
import { Shell } from "../../src/iocsh/shell.ts";
import { shellCommand } from "../../src/iocsh/shell-command.ts";
import { FakeClock } from "../support/fakes/fake-clock.ts";

/** A shell whose commands are those of the shell itself, `say` and `fail`. */
function shellWith(scripts: Readonly<Record<string, string>>, environment: Record<string, string | undefined> = {}) {
  const said: string[] = [];
  const errors: string[] = [];
  const files = new Map<string, string>();
  const stop = new AbortController();
  const clock = new FakeClock();
  const shell = new Shell(environment, {
    print: (text) => said.push(text.replace(/\n$/, "")),
    printError: (text) => errors.push(text.replace(/\n$/, "")),
    readScript: (file) => {
      const text = scripts[file];
      if (text === undefined) throw new Error(`ENOENT: ${file}`);
      return text;
    },
    openOutput: (file, append) => {
      if (file.startsWith("/")) throw new Error("EACCES");
      if (!append) files.set(file, "");
      return {
        write: (text) => void files.set(file, (files.get(file) ?? "") + text),
        close: () => Promise.resolve(),
      };
    },
    clock,
    signal: stop.signal,
  });
  shell.register(SHELL_COMMANDS);
  shell.register([
    shellCommand({
      name: "say",
      arguments: [{ name: "words", kind: "words" }],
      help: "Says.",
      run: ({ print }, words) => print(`said ${words.join("|")}`),
    }),
    shellCommand({
      name: "fail",
      arguments: [{ name: "how", kind: "text" }],
      help: "Fails.",
      run: (_, how) => Promise.reject(new Error(how)),
    }),
  ]);
  return { shell, said, errors, files, stop, clock, environment };
}

describe("a script", () => {
  test("is echoed with its macros expanded; comments as they are, #- and blank lines not at all", async () => {
    const { shell, said } = shellWith(
      { s: "# a $(X)\n   #- b\n\n  say $(A) '$(A)' ${N=none}\n$(C)\n" },
      { A: "1", C: "# made" },
    );
    expect(await shell.runScript("s")).toBe(true);
    expect(said).toEqual(["# a $(X)", "  say 1 '$(A)' none", "said 1|$(A)|none", "# made"]);
  });
  test("does not run a line with an undefined macro, and goes on", async () => {
    const { shell, said, errors } = shellWith({ s: "say $(NOPE)\nsay on" });
    await shell.runScript("s");
    expect(errors).toEqual(["ERROR s line 1: macro NOPE is undefined; the line is not run: say $(NOPE)"]);
    expect(said).toEqual(["say on", "said on"]);
  });
  test("joins lines that end with a backslash, and counts them", async () => {
    const { shell, said, errors } = shellWith({ s: "say a \\\nb\nnosuch\n" });
    await shell.runScript("s");
    expect(said).toContain("said a|b");
    expect(errors).toEqual(["ERROR s line 3: Command nosuch not found."]);
  });
  test("runs others, with macros of their own", async () => {
    const { shell, said } = shellWith({
      s: '< t\niocshLoad t "A=2"\niocshRun \'say $(B)\' "B=3"\niocshCmd "say 4"\n',
      t: "say $(A=1)\n",
    });
    await shell.runScript("s");
    expect(said.filter((line) => line.startsWith("said"))).toEqual(["said 1", "said 2", "said 3", "said 4"]);
  });
  test("ends at exit, and only it", async () => {
    const { shell, said } = shellWith({ s: "< t\nsay after", t: "exit\nsay never" });
    await shell.runScript("s");
    expect(said).toEqual(["< t", "exit", "say after", "said after"]);
    expect(shell.isOver).toBe(false);
  });
  test("hears between its lines that the program is to end", async () => {
    const { shell, said, stop, clock } = shellWith({ s: "say x\n".repeat(1000) });
    const ended = shell.runScript("s");
    await new Promise((resume) => setImmediate(resume));
    stop.abort();
    clock.settle();
    await ended;
    expect(said.length).toBeLessThan(1000);
  });
  test("that runs itself is stopped", async () => {
    const { shell, errors } = shellWith({ s: "< s\n" });
    expect(await shell.runScript("s")).toBe(true);
    expect(errors).toEqual(["ERROR s line 1: s: more than 32 scripts run one another."]);
  });
});

describe("on error", () => {
  const script = (policy: string): string => `on error ${policy}\nfail here\nsay after\n`;

  test("continue, which holds from the start, goes on", async () => {
    const { shell, said, errors } = shellWith({ s: "fail here\nsay after\n" });
    expect(await shell.runScript("s")).toBe(true);
    expect(said).toContain("said after");
    expect(errors[0]).toBe("ERROR s line 1: here");
  });
  test.each(["< t", "iocshLoad t", "iocshCmd 'iocshLoad t'", "iocshRun '< t'"])(
    "break leaves the script, which is an error of the line that ran it: %s",
    async (line) => {
      const { shell, said, errors } = shellWith({ s: `${line}\nsay outside\n`, t: script("break") });
      expect(await shell.runScript("s")).toBe(true);
      expect(said).toContain("said outside");
      expect(said).not.toContain("said after");
      expect(errors).toContain("ERROR s line 1: The script t was broken off by an error.");
    },
  );
  test.each(["< t", "iocshLoad t", "iocshCmd 'iocshLoad t'"])("break passes through two callers: %s", async (line) => {
    const caller = `on error break\n${line}\nsay never\n`;
    const { shell, said } = shellWith({ r: "on error break\n< s\nsay never", s: caller, t: script("break") });
    expect(await shell.runScript("r")).toBe(false);
    expect(said).not.toContain("said never");
  });
  test("break is taken by a caller that goes on, and holds in its own script alone", async () => {
    const { shell, said } = shellWith({ s: "iocshCmd 'on error break'\nfail\n< t\nsay outside", t: "on error break" });
    expect(await shell.runScript("s")).toBe(true);
    expect(said).toContain("said outside");
  });
  test("break holds for an error whose sentence goes to a file", async () => {
    const { shell, said, errors } = shellWith({ s: "on error break\nfail here 2> e\nsay after" });
    expect(await shell.runScript("s")).toBe(false);
    expect([said.includes("said after"), errors]).toEqual([false, ["s: the error policy is break."]]);
  });
  test("wait goes on later", async () => {
    const { shell, said, clock } = shellWith({ s: script("wait 5") });
    const done = shell.runScript("s");
    await clock.advanceAsync(4.9);
    expect(said).not.toContain("said after");
    await clock.advanceAsync(0.2);
    expect(await done).toBe(true);
    expect(said).toContain("said after");
  });
  test("halt stays until the IOC is ended", async () => {
    const { shell, said, stop, clock } = shellWith({ s: script("halt") });
    const done = shell.runScript("s");
    await clock.advanceAsync(3600);
    stop.abort();
    expect(await done).toBe(false);
    expect(said).not.toContain("said after");
  });
  test("does nothing at the prompt, and explains itself", async () => {
    const { shell, errors, said } = shellWith({});
    await shell.runLine("on error break");
    await shell.runLine("fail here");
    await shell.runLine("say after");
    await shell.runLine("on error perhaps");
    expect(said).toContain("said after");
    expect(errors.at(-1)).toBe("ERROR: Usage: on error [continue | break | halt | wait <seconds>]");
  });
});

test("a typed line is not echoed, and exit ends the session", async () => {
  const { shell, said } = shellWith({});
  expect(await shell.runLine("say 1")).toBe(true);
  expect(await shell.runLine("# nothing")).toBe(true);
  await shell.runLine("exit");
  expect(said).toEqual(["said 1"]);
  expect(shell.isOver).toBe(true);
});

test("a command's output and its error go to files", async () => {
  const { shell, said, errors, files } = shellWith({});
  await shell.runLine("say a > f");
  await shell.runLine("say b >> f");
  await shell.runLine("fail here 2> e");
  await shell.runLine("say c > /f");
  expect([said, [...files]]).toEqual([
    [],
    [
      ["f", "said a\nsaid b\n"],
      ["e", "here\n"],
    ],
  ]);
  expect(errors).toEqual(["ERROR: /f cannot be written: EACCES"]);
});

test("a bug in a command is shown with its stack", async () => {
  const { shell, errors } = shellWith({});
  await shell.runLine("fail oops");
  expect(errors[0]).toBe("ERROR: oops");
  expect(errors[1]).toMatch(/^Error: oops\n +at /);
});

test("an unknown command suggests a known one", async () => {
  const { shell, errors } = shellWith({});
  await shell.runLine("hel");
  expect(errors).toEqual(["ERROR: Command hel not found. Did you mean help?"]);
});

test.each([
  ["0x1F", 31],
  ["017", 15],
  ["-5", -5],
  ["08", undefined],
  ["1.5", undefined],
  ["", undefined],
])("the integer %s is %s", async (word, value) => {
  let got: number | undefined;
  const { shell, errors } = shellWith({});
  shell.register([
    shellCommand({
      name: "count",
      arguments: [{ name: "n", kind: "integer" }],
      help: "",
      run: (_, n) => {
        got = n;
      },
    }),
  ]);
  await shell.runLine(`count "${word}"`);
  expect(got).toBe(value);
  expect(errors).toHaveLength(value === undefined ? 1 : 0);
});

test("macros of a script come before the environment", async () => {
  const { shell, said } = shellWith({ s: "say $(A)" }, { A: "environment" });
  await shell.runScript("s", parseMacros("A=script"));
  expect(said.at(-1)).toBe("said script");
});
