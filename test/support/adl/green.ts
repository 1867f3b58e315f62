/**
 * Nothing is green that nobody has checked: neither by the colour of a graphic that a state shows, nor by MEDM's alarm
 * colours, whose green is the absence of an alarm.
 */
import type { AdlChannel, AdlChannels } from "./channels.ts";
import { blockOf, valueOf } from "./grammar.ts";
import { type PlacedWidget, sayBox } from "./places.ts";
import type { AdlBlock, AdlProblem } from "./read.ts";
import { holdsFor } from "./shown-when.ts";

/** Indices of the greens of TomoScan's colour map. */
const GREENS = [15, 16, 17, 18, 19, 60, 61, 62, 63, 64];

export function greenProblems(widgets: readonly PlacedWidget[], channels: AdlChannels): AdlProblem[] {
  return widgets.flatMap((widget) => {
    const { block } = widget;
    const shown = [...byAlarm(block, channels), ...byState(widget, channels)];
    if (shown.length === 0) return [];
    return [
      { line: block.line, what: `${sayBox(block)} is green while ${shown.join(" or ")}, which nobody has checked` },
    ];
  });
}

/** The states that alarm colours show in green. */
function byAlarm(block: AdlBlock, channels: AdlChannels): string[] {
  const dynamic = blockOf(block, "dynamic attribute");
  const name =
    valueOf(dynamic, "clr") === "alarm"
      ? valueOf(dynamic, "chan")
      : valueOf(block, "clrmod") === "alarm"
        ? valueOf(blockOf(block, "monitor") ?? blockOf(block, "control"), "chan")
        : undefined;
  const channel = name === undefined ? undefined : channels(name);
  if (name === undefined || channel === undefined) return [];
  if (channel.kind !== "states") return [`${name} has no alarm`];
  return unchecked(channel, (state) => channel.severities[state] === 0).map((state) => `${name} is ${state}`);
}

/** The states in which the conditions of a green graphic hold. */
function byState({ block, shownWhen }: PlacedWidget, channels: AdlChannels): string[] {
  if (block.name === "text" || !GREENS.includes(Number(valueOf(blockOf(block, "basic attribute"), "clr")))) return [];
  return shownWhen.flatMap((condition) => {
    const [name = ""] = condition.channels;
    const channel = channels(name);
    if (channel === undefined || condition.channels.length !== 1) return [];
    const shown = unchecked(channel, (state) => holdsFor(condition, new Map([[name, state]])));
    return shown.map((state) => `${name} is ${state}`);
  });
}

const unchecked = ({ states, tones }: AdlChannel, isGreen: (state: number) => boolean): string[] =>
  states.filter((_, state) => isGreen(state) && tones[state] !== "good");
