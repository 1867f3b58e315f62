/** How Phoebus shows one PV: which widget, how wide it has to be, and whether it takes what is left of its row. */
import { toneOf } from "../../src/controller/pvs/tones.ts";
import { widthOf } from "../bobcheck/letters.mjs";
import { bobTable } from "./bob-holders.ts";
import {
  BOB_COLORS,
  BOB_TEXT,
  BOB_TONES,
  type BobBox,
  bobBar,
  bobButton,
  bobEntry,
  bobLink,
  bobMenu,
  bobState,
  bobToggle,
  bobValue,
} from "./bob-widgets.ts";
import type { BobElement } from "./bob-xml.ts";
import type { ScreenPv } from "./screen-pvs.ts";

export interface BobCell {
  readonly width: number;
  readonly height: number;
  /** It takes the room that the others of its row leave. */
  readonly grows: boolean;
  readonly make: (box: BobBox) => BobElement;
}

/** Heights of one and of two lines. */
export const BOB_ROW = 24;
export const BOB_TWO_LINES = 36;
const EDGES = 16;
const LINK = /(Url|Link)$/;
const TIME = /(Time|Started|Ended|Expires)$/;
const TIME_WIDTH = 180;
const LIST_ROWS = 6;

export const pvName = (suffix: string): string => `$(P)$(R)${suffix}`;
const widest = (words: readonly string[]): number => Math.max(0, ...words.map((word) => widthOf(word, BOB_TEXT)));

/** @param label of a button that the PV is */
export function bobCell(pv: ScreenPv, label: string): BobCell {
  const { suffix, meaning, isCharacters, states } = pv;
  const named = { pv: pvName(suffix), meaning, isCharacters };
  const cell = (width: number, make: BobCell["make"], more: Partial<BobCell> = {}): BobCell => ({
    width,
    height: BOB_ROW,
    grows: false,
    make,
    ...more,
  });
  if (pv.isButton)
    return cell(widest([label]) + EDGES, (box) =>
      bobButton(box, { text: label, meaning, ...(suffix === "Abort" && { color: BOB_COLORS.stop }) }, named.pv),
    );
  if (pv.kind === "states") {
    if (pv.isResult) return cell(widest(states) + EDGES, (box) => bobState(box, named, bobTones(suffix, states)));
    if (states.length === 2 && states.includes("Armed"))
      return cell(widest(states) + 3 * EDGES, (box) => bobToggle(box, named, BOB_TONES.warning));
    return cell(widest(states) + 3 * EDGES, (box) => bobMenu(box, named));
  }
  if (pv.kind === "list")
    return cell(200, (box) => bobTable(box, listTable(suffix, label)), { height: LIST_ROWS * BOB_ROW, grows: true });
  if (!pv.isResult)
    return cell(pv.kind === "number" ? 100 : 200, (box) => bobEntry(box, named), { grows: pv.kind === "text" });
  if (pv.kind === "number") {
    if (pv.unit === "%") return cell(160, (box) => bobBar(box, named));
    return cell(110, (box) => bobValue(box, named, "line"));
  }
  if (pv.isSentence) return cell(300, (box) => bobValue(box, named, "lines"), { height: BOB_TWO_LINES, grows: true });
  if (LINK.test(suffix)) return cell(300, (box) => bobLink(box, named), { grows: true });
  if (TIME.test(suffix)) return cell(TIME_WIDTH, (box) => bobValue(box, named, "line"));
  return cell(200, (box) => bobValue(box, named, "line"), { grows: true });
}

/** States with the colours of their tones. */
export const bobTones = (suffix: string, states: readonly string[]): Parameters<typeof bobState>[2] =>
  states.map((label) => ({ label, color: BOB_TONES[toneOf(suffix, label) ?? "unknown"] }));

/** An array of texts, a line each. */
const listTable = (suffix: string, title: string): Parameters<typeof bobTable>[1] => ({
  name: suffix,
  columns: [{ title, width: 400 }],
  pvs: [pvName(suffix)],
  script: [
    "from org.csstudio.display.builder.runtime.script import PVUtil",
    "widget.setValue([[text] for text in PVUtil.getStringArray(pvs[0]) if text])",
    "",
  ].join("\n"),
});
