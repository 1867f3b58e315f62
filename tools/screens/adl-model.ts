/**
 * What a screen of MEDM is made of once its widgets have their places: what adl-layout.ts makes, and adl-text.ts
 * writes. Places are pixels from the top left corner of the screen.
 */
import type { Tone } from "../../src/controller/pvs/tones.ts";

export interface AdlBox {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A PV as MEDM shows it. */
export interface AdlPv {
  /** With its macros. */
  readonly channel: string;
  /** arm: Safe or Armed; list: an array, or a text of several lines, which MEDM cannot show. */
  readonly kind: "text" | "number" | "states" | "button" | "arm" | "list";
  readonly isInput: boolean;
  /** Text in an array of characters. */
  readonly isCharacters: boolean;
  /** An address of a page, which is seen whole in narrow letters. */
  readonly isLong: boolean;
  /** It has halves. */
  readonly isSentence: boolean;
  readonly unit: string;
  /** Characters of its value that are to be seen at least. */
  readonly characters: number;
  /** Of a PV that chooses by state, by their numbers. */
  readonly states: readonly { readonly name: string; readonly tone: Tone }[];
}

export type LabelLook = "plain" | "title" | "heading" | "note";
export type LabelAlign = "left" | "right" | "centered";
export type ButtonLook = "start" | "stop" | "plain";

/** A widget in its place. */
export type AdlWidget = { readonly box: AdlBox } & (
  | { readonly kind: "frame" | "panel" }
  | { readonly kind: "label"; readonly text: string; readonly align: LabelAlign; readonly look: LabelLook }
  | { readonly kind: "value" | "entry" | "menu" | "choice" | "bar"; readonly pv: AdlPv }
  /** Writes 1. Where `arm` is given the button is there only while that PV is Armed. */
  | {
      readonly kind: "button";
      readonly pv: AdlPv;
      readonly label: string;
      readonly look: ButtonLook;
      readonly arm?: AdlPv;
    }
  /** The state as a coloured lamp. */
  | { readonly kind: "lamp"; readonly pv: AdlPv }
  /** A line around its box while the PV is in this state. */
  | { readonly kind: "mark"; readonly pv: AdlPv; readonly state: number }
  /** Opens another screen. */
  | {
      readonly kind: "link";
      readonly label: string;
      readonly file: string;
      readonly macros: Readonly<Record<string, string>>;
    }
);

export interface AdlScreen {
  readonly file: string;
  readonly width: number;
  readonly height: number;
  readonly widgets: readonly AdlWidget[];
}
