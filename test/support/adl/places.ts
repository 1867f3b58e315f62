/**
 * Where the widgets of a screen stand. Nothing leaves the display, no child its composite, and no widget covers another
 * one, but these: a frame (a rectangle that is an outline) and a panel (a rectangle that is filled and always there,
 * drawn before) hold widgets wholly or not at all; widgets at exactly one place are a stack, like the colours of an
 * LED, when no states of their channels show two of them, or one that is always shown is drawn first and the others,
 * as graphics, on it.
 */
import { blockOf, valueOf } from "./grammar.ts";
import type { AdlBlock, AdlProblem } from "./read.ts";
import { areExclusive, type Condition, conditionOf } from "./shown-when.ts";

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A widget that is seen: no composite, but what is in it. */
export interface PlacedWidget {
  readonly block: AdlBlock;
  readonly box: Box;
  /** Its own conditions and those of the composites around it. */
  readonly shownWhen: readonly Condition[];
}

/** The box of a widget; what its object does not say is 0. */
export function boxOf(block: AdlBlock | undefined): Box {
  const object = blockOf(block, "object");
  const number = (key: string): number => Number(valueOf(object, key) ?? 0);
  return { x: number("x"), y: number("y"), width: number("width"), height: number("height") };
}

/** All widgets of a screen in the order in which they are drawn, and what composites and conditions have wrong. */
export function placedWidgets(blocks: readonly AdlBlock[]): {
  readonly widgets: readonly PlacedWidget[];
  readonly problems: AdlProblem[];
} {
  const problems: AdlProblem[] = [];
  const widgets: PlacedWidget[] = [];
  const place = (inner: readonly AdlBlock[], outer: readonly Condition[], around?: AdlBlock): void => {
    for (const block of inner) {
      const own = conditionOf(blockOf(block, "dynamic attribute"), problems);
      const shownWhen = own === undefined ? outer : [...outer, own];
      const box = boxOf(block);
      if (around !== undefined && !holds(boxOf(around), box))
        problems.push({ line: block.line, what: `${sayBox(block)} leaves its composite, ${sayBox(around)}` });
      if (block.name === "composite") place(blockOf(block, "children")?.blocks ?? [], shownWhen, block);
      else widgets.push({ block, box, shownWhen });
    }
  };
  place(blocks.slice(3), []);
  return { widgets, problems };
}

/** What leaves the display, and what covers what. */
export function placeProblems(display: AdlBlock | undefined, widgets: readonly PlacedWidget[]): AdlProblem[] {
  const problems: AdlProblem[] = [];
  const whole = { ...boxOf(display), x: 0, y: 0 };
  for (const { block, box } of widgets) {
    const { line } = block;
    if (box.width < 1 || box.height < 1) problems.push({ line, what: `${sayBox(block)} has no size` });
    if (!holds(whole, box))
      problems.push({ line, what: `${sayBox(block)} leaves the display of ${whole.width} x ${whole.height}` });
  }
  widgets.forEach((first, index) => {
    for (const second of widgets.slice(index + 1)) {
      if (!meet(first.box, second.box) || mayMeet(first, second)) continue;
      const { line } = second.block;
      problems.push({
        line,
        what: `${sayBox(second.block)} covers ${sayBox(first.block)} of line ${first.block.line}`,
      });
    }
  });
  return problems;
}

/** @param first drawn before `second` */
function mayMeet(first: PlacedWidget, second: PlacedWidget): boolean {
  if (isFrame(first) && holds(inset(first.box), second.box)) return true;
  if (isFrame(second) && holds(inset(second.box), first.box)) return true;
  if (areExclusive(first.shownWhen, second.shownWhen)) return isSame(first.box, second.box);
  if (isPanel(first)) return holds(first.box, second.box);
  return isSame(first.box, second.box) && first.shownWhen.length === 0 && isGraphic(first) && isGraphic(second);
}

/** What MEDM draws; the others are windows, which stand above all that is drawn. */
const isGraphic = ({ block }: PlacedWidget): boolean => ["rectangle", "oval", "text"].includes(block.name);
const isFilled = ({ block }: PlacedWidget): boolean =>
  (valueOf(blockOf(block, "basic attribute"), "fill") ?? "solid") === "solid";
const isFrame = (widget: PlacedWidget): boolean => widget.block.name === "rectangle" && !isFilled(widget);
const isPanel = (widget: PlacedWidget): boolean =>
  widget.block.name === "rectangle" && isFilled(widget) && blockOf(widget.block, "dynamic attribute") === undefined;

const holds = (outer: Box, inner: Box): boolean =>
  inner.x >= outer.x &&
  inner.y >= outer.y &&
  inner.x + inner.width <= outer.x + outer.width &&
  inner.y + inner.height <= outer.y + outer.height;
const meet = (one: Box, other: Box): boolean =>
  one.x < other.x + other.width &&
  other.x < one.x + one.width &&
  one.y < other.y + other.height &&
  other.y < one.y + one.height;
const isSame = (one: Box, other: Box): boolean => holds(one, other) && holds(other, one);
/** The inside of a frame, whose line is a pixel. */
const inset = ({ x, y, width, height }: Box): Box => ({ x: x + 1, y: y + 1, width: width - 2, height: height - 2 });

/** Names a widget: its kind, what it shows and where it is. */
export function sayBox(block: AdlBlock): string {
  const { x, y, width, height } = boxOf(block);
  const channel = valueOf(blockOf(block, "monitor") ?? blockOf(block, "control"), "chan");
  const told = valueOf(block, "textix") ?? valueOf(block, "label") ?? channel;
  return `${block.name}${told === undefined ? "" : ` ${JSON.stringify(told)}`} at ${x},${y} ${width}x${height}`;
}
