/** The first screen: the whole state at a glance. */
import type { PageContext } from "../context.ts";
import { make } from "../dom.ts";
import type { RateTrack } from "../rates.ts";
import { bar } from "./bar.ts";
import { beam } from "./beam.ts";
import { chip } from "./chip.ts";
import { daqs, destinations } from "./destinations.ts";
import { press } from "./entry.ts";
import { health } from "./health.ts";
import { lastError, log } from "./log.ts";
import { group, section } from "./section.ts";
import { text } from "./value.ts";
import { visit } from "./visit.ts";

export function overview(context: PageContext, track: RateTrack): HTMLElement {
  const steps = group("Visit", false, [now(context), visit(context)]);
  const beamNow = group("Beam", false, [beam(context)]);
  const healthNow = group("Health", false, [health(context)]);
  const transfers = group("Transfers", false, [
    queue(context),
    ...destinations(context, track),
    ...daqs(context, track),
  ]);
  const events = group("Log", true, [lastError(context), log(context)]);
  steps.classList.add("main");
  const root = section("overview", "Overview", [steps, beamNow, healthNow, transfers, events]);
  root.classList.add("overview");
  return root;
}

/** What is being done, and the button that stops it. */
function now(context: PageContext): HTMLElement {
  const { button, outcome } = press(context, "Abort", "Abort all");
  button.classList.add("stop");
  return make("div", { class: "now" }, chip(context, "Busy"), text(context, "Status"), button, outcome);
}

const queue = (context: PageContext): HTMLElement =>
  make(
    "div",
    { class: "way", role: "group", "aria-label": "Queue" },
    make("h4", {}, "Queue"),
    chip(context, "QueueState"),
    bar(context, "PercentComplete", "All transfers: percent"),
    make("p", { class: "sentence" }, text(context, "QueueMessage")),
  );
