/**
 * The rule of what belongs to a scan whose file is named: its neighbours, by templates. Opens no file. A scan that is a
 * folder is all that is in it.
 */
import { parse } from "node:path";
import { cleanJson } from "../../base/clean-text.ts";
import { directoryNameProblem, isLongName } from "../../base/directory-name.ts";
import { ActionError } from "../../base/errors.ts";

/**
 * Names beside the scan's file, of files or of folders: `{name}` stands for the file's name, `{stem}` for that without
 * what follows its last dot. What is not there is not missed.
 */
export type Belongs = readonly string[];

/** @throws ActionError for a template that can be no name */
export function checkBelongs(belongs: Belongs): void {
  for (const template of belongs) {
    const name = filled(template, "a.b");
    const problem = /[{}]/.test(name)
      ? "has a brace that is neither of {stem} nor of {name}"
      : name === ""
        ? "is empty"
        : /^\.\.?$|[/\0]/.test(name)
          ? "is no plain name"
          : directoryNameProblem(name);
    if (problem !== undefined)
      throw new ActionError(`The template ${cleanJson(template)} of what belongs to a scan ${problem}.`);
  }
}

/** Names of all that may belong to the scan with this file, that file first. */
export const namesOf = (belongs: Belongs, file: string): readonly string[] => [
  ...new Set([file, ...belongs.map((template) => filled(template, file)).filter((name) => !isLongName(name))]),
];

const filled = (template: string, file: string): string =>
  template.replaceAll("{stem}", () => parse(file).name).replaceAll("{name}", () => file);
