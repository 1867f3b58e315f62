/** A state in a word and a tone, with a sign for who does not see colours (the style sheet's, by tone). */
import type { PageContext } from "../context.ts";
import { make, setAttribute, setText } from "../dom.ts";
import { lookAt } from "../look.ts";
import type { PvLook } from "../model.ts";

/** A chip that is drawn by hand. */
export function bareChip(): {
  readonly root: HTMLElement;
  readonly show: (look: Pick<PvLook, "text" | "tone">) => void;
} {
  const word = make("span");
  const root = make("span", { class: "chip" }, word);
  return {
    root,
    show({ text, tone }) {
      setAttribute(root, "data-tone", tone);
      setText(word, text);
    },
  };
}

/** The chip of a PV. */
export function chip(context: PageContext, suffix: string): HTMLElement {
  const { root, show } = bareChip();
  context.store.draw([suffix], () => show(lookAt(context, suffix)));
  return root;
}
