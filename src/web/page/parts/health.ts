/** How each part stands that data management needs, and what to do where one is in trouble. */
import type { HealthPart } from "../../../controller/pvs/health.ts";
import type { PageContext } from "../context.ts";
import { make, setAttribute, setText } from "../dom.ts";
import { lookAt } from "../look.ts";
import { chip } from "./chip.ts";

const PARTS: readonly HealthPart[] = ["IOC", "TomoScan", "DM", "Globus", "SSH", "Mail", "Ledger", "Watcher"];

export const health = (context: PageContext): HTMLElement =>
  make("ul", { class: "health" }, ...PARTS.map((part) => row(context, part)));

function row(context: PageContext, part: HealthPart): HTMLElement {
  const { store } = context;
  const suffix = `Health${part}`;
  const sentence = make("p", { class: "sentence" });
  const root = make("li", {}, make("span", { class: "label" }, part), chip(context, suffix), sentence);
  store.draw([suffix, `${suffix}Message`], () => {
    const text = store.text(`${suffix}Message`);
    setText(sentence, text);
    setAttribute(sentence, "data-tone", lookAt(context, suffix).tone);
    setAttribute(root, "data-told", text !== "");
  });
  return root;
}
