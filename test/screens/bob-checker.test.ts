/** What tools/bobcheck says of .bob files: nothing of a good one, and a sentence for each thing that is wrong. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type BobChannel, checkBob } from "../../tools/bobcheck/check.mjs";

const PROGRAM = join(import.meta.dirname, "../../tools/bobcheck.mjs");
const FOLDER = join(import.meta.dirname, "bob");
const GOOD = join(FOLDER, "good.bob");
const MACROS = { P: "2bmb:", R: "Globus:" };
const TEXT = readFileSync(GOOD, "utf8");

const RESULT: BobChannel = {
  kind: "text",
  states: [],
  isCharacters: true,
  isSentence: false,
  isWritable: false,
  low: 0,
  high: 0,
};
const INPUT = { ...RESULT, isWritable: true };
const NUMBER: BobChannel = { ...RESULT, kind: "number", isCharacters: false };
const LIST: BobChannel = { ...RESULT, kind: "list", isCharacters: false };
const states = (...words: readonly string[]): BobChannel => ({
  ...RESULT,
  kind: "states",
  isCharacters: false,
  states: words,
});
const STATUS = states("Idle", "Running", "Done", "Failed", "Cancelled", "Rejected", "Partial");
const CHANNELS: Readonly<Record<string, BobChannel>> = {
  Busy: states("No", "Yes"),
  DaqPercent: { ...NUMBER, high: 100 },
  Email: { ...states("Done", "Busy"), isWritable: true },
  EmailArm: { ...states("Safe", "Armed"), isWritable: true },
  ExperimentNameOverride: INPUT,
  Files: NUMBER,
  Heartbeat: NUMBER,
  Init: { ...states("Done", "Busy"), isWritable: true },
  InitMessage: { ...RESULT, isSentence: true },
  InitStatus: STATUS,
  LogLine0: RESULT,
  LogLine1: RESULT,
  LogLine2: RESULT,
  LogLine3: RESULT,
  ServerName: { ...states("one", "two"), isWritable: true },
  Status: RESULT,
  Started: { ...RESULT, sample: "2026-11-30T12:34:56-06:00" },
  TokenExpires: NUMBER,
  UserBadges: LIST,
  UserNames: LIST,
};
const channels = (name: string): BobChannel | undefined => CHANNELS[name.replace("2bmb:Globus:", "")];

const told = (text: string, file = GOOD): string[] =>
  checkBob(file, { macros: MACROS, channels, text }).findings.map(({ line, what }) => `${line}: ${what}`);
/** What is told when this in the good screen becomes that. */
function toldWith(from: string, to: string): string {
  expect(TEXT, "the screen of this test has what the row changes").toContain(from);
  return told(TEXT.replace(from, to)).join("\n");
}

test("a good screen has no finding", () => {
  expect(told(TEXT)).toEqual([]);
});

test("a screen that the editor saved, without sizes that are the default, has no finding either", () => {
  const saved = TEXT.replace(/ *<width>20<\/width>\n *<height>20<\/height>\n/, "");
  expect(saved.length, "the LED of the screen has the default size").toBeLessThan(TEXT.length);
  expect(told(saved)).toEqual([]);
  expect(told(saved.replace("<x>440</x>", "<x>610</x>")).join("\n"), "its size is known all the same").toMatch(
    /led 'busy' reaches out of its parent: 610,40 20x20 in 620x560/,
  );
});

test("a file full of mistakes gets a finding for each", () => {
  const found = checkBob(join(FOLDER, "bad.bob"), { macros: MACROS }).findings.filter(({ level }) => level === "error");
  expect(found.map(({ line, what }) => `${line}: ${what}`)).toEqual([
    "12: textupdate has no property <pv>: Phoebus passes over it in silence",
    "14: <format> is '16', not a number from 0 to 11",
    "15: textupdate has no property <horizontal_align> (horizontal_alignment?): Phoebus passes over it in silence",
    "17: unknown widget type 'text-update' (textupdate?): Phoebus shows a placeholder",
    "32: unknown action 'writepv' (write_pv?): Phoebus drops all actions of the widget",
    '39: textentry has no version: Phoebus converts it as one of 2.0.0; write version="3.0.0"',
    "49: action_button has no property <confirm_dialog> (show_confirm_dialog?): Phoebus passes over it in silence",
    "50: <enabled> is 'maybe', not true or false",
    "59: rule 'armed' sets 'visibility', which action_button does not have (visible?)",
    "60: rule 'armed' speaks of PV 1, but has 1",
    "66: <background_color> holds no <color>: Phoebus keeps the default",
    "67: <font> needs family and size (pixels), also when it has a name",
    "67: <font> needs style REGULAR, BOLD, ITALIC or BOLD_ITALIC",
    "69: stripchart has version 3.0.0; Phoebus expects 2.1.0 and warns",
    "84: <trace> has no <pv_name>: Phoebus passes over it in silence",
    "94: no file 'nowhere.bob'",
  ]);
});

