/** The first screen: the whole state at a glance. */
import type { PageContext } from "../context.ts";
import { make, setText } from "../dom.ts";
import type { RateTrack } from "../rates.ts";
import { bar } from "./bar.ts";
import { beam } from "./beam.ts";
import { chip } from "./chip.ts";
import { daqs, destinations, work } from "./destinations.ts";
import { press } from "./entry.ts";
import { graph } from "./graph.ts";
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
    queue(context, track),
    ...destinations(context),
    ...daqs(context),
    work(context, "Flow", "RunStatus", "RunPercent", "RunMessage"),
    work(context, "Workflow", "WorkflowStatus", undefined, "WorkflowMessage"),
  ]);
  const events = group("Log", false, [log(context)]);
  events.classList.add("log");
  const columns = [
    make("div", { class: "column" }, steps, events),
    make("div", { class: "column" }, beamNow, healthNow, transfers),
  ];
  const root = section("overview", "Overview", [lastError(context), ...columns]);
  root.classList.add("overview");
  return root;
}

/** What is being done, and the button that stops it. */
function now(context: PageContext): HTMLElement {
  const { button, outcome } = press(context, "Abort", "Abort all");
  button.classList.add("stop");
  const doing = make("span", { class: "value" });
  context.store.draw(["Status"], () => {
    const status = context.store.text("Status");
    setText(doing, status === "Done" ? "" : status); // as the chip says
  });
  return make("div", { class: "now" }, chip(context, "Busy"), doing, button, outcome);
}

const queue = (context: PageContext, track: RateTrack): HTMLElement =>
  make(
    "div",
    { class: "way", role: "group", "aria-label": "Queue" },
    make("h4", {}, "Queue"),
    chip(context, "QueueState"),
    bar(context, "PercentComplete", "All transfers: percent"),
    make("p", { class: "sentence" }, text(context, "QueueMessage")),
    graph(context, "Rate", "Rate of all transfers", track),
  );
