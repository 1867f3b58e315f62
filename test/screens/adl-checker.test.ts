import { expect, test } from "vitest";
import { Database } from "../../src/database/database.ts";
import { loadRecords } from "../../src/dbfile/load.ts";
import type { AdlChannel, AdlChannels } from "../support/adl/channels.ts";
import { adlProblems } from "../support/adl/check.ts";
import { globusChannel } from "../support/adl/globus-channels.ts";
import { FakeClock } from "../support/fakes/fake-clock.ts";
import { globusDatabase } from "../support/globus-database.ts";

const globus = globusDatabase("t:");
globus.initialize();

const STATES: AdlChannel = {
  kind: "states",
  states: ["Unknown", "Failed", "Done"],
  tones: ["unknown", "bad", "good"],
  severities: [0, 2, 0],
  characters: 16,
  isCharacters: false,
  isWritable: false,
  low: 0,
  high: 0,
};
const CHANNELS: Readonly<Record<string, AdlChannel>> = {
  State: STATES,
  Mode: { ...STATES, isWritable: true },
  Arm: { ...STATES, states: ["Safe", "Armed"], isWritable: true },
  Percent: { ...STATES, kind: "number", states: [], characters: 5, high: 100 },
  Files: { ...STATES, kind: "number", states: [], characters: 6 },
  Sentence: { ...STATES, kind: "text", states: [], characters: 10, isCharacters: true },
  Name: { ...STATES, kind: "text", states: [], characters: 10, isCharacters: true, isWritable: true },
  Badges: { ...STATES, kind: "list", states: [] },
  Init: { ...STATES, states: ["Done", "Busy"], isWritable: true },
};
const channels: AdlChannels = (name) => CHANNELS[name.replace("$(P)$(R)", "")];

const object = (x: number, y: number, width: number, height: number): string =>
  `object { x=${x} y=${y} width=${width} height=${height} }`;
const basic = (clr = 14, more = ""): string => `"basic attribute" { clr=${clr} ${more} }`;
const monitor = (name: string): string => `monitor { chan="$(P)$(R)${name}" clr=14 bclr=51 }`;
const control = (name: string): string => `control { chan="$(P)$(R)${name}" clr=14 bclr=51 }`;
const lit = (name: string, vis: string, clr: number): string =>
  `oval { ${object(150, 40, 20, 20)} ${basic(clr)} "dynamic attribute" { ${vis} chan="$(P)$(R)${name}" } }`;

const HEAD = `
file { name="main.adl" version=030111 }
display { ${object(50, 50, 400, 300)} clr=14 bclr=4 cmap="" gridSpacing=5 gridOn=0 snapToGrid=0 }
"color map" { ncolors=65 colors { ${"bbbbbb, ".repeat(65)} } }
`;
const BODY = `
rectangle { ${object(0, 0, 400, 30)} ${basic(2)} }
text { ${object(10, 5, 380, 20)} ${basic(54)} textix="$(P)$(R)" align="horiz. centered" }
rectangle { ${object(5, 35, 390, 200)} ${basic(14, 'fill="outline"')} }
text { ${object(10, 40, 100, 20)} ${basic()} textix="Init" align="horiz. right" }
${lit("State", 'vis="calc" calc="A=0"', 8)}
${lit("State", 'vis="calc" calc="A=1"', 4)}
${lit("State", 'vis="calc" calc="A>1"', 15)}
"text update" { ${object(175, 40, 100, 20)} ${monitor("State")} clrmod="static" align="horiz. left" format="string" limits { } }
"text entry" { ${object(10, 65, 200, 20)} ${control("Name")} format="string" limits { } }
menu { ${object(220, 65, 120, 20)} ${control("Mode")} }
"choice button" { ${object(10, 90, 300, 20)} ${control("Mode")} stacking="column" }
bar { ${object(10, 115, 100, 20)} ${monitor("Percent")} label="no decorations" direction="right" limits { } }
"text update" { ${object(120, 115, 100, 20)} ${monitor("Files")} limits { } }
"message button" { ${object(10, 140, 100, 20)} ${control("Arm")} label="Arm" press_msg="1" }
composite { ${object(120, 140, 100, 20)} "composite name"=""
  "dynamic attribute" { vis="if not zero" chan="$(P)$(R)Arm" }
  children { "message button" { ${object(120, 140, 100, 20)} ${control("Init")} label="Send" press_msg="1" } } }
text { ${object(120, 140, 100, 20)} ${basic()} "dynamic attribute" { vis="if zero" chan="$(P)$(R)Arm" } textix="arm it" }
byte { ${object(230, 140, 20, 20)} ${monitor("State")} sbit=0 ebit=0 }
"related display" { ${object(10, 165, 150, 20)}
  display[0] { label="Other" name="other.adl" args="P=$(P),R=$(R),TS=$(TS)" } clr=14 bclr=51 label="-Other ..." }
`;
const OTHER = `${HEAD.replace("main", "other")}
text { ${object(10, 5, 380, 20)} ${basic()} textix="$(P)$(TS)" }
`;

