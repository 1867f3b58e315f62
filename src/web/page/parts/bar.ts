/** A part of a whole as a bar with its number; nothing is drawn where nobody knows. */
import type { PageContext } from "../context.ts";
import { make, setAttribute, setText } from "../dom.ts";
import { lookAt } from "../look.ts";

/** @param label for those who hear the page */
export function bar(context: PageContext, suffix: string, label: string): HTMLElement {
  const { store } = context;
  const progress = make("progress", { max: 100, value: 0, "aria-label": label });
  const number = make("span", { class: "number" });
  const root = make("span", { class: "bar" }, progress, number);
  store.draw([suffix], () => {
    const found = store.value(suffix);
    const look = lookAt(context, suffix);
    const part = typeof found === "number" && !look.isUnknown ? Math.min(100, Math.max(0, found)) : 0;
    if (progress.value !== part) progress.value = part;
    setAttribute(root, "data-unknown", look.isUnknown);
    setAttribute(root, "data-full", part === 100);
    setText(number, look.text);
  });
  return root;
}