describe("the program", () => {
  const run = (...words: readonly string[]): { status: number | null; said: string; listed: string } => {
    const { status, stderr, stdout } = spawnSync(process.execPath, [PROGRAM, ...words], { encoding: "utf8" });
    return { status, said: stderr, listed: stdout };
  };

  test("ends with 0 when nothing was found, and lists what a file does to which PV", () => {
    const { status, said, listed } = run("-m", "P=2bmb:,R=Globus:", "--pvs", GOOD);
    expect([status, said]).toEqual([0, "1 files, 0 findings\n"]);
    const uses = listed
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as object);
    expect(uses).toContainEqual(
      expect.objectContaining({
        file: GOOD,
        widget: "action_button",
        use: "write",
        pv: "2bmb:Globus:Init",
        value: "1",
      }),
    );
  });

  test("ends with 1 when something was found, which it says with file and line", () => {
    const { status, said } = run(GOOD);
    expect(status).toBe(1);
    expect(said).toContain(`${GOOD}:29: warning: macro $(P) has no value here`);
  });

  test("ends with 2 when it is asked wrongly", () => {
    for (const words of [[], ["--nothing", GOOD], ["-m", "P", GOOD]]) {
      const { status, said } = run(...words);
      expect([status, said]).toEqual([2, expect.stringMatching(/^Usage: /)]);
    }
  });
});

test("a script that an action holds in itself is none that is missing", () => {
  const script = (inside: string): string =>
    TEXT.replace(
      /<action type="write_pv">.*?<\/action>/s,
      `<action type="execute"><script file="EmbeddedPy">${inside}</script></action>`,
    );
  expect(told(script("<text>x = 1</text>"))).toEqual([]);
  expect(told(script("")).join()).toMatch(/execute without <script>/);
});

