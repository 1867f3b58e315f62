/** Writes a screen as MEDM's .adl file, in TomoScan's colours (docs/reference/integration.md 3). */
import type { Tone } from "../../src/controller/pvs/tones.ts";
import type { AdlBox, AdlPv, AdlScreen, AdlWidget, ButtonLook, LabelLook } from "./adl-model.ts";

/** TomoScan's colour map. */
const COLORS = `ffffff ececec dadada c8c8c8 bbbbbb aeaeae 9e9e9e 919191 858585 787878 696969 5a5a5a 464646 2d2d2d 000000
00d800 1ebb00 339900 2d7f00 216c00 fd0000 de1309 be190b a01207 820400 5893ff 597ee1 4b6ec7 3a5eab 27548d fbf34a f9da3c
eeb62b e19015 cd6100 ffb0ff d67fe2 ae4ebc 8b1a96 610a75 a4aaff 8793e2 6a73c1 4d52a4 343386 c7bb6d b79d5c a47e3c 7d5627
58340f 99ffff 73dfff 4ea5f9 2a63e4 0a00b8 ebf1b5 d4db9d bbc187 a6a462 8b8239 73ff6b 52da3b 3cb420 289315 1a7309`.split(
  /\s+/,
);
/** Places of colours in the map. */
const BLACK = 14;
const BACKGROUND = 4;
const HEADER = 2;
const TITLE = 54;
const CONTROL = 51;
const FRAME = 10;
const MARK = 33;
const BAR = 53;
const TONES: Readonly<Record<Tone, number>> = { unknown: 0, idle: 8, busy: 25, good: 15, warning: 30, bad: 20 };
const BUTTONS: Readonly<Record<ButtonLook, readonly [number, number]>> = {
  start: [BLACK, 60],
  stop: [0, 20],
  plain: [BLACK, CONTROL],
};
const LABELS: Readonly<Record<LabelLook, number>> = { plain: BLACK, title: TITLE, heading: TITLE, note: 12 };

/** A block of the file, or a line of it. */
type Item = string | Block;
interface Block extends ReadonlyArray<Item> {
  readonly 0: string;
}

/** Names of more than one word are quoted, and so is every value that is a text. */
const quoted = (name: string): string => (name.includes(" ") ? `"${name}"` : name);
/** The grammar has no way to write a quote inside a text. */
const text = (key: string, value: string): string => `${key}="${value.replaceAll('"', "'")}"`;

function write(items: readonly Item[], depth: number): string {
  const tabs = "\t".repeat(depth);
  return items
    .map((item) =>
      typeof item === "string"
        ? `${tabs}${item}\n`
        : `${tabs}${quoted(item[0])} {\n${write(item.slice(1), depth + 1)}${tabs}}\n`,
    )
    .join("");
}

export function adlText({ file, width, height, widgets }: AdlScreen): string {
  const head: Item[] = [
    ["file", text("name", file), "version=030111"],
    [
      "display",
      object({ x: 50, y: 50, width, height }),
      `clr=${BLACK}`,
      `bclr=${BACKGROUND}`,
      'cmap=""',
      "gridSpacing=5",
      "gridOn=0",
      "snapToGrid=0",
    ],
    ["color map", `ncolors=${COLORS.length}`, ["colors", ...COLORS.map((color) => `${color},`)]],
  ];
  return `\n${write([...head, ...widgets.flatMap((widget) => widgetItems(widget))], 0)}`;
}

const object = ({ x, y, width, height }: AdlBox): Item => [
  "object",
  ...Object.entries({ x, y, width, height }).map(([key, value]) => `${key}=${Math.round(value)}`),
];
const basic = (color: number, ...more: Item[]): Item => ["basic attribute", `clr=${color}`, ...more];
const outline = (color: number, lines: number): Item => basic(color, 'fill="outline"', `width=${lines}`);
const channel = (of: "monitor" | "control", { channel: name }: AdlPv, color = BLACK, background = CONTROL): Item => [
  of,
  text("chan", name),
  `clr=${color}`,
  `bclr=${background}`,
];
const format = ({ isCharacters }: AdlPv): Item[] => (isCharacters ? ['format="string"'] : []);
/** Shown while the state of the PV is one of these. */
const whileIn = ({ channel: name }: AdlPv, states: readonly number[]): Item => [
  "dynamic attribute",
  'vis="calc"',
  text("calc", states.map((state) => `A=${state}`).join("||")),
  text("chan", name),
];

type Writers = { readonly [K in AdlWidget["kind"]]: (widget: Extract<AdlWidget, { kind: K }>) => Item[] };

const WRITERS: Writers = {
  frame: ({ box }) => [["rectangle", object(box), outline(FRAME, 1)]],
  panel: ({ box }) => [["rectangle", object(box), basic(HEADER)]],
  label: ({ box, text: words, look, align }) => [
    [
      "text",
      object(box),
      basic(LABELS[look]),
      text("textix", words),
      text("align", align === "left" ? "horiz. left" : `horiz. ${align}`),
    ],
  ],
  value: ({ box, pv }) => [["text update", object(box), channel("monitor", pv), ...format(pv), ["limits"]]],
  entry: ({ box, pv }) => [["text entry", object(box), channel("control", pv), ...format(pv), ["limits"]]],
  menu: ({ box, pv }) => [["menu", object(box), channel("control", pv)]],
  choice: ({ box, pv }) => [["choice button", object(box), channel("control", pv), 'stacking="column"']],
  button: ({ box, pv, label, look, arm }) => {
    const [color, background] = BUTTONS[look];
    const button: Item = [
      "message button",
      object(box),
      channel("control", pv, color, background),
      text("label", label),
      text("press_msg", "1"),
    ];
    if (arm === undefined) return [button];
    return [
      [
        "composite",
        object(box),
        '"composite name"=""',
        ["children", button],
        ["dynamic attribute", 'vis="if not zero"', text("chan", arm.channel)],
      ],
      [
        "text",
        object(box),
        basic(LABELS.note),
        text("textix", "arm first"),
        text("align", "horiz. centered"),
        ["dynamic attribute", 'vis="if zero"', text("chan", arm.channel)],
      ],
    ];
  },
  lamp: ({ box, pv }) =>
    (Object.keys(TONES) as Tone[]).flatMap((tone): Item[] => {
      const states = pv.states.flatMap((state, index) => (state.tone === tone ? [index] : []));
      return states.length === 0 ? [] : [["oval", object(box), basic(TONES[tone]), whileIn(pv, states)]];
    }),
  bar: ({ box, pv }) => [
    ["bar", object(box), channel("monitor", pv, BAR, HEADER), 'label="no decorations"', ["limits"]],
  ],
  mark: ({ box, pv, state }) => [["rectangle", object(box), outline(MARK, 3), whileIn(pv, [state])]],
  link: ({ box, label, file, macros }) => [
    [
      "related display",
      object(box),
      [
        "display[0]",
        text("label", label),
        text("name", file),
        text(
          "args",
          Object.entries(macros)
            .map(([name, value]) => `${name}=${value}`)
            .join(","),
        ),
      ],
      `clr=${BLACK}`,
      `bclr=${CONTROL}`,
      text("label", `-${label}`),
    ],
  ],
};

const widgetItems = (widget: AdlWidget): Item[] => (WRITERS[widget.kind] as (one: AdlWidget) => Item[])(widget);
