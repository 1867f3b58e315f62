/** Text of several lines, as a list of lines; nothing but a dash where there is none. */
import type { PageContext } from "../context.ts";
import { make, setAttribute } from "../dom.ts";
import { NOBODY_KNOWS } from "../format.ts";

/** More lines than these make the page heavy. */
const MOST_LINES = 500;

/** How the IOC's log says that a line is no good news. */
const GRAVE = /^[\d-]+ [\d:]+ (MINOR|MAJOR) /;

/** @param isLetter whether blanks and empty lines mean something, as in a letter */
export function lines({ store }: PageContext, suffix: string, label: string, isLetter = false): HTMLElement {
  const root = make("div", { class: isLetter ? "lines letter" : "lines", role: "group", "aria-label": label });
  store.draw([suffix], () => {
    const text = store.text(suffix).trimEnd();
    // Who scrolls by keyboard has to be able to come here
    setAttribute(root, "tabindex", text === "" ? undefined : 0);
    setAttribute(root, "data-empty", text === "");
    if (text === "") root.replaceChildren(NOBODY_KNOWS);
    else root.replaceChildren(...text.split("\n", MOST_LINES).map(lineOf));
  });
  return root;
}

function lineOf(line: string): HTMLElement {
  const grave = GRAVE.exec(line)?.[1];
  return make("div", { "data-tone": grave && (grave === "MAJOR" ? "bad" : "warning") }, line);
}
