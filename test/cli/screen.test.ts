import { expect, test } from "vitest";
import { JsonScreen, TextScreen, wantsColours } from "../../src/cli/screen.ts";

function screen(isTerminal: boolean): { readonly screen: TextScreen; readonly out: () => string } {
  let text = "";
  const write = (more: string): void => void (text += more);
  return {
    screen: new TextScreen({ out: write, err: write, isTerminal, hasColours: false, isVerbose: true }),
    out: () => text,
  };
}
const bar = (filled: number, words: string): string => `[${"#".repeat(filled)}${"-".repeat(30 - filled)}] ${words}`;

test("the bar is redrawn in place, only when it changes, and stays below what is said", () => {
  const { screen: terminal, out } = screen(true);
  terminal.progress(1, 3, "files");
  terminal.progress(1, 3, "files");
  terminal.say("A file was slow.");
  terminal.progress(3, 3, "files");
  const first = bar(10, "33 %, 1 of 3 files");
  expect(out()).toBe(`\r\x1b[K${first}\r\x1b[KA file was slow.\n${first}\r\x1b[K${bar(30, "100 %, 3 of 3 files")}`);
});

test("without a terminal there is no bar", () => {
  const { screen: pipe, out } = screen(false);
  pipe.progress(1, 3, "files");
  expect(out()).toBe("");
});

test("colours are for terminals that can, unless NO_COLOR is set", () => {
  expect(wantsColours(true, { TERM: "xterm" })).toBe(true);
  expect(wantsColours(true, { NO_COLOR: "" })).toBe(true);
  expect(wantsColours(false, { TERM: "xterm" })).toBe(false);
  expect(wantsColours(true, { TERM: "dumb" })).toBe(false);
  expect(wantsColours(true, { NO_COLOR: "1" })).toBe(false);
});

test("JSON has no character that drives a terminal, and programs read what the PV holds", () => {
  const lines: string[] = [];
  const message = "a\x9b2J\u202eb";
  const json = new JsonScreen((text) => lines.push(text));
  json.end({ command: "show", state: "Done", message, results: new Map(), exitStatus: 0 });
  expect(lines.join("")).toContain('"a\\u009b2J\\u202eb"');
  expect((JSON.parse(lines.join("")) as { message: string }).message).toBe(message);
});

test("with --json no detail of a command takes the place of how it ended", () => {
  const lines: string[] = [];
  const json = new JsonScreen((text) => lines.push(text));
  const details = { state: "done", message: "", task: "t" };
  json.end({ command: "show", state: "Done", message: "All is well.", results: new Map(), details, exitStatus: 0 });
  expect(JSON.parse(lines.join(""))).toMatchObject({ state: "Done", message: "All is well.", task: "t" });
});
