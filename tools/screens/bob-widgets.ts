/**
 * The widgets of Phoebus that our screens use, each as it has to be written so that nothing of Phoebus' defaults shows:
 * docs/screens.md says which ones nobody wants. Knows no PV and no place of its own.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Tone } from "../../src/controller/pvs/tones.ts";
import { type BobElement, colorElement, elementOf, fontElement, type Rgb, valueElement } from "./bob-xml.ts";

/** Where a widget lies, in pixels from the top left of what it lies in. */
export interface BobBox {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const VERSIONS = JSON.parse(readFileSync(join(import.meta.dirname, "../bob-widgets.json"), "utf8")) as Readonly<
  Record<string, { readonly version: string }>
>;

/** TomoScan's colours. */
export const BOB_COLORS = {
  background: [187, 187, 187],
  header: [218, 218, 218],
  control: [115, 223, 255],
  title: [10, 0, 184],
  text: [0, 0, 0],
  start: [115, 255, 107],
  stop: [255, 90, 80],
  frame: [90, 90, 90],
  bar: [42, 99, 228],
  trace: [
    [42, 99, 228],
    [225, 145, 21],
  ],
} as const satisfies Readonly<Record<string, Rgb | readonly Rgb[]>>;

/** The colour of each tone: black letters can be read on all of them. */
export const BOB_TONES: Readonly<Record<Tone, Rgb>> = {
  unknown: [255, 255, 255],
  idle: [200, 200, 200],
  busy: [115, 175, 255],
  good: [0, 216, 0],
  warning: [251, 243, 74],
  bad: [255, 90, 80],
};

/** Size of the letters, in pixels. */
export const BOB_TEXT = 14;
const LEFT = 0;
const CENTER = 1;
const RIGHT = 2;
/** Text stands in the middle of its row, as the letters of a button do. */
const MIDDLE = valueElement("vertical_alignment", 1);
/** Text of characters, without which their codes are shown. */
const AS_TEXT = valueElement("format", 6);
const NO_BORDER = valueElement("border_alarm_sensitive", false);
export const bobFont = (size: number = BOB_TEXT, style: "REGULAR" | "BOLD" = "REGULAR"): BobElement =>
  fontElement(size, style);

/** A widget of the present version. */
export function bobWidget(
  type: string,
  name: string,
  { x, y, width, height }: BobBox,
  properties: readonly BobElement[],
): BobElement {
  const version = VERSIONS[type]?.version;
  if (version === undefined) throw new Error(`tools/bob-widgets.json has no widget ${type}`);
  const place = Object.entries({ name, x, y, width, height }).map(([key, value]) => valueElement(key, value));
  return elementOf("widget", [...place, ...properties], { type, version });
}

/** What the PV means, with its name and value, which Phoebus fills in. */
const tip = (meaning: string): BobElement => valueElement("tooltip", `${meaning}\n$(pv_name)\n$(pv_value)`);

export interface LabelLook {
  readonly align?: "left" | "center" | "right";
  readonly size?: number;
  readonly isBold?: boolean;
  readonly color?: Rgb;
}
export function bobLabel(
  box: BobBox,
  text: string,
  { align = "left", size, isBold, color }: LabelLook = {},
): BobElement {
  const alignment = { left: LEFT, center: CENTER, right: RIGHT }[align];
  return bobWidget("label", text, box, [
    valueElement("text", text),
    bobFont(size, isBold === true ? "BOLD" : "REGULAR"),
    ...(color === undefined ? [] : [colorElement("foreground_color", color)]),
    ...(alignment === LEFT ? [] : [valueElement("horizontal_alignment", alignment)]),
    MIDDLE,
  ]);
}

/** What a widget shows or writes. */
export interface BobPv {
  /** With its macros. */
  readonly pv: string;
  readonly meaning: string;
  /** An array of characters. */
  readonly isCharacters?: boolean;
}
const named = ({ pv, meaning }: BobPv): BobElement[] => [valueElement("pv_name", pv), tip(meaning)];

/**
 * A value as text.
 * @param how one line is cut at its end; lines wrap, so that a sentence is seen whole
 */
export function bobValue(box: BobBox, shown: BobPv, how: "line" | "lines", size?: number): BobElement {
  return bobWidget("textupdate", shown.pv, box, [
    ...named(shown),
    ...(shown.isCharacters === true ? [AS_TEXT] : []),
    bobFont(size),
    colorElement("background_color", BOB_COLORS.header),
    MIDDLE,
    valueElement("wrap_words", how === "lines"),
    NO_BORDER,
  ]);
}

/** A text of many lines, which can be scrolled and copied. */
export const bobBlock = (box: BobBox, shown: BobPv): BobElement =>
  bobWidget("textupdate", shown.pv, box, [
    ...named(shown),
    ...(shown.isCharacters === true ? [AS_TEXT] : []),
    bobFont(),
    colorElement("background_color", BOB_COLORS.header),
    valueElement("vertical_alignment", 0),
    valueElement("interactive", true),
    NO_BORDER,
  ]);

/** The address of a page, in a line of its own, from which a person can copy it. */
export const bobLink = (box: BobBox, shown: BobPv): BobElement =>
  bobWidget("textupdate", shown.pv, box, [
    ...named(shown),
    ...(shown.isCharacters === true ? [AS_TEXT] : []),
    bobFont(),
    colorElement("background_color", BOB_COLORS.header),
    valueElement("vertical_alignment", 1),
    valueElement("wrap_words", false),
    valueElement("interactive", true),
    NO_BORDER,
  ]);

/** Text or a number that a person enters, in one line: of several, leaving it would write. */
export const bobEntry = (box: BobBox, written: BobPv): BobElement =>
  bobWidget("textentry", written.pv, box, [
    ...named(written),
    ...(written.isCharacters === true ? [AS_TEXT] : []),
    bobFont(),
    colorElement("background_color", BOB_COLORS.control),
    NO_BORDER,
  ]);

/** A part of a whole, in percent. */
export const bobBar = (box: BobBox, shown: BobPv): BobElement =>
  bobWidget("progressbar", shown.pv, box, [
    ...named(shown),
    colorElement("fill_color", BOB_COLORS.bar),
    valueElement("limits_from_pv", false),
    valueElement("minimum", 0),
    valueElement("maximum", 100),
    NO_BORDER,
  ]);

/** A state in words on the colour of its tone. Its alarm border tells when the PV is away. */
export const bobState = (
  box: BobBox,
  shown: BobPv,
  states: readonly { readonly label: string; readonly color: Rgb }[],
): BobElement =>
  bobWidget("multi_state_led", shown.pv, box, [
    ...named(shown),
    elementOf(
      "states",
      states.map(({ label, color }, value) =>
        elementOf("state", [valueElement("value", value), valueElement("label", label), colorElement("color", color)]),
      ),
    ),
    valueElement("fallback_label", "?"),
    bobFont(),
    colorElement("foreground_color", BOB_COLORS.text),
    valueElement("square", true),
  ]);

/** One of the PV's states. */
export const bobMenu = (box: BobBox, written: BobPv): BobElement =>
  bobWidget("combo", written.pv, box, [
    ...named(written),
    bobFont(),
    colorElement("background_color", BOB_COLORS.control),
  ]);

/** One of two states, in the PV's words; it arms, or it disarms. */
export const bobToggle = (box: BobBox, written: BobPv, on: Rgb): BobElement =>
  bobWidget("bool_button", written.pv, box, [
    ...named(written),
    valueElement("labels_from_pv", true),
    colorElement("off_color", BOB_COLORS.header),
    colorElement("on_color", on),
    bobFont(),
    colorElement("background_color", BOB_COLORS.control),
  ]);

export interface BobButton {
  readonly text: string;
  readonly meaning: string;
  readonly color?: Rgb;
  /** What is asked before anything is written. */
  readonly question?: string;
  /** PV of the arm: the button is there only while that is Armed. */
  readonly arm?: string;
}
const button = (box: BobBox, { text, meaning, color, question, arm }: BobButton, action: BobElement): BobElement =>
  bobWidget("action_button", text, box, [
    elementOf("actions", [action]),
    valueElement("text", text),
    bobFont(),
    colorElement("background_color", color ?? BOB_COLORS.control),
    valueElement("tooltip", meaning),
    ...(question === undefined
      ? []
      : [valueElement("show_confirm_dialog", true), valueElement("confirm_message", question)]),
    ...(arm === undefined ? [] : whileArmed(arm)),
  ]);

/** Rules run once their PVs have connected: until then, and while one is away, the file's own value holds. */
const whileArmed = (arm: string): BobElement[] => [
  valueElement("visible", false),
  elementOf("rules", [
    elementOf(
      "rule",
      [elementOf("exp", [valueElement("value", true)], { bool_exp: "pv0 == 1" }), valueElement("pv_name", arm)],
      { name: "while armed", prop_id: "visible", out_exp: "false" },
    ),
  ]),
];

const actionOf = (type: string, ...parts: readonly BobElement[]): BobElement => elementOf("action", parts, { type });

/** Writes 1, which every command and button of ours takes. */
export const bobButton = (box: BobBox, look: BobButton, pv: string): BobElement =>
  button(
    box,
    look,
    actionOf("write_pv", valueElement("pv_name", pv), valueElement("value", 1), valueElement("description", look.text)),
  );

/** A line around what belongs together. */
export const bobFrame = (box: BobBox): BobElement =>
  bobWidget("rectangle", "frame", box, [
    valueElement("line_width", 1),
    colorElement("line_color", BOB_COLORS.frame),
    valueElement("transparent", true),
  ]);
export const bobPanel = (box: BobBox, color: Rgb): BobElement =>
  bobWidget("rectangle", "panel", box, [valueElement("line_width", 0), colorElement("background_color", color)]);
