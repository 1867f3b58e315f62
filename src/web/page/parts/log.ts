/** The latest events, and the last error until somebody acknowledges it. */
import type { PageContext } from "../context.ts";
import { make } from "../dom.ts";
import { press } from "./entry.ts";
import { lines } from "./lines.ts";
import { text } from "./value.ts";

/** The last error; not there while there is none. */
export function lastError(context: PageContext): HTMLElement {
  const { store } = context;
  const { button, outcome } = press(context, "ErrorAck", "Acknowledge");
  const head = make("strong", {}, "Last error: ");
  const root = make("div", { class: "error", role: "group", "aria-label": "Last error" });
  root.append(make("p", {}, head, text(context, "LastError")), button, outcome);
  store.draw(["LastError"], () => {
    root.hidden = store.text("LastError") === "";
  });
  return root;
}

export const log = (context: PageContext): HTMLElement => lines(context, "Log", "Log, newest first");
