/**
 * A question that a run asks of a person, as PVs: its text, its answers as lines, and as the states of FlowInputChoice.
 * What is chosen for one question never counts for another. Sends nothing.
 */
import { onePerLine } from "../../base/clean-text.ts";
import { facilityIso } from "../../base/facility-time.ts";
import type { Question } from "../ports/flows.ts";
import type { Pvs } from "../ports/pvs.ts";
import { MOST_ANSWERS, NO_ANSWER } from "../pvs/flows.ts";
import { ANSWERS } from "../pvs/row.ts";

/** Bytes of the name of a state. */
const NAME_BYTES = 25;

export class QuestionBoard {
  readonly #pvs: Pick<Pvs, "put" | "nameStates">;
  #shown: Question | undefined;

  constructor(pvs: Pick<Pvs, "put" | "nameStates">) {
    this.#pvs = pvs;
    this.#clear();
    this.#pvs.put("FlowInputWaiting", ANSWERS.indexOf("Unknown"));
  }

  /** What is asked now. */
  get question(): Question | undefined {
    return this.#shown;
  }

  /** @param question undefined: none is asked */
  show(question: Question | undefined): void {
    if (question === undefined || question.id !== this.#shown?.id) {
      if (question === undefined || this.#shown !== undefined) this.#clear();
      this.#shown = question;
    }
    if (question !== undefined) this.#tell(question);
    this.#pvs.put("FlowInputWaiting", ANSWERS.indexOf(question === undefined ? "No" : "Yes"));
  }

  /** The answer's id behind a state of FlowInputChoice; undefined: there is none. */
  optionOf(choice: number): Question["options"][number] | undefined {
    return choice > MOST_ANSWERS ? undefined : this.#shown?.options[choice - 1];
  }

  #tell({ title, text, options, expires }: Question): void {
    const asked = text === "" || text === title ? title : title === "" ? text : `${title}: ${text}`;
    this.#pvs.put("FlowInputQuestion", asked);
    this.#pvs.put("FlowInputOptions", onePerLine(options.map(({ words }, index) => answerLine(index + 1, words))));
    this.#pvs.put("FlowInputExpires", expires === undefined ? "" : facilityIso(new Date(expires)));
    this.#pvs.nameStates("FlowInputChoice", [NO_ANSWER, ...answerNames(options.map(({ words }) => words))]);
  }

  #clear(): void {
    this.#shown = undefined;
    this.#pvs.put("FlowRespondArm", 0);
    this.#pvs.put("FlowInputChoice", 0);
    this.#pvs.nameStates("FlowInputChoice", [NO_ANSWER]);
    for (const name of ["FlowInputQuestion", "FlowInputOptions", "FlowInputExpires"] as const) this.#pvs.put(name, "");
  }
}

const answerLine = (number: number, words: string): string =>
  number <= MOST_ANSWERS ? `${number}: ${words}` : `in the browser alone: ${words}`;

/** As long as a state's name may be, and no two alike: a number goes before where they would be. */
function answerNames(words: readonly string[]): readonly string[] {
  const short = words.slice(0, MOST_ANSWERS).map((text) => fitted(text));
  const isClear = (name: string): boolean =>
    name !== "" && name !== NO_ANSWER && short.filter((one) => one === name).length === 1;
  return short.map((name, index) => (isClear(name) ? name : fitted(`${index + 1} ${name}`)));
}

/** As many characters as NAME_BYTES hold. */
function fitted(text: string): string {
  let name = "";
  for (const character of text.trim()) {
    if (Buffer.byteLength(name + character) > NAME_BYTES) break;
    name += character;
  }
  return name.trim();
}