describe("what Phoebus passes over in silence is told:", () => {
  test.each<readonly [string, string, string, RegExp]>([
    ["text that is not XML", "</display>", "", /^\d+: Phoebus cannot read the file/],
    ["a widget that there is not", 'type="led"', 'type="lamp"', /unknown widget type 'lamp'/],
    ["a property that there is not", "<numBits>2</numBits>", "<bits>2</bits>", /byte_monitor has no property <bits>/],
    ["a widget without its version", 'type="textentry" version="3.0.0"', 'type="textentry"', /write version="3\.0\.0"/],
    ["an old version", 'type="group" version="3.0.0"', 'type="group" version="2.0.0"', /converts it as an old one/],
    ["an unknown action", 'type="write_pv"', 'type="write"', /unknown action 'write': Phoebus drops all actions/],
    ["a colour by its name alone", '<color red="10" green="0" blue="184">', '<color name="TITLE">', /needs red, green/],
    [
      "a font by its name alone",
      'family="Liberation Sans" style="BOLD" size="20"',
      'name="H1"',
      /needs family and size/,
    ],
    ["a font that is not everywhere", "Liberation Sans", "Arial", /family 'Arial' may be missing/],
    ["a file that is not there", "part.bob", "parts.bob", /no file 'parts\.bob'/],
    ["a macro without a value", "$(R)Busy", "$(S)Busy", /macro \$\(S\) has no value here/],
    [
      "a rule of a property that there is not",
      'prop_id="visible"',
      'prop_id="seen"',
      /which action_button does not have/,
    ],
    ["a rule of a PV that it does not name", "pv0 == 1", "pv1 == 1", /speaks of PV 1, but has 1/],
    ["a script of a PV that it does not name", "pvs[1]", "pvs[2]", /script speaks of PV 2, but has 2/],
    ["a script without its text", /<text><!\[CDATA.*?<\/text>/s.exec(TEXT)?.[0] ?? "", "", /EmbeddedPy without <text>/],
    [
      "an action without its value",
      "<value>1</value>\n        <description>Init",
      "<description>Init",
      /without <value>/,
    ],
    ["a widget outside of its parent", "<x>440</x>", "<x>610</x>", /led 'busy' reaches out of its parent/],
    [
      "a child outside of the inside of a group",
      "<y>30</y>\n    <width>80</width>",
      "<y>36</y>\n    <width>80</width>",
      /TokenExpires' reaches out/,
    ],
    [
      "a widget of a newer Phoebus",
      'type="xyplot" version="3.0.0"',
      'type="waterfallplotwidget" version="2.0.0"',
      /waterfallplotwidget came with Phoebus 5\.0\.5/,
    ],
  ])("%s", (_, from, to, sentence) => {
    expect(toldWith(from, to)).toMatch(sentence);
  });
});

describe("what an operator stumbles over is told:", () => {
  test.each<readonly [string, string, string, RegExp]>([
    ["a round LED", "<name>busy</name>\n    <square>true</square>", "<name>busy</name>", /led 'busy' is round/],
    ["round bits", "<name>byte</name>\n    <square>true</square>", "<name>byte</name>", /byte_monitor 'byte' is round/],
    ["eight bits by default", "<numBits>2</numBits>", "", /shows 8 bits by default/],
    [
      "an LED that hides that its PV is away",
      "<name>busy</name>",
      "<name>busy</name><border_alarm_sensitive>false</border_alarm_sensitive>",
      /led 'busy' hides its alarm border/,
    ],
    ["a rectangle with Phoebus' border", "<line_width>0</line_width>", "", /blue border of 3 pixels/],
    ["a white group", "<transparent>true</transparent>", "", /group 'Numbers' is white by default/],
    [
      "a black title on black",
      "<transparent>true</transparent>",
      "<transparent>true</transparent><style>1</style>",
      /write a light <line_color>/,
    ],
    ["a toggle with words of its own", "<labels_from_pv>true</labels_from_pv>", "", /write <labels_from_pv>true/],
    ["a check box that says Label", 'type="combo"', 'type="checkbox"', /checkbox 'combo' says "Label"/],
    [
      "an entry of several lines",
      "<name>entry</name>",
      "<name>entry</name><multi_line>true</multi_line>",
      /entry' of several/,
    ],
    ["a table that can be edited", "<editable>false</editable>", "", /table 'table' can be edited/],
    [
      "a table that nothing fills",
      /<scripts>.*<\/scripts>/s.exec(TEXT)?.[0] ?? "",
      "",
      /of several columns needs a script/,
    ],
    [
      "a button that is grey while a PV is away",
      "<text>Init</text>\n    <show",
      "<text>Init</text><pv_name>$(P)$(R)Busy</pv_name><show",
      /'Init' needs no <pv_name>/,
    ],
    ["a button that does nothing", /<actions>.*?<\/actions>/s.exec(TEXT)?.[0] ?? "", "", /'Init' does nothing/],
    [
      "an armed button that is there before the arm is known",
      "<visible>false</visible>",
      "",
      /'send' is visible until its rule/,
    ],
    ["the same with enabled", 'prop_id="visible"', 'prop_id="enabled"', /'send' is enabled until its rule runs/],
    [
      "an armed button that does not ask",
      "<confirm_message>Send the e-mail?</confirm_message>",
      "",
      /'send' is armed and asks nothing/,
    ],
    [
      "text at the top of its line",
      "<vertical_alignment>1</vertical_alignment>\n    <name>title",
      "<name>title",
      /'title' stands at the top/,
    ],
    ["one line that wraps", "<wrap_words>false</wrap_words>", "", /'Status' of one line drops what follows a break/],
    [
      "a label that is cut",
      "<text>Experiment</text>",
      "<text>Experiment of the visit</text>",
      /label 'label' needs \d+ pixels for 'Experiment of the visit'/,
    ],
    ["a title that is cut with a long prefix", "<width>600</width>", "<width>300</width>", /32idbSP1:Globus:/],
    ["a button that is cut", "<text>Send</text>", "<text>Send to all of them</text>", /action_button 'send' needs/],
    [
      "an embedded screen without room",
      "<width>560</width>\n    <height>100</height>",
      "<width>540</width>\n    <height>100</height>",
      /has 540x100 for part\.bob, which is 560x100/,
    ],
    ["a widget on another", "<x>470</x>", "<x>450</x>", /byte_monitor 'byte' lies on led 'busy'/],
  ])("%s", (_, from, to, sentence) => {
    expect(toldWith(from, to)).toMatch(sentence);
  });

  test("a screen on which nothing shows that the IOC is alive", () => {
    const without = readFileSync(join(FOLDER, "part.bob"), "utf8").replace("ServerRunning", "Busy");
    expect(told(without, join(FOLDER, "part.bob")).join("\n")).toMatch(/nothing shows that the IOC is alive/);
  });

  test("a tab without room for its file, and one whose name is cut", () => {
    const tab = (name: string): string =>
      `<tabs><tab><name>${name}</name><file>part.bob</file></tab></tabs><tab_width>80</tab_width>`;
    const navtabs = (name: string, width: number): string => `<display version="2.0.0">
      <width>700</width><height>200</height><widget type="led" version="2.0.0"><square>true</square>
      <x>680</x><pv_name>$(P)$(R)Heartbeat</pv_name></widget>
      <widget type="navtabs" version="2.0.0"><width>${width}</width><height>110</height>${tab(name)}</widget></display>`;
    expect(told(navtabs("Users", 650))).toEqual([]);
    expect(told(navtabs("Users", 649)).join()).toMatch(/has 559x100 for part\.bob, which is 560x100/);
    expect(told(navtabs("Settings and sign-in", 650)).join()).toMatch(/navtabs '' needs \d+ pixels for 'Settings/);
  });
});

const widgetOf = (name: string): string =>
  new RegExp(`<widget type="\\w+" version="[\\d.]+">\\s*<name>${name}</name>.*?</widget>`, "s").exec(TEXT)?.[0] ?? "";
const COMBO = widgetOf("combo");
const BAR = widgetOf("progressbar");
const RULE = /<rule .*?<\/rule>/s.exec(TEXT)?.[0] ?? "";
const chosenBy = (type: string, pv: string): string =>
  COMBO.replace('type="combo"', `type="${type}"`).replace("ServerName", pv);

describe("what does not go with its PV is told:", () => {
  test.each<readonly [string, string, string, RegExp]>([
    ["a PV that there is not", "$(R)DaqPercent", "$(R)DaqPercents", /2bmb:Globus:DaqPercents is no PV/],
    ["text that is shown as codes", "<format>6</format>", "", /Status is text in characters: write <format>6/],
    [
      "an entry that sends codes of numbers",
      "<height>22</height>\n    <pv_name>$(P)$(R)ExperimentNameOverride</pv_name>\n    <format>6</format>",
      "<height>22</height><pv_name>$(P)$(R)ExperimentNameOverride</pv_name>",
      /Override is text in characters/,
    ],
    ["a sentence in one line", "$(R)LogLine0", "$(R)InitMessage", /InitMessage is a sentence: give it two lines/],
    ["an entry of a result", "$(R)ExperimentNameOverride", "$(R)Status", /Status is a result, which nobody can write/],
    [
      "a time that is cut",
      "<width>80</width>\n    <height>20</height>\n    <pv_name>$(P)$(R)TokenExpires",
      "<width>80</width>\n    <height>20</height>\n    <format>6</format>\n    <wrap_words>false</wrap_words>\n    <pv_name>$(P)$(R)Started",
      /Started needs more width for 2026-11-30T12:34:56-06:00/,
    ],
    ["a choice of a number", "$(R)ServerName", "$(R)Files", /Files has no states to choose from/],
    [
      "a toggle of many states",
      "$(R)EmailArm</pv_name>\n    <labels",
      "$(R)InitStatus</pv_name>\n    <labels",
      /has 7 states, and bool_button shows two/,
    ],
    [
      "states that are not the PV's",
      "<label>Idle</label>",
      "<label>Ready</label>",
      /has the states Idle, Running, Done/,
    ],
    ["a state that is cut", "<width>90</width>", "<width>50</width>", /needs more width for its states Idle/],
    [
      "seven choices in little room",
      COMBO,
      chosenBy("choice", "InitStatus"),
      /InitStatus needs \d+ pixels for its states/,
    ],
    [
      "a bar of a count",
      BAR,
      BAR.replace("DaqPercent", "Files").replace(/<limits.*>/, ""),
      /Files has the range 0 to 0/,
    ],
    ["the code of a text in a rule", RULE, RULE.replace("EmailArm", "Status"), /Status is text: write pvStr0/],
    ["a button without what became of it", "$(R)InitMessage", "$(R)LogLine0", /nothing shows 2bmb:Globus:InitMessage/],
    ["a button that writes nothing", "<value>1</value>", "<value></value>", /writes nothing into 2bmb:Globus:Init/],
  ])("%s", (_, from, to, sentence) => {
    expect(toldWith(from, to)).toMatch(sentence);
  });
});
