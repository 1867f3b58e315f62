/** What people enter: a text or a number that Enter writes and Escape restores, or a choice of states. */
import type { PageContext } from "../context.ts";
import { make, newId, setAttribute, setText } from "../dom.ts";
import { statesAt } from "../look.ts";
import { written } from "./written.ts";

/** More states than these are a list and not buttons side by side. */
const MOST_BUTTONS = 4;

/** After a write, the IOC has told by then what became of it. */
const SETTLED_SECONDS = 1;

/** @param label names it for those who hear the page */
export function entry(context: PageContext, suffix: string, label: string): HTMLElement {
  const states = context.model.pvs[suffix]?.states;
  if (states !== undefined && states.length <= MOST_BUTTONS) return choice(context, suffix, label, states);
  return statesAt(context, suffix) === undefined ? typed(context, suffix, label) : listed(context, suffix, label);
}

/** One button a state; a press writes it. */
function choice(context: PageContext, suffix: string, label: string, states: readonly string[]): HTMLElement {
  const { store } = context;
  const outcome = written(context);
  const buttons = states.map((state, index) => {
    const button = make("button", { type: "button", "aria-pressed": "false" }, state);
    button.addEventListener("click", () => void outcome.write(suffix, index));
    return button;
  });
  store.draw([suffix], () => {
    for (const [index, button] of buttons.entries())
      setAttribute(button, "aria-pressed", store.value(suffix) === index ? "true" : "false");
  });
  const group = make("span", { class: "choice", role: "group", "aria-label": label }, ...buttons);
  return make("span", { class: "entry" }, group, outcome.root);
}

/** A list of states; only the button writes, for arrow keys walk through a list. */
function listed(context: PageContext, suffix: string, label: string): HTMLElement {
  const { store } = context;
  const outcome = written(context);
  const select = make("select", { "aria-label": label });
  let offered = "";
  const write = make("button", { type: "button", hidden: true }, "Write");
  const isChanged = (): boolean => select.value !== String(store.value(suffix));
  const showChange = (): void => {
    write.hidden = !isChanged();
  };
  select.addEventListener("change", showChange);
  write.addEventListener("click", () => void outcome.write(suffix, Number(select.value)));
  store.draw([suffix], () => {
    const found = store.value(suffix);
    const states = statesAt(context, suffix) ?? [];
    if (states.join("\n") !== offered) {
      offered = states.join("\n");
      select.replaceChildren(...states.map((state, index) => make("option", { value: index }, state)));
    }
    if (document.activeElement !== select && found !== undefined) select.value = String(found);
    showChange();
  });
  return make("span", { class: "entry" }, select, write, outcome.root);
}

function typed(context: PageContext, suffix: string, label: string): HTMLElement {
  const { model, store, clock } = context;
  const about = model.pvs[suffix];
  const outcome = written(context);
  const hintId = newId("hint");
  const hint = make("span", { class: "hint", id: hintId, hidden: true });
  const input = make("input", {
    type: "text",
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
    enterkeyhint: "done",
    "aria-label": label,
    "aria-describedby": hintId,
  });
  /** What the IOC has, as the input would show it. */
  const held = (): string => {
    const found = store.value(suffix);
    return found === undefined ? "" : String(found);
  };
  let shown = "";
  const restore = (): void => {
    shown = held();
    input.value = shown;
    showChange();
  };
  const showChange = (): void => {
    const isChanged = input.value !== shown;
    setAttribute(input, "data-changed", isChanged);
    hint.hidden = !isChanged;
    const old = held() === "" ? "the empty text" : held();
    if (isChanged) setText(hint, `Enter writes it, Escape brings back ${old}.`);
  };
  const write = async (): Promise<void> => {
    const isNumber = typeof store.value(suffix) === "number";
    const number = Number(input.value);
    if (isNumber && (input.value.trim() === "" || !Number.isFinite(number)))
      return outcome.refuse(`${suffix} takes a number, not “${input.value}”: correct it, or press Escape.`);
    const text = input.value;
    if (!(await outcome.write(suffix, isNumber ? number : text))) return;
    if (input.value !== text) return;
    shown = text;
    showChange();
    // The IOC may have kept what it had, or made something else of it
    clock.after(SETTLED_SECONDS, () => input.value === text && restore());
  };
  input.addEventListener("input", showChange);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Enter") void write();
    if (event.key !== "Escape") return;
    outcome.refuse("");
    restore();
  });
  store.draw([suffix], () => {
    if (input.value === shown) restore();
    else showChange();
    if (typeof store.value(suffix) === "number") setAttribute(input, "inputmode", "decimal");
  });
  const unit = about?.unit === undefined ? [] : [make("span", { class: "unit" }, about.unit)];
  return make("span", { class: "entry" }, input, ...unit, hint, outcome.root);
}

/** A button that writes 1, as Abort. */
export function press(
  context: PageContext,
  suffix: string,
  words: string,
): { readonly button: HTMLButtonElement; readonly outcome: HTMLElement } {
  const outcome = written(context);
  const button = make("button", { type: "button", title: context.model.pvs[suffix]?.meaning }, words);
  button.addEventListener("click", () => void outcome.write(suffix, 1));
  return { button, outcome: outcome.root };
}
