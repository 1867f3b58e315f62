/** What stands on top: which IOC this is, whether the page is live, dry runs, who sits here, and the look. */

import type { PageContext } from "../context.ts";
import { make, setAttribute, setText } from "../dom.ts";
import { offsetMinutes, timeOfDay } from "../format.ts";
import type { StreamState } from "../live-stream.ts";
import { stateAt } from "../look.ts";
import { bareChip, chip } from "./chip.ts";

const THEMES = ["auto", "light", "dark"] as const;
const THEME_KEY = "globus-ioc-theme";

export interface PageHeader {
  readonly root: HTMLElement;
  readonly show: (liveness: StreamState) => void;
  readonly showName: (name: string | undefined) => void;
}

export function header(context: PageContext, signIn: () => void): PageHeader {
  const { store, model } = context;
  const live = bareChip();
  live.root.classList.add("live");
  const testing = make(
    "span",
    { class: "chip testing", "data-tone": "warning" },
    make("span", {}, "Testing: a dry run"),
  );
  store.draw(["Testing"], () => {
    testing.hidden = stateAt(context, "Testing") !== "Yes";
  });
  const who = make("button", { type: "button", class: "who" });
  who.addEventListener("click", signIn);
  let state: StreamState = { state: "connecting" };
  const showLive = (): void => live.show(liveLook(state, facilityTime(context)));
  store.draw(["Heartbeat"], showLive);
  showLive();
  const server = make("span", { class: "with-chip" }, "Server ", chip(context, "ServerRunning"));
  const root = make(
    "div",
    { class: "bar-top" },
    make("h1", {}, model.prefix.replace(/:$/, "")),
    live.root,
    server,
    testing,
    make("span", { class: "space" }),
    who,
    themeButton(),
  );
  return {
    root,
    show(liveness) {
      state = liveness;
      showLive();
    },
    showName: (name) => setText(who, name === undefined ? "Read only: enter token" : `Writes as ${name}`),
  };
}

function liveLook(
  liveness: StreamState,
  time: string,
): { readonly text: string; readonly tone: "good" | "busy" | "bad" } {
  switch (liveness.state) {
    case "live":
      return { text: `Live ${time}`, tone: "good" };
    case "connecting":
      return { text: "Connecting", tone: "busy" };
    case "lost":
      return { text: time === "" ? "Not live" : `Not live since ${time}`, tone: "bad" };
  }
}

/** The time of the last event, at the facility; empty before the first. */
export function facilityTime({ store }: PageContext): string {
  return store.time === 0 ? "" : timeOfDay(store.time, offsetMinutes(store.text("StartTime")) ?? 0);
}

/** Goes round light, dark and what the computer prefers; remembers it. */
function themeButton(): HTMLElement {
  const button = make("button", { type: "button", title: "Light or dark" });
  let theme = THEMES.find((one) => one === localStorage.getItem(THEME_KEY)) ?? "auto";
  const show = (): void => {
    setAttribute(document.documentElement, "data-theme", theme === "auto" ? undefined : theme);
    setText(button, `◐ ${theme}`);
  };
  button.addEventListener("click", () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? "auto";
    localStorage.setItem(THEME_KEY, theme);
    show();
  });
  show();
  return button;
}
