/**
 * Asks before a command that needs a person's word: whom the e-mail goes to, what is deleted, which beamtime is meant.
 * Asks only at a terminal, or takes --yes for the answer: a script would wait for ever. The answers set the PVs' arms.
 */

import type { CommandName } from "../controller/pvs/commands.ts";
import { EMAIL_MODES } from "../controller/pvs/email.ts";
import type { InputName } from "../controller/pvs/index.ts";
import { ARM_STATES } from "../controller/pvs/row.ts";
import type { Outcome } from "../controller/run/outcome.ts";
import type { CommonOptions } from "./data-options.ts";
import { UsageError } from "./exit-status.ts";
import { linesOf, numberOf, type Runner } from "./runner.ts";

/** The person at the terminal. */
export interface Operator {
  /** False without a terminal, and with --json. */
  readonly canAnswer: boolean;
  /** The answer without blanks around it; undefined at the end of the input or after Ctrl-C. */
  readonly ask: (question: string) => Promise<string | undefined>;
  /** Shows a titled text of several lines. */
  readonly show: (title: string, text: string) => void;
}

interface DialogueContext {
  readonly runner: Runner;
  readonly person: Operator;
  readonly common: Pick<CommonOptions, "yes" | "dryRun">;
  /** What the options of the command line say. */
  readonly inputs: ReadonlyMap<InputName, string | number>;
}

type Dialogue = (context: DialogueContext) => Promise<Outcome>;

const ARMED = ARM_STATES.indexOf("Armed");
const SAFE = ARM_STATES.indexOf("Safe");
const [NO, YES] = [0, 1];
const TEST = EMAIL_MODES.indexOf("Test");
const cancelled = (message: string): Outcome => ({ state: "Cancelled", message });
const hasEnded = ({ state }: Outcome): boolean => state !== "Done" && state !== "Partial";

/** The commands that ask. */
export const DIALOGUES: Readonly<Partial<Record<CommandName, Dialogue>>> = {
  Email: email,
  Delete: deletion,
  Prune: pruning,
  Tag: tag,
  TagManual: tagManual,
  CreateManual: createManual,
  AddUser: (context) => users(context, "AddUser"),
  RemoveUser: (context) => users(context, "RemoveUser"),
};

/** Shows the e-mail and its recipients, and sends it when the person says so; a test can be sent first. */
async function email({ runner, person, common }: DialogueContext): Promise<Outcome> {
  const mode = numberOf(await runner.value("EmailMode"));
  if (common.dryRun || mode === TEST) return runner.run("Email");
  if (!common.yes && !person.canAnswer)
    throw new UsageError("email asks before it sends, and there is no terminal to ask at: give --yes to send.");
  for (;;) {
    const preview = await runner.run("PreviewEmail");
    const count = numberOf(await runner.value("EmailCount"));
    if (hasEnded(preview) || count === 0) return preview;
    const again = numberOf(await runner.value("EmailHadBefore"));
    await showPreview(runner, person);
    const answer = common.yes
      ? "yes"
      : await choose(
          person,
          `Send it to ${count} address${count === 1 ? "" : "es"}${again === 0 ? "" : ` (${again} of them had it before)`}? [y]es, [n]o, [t]est: `,
          ["yes", "no", "test"],
          true,
        );
    if (answer === "yes") {
      await runner.set("EmailArm", ARMED);
      return runner.run("Email");
    }
    if (answer !== "test") return cancelled("Nothing was sent.");
    const test = await runWith(runner, { name: "EmailMode", value: TEST, before: mode }, "Email");
    person.show("The test", `${test.state}. ${test.message}`);
  }
}

async function showPreview(runner: Runner, person: Operator): Promise<void> {
  person.show("The e-mail", String((await runner.value("EmailPreview")) ?? ""));
  person.show("It goes to", linesOf(await runner.value("EmailRecipients")).join("\n"));
  const leftOut = linesOf(await runner.value("EmailResults"));
  if (leftOut.length > 0) person.show("Nothing goes to", leftOut.join("\n"));
}

/** Shows the experiment, and deletes it when the person types its name. */
async function deletion({ runner, person, common }: DialogueContext): Promise<Outcome> {
  if (common.dryRun) return runner.run("Delete");
  const given = String((await runner.value("DeleteName")) ?? "");
  if (common.yes && given === "") throw new UsageError("delete --yes needs the name, too: give --exp-name NAME.");
  if (!common.yes && !person.canAnswer)
    throw new UsageError(
      "delete asks for the experiment's name, and there is no terminal to ask at: give --exp-name NAME --yes.",
    );
  const { name, details } = await runner.experiment();
  const wrong = (typed = ""): Outcome =>
    cancelled(`${JSON.stringify(typed)} is not the name of the experiment, ${name}: nothing was deleted.`);
  if (common.yes && given !== name) return wrong(given);
  await refuseUnlessArmable(runner, name, given);
  person.show("This goes, with all its data", [name, ...details].join("\n"));
  const typed = common.yes ? given : await person.ask("Type its name to delete it: ");
  if (typed !== name) return wrong(typed);
  await runner.set("DeleteName", name);
  await runner.set("DeleteArm", ARMED);
  return runner.run("Delete");
}

/** Sets DeleteArm and takes it back, so that nobody is asked where deleting is refused anyway. @throws RejectedError */
async function refuseUnlessArmable(runner: Runner, name: string, before: string): Promise<void> {
  try {
    await runner.set("DeleteName", name);
    await runner.set("DeleteArm", ARMED);
  } finally {
    await runner.set("DeleteArm", SAFE);
    await runner.set("DeleteName", before);
  }
}

