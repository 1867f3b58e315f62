/** A PV that is only looked at: a state as a chip, a part of a whole as a bar, an address as a link, else text. */
import type { PageContext } from "../context.ts";
import { make, setAttribute, setText } from "../dom.ts";
import { NOBODY_KNOWS, offsetMinutes, shortTime, webAddress } from "../format.ts";
import { lookAt, statesAt } from "../look.ts";
import { bar } from "./bar.ts";
import { chip } from "./chip.ts";

/** Text with more than one line, or longer than this, is folded by the style sheet. */
const LONG = 60;

export function value(context: PageContext, suffix: string, label: string): HTMLElement {
  if (statesAt(context, suffix) !== undefined) return chip(context, suffix);
  if (context.model.pvs[suffix]?.unit === "%") return bar(context, suffix, label);
  return text(context, suffix);
}

/** The text of a PV, as a link where it is an address of the web. */
export function text(context: PageContext, suffix: string): HTMLElement {
  const { model, store } = context;
  const about = model.pvs[suffix];
  const root = make("span", { class: "value" });
  store.draw([suffix], () => {
    const look = lookAt(context, suffix);
    const address = about?.kind === "result" ? webAddress(look.text) : undefined;
    setAttribute(root, "data-tone", look.tone);
    setAttribute(root, "data-unknown", look.isUnknown || look.text === "");
    setAttribute(root, "data-long", look.text.length > LONG || look.text.includes("\n"));
    if (address !== undefined) root.replaceChildren(link(address));
    else if (offsetMinutes(look.text) !== undefined) root.replaceChildren(timeElement(look.text, store.time));
    else setText(root, look.text === "" ? NOBODY_KNOWS : look.text);
  });
  return root;
}

/** Addresses are long, and end in what nobody reads: the host says where it leads. */
function link(address: string): HTMLElement {
  const words = address.length > LONG ? `${new URL(address).host}/…` : address;
  return make("a", { href: address, title: address, target: "_blank", rel: "noopener noreferrer" }, words);
}

/** A time of the facility: short to look at, whole to hover over. */
export const timeElement = (iso: string, now: number): HTMLElement =>
  make("time", { datetime: iso, title: iso }, shortTime(iso, now));
