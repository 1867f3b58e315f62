/** A command: its button, its arm where it has one, and how its last run ended. */
import type { CommandName } from "../../../controller/pvs/commands.ts";
import type { PvSuffix } from "../../../controller/pvs/index.ts";
import type { PageContext } from "../context.ts";
import { make, setAttribute, setText } from "../dom.ts";
import { lookAt, stateAt } from "../look.ts";
import type { CommandAbout } from "../model.ts";
import type { ValueStore } from "../store.ts";
import { labelOf } from "../words.ts";
import { arm } from "./arm.ts";
import { chip } from "./chip.ts";
import { timeElement } from "./value.ts";
import { written } from "./written.ts";

/** Where a command works without its arm: the PV and the state that make it harmless. */
const HARMLESS: Partial<Record<CommandName, { readonly suffix: string; readonly state: string }>> = {
  Email: { suffix: "EmailMode", state: "Test" },
  Prune: { suffix: "PrunePlan", state: "Yes" },
};

/** What a person looks at once more before a command starts. */
const WORKS_ON: Partial<Record<CommandName, readonly PvSuffix[]>> = {
  AddUser: ["ExperimentName", "EditUserBadge"],
  RemoveUser: ["ExperimentName", "EditUserBadge"],
  CreateManual: ["ManualName", "ManualTitle", "ManualGup", "ManualDate", "ManualBadges"],
  Delete: ["ServerName", "DeleteName"],
  Email: ["EmailMode", "EmailTo", "EmailCount", "EmailHadBefore"],
  FlowRespond: ["FlowInputQuestion", "FlowInputChoice"],
  FlowRun: ["FlowId", "SourcePath", "DestPath"],
  Prune: ["PruneDays", "PrunePlan"],
  TransferRun: ["SourceCollection", "SourcePath", "DestCollection", "DestPath"],
  WorkflowRun: ["WorkflowName", "WorkflowFile"],
};

/** The button of a command, with arm, what became of a press, and a button that stops it while it runs. */
export function commandButtons(context: PageContext, name: CommandName): readonly HTMLElement[] {
  const { store, model } = context;
  const about = model.commands.find((one) => one.name === name);
  if (about === undefined) return [];
  const outcome = written(context);
  const label = labelOf(name);
  const go = make("button", { type: "button", class: "go", title: about.meaning }, label);
  const stop = make("button", { type: "button", class: "stop", "aria-label": `Stop ${label}`, hidden: true }, "Stop");
  let isArmed = about.arm === undefined;
  let isRunning = false;
  const harmless = HARMLESS[name];
  const isHarmless = (): boolean => harmless !== undefined && stateAt(context, harmless.suffix) === harmless.state;
  const isReady = (): boolean => !isRunning && (isArmed || isHarmless());
  const show = (): void => setAttribute(go, "aria-disabled", isReady() ? undefined : "true");
  const arms =
    about.arm === undefined
      ? []
      : [
          arm(context, about.arm, outcome, (armed) => {
            isArmed = armed;
            if (armed) outcome.refuse("");
            show();
          }),
        ];
  store.draw([name, ...(harmless === undefined ? [] : [harmless.suffix])], () => {
    isRunning = store.value(name) === 1;
    stop.hidden = !isRunning;
    show();
  });
  go.addEventListener("click", () => {
    if (isRunning) return outcome.refuse(`${label} runs already: wait until it has ended, or stop it.`);
    if (!isReady()) return outcome.refuse(`${label} starts only when it is armed: press Arm first.`);
    void start(context, about, (value) => outcome.write(name, value));
  });
  stop.addEventListener("click", () => void outcome.write(name, 0));
  return [make("span", { class: "buttons" }, ...arms, go, stop), outcome.root];
}

async function start(
  context: PageContext,
  { name, meaning, confirm }: CommandAbout,
  write: (value: number) => Promise<boolean>,
): Promise<void> {
  const label = labelOf(name);
  const question = { title: `${label}?`, text: meaning, verb: label, facts: factsFor(context, name) };
  if (confirm === true && !(await context.confirm(question))) return;
  if (await write(1)) tellEnd(context, name);
}

const factsFor = (context: PageContext, name: CommandName): readonly (readonly [string, string])[] =>
  (WORKS_ON[name] ?? []).map((suffix) => [labelOf(suffix), lookAt(context, suffix).text]);

/** Says how a command ended that this page has started. */
function tellEnd(context: PageContext, name: CommandName): void {
  const { store, say } = context;
  const before = store.text(`${name}Time`);
  let hasRun = false;
  const end = store.draw([name, `${name}Status`, `${name}Time`], () => {
    const isRunning = store.value(name) === 1;
    hasRun ||= isRunning;
    // A short run may be over before its start is seen
    if (isRunning || !(hasRun || store.text(`${name}Time`) !== before)) return;
    queueMicrotask(() => end());
    const state = stateAt(context, `${name}Status`) ?? "";
    say(`${labelOf(name)}: ${state}. ${store.text(`${name}Message`)}`);
  });
}

/** How the last run of these commands ended, whichever it was: when, and in a sentence. */
export function ending(context: PageContext, names: readonly CommandName[]): readonly [HTMLElement, HTMLElement] {
  const { store } = context;
  const when = make("span", { class: "when" });
  const sentence = make("p", { class: "sentence" });
  const parts = names.flatMap((name) => [`${name}Time`, `${name}Message`, `${name}Status`]);
  store.draw(parts, () => {
    const last = names.reduce((one, other) => (timeOf(store, other) > timeOf(store, one) ? other : one));
    const iso = store.text(`${last}Time`);
    when.replaceChildren(...(iso === "" ? [] : [timeElement(iso, store.time)]));
    setText(sentence, store.text(`${last}Message`));
    setAttribute(sentence, "data-tone", lookAt(context, `${last}Status`).tone);
  });
  return [when, sentence];
}

/** Milliseconds since 1970 at which a command's last run ended; 0: there was none. */
const timeOf = (store: ValueStore, name: CommandName): number => Date.parse(store.text(`${name}Time`)) || 0;

/** A whole row. */
export function command(context: PageContext, name: CommandName): HTMLElement {
  const [buttons, ...outcomes] = commandButtons(context, name);
  if (buttons === undefined) return make("div");
  const [when, sentence] = ending(context, [name]);
  return make(
    "div",
    { class: "command", role: "group", "aria-label": labelOf(name) },
    buttons,
    chip(context, `${name}Status`),
    when,
    sentence,
    ...outcomes,
  );
}
