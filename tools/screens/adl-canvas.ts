/**
 * Puts single widgets onto a screen of MEDM: a value with its lamp, unit and bar, an input with its control, a sentence
 * in its two halves. Where on the screen is for adl-layout.ts to say.
 */
import { HALF_COLUMNS, halvesOf } from "../../src/controller/pvs/row.ts";
import type { AdlBox, AdlPv, AdlWidget, ButtonLook, LabelAlign, LabelLook } from "./adl-model.ts";
import type { PvLookup } from "./adl-pvs.ts";

/** Height of a row's controls, and from a row to the next. */
export const ROW = 20;
export const PITCH = 23;
export const GAP = 10;
/** Height of the letters of labels and values. */
export const TEXT = 16;
/** Of sentences and lines, and from a line to the next. */
const SMALL = 14;
export const LINE = 17;
const LAMP = 16;
/** Of the address of a page: the narrowest letters that can be read. */
const LEAST = 13;
const BAR = 100;

/** MEDM chooses the font by the height, and no letter of its fonts is wider than this part of it. */
const LETTER = 0.6;
/** Letters of a button, an entry and a menu of one row, and the pixels of its width that no letter can have. */
const BUTTON = { letters: 0.9 * ROW - 4, edges: 12 };
const MENU = { letters: ROW - 8, edges: 34 };
const CHOICE = { letters: ROW - 4, edges: 4 };
const lettersIn = (height: number, characters: number): number => Math.ceil(LETTER * height * characters);

/** Pixels that so many letters of a label or value need. */
export const letters = (characters: number): number => lettersIn(TEXT, characters);
export const SENTENCE_WIDTH = lettersIn(SMALL, HALF_COLUMNS);
export const buttonWidth = (label: string): number => lettersIn(BUTTON.letters, label.length) + BUTTON.edges;

/** Pixels that the value, or its control, needs. */
export function widthOf({ kind, isInput, characters, states }: AdlPv): number {
  if (kind === "arm") return states.length * (lettersIn(CHOICE.letters, characters) + CHOICE.edges);
  if (kind === "states")
    return isInput ? lettersIn(MENU.letters, characters) + MENU.edges : LAMP + GAP / 2 + letters(characters);
  return isInput ? lettersIn(BUTTON.letters, characters) + BUTTON.edges : letters(characters);
}

/** And with what stands beside a number in a row: its unit, and a bar for a part of a whole. */
export function rowWidthOf(pv: AdlPv): number {
  if (pv.kind !== "number") return widthOf(pv);
  const unit = pv.unit === "" ? 0 : GAP / 2 + letters(pv.unit.length);
  return widthOf(pv) + unit + (pv.unit === "%" && !pv.isInput ? GAP + BAR : 0);
}

export class AdlCanvas {
  readonly widgets: AdlWidget[] = [];
  readonly #pvOf: PvLookup;

  constructor(pvOf: PvLookup) {
    this.#pvOf = pvOf;
  }

  add(widget: AdlWidget): void {
    this.widgets.push(widget);
  }

  /** A text in the middle of its row. */
  label({ x, y, width, height }: AdlBox, text: string, look: LabelLook, align: LabelAlign): void {
    const box = { x, y: y + Math.floor((height - TEXT) / 2), width, height: TEXT };
    this.add({ kind: "label", box, text, look, align });
  }

  /** The value, or its control, in the room that it needs, at most in its box. */
  value(box: AdlBox, pv: AdlPv): void {
    if (pv.isInput) this.#control(box, pv);
    else if (pv.kind === "states") this.state(box, pv);
    else if (pv.kind === "number") this.#number(box, pv);
    else this.text(box, pv);
  }

  /** The lamp of a state, with its word. */
  state({ x, y, height }: AdlBox, pv: AdlPv): void {
    this.add({ kind: "lamp", box: { x, y: y + (height - LAMP) / 2, width: LAMP, height: LAMP }, pv });
    this.text({ x: x + LAMP + GAP / 2, y, width: letters(pv.characters), height }, pv);
  }

  text({ x, y, width, height }: AdlBox, pv: AdlPv): void {
    const own = pv.isLong ? LEAST : TEXT;
    this.add({ kind: "value", box: { x, y: y + (height - own) / 2, width, height: own }, pv });
  }

  /** A number with its unit; a part of a whole with a bar. */
  #number(box: AdlBox, pv: AdlPv): void {
    const width = letters(pv.characters);
    this.text({ ...box, width }, pv);
    const end = this.#unit({ ...box, x: box.x + width }, pv.unit);
    if (pv.unit === "%") this.add({ kind: "bar", box: { ...box, x: end + GAP, width: BAR }, pv });
  }

  /** @returns where it ends */
  #unit({ x, y, height }: AdlBox, unit: string): number {
    if (unit === "") return x;
    const width = letters(unit.length);
    this.label({ x: x + GAP / 2, y, width, height }, unit, "plain", "left");
    return x + GAP / 2 + width;
  }

  #control(box: AdlBox, pv: AdlPv): void {
    const width = pv.kind === "text" ? box.width : Math.min(widthOf(pv), box.width);
    const kind = pv.kind === "arm" ? "choice" : pv.kind === "states" ? "menu" : "entry";
    this.add({ kind, box: { ...box, width }, pv });
    if (pv.kind === "number") this.#unit({ ...box, x: box.x + width }, pv.unit);
  }

  /** A sentence in two lines. @returns where the next row may begin */
  sentence({ x, y, width }: AdlBox, suffix: string): number {
    for (const [index, half] of halvesOf(suffix).entries())
      this.line({ x, y: y + 3 + index * LINE, width: Math.min(width, SENTENCE_WIDTH), height: SMALL }, half);
    return y + 2 * LINE + PITCH - ROW;
  }

  /** A line of its own. */
  line({ x, y, width }: AdlBox, suffix: string): void {
    this.add({ kind: "value", box: { x, y, width, height: SMALL }, pv: this.#pvOf(suffix) });
  }

  button(box: AdlBox, suffix: string, label: string, look: ButtonLook, arm?: string): void {
    const armed = arm === undefined ? {} : { arm: this.#pvOf(arm) };
    this.add({ kind: "button", box, pv: this.#pvOf(suffix), label, look, ...armed });
  }
}
