/** An arm: a button that makes the one beside it work for half a minute, and says how long it still does. */
import { ARMED_SECONDS } from "../../../controller/pvs/row.ts";
import type { PageContext } from "../context.ts";
import { make, setAttribute, setText } from "../dom.ts";
import { labelOf } from "../words.ts";
import type { Written } from "./written.ts";

const SAFE = 0;
const ARMED = 1;

/** @param changed is told whether it is armed, at each change */
export function arm(
  context: PageContext,
  suffix: string,
  outcome: Written,
  changed: (isArmed: boolean) => void,
): HTMLElement {
  const { store, clock, model } = context;
  const word = make("span", {}, "Arm");
  const rest = make("span", { class: "rest", "aria-hidden": "true" });
  const button = make(
    "button",
    { type: "button", class: "arm", "aria-label": labelOf(suffix), title: model.pvs[suffix]?.meaning },
    word,
    rest,
  );
  let endCount: (() => void) | undefined;
  const count = (): void => {
    endCount?.();
    let left = ARMED_SECONDS;
    const show = (): void => setText(rest, left > 0 ? ` ${left} s` : "");
    show();
    endCount = clock.every(1, () => {
      left = Math.max(0, left - 1);
      show();
    });
  };
  let wasArmed: boolean | undefined;
  store.draw([suffix], () => {
    const isArmed = store.value(suffix) === ARMED;
    setAttribute(button, "aria-pressed", isArmed ? "true" : "false");
    setText(word, isArmed ? "Armed" : "Arm");
    // Nobody knows for how long what was armed before the page came
    if (isArmed && wasArmed === false) count();
    if (!isArmed) {
      endCount?.();
      setText(rest, "");
    }
    wasArmed = isArmed;
    changed(isArmed);
  });
  button.addEventListener("click", () => void outcome.write(suffix, wasArmed === true ? SAFE : ARMED));
  return button;
}
