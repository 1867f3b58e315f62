/** Draws the table of sections. */
import type { PageContext } from "../context.ts";
import { make } from "../dom.ts";
import type { RateTrack } from "../rates.ts";
import { SECTIONS, type SectionGroup, type SectionItem } from "../sections.ts";
import { labelOf } from "../words.ts";
import { allPvs } from "./all-pvs.ts";
import { command } from "./command.ts";
import { daqs, destinations } from "./destinations.ts";
import { press } from "./entry.ts";
import { field } from "./field.ts";
import { graph } from "./graph.ts";
import { lines } from "./lines.ts";
import { scans } from "./scans.ts";

/** Each section, drawn when it is called for. */
export const sections = (context: PageContext, track: RateTrack): (() => HTMLElement)[] =>
  SECTIONS.map(
    ({ id, title, groups }) =>
      () =>
        section(
          id,
          title,
          groups.map((one) => groupOf(context, track, one)),
        ),
  );

function groupOf(
  context: PageContext,
  track: RateTrack,
  { title, stem, items, isWide, shownBy }: SectionGroup,
): HTMLElement {
  const { store } = context;
  const root = group(
    title,
    isWide === true,
    items.flatMap((item) => drawn(context, track, item, stem)),
  );
  if (shownBy !== undefined)
    store.draw([shownBy], () => {
      root.hidden = store.text(shownBy) === "";
    });
  return root;
}

export function section(id: string, title: string, groups: readonly HTMLElement[]): HTMLElement {
  const head = make("h2", { id: `${id}-title` }, title);
  return make("section", { id, "aria-labelledby": `${id}-title` }, head, make("div", { class: "groups" }, ...groups));
}

export const group = (title: string, isWide: boolean, children: readonly HTMLElement[]): HTMLElement =>
  make("div", { class: isWide ? "group wide" : "group" }, make("h3", {}, title), ...children);

function drawn(context: PageContext, track: RateTrack, item: SectionItem, stem?: string): HTMLElement[] {
  if (typeof item === "string") return item in context.model.pvs ? [field(context, item, stem)] : [];
  if ("command" in item) return [command(context, item.command)];
  if ("lines" in item) return folded(context, item.lines, stem, item.isLetter);
  if ("graph" in item) return [graph(context, item.graph, labelOf(item.graph), track)];
  if ("press" in item) {
    const { button, outcome } = press(context, item.press, labelOf(item.press));
    return [make("div", { class: "buttons" }, button), outcome];
  }
  switch (item.drawn) {
    case "destinations":
      return destinations(context, track);
    case "daqs":
      return daqs(context, track);
    case "scans":
      return [scans(context)];
    case "allPvs":
      return [allPvs(context)];
  }
}

function folded(context: PageContext, suffix: string, stem?: string, isLetter?: boolean): HTMLElement[] {
  const title = `${context.model.prefix}${suffix}\n${context.model.pvs[suffix]?.meaning ?? ""}`;
  const label = labelOf(suffix, stem);
  return [
    make(
      "div",
      { class: "text" },
      make("span", { class: "label", title }, label),
      lines(context, suffix, label, isLetter),
    ),
  ];
}
