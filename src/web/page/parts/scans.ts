/** The last scans as a table: how each stands, how much of it is at its destinations, and why. */
import type { PageContext } from "../context.ts";
import { make, setText } from "../dom.ts";
import { indexesOf } from "../model.ts";
import { bar } from "./bar.ts";
import { chip } from "./chip.ts";

export function scans(context: PageContext): HTMLElement {
  const { store } = context;
  const rows = indexesOf(context.model, "Scan", "Name").map((index) => {
    const pv = (part: string): string => `Scan${index}${part}`;
    const name = make("th", { scope: "row" });
    const reason = make("td", { class: "sentence" });
    const row = make(
      "tr",
      {},
      name,
      make("td", {}, chip(context, pv("State"))),
      make("td", {}, bar(context, pv("Percent"), `Scan ${index}: percent`)),
      reason,
    );
    store.draw([pv("Name")], () => {
      row.hidden = store.text(pv("Name")) === "";
      setText(name, store.text(pv("Name")));
    });
    store.draw([pv("Reason")], () => setText(reason, store.text(pv("Reason"))));
    return row;
  });
  const heads = ["Scan", "State", "At its destinations", "Reason"].map((text) => make("th", { scope: "col" }, text));
  const none = make("p", { class: "hint" }, "There is no scan yet.");
  store.draw(["Scan0Name"], () => {
    none.hidden = store.text("Scan0Name") !== "";
  });
  const table = make(
    "table",
    {},
    make("caption", {}, "The last scans, the newest first"),
    make("thead", {}, make("tr", {}, ...heads)),
    make("tbody", {}, ...rows),
  );
  return make("div", { class: "scans" }, table, none);
}
