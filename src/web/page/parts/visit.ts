/** The steps of a visit in their order: what is done, what comes next, and the button for it. */
import type { CommandName } from "../../../controller/pvs/commands.ts";
import type { PvSuffix } from "../../../controller/pvs/index.ts";
import type { NextStep } from "../../../controller/pvs/visit.ts";
import type { PageContext } from "../context.ts";
import { make, setAttribute, setText } from "../dom.ts";
import { stateAt } from "../look.ts";
import { chip } from "./chip.ts";
import { commandButtons, ending } from "./command.ts";

interface VisitRow {
  readonly name: NextStep;
  readonly state: PvSuffix;
  /** None: it is no command that does it. */
  readonly commands: readonly CommandName[];
}

const STEPS: readonly VisitRow[] = [
  { name: "Tag", state: "VisitTag", commands: ["Tag"] },
  { name: "Init", state: "VisitInit", commands: ["Init"] },
  { name: "Dirs", state: "VisitDirs", commands: ["Dirs"] },
  { name: "Email", state: "VisitEmail", commands: ["PreviewEmail", "Email"] },
  { name: "StartDaq", state: "VisitStart", commands: ["StartDaq"] },
  { name: "Scans", state: "VisitScans", commands: [] },
  { name: "StopDaq", state: "VisitStop", commands: ["StopDaq"] },
];

export function visit(context: PageContext): HTMLElement {
  const { store } = context;
  const rows = STEPS.map((one) => [one.name, row(context, one)] as const);
  const next = make("p", { class: "next-step" });
  store.draw(["NextStep", "NextStepMessage"], () => {
    const name = stateAt(context, "NextStep");
    for (const [step, element] of rows) setAttribute(element, "aria-current", step === name ? "step" : undefined);
    setText(next, store.text("NextStepMessage"));
  });
  return make("div", { class: "visit" }, next, make("ol", {}, ...rows.map(([, element]) => element)));
}

function row(context: PageContext, { name, state, commands }: VisitRow): HTMLElement {
  const buttons = commands.map((command) => commandButtons(context, command));
  const heads = commands.length === 0 ? [make("strong", {}, name)] : buttons.flatMap(([first]) => first ?? []);
  const [when, sentence] = commands.length === 0 ? archive(context) : ending(context, commands);
  return make(
    "li",
    {},
    make("span", { class: "does" }, ...heads),
    make("span", { class: "stands" }, chip(context, state), when),
    make("div", {}, sentence, ...buttons.flatMap(([, ...outcomes]) => outcomes)),
  );
}

/** How the scans stand, instead of how a command ended. */
function archive({ store }: PageContext): readonly [HTMLElement, HTMLElement] {
  const sentence = make("p", { class: "sentence" });
  store.draw(["ArchiveMessage"], () => setText(sentence, store.text("ArchiveMessage")));
  return [make("span"), sentence];
}
