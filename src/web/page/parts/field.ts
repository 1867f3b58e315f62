/** A row of a group: the name of a PV in words, and the PV, to be looked at or entered. */
import type { PvSuffix } from "../../../controller/pvs/index.ts";
import type { PageContext } from "../context.ts";
import { make } from "../dom.ts";
import { labelOf } from "../words.ts";
import { entry } from "./entry.ts";
import { value } from "./value.ts";

/** @param stem of the group, which labels do not repeat */
export function field(context: PageContext, suffix: PvSuffix, stem = "", name = labelOf(suffix, stem)): HTMLElement {
  const about = context.model.pvs[suffix];
  const title = `${context.model.prefix}${suffix}\n${about?.meaning ?? ""}`;
  const isEntry = about !== undefined && about.kind !== "result";
  // Whole where a group is left out, as by those who hear the page
  const full = labelOf(suffix);
  const shown = isEntry ? entry(context, suffix, full) : value(context, suffix, full);
  const managers = about?.isManaged === true ? [make("span", { class: "managers" }, "managers")] : [];
  return make("div", { class: "field" }, make("span", { class: "label", title }, name, ...managers), shown);
}
