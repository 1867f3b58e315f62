/** `globus-ioc flow respond`: a person's answer to the question that a run waits with, by its number or its words. */
import { oneLine, visible } from "../base/clean-text.ts";
import { facilityMinute } from "../base/facility-time.ts";
import { listed } from "../base/word-list.ts";
import { runWords } from "../controller/flows/run-words.ts";
import type { Question } from "../controller/ports/flows.ts";
import type { Ending } from "./ending.ts";
import { EXIT, UsageError } from "./exit-status.ts";
import { type FlowWork, runNamed } from "./flow-context.ts";

type Option = Question["options"][number];

export async function respond(
  { run, answer, json }: { readonly run: string; readonly answer?: string; readonly json?: true },
  work: FlowWork,
): Promise<Ending> {
  const { flows, screen, nameOf, dialogue, signal } = work;
  const id = runNamed(run);
  const report = await flows.run(id, { signal });
  if (report.question === undefined) {
    const { sentence } = runWords(report, { flowName: nameOf(report.flow) });
    return {
      state: "Failed",
      message: `${sentence} It asks nothing.`,
      exitStatus: EXIT.failed,
      details: { run: report },
    };
  }
  const question = await flows.question(report.question, { signal });
  screen.show(question.title || "The run asks", questionText(question).join("\n"));
  const canAsk = dialogue.isTerminal && json !== true;
  if (answer === undefined && !canAsk)
    throw new UsageError(
      `Which answer? Give its number or its words with --answer: ${listed(question.options.map(({ words }, index) => `${index + 1} (${oneLine(words)})`))}.`,
    );
  const given = answer ?? (await dialogue.ask("Which answer, by its number (nothing: none)? ")) ?? "";
  if (given === "") return { state: "Cancelled", message: "Nothing was answered.", exitStatus: EXIT.failed };
  const option = optionOf(question, given);
  await flows.respond(question.id, option.id, { signal });
  const asked = visible(question.title || question.text);
  return {
    state: "Done",
    message: `${asked} was answered with ${visible(option.words)}. \`globus-ioc flow monitor ${id}\` follows the run.`,
    exitStatus: EXIT.done,
    details: { question, option },
  };
}

function questionText({ text, options, expires }: Question): string[] {
  return [
    ...text.split("\n").filter((line) => line.trim() !== ""),
    ...options.map(({ words }, index) => `${index + 1}  ${oneLine(words)}`),
    ...(expires === undefined ? [] : [`It may be answered until ${facilityMinute(new Date(expires))}.`]),
  ];
}

/** @param given a number, or how the words of one begin @throws UsageError */
function optionOf({ options }: Question, given: string): Option {
  const fitting = options.filter(({ words }) => words.toLowerCase().startsWith(given.toLowerCase()));
  const option = /^\d+$/.test(given) ? options[Number(given) - 1] : fitting.length === 1 ? fitting[0] : undefined;
  if (option !== undefined) return option;
  throw new UsageError(
    `${visible(given)} is no answer: give ${listed(options.map(({ words }, index) => `${index + 1} (${oneLine(words)})`))}.`,
  );
}
