/** How each part stands that data management needs, and what to do where one is in trouble. */
import type { PageContext } from "../context.ts";
import { make, setText } from "../dom.ts";
import { chip } from "./chip.ts";

/** A part: the PV of its state, and the PV of a sentence about it. */
interface HealthRow {
  readonly name: string;
  readonly state: string;
  readonly message?: string;
}

const PARTS: readonly HealthRow[] = ["IOC", "TomoScan", "DM", "Globus", "SSH", "Mail", "Ledger", "Watcher"].map(
  (name) => ({ name, state: `Health${name}`, message: `Health${name}Message` }),
);
/** Of an IOC that has no PVs of health. */
const INSTEAD: readonly HealthRow[] = [
  { name: "IOC", state: "ServerRunning" },
  { name: "TomoScan", state: "TomoScanConnected" },
  { name: "DM", state: "AuthDM" },
  { name: "Globus", state: "AuthGlobus" },
  { name: "Watcher", state: "WatchAlive", message: "WatchMessage" },
];

export function health(context: PageContext): HTMLElement {
  const known = PARTS.filter(({ state }) => state in context.model.pvs);
  const parts = known.length > 0 ? known : INSTEAD;
  return make("ul", { class: "health" }, ...parts.map((one) => row(context, one)));
}

function row(context: PageContext, { name, state, message }: HealthRow): HTMLElement {
  const { store } = context;
  const sentence = make("p", { class: "sentence" });
  if (message !== undefined) store.draw([message], () => setText(sentence, store.text(message)));
  return make("li", {}, make("span", { class: "label" }, name), chip(context, state), sentence);
}
