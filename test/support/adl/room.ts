/**
 * Whether a text fits its widget. A letter takes at most 0.6 of the height of its font: MEDM chooses the font from the
 * widget's height (medm: dmGetBestFontWithInfo, messageButtonFontListIndex, menuFontListIndex,
 * choiceButtonFontListIndex), and of the fonts that sites name widgetDM_4 to widgetDM_60 none is wider. MEDM cuts what
 * is longer, without a sign.
 */
import type { AdlChannels } from "./channels.ts";
import { blockOf, valueOf } from "./grammar.ts";
import { type PlacedWidget, sayBox } from "./places.ts";
import type { AdlBlock, AdlProblem } from "./read.ts";

/** Width of a letter, of the height of its font. */
const LETTER = 0.6;
/** Shadows and margins of Motif's buttons, left and right. */
const BUTTON_EDGES = 8;
/** And the mark of a menu (OPTION_MENU_ADJUST_WIDTH of MEDM). */
const MENU_EDGES = BUTTON_EDGES + 22;
/** Below this height nobody reads it from a chair. */
const LEAST_LETTERS = 10;

/** What macros stand for, to know how long a text gets. */
const LONG_MACROS: Readonly<Record<string, string>> = { P: "32idbSP1:", R: "Globus:", TS: "TomoScan:" };

interface Writing {
  /** Pixels from the top of a letter to its bottom. */
  readonly letters: number;
  /** Pixels of the width that no letter can have. */
  readonly edges: number;
  readonly texts: readonly string[];
}

/** What is too small for what it shows. */
export function roomProblems(widgets: readonly PlacedWidget[], channels: AdlChannels): AdlProblem[] {
  return widgets.flatMap(({ block, box }) => {
    const writing = writingOf(block, box.height, channels);
    if (writing === undefined) return [];
    const { letters, edges, texts } = writing;
    const needed = Math.max(0, ...texts.map((text) => Math.ceil(LETTER * letters * text.length) + edges));
    const longest = texts.find((text) => Math.ceil(LETTER * letters * text.length) + edges === needed) ?? "";
    const problems: AdlProblem[] = [];
    if (letters < LEAST_LETTERS)
      problems.push({ line: block.line, what: `${sayBox(block)} has letters of ${letters} pixels: too small to read` });
    if (needed > box.width)
      problems.push({
        line: block.line,
        what: `${sayBox(block)} needs ${needed} pixels for ${JSON.stringify(longest)}`,
      });
    return problems;
  });
}

function writingOf(block: AdlBlock, height: number, channels: AdlChannels): Writing | undefined {
  const channel = channels(valueOf(blockOf(block, "monitor") ?? blockOf(block, "control"), "chan") ?? "");
  const states = channel?.states ?? [];
  const button = { letters: Math.floor(0.9 * height) - 4, edges: BUTTON_EDGES };
  switch (block.name) {
    case "text":
      return { letters: height, edges: 0, texts: [expand(valueOf(block, "textix") ?? "")] };
    case "text update":
      return { letters: height, edges: 0, texts: states.length > 0 ? states : ["8".repeat(channel?.characters ?? 0)] };
    case "text entry":
      return { ...button, texts: states.length > 0 ? states : ["8".repeat(channel?.characters ?? 0)] };
    case "message button":
      return { ...button, texts: [expand(valueOf(block, "label") ?? "")] };
    case "related display": {
      const label = valueOf(block, "label") ?? "";
      const icon = label.startsWith("-") ? 0 : height - BUTTON_EDGES;
      return { ...button, edges: button.edges + icon, texts: [expand(label.replace(/^-/, ""))] };
    }
    case "menu":
      return { letters: height - BUTTON_EDGES, edges: MENU_EDGES, texts: states };
    case "choice button":
      return choices(valueOf(block, "stacking") ?? "row", height, states);
    default:
      return undefined;
  }
}

/** Buttons of one size; MEDM's "row" puts one below the other, its "column" one beside the other. */
function choices(stacking: string, height: number, states: readonly string[]): Writing {
  const shadows = 4;
  const longest = states.reduce((most, state) => (state.length > most.length ? state : most), "");
  if (stacking === "row")
    return { letters: height / Math.max(1, states.length) - shadows, edges: shadows, texts: states };
  return { letters: height - shadows, edges: shadows * states.length, texts: [longest.repeat(states.length)] };
}

const expand = (text: string): string => text.replace(/\$\((\w+)\)/g, (_, name: string) => LONG_MACROS[name] ?? name);
