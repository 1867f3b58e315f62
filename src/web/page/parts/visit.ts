/** The steps of a visit in their order: what is done, what comes next, and the button for it. */
import type { CommandName } from "../../../controller/pvs/commands.ts";
import type { PageContext } from "../context.ts";
import { make, setAttribute, setText } from "../dom.ts";
import { stateOf } from "../model.ts";
import { chip } from "./chip.ts";
import { commandButtons, ending } from "./command.ts";

interface VisitRow {
  /** As the states of NextStep. */
  readonly name: string;
  /** The PV of its state. */
  readonly state: string;
  /** The commands of it, the main one last. */
  readonly commands: readonly CommandName[];
  /** Where no command ends, the PV of a sentence. */
  readonly message?: string;
}

const STEPS: readonly VisitRow[] = [
  { name: "Tag", state: "VisitTag", commands: ["Tag"] },
  { name: "Init", state: "VisitInit", commands: ["Init"] },
  { name: "Dirs", state: "VisitDirs", commands: ["Dirs"] },
  { name: "Email", state: "VisitEmail", commands: ["PreviewEmail", "Email"] },
  { name: "StartDaq", state: "VisitStart", commands: ["StartDaq"] },
  { name: "Scans", state: "VisitScans", commands: [], message: "ArchiveMessage" },
  { name: "StopDaq", state: "VisitStop", commands: ["StopDaq"] },
];

export function visit(context: PageContext): HTMLElement {
  const { model, store } = context;
  const rows = STEPS.map((one) => [one.name, row(context, one)] as const);
  const next = make("p", { class: "next-step" });
  store.draw(["NextStep", "NextStepMessage"], () => {
    const name = stateOf(model.pvs["NextStep"], store.value("NextStep"));
    for (const [step, element] of rows) setAttribute(element, "aria-current", step === name ? "step" : undefined);
    setText(next, store.text("NextStepMessage"));
  });
  return make(
    "div",
    { class: "visit" },
    ...("NextStepMessage" in model.pvs ? [next] : []),
    make("ol", {}, ...rows.map(([, element]) => element)),
  );
}

function row(context: PageContext, { name, state, commands, message }: VisitRow): HTMLElement {
  const buttons = commands.map((command) => commandButtons(context, command));
  const told = commands.at(-1);
  const stateSuffix = state in context.model.pvs ? state : told === undefined ? "ArchiveVerified" : `${told}Status`;
  return make(
    "li",
    { class: "command" },
    make("span", { class: "buttons" }, ...buttons.map(([first]) => first).filter((one) => one !== undefined)),
    chip(context, stateSuffix),
    ...(told === undefined
      ? [make("span", { class: "when" }, name), scanning(context, message)]
      : ending(context, told)),
    ...buttons.flatMap(([, ...outcomes]) => outcomes),
  );
}

function scanning({ store }: PageContext, message: string | undefined): HTMLElement {
  const sentence = make("p", { class: "sentence" });
  if (message !== undefined) store.draw([message], () => setText(sentence, store.text(message)));
  return sentence;
}