const told = (body: string, head = HEAD, other = OTHER): string[] =>
  adlProblems(
    new Map([
      ["main.adl", head + body],
      ["other.adl", other],
    ]),
    () => channels,
  );
/** What is told when this in the screen becomes that. */
function toldWith(from: string, to: string): string {
  const whole = HEAD + BODY;
  expect(whole, "the screen of this test has what the row changes").toContain(from);
  return told(whole.replace(from, to), "").join("\n");
}

test("a good screen has no problem", () => {
  expect(told(BODY)).toEqual([]);
});

test.each<readonly [string, string, string, RegExp]>([
  [
    "a block that is not closed",
    'label="-Other ..." }',
    'label="-Other ..."',
    /the block related display is not closed/,
  ],
  ["a brace too many", 'label="-Other ..." }', 'label="-Other ..." } }', /closes a block that nothing opens/],
  ["a brace that clings to a word", "file {", "file{", /file\{: MEDM takes the brace for a part of the word/],
  ["a text without its end", 'label="-Other ..." }', 'label="-Other', /no closing quote/],
  ["a text over lines", '"Init"', '"Init\n"', /goes over the end of its line/],
  ["a text longer than MEDM's array", '"Init"', `"${"I".repeat(512)}"`, /512 characters: MEDM reads at most 511/],
  ["letters that no font has", '"Init"', '"Init …"', /has "…", which MEDM's fonts do not have/],
  ["an = without a name", "file {", "= file {", /a = stands where a name belongs/],
  ["an = without a value", "ebit=0", "ebit=", /ebit has no value after its =/],
])("%s is told", (_, from, to, sentence) => {
  expect(toldWith(from, to)).toMatch(sentence);
});

test.each<readonly [string, string, string, RegExp]>([
  ["the name of another file", 'name="main.adl"', 'name="copy.adl"', /calls itself copy\.adl, and is main\.adl/],
  ["another version of the format", "030111", "020199", /version of file is "020199": it is one of "030111"/],
  ["a widget before the display", "display {", `text { } display {`, /block 2 of a screen is display, not text/],
  ["colours that are fewer than said", "ncolors=65", "ncolors=64", /ncolors is 64, and the map has 65 colours/],
  ["more colours than MEDM takes", "bbbbbb, ", "bbbbbb, bbbbbb, ", /66 colours: MEDM takes 65/],
  ["a colour that is none", "bbbbbb, ", "bbbbb, ", /bbbbb is no colour/],
  ["a colour outside the map", "clr=54", "clr=65", /clr of basic attribute is "65": the map has the colours 0 to 64/],
  ["an unknown widget", "byte {", "bite {", /bite is no widget of our screens/],
  ["a shell command", "byte {", '"shell command" {', /a screen runs nothing on the operator's machine/],
  [
    "an attribute of another widget",
    'press_msg="1"',
    'press_msg="1" textix="x"',
    /message button has no attribute textix/,
  ],
  ["a block of another widget", `menu { `, `menu { limits { } `, /menu has no block limits/],
  ["a value that MEDM does not know", "horiz. right", "right", /align of text is "right": it is one of "horiz\. left"/],
  ["a number that is none", "sbit=0", "sbit=low", /sbit of byte is "low": it is a number/],
  ["an attribute that stands twice", "sbit=0", "sbit=0 sbit=1", /sbit stands twice in byte/],
  [
    "a block that stands twice",
    'format="string" limits { }',
    "limits { } limits { }",
    /limits stands twice in text update/,
  ],
  ["a button that does nothing", 'label="Arm" press_msg="1"', 'label="Arm"', /message button has no press_msg/],
  ["a widget without its place", `menu { ${object(220, 65, 120, 20)}`, "menu {", /menu has no object/],
])("%s is told", (_, from, to, sentence) => {
  expect(toldWith(from, to)).toMatch(sentence);
});

test.each<readonly [string, string, string, RegExp]>([
  [
    "a widget outside the display",
    "x=220 y=65",
    "x=320 y=65",
    /menu "\$\(P\)\$\(R\)Mode" at 320,65 120x20 leaves the display of 400 x 300/,
  ],
  ["a widget without a size", "x=220 y=65 width=120", "x=220 y=65 width=0", /has no size/],
  ["a widget on another", "x=120 y=115", "x=100 y=115", /text update .* at 100,115 100x20 covers bar .* of line/],
  [
    "a widget on the line of a frame",
    "x=5 y=35 width=390 height=200",
    "x=5 y=35 width=390 height=140",
    /related display .* covers rectangle/,
  ],
  [
    "a child outside its composite",
    'x=120 y=140 width=100 height=20 } "composite name"',
    'x=120 y=140 width=90 height=20 } "composite name"',
    /message button "Send" .* leaves its composite/,
  ],
  ["two colours of an LED at once", 'calc="A>1"', 'calc="A>0"', /oval at 150,40 20x20 covers oval/],
  [
    "colours of an LED that do not lie on each other",
    `${object(150, 40, 20, 20)} ${basic(15)}`,
    `${object(151, 40, 20, 20)} ${basic(15)}`,
    /oval at 151,40 20x20 covers oval/,
  ],
  ["an LED that is dark in a state", 'calc="A>1"', 'calc="A>2"', /nothing is there while \$\(P\)\$\(R\)State is Done/],
  ["a condition that nothing can compute", 'calc="A=1"', 'calc="A="', /calc is "A=": /],
  [
    "a condition of a channel that is not named",
    'calc="A=1"',
    'calc="B=1"',
    /calc reads B, and no channel stands for it/,
  ],
  [
    "a condition of no channel",
    'vis="if zero" chan="$(P)$(R)Arm"',
    'vis="if zero"',
    /vis is if zero, and no chan says of which PV/,
  ],
])("%s is told", (_, from, to, sentence) => {
  expect(toldWith(from, to)).toMatch(sentence);
});

test("a panel holds what is drawn after it, as a frame does", () => {
  expect(toldWith('fill="outline"', 'fill="solid"')).toBe("");
});

test("a panel that is drawn after what lies below it is told", () => {
  const late = `${BODY} rectangle { ${object(230, 140, 20, 20)} ${basic(2)} "dynamic attribute" { clr="alarm" chan="$(P)$(R)Arm" } }`;
  expect(told(late).join("\n")).toMatch(/rectangle at 230,140 20x20 covers byte/);
});

test.each<readonly [string, string, string, RegExp]>([
  ["a text that is cut", 'textix="Init"', 'textix="Initialize"', /text "Initialize" at 10,40 100x20 needs 120 pixels/],
  [
    "a title that is cut with a long prefix",
    "x=10 y=5 width=380",
    "x=10 y=5 width=180",
    /needs 192 pixels for "32idbSP1:Globus:"/,
  ],
  ["a state that is cut", "x=175 y=40 width=100", "x=175 y=40 width=80", /needs 84 pixels for "Unknown"/],
  ["a number that is cut", "x=120 y=115 width=100", "x=120 y=115 width=70", /needs 72 pixels for "888888"/],
  ["a button that is cut", 'label="Arm"', 'label="Arm the mail"', /message button "Arm the mail" .* needs 109 pixels/],
  ["a menu that is cut", "x=220 y=65 width=120", "x=220 y=65 width=80", /menu .* needs 81 pixels for "Unknown"/],
  ["choices that are cut", "x=10 y=90 width=300", "x=10 y=90 width=200", /choice button .* needs 214 pixels/],
  ["a link that is cut", 'label="-Other ..."', 'label="-Everything else here"', /related display .* needs 176 pixels/],
  [
    "a link that is cut by its icon",
    'label="-Other ..."',
    'label="Others, and more"',
    /related display .* needs 155 pixels/,
  ],
  [
    "letters that nobody can read",
    "x=220 y=65 width=120 height=20",
    "x=220 y=65 width=120 height=16",
    /has letters of 8 pixels/,
  ],
])("%s is told", (_, from, to, sentence) => {
  expect(toldWith(from, to)).toMatch(sentence);
});

test.each<readonly [string, string, string, RegExp]>([
  ["a PV that there is not", "$(P)$(R)Percent", "$(P)$(R)Percents", /bar .*: \$\(P\)\$\(R\)Percents is no PV/],
  [
    "a condition of a PV that there is not",
    'vis="if zero" chan="$(P)$(R)Arm',
    'vis="if zero" chan="$(P)$(R)Harm',
    /is shown by \$\(P\)\$\(R\)Harm, which is no PV/,
  ],
  [
    "a result that one may enter",
    "$(P)$(R)Name",
    "$(P)$(R)Sentence",
    /text entry .*Sentence is a result, which nobody can write/,
  ],
  [
    "a menu without states",
    `menu { ${object(220, 65, 120, 20)} ${control("Mode")}`,
    `menu { ${object(220, 65, 120, 20)} ${control("Name")}`,
    /its PV has no states to choose from/,
  ],
  [
    "a bar without a range",
    "$(P)$(R)Percent",
    "$(P)$(R)Files",
    /its PV has the range 0 to 0: a bar needs LOPR below HOPR/,
  ],
  ["a bar of a state", "$(P)$(R)Percent", "$(P)$(R)State", /its PV is no number/],
  [
    "a text that is shown as a number",
    `${control("Name")} format="string"`,
    control("Name"),
    /without format string MEDM shows the code/,
  ],
  ["a list", "$(P)$(R)Files", "$(P)$(R)Badges", /is a list, of which MEDM shows the first element alone/],
])("%s is told", (_, from, to, sentence) => {
  expect(toldWith(from, to)).toMatch(sentence);
});

test.each<readonly [string, string, string, RegExp]>([
  ["another macro", 'textix="Init"', 'textix="$(S)"', /uses the macro S: screens have P, R, TS/],
  ["a macro with a default", 'textix="Init"', 'textix="$(P=x)"', /MEDM knows macros as \$\(NAME\) alone/],
  ["a macro in braces", 'textix="Init"', 'textix="$P"', /MEDM knows macros as \$\(NAME\) alone/],
  ["a screen that there is not", 'name="other.adl"', 'name="others.adl"', /opens others\.adl, which is not in medm\//],
  ["a macro that is not handed on", ",TS=$(TS)", "", /opens other\.adl without its macro TS/],
  ["a macro that is handed on empty", ",TS=$(TS)", ",TS=", /opens other\.adl without its macro TS/],
  ["a macro that nobody knows", ",TS=$(TS)", ",TS=$(TS),B=b", /hands on B: screens have P, R, TS/],
  ["a blank in what is handed on", ",TS=$(TS)", ", TS=$(TS)", /no blanks/],
])("%s is told", (_, from, to, sentence) => {
  expect(toldWith(from, to)).toMatch(sentence);
});

test.each<readonly [string, string, string, RegExp]>([
  [
    "an alarm colour of a state that nobody has checked",
    'clrmod="static" align',
    'clrmod="alarm" align',
    /text update .* is green while \$\(P\)\$\(R\)State is Unknown, which nobody has checked/,
  ],
  [
    "an alarm colour of a number",
    `monitor { chan="$(P)$(R)Files" clr=14 bclr=51 }`,
    `monitor { chan="$(P)$(R)Files" clr=14 bclr=51 } clrmod="alarm"`,
    /is green while \$\(P\)\$\(R\)Files has no alarm/,
  ],
  [
    "a graphic that is green in a state that nobody has checked",
    `${basic(8)} "dynamic attribute" { vis="calc" calc="A=0"`,
    `${basic(60)} "dynamic attribute" { vis="calc" calc="A=0"`,
    /oval .* is green while \$\(P\)\$\(R\)State is Unknown/,
  ],
  [
    "an alarm colour of a graphic",
    `byte { ${object(230, 140, 20, 20)} ${monitor("State")} sbit=0 ebit=0 }`,
    `oval { ${object(230, 140, 20, 20)} ${basic()} "dynamic attribute" { clr="alarm" chan="$(P)$(R)State" } }`,
    /oval .* is green while \$\(P\)\$\(R\)State is Unknown/,
  ],
])("%s is told", (_, from, to, sentence) => {
  expect(toldWith(from, to)).toMatch(sentence);
});

test("each sentence begins with the file and the line", () => {
  expect(told("text { }")).toContain("main.adl:5: text has no object");
});

test.each<readonly [string, Partial<AdlChannel>]>([
  ["InitStatus", { kind: "states", isWritable: false }],
  ["ServerName", { kind: "states", states: ["8".repeat(25)], isWritable: true }],
  ["InitMessage0", { kind: "text", characters: 80, isCharacters: true }],
  ["LogLine0", { kind: "text", characters: 80 }],
  ["YearMonth", { kind: "text", characters: 16, isCharacters: false }],
  ["UserNames", { kind: "list" }],
  ["UserCount", { kind: "number", characters: 6 }],
])("%s of db/ is to a screen what it is to MEDM", (suffix, channel) => {
  expect(globusChannel(globus, "t:", suffix)).toMatchObject(channel);
});

test("characters are text, also of a record that does not say so", () => {
  const database = new Database({ clock: new FakeClock() });
  const text = 'record(waveform, "t:Path") { field(FTVL, "CHAR") field(NELM, "256") }';
  expect(loadRecords(database, { file: "path.db", text }, { macros: () => undefined }).errors).toEqual([]);
  database.initialize();
  expect(globusChannel(database, "t:", "Path")).toMatchObject({ kind: "text", isCharacters: true });
});
