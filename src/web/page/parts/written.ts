/** What became of a write, in place: nothing where it was made, else the sentence that refuses. */
import type { PageContext } from "../context.ts";
import { make, setText } from "../dom.ts";

export interface Written {
  /** Goes beside what writes. */
  readonly root: HTMLElement;
  /** Writes, and shows what becomes of it. @returns whether it was made */
  write(suffix: string, value: number | string): Promise<boolean>;
  /** Shows a sentence, as if the IOC had refused. */
  refuse(sentence: string): void;
}

export function written(context: PageContext): Written {
  const root = make("p", { class: "refusal", hidden: true });
  const refuse = (sentence: string): void => {
    root.hidden = sentence === "";
    setText(root, sentence);
    if (sentence !== "") context.say(sentence);
  };
  return {
    root,
    refuse,
    async write(suffix, value) {
      refuse("");
      const sentence = await context.write(suffix, value);
      if (sentence !== undefined) refuse(sentence);
      else context.say(`${suffix} was written.`);
      return sentence === undefined;
    },
  };
}