/** Shows what would be deleted, and deletes it when the person says so. */
async function pruning({ runner, person, common, inputs }: DialogueContext): Promise<Outcome> {
  if (common.dryRun) return runner.run("Prune");
  const isPlan = inputs.get("PrunePlan") === YES;
  if (!isPlan && !common.yes && !person.canAnswer)
    throw new UsageError("prune asks before it deletes, and there is no terminal to ask at: give --plan, or --yes.");
  if (!isPlan) await refuseUnlessPrunable(runner);
  await runner.set("PrunePlan", YES);
  if (isPlan || !common.yes) {
    const plan = await runner.run("Prune");
    const count = numberOf(await runner.value("PruneFound"));
    if (isPlan || hasEnded(plan) || count <= 0) return plan;
    person.show("These would be deleted, or are kept", String((await runner.value("PruneText")) ?? ""));
    person.show("In all", plan.message);
    const what = count === 1 ? "this scan" : `these ${count} scans`;
    const answer = await choose(person, `Delete ${what} at the source? [y]es, [n]o: `, ["yes", "no"], true);
    if (answer !== "yes") return cancelled("Nothing was deleted.");
  }
  try {
    await runner.set("PrunePlan", NO);
    await runner.set("PruneArm", ARMED);
    return await runner.run("Prune");
  } finally {
    await runner.set("PrunePlan", YES);
  }
}

/** Sets PruneArm and takes it back, so that nobody is asked where deleting is refused anyway. @throws RejectedError */
async function refuseUnlessPrunable(runner: Runner): Promise<void> {
  try {
    await runner.set("PruneArm", ARMED);
  } finally {
    await runner.set("PruneArm", SAFE);
  }
}

/** Lets the person choose where the schedule has several beamtimes for the day. */
async function tag({ runner, person }: DialogueContext): Promise<Outcome> {
  const chosen = numberOf(await runner.value("BeamtimeIndex"));
  const first = await runner.run("Tag");
  const beamtimes = linesOf(await runner.value("Beamtimes"));
  if (first.state !== "Rejected" || chosen !== 0 || beamtimes.length < 2 || !person.canAnswer) return first;
  person.show("Beamtimes of that day", beamtimes.join("\n"));
  const number = await chooseNumber(person, beamtimes.length);
  if (number === undefined) return cancelled("No beamtime was chosen: nothing was written.");
  return runWith(runner, { name: "BeamtimeIndex", value: number, before: 0 }, "Tag");
}

/**
 * Runs a command with an input for this run alone, and puts the input back: on an IOC it would count for the next run.
 */
async function runWith(
  runner: Runner,
  { name, value, before }: { readonly name: InputName; readonly value: number; readonly before: number },
  command: CommandName,
): Promise<Outcome> {
  try {
    await runner.set(name, value);
    return await runner.run(command);
  } finally {
    await runner.set(name, before);
  }
}

/** Lets the person choose between the experiments of the server where none was named. */
async function tagManual({ runner, person }: DialogueContext): Promise<Outcome> {
  const given = String((await runner.value("ManualExperiment")) ?? "");
  if (given.trim() !== "" || !person.canAnswer || runner.experiments === undefined) return runner.run("TagManual");
  const names = await runner.experiments();
  if (names.length === 0) return runner.run("TagManual");
  person.show("Experiments", names.map((name, index) => `${index + 1}: ${name}`).join("\n"));
  const number = await chooseNumber(person, names.length);
  if (number === undefined) return cancelled("No experiment was chosen: nothing was written.");
  await runner.set("ManualExperiment", names[number - 1] as string);
  return runner.run("TagManual");
}

/** @returns the number, from 1; undefined when the person chooses none */
async function chooseNumber(person: Operator, count: number): Promise<number | undefined> {
  const numbers = Array.from({ length: count }, (_one, index) => String(index + 1));
  const answer = await choose(person, `Which one, 1 to ${count}, or q to leave it? `, [...numbers, "q"]);
  return answer === undefined || answer === "q" ? undefined : Number(answer);
}

/** Asks which experiment to make where the options name none. */
async function createManual({ runner, person, common, inputs }: DialogueContext): Promise<Outcome> {
  if (inputs.has("ManualName") || common.yes || common.dryRun) return runner.run("CreateManual");
  const usual = String((await runner.value("ManualName")) ?? "");
  if (!person.canAnswer)
    throw new UsageError(
      `No --name was given, and there is no terminal to ask at: give --name NAME, or --yes for ${usual}.`,
    );
  const name = await person.ask(`Last name that the experiment is to have, or nothing for ${usual}: `);
  if (name === undefined) return cancelled("No experiment was named: nothing was created.");
  if (name !== "") await runner.set("ManualName", name);
  return runner.run("CreateManual");
}

/** Asks which users are meant where the options name none. */
async function users({ runner, person, common }: DialogueContext, command: CommandName): Promise<Outcome> {
  const given = String((await runner.value("EditUserBadge")) ?? "");
  if (given.trim() !== "" || !person.canAnswer || common.yes) return runner.run(command);
  const badges = await person.ask("Badge numbers, separated by commas: ");
  if (badges === undefined || badges === "") return cancelled("Nobody was named: nothing was changed.");
  await runner.set("EditUserBadge", badges);
  return runner.run(command);
}

/**
 * Asks until the answer is one of the words; undefined when there is no answer.
 * @param isEnough whether a word's first letter is enough
 */
async function choose(
  person: Operator,
  question: string,
  answers: readonly string[],
  isEnough = false,
): Promise<string | undefined> {
  for (;;) {
    const answer = (await person.ask(question))?.toLowerCase();
    if (answer === undefined) return undefined;
    const found = answers.find((one) => one === answer || (isEnough && answer !== "" && one.startsWith(answer)));
    if (found !== undefined) return found;
  }
}
