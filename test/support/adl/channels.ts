/**
 * What a widget can do with its channel: that the PV exists, can be written where an operator writes it, and is of the
 * kind that MEDM shows so. The PVs are handed in.
 */
import { blockOf, valueOf } from "./grammar.ts";
import { type PlacedWidget, sayBox } from "./places.ts";
import type { AdlProblem } from "./read.ts";
import { holdsFor } from "./shown-when.ts";

/** What MEDM gets of a channel. */
export interface AdlChannel {
  /** text: a string, or a text of characters. list: an array, of which MEDM shows the first element. */
  readonly kind: "states" | "number" | "text" | "list";
  /** Names of the states. */
  readonly states: readonly string[];
  /** Of each state: what tones.ts says of it, and the severity that it gives its record. */
  readonly tones: readonly (string | undefined)[];
  readonly severities: readonly number[];
  /** Characters that must be seen, not more than it ever shows. */
  readonly characters: number;
  /** It is an array of characters, which is text for a widget whose format is string. */
  readonly isCharacters: boolean;
  /** Clients may write it. */
  readonly isWritable: boolean;
  /** The ends of its range; equal where it has none. */
  readonly low: number;
  readonly high: number;
}

/** The channel of this name, with its macros; undefined where there is none. */
export type AdlChannels = (name: string) => AdlChannel | undefined;

/** What widgets have wrong about their channels. */
export function channelProblems(widgets: readonly PlacedWidget[], channels: AdlChannels): AdlProblem[] {
  const problems: AdlProblem[] = [];
  const tell = (line: number, what: string): void => {
    if (!problems.some((one) => one.line === line && one.what === what)) problems.push({ line, what });
  };
  for (const { block, shownWhen } of widgets) {
    for (const name of shownWhen.flatMap((condition) => condition.channels))
      if (channels(name) === undefined) tell(block.line, `${sayBox(block)} is shown by ${name}, which is no PV`);
    const holder = blockOf(block, "monitor") ?? blockOf(block, "control");
    const name = valueOf(holder, "chan");
    if (holder === undefined || name === undefined) continue;
    const channel = channels(name);
    const what =
      channel === undefined ? `${name} is no PV` : channelProblem(block.name, valueOf(block, "format"), channel);
    if (what !== undefined) tell(block.line, `${sayBox(block)}: ${what}`);
    if (holder.name === "control" && channel?.isWritable === false)
      tell(block.line, `${sayBox(block)}: ${name} is a result, which nobody can write`);
  }
  return [...problems, ...stackProblems(widgets, channels)];
}

function channelProblem(widget: string, format: string | undefined, channel: AdlChannel): string | undefined {
  const { kind, isCharacters, low, high } = channel;
  if (kind === "list") return "is a list, of which MEDM shows the first element alone";
  if ((widget === "menu" || widget === "choice button") && kind !== "states")
    return "its PV has no states to choose from";
  if (widget === "bar" && kind !== "number") return "its PV is no number";
  if (widget === "bar" && !(low < high)) return `its PV has the range ${low} to ${high}: a bar needs LOPR below HOPR`;
  if ((widget === "text update" || widget === "text entry") && isCharacters && format !== "string")
    return "its PV is an array of characters: without format string MEDM shows the code of the first";
  return undefined;
}

/** A stack whose members all need a state shows something in each state. */
function stackProblems(widgets: readonly PlacedWidget[], channels: AdlChannels): AdlProblem[] {
  const stacks = new Map<string, PlacedWidget[]>();
  for (const widget of widgets) {
    const place = JSON.stringify(widget.box);
    stacks.set(place, [...(stacks.get(place) ?? []), widget]);
  }
  const problems: AdlProblem[] = [];
  for (const stack of stacks.values()) {
    const [first] = stack as [PlacedWidget, ...PlacedWidget[]];
    const names = new Set(stack.flatMap(({ shownWhen }) => shownWhen.flatMap((condition) => condition.channels)));
    const [name = ""] = names;
    if (stack.length < 2 || names.size !== 1 || stack.some(({ shownWhen }) => shownWhen.length === 0)) continue;
    const states = channels(name)?.states ?? [];
    const dark = states.filter(
      (_, state) => !stack.some(({ shownWhen }) => shownWhen.every((one) => holdsFor(one, new Map([[name, state]])))),
    );
    if (dark.length > 0)
      problems.push({
        line: first.block.line,
        what: `${sayBox(first.block)}: nothing is there while ${name} is ${dark.join(" or ")}`,
      });
  }
  return problems;
}
