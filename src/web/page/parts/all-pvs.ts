/**
 * Every PV of the IOC, by topic, with its meaning: to be searched, and drawn only where somebody looks. What is shown
 * elsewhere as well is entered here too.
 */
import type { PvSuffix } from "../../../controller/pvs/index.ts";
import type { PageContext } from "../context.ts";
import { make, newId, setText } from "../dom.ts";
import type { PvAbout } from "../model.ts";
import { entry } from "./entry.ts";
import { value } from "./value.ts";

/** More results than these are a search that is not over. */
const MOST_RESULTS = 60;

export function allPvs(context: PageContext): HTMLElement {
  const all = Object.entries(context.model.pvs);
  const topics = [...new Set(all.map(([, { topic }]) => topic))];
  const id = newId("search");
  const search = make("input", { type: "search", id, autocomplete: "off", spellcheck: "false" });
  const count = make("p", { class: "hint", role: "status" });
  const results = make("div", { class: "pvs" });
  const byTopic = make("div", {}, ...topics.map((topic) => topicOf(context, topic, all)));
  const show = (): void => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = words.length === 0 ? [] : all.filter((one) => isFound(context.model.prefix, one, words));
    byTopic.hidden = words.length > 0;
    const more = found.length > MOST_RESULTS ? `, the first ${MOST_RESULTS} are shown` : "";
    setText(count, words.length === 0 ? `${all.length} PVs` : `${found.length} of ${all.length} PVs${more}`);
    results.replaceChildren(...found.slice(0, MOST_RESULTS).map((one) => row(context, one)));
  };
  search.addEventListener("input", show);
  show();
  const label = make("label", { for: id }, "Search names and meanings");
  return make("div", { class: "all-pvs" }, make("div", { class: "search" }, label, search), count, results, byTopic);
}

const isFound = (prefix: string, [suffix, about]: readonly [string, PvAbout], words: readonly string[]): boolean => {
  const text = `${prefix}${suffix} ${about.meaning} ${about.topic}`.toLowerCase();
  return words.every((word) => text.includes(word));
};

function topicOf(context: PageContext, topic: string, all: readonly (readonly [string, PvAbout])[]): HTMLElement {
  const own = all.filter(([, about]) => about.topic === topic);
  const rows = make("div", { class: "pvs" });
  const details = make("details", {}, make("summary", {}, `${topic} (${own.length})`), rows);
  details.addEventListener("toggle", () => {
    if (details.open && rows.childElementCount === 0) rows.append(...own.map((one) => row(context, one)));
  });
  return details;
}

function row(context: PageContext, [suffix, about]: readonly [string, PvAbout]): HTMLElement {
  const isCommand = context.model.commands.some(({ name }) => name === suffix);
  const isEntry = about.kind !== "result" && !isCommand;
  const kind = `${about.kind}${about.isManaged === true ? " of managers" : ""}`;
  return make(
    "div",
    { class: "pv" },
    make("code", {}, `${context.model.prefix}${suffix}`),
    isEntry ? entry(context, suffix as PvSuffix, suffix) : value(context, suffix, suffix),
    make("p", { class: "hint" }, `${about.meaning} (${kind})`),
  );
}
