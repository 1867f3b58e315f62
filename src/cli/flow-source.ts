/**
 * A flow's definition with its input schema, from a template or the site's own files, in the present generation; and
 * `globus-ioc flow validate`, which says what is wrong with it.
 */
import { readdirSync } from "node:fs";
import path from "node:path";
import { visible } from "../base/clean-text.ts";
import { codeOf, messageOf } from "../base/errors.ts";
import { type JsonObject, readJsonObject } from "../base/json-object.ts";
import { readRegularFile } from "../base/regular-file.ts";
import { didYouMean } from "../base/suggest.ts";
import { listed } from "../base/word-list.ts";
import { readDefinition } from "../controller/flows/definition.ts";
import { type Migrated, migrateDefinition } from "../controller/flows/migration.ts";
import type { Flows } from "../controller/ports/flows.ts";
import type { Ending } from "./ending.ts";
import { EXIT, UsageError } from "./exit-status.ts";
import type { FlowWork } from "./flow-context.ts";
import type { DeployFlags, ValidateFlags } from "./flow-request.ts";

/** A definition with its schema, in the present generation. */
export interface FlowSource extends Migrated {
  readonly inputSchema: JsonObject;
  /** Where the definition is from. */
  readonly file: string;
  readonly isTemplate: boolean;
}

/** @throws UsageError, ActionError */
export async function sourceOf(
  { definition, inputSchema }: Pick<DeployFlags, "definition" | "inputSchema">,
  name: string,
  templates: string,
): Promise<FlowSource> {
  const isTemplate = definition === undefined;
  const file = definition ?? templateFile(name, templates);
  const schemaFile = inputSchema ?? (isTemplate ? file.replace(/\.json$/, ".schema.json") : undefined);
  const migrated = migrateDefinition(readDefinition(await flowText(file), file));
  const schema =
    schemaFile === undefined ? {} : readJsonObject(await flowText(schemaFile), schemaFile, "an input schema");
  return { ...migrated, inputSchema: schema, file, isTemplate };
}

function templateFile(name: string, templates: string): string {
  const names = readdirSync(templates).flatMap((one) => /^([^.]+)\.json$/.exec(one)?.[1] ?? []);
  if (names.includes(name)) return path.join(templates, `${name}.json`);
  throw new UsageError(
    `There is no template ${visible(name)}${didYouMean(name, names)}: give one of ${listed(names)}, or --definition FILE.`,
  );
}

/** @throws UsageError */
export const flowText = async (file: string): Promise<string> => {
  try {
    return (await readRegularFile(file)).toString("utf8");
  } catch (thrown) {
    throw new UsageError(
      codeOf(thrown) === "ENOENT"
        ? `${file} does not exist: give the file with the definition, or with its input schema.`
        : `${file} cannot be read: ${messageOf(thrown, file)}.`,
      { cause: thrown },
    );
  }
};

export function sayChanges({ rewritten, advice }: Migrated, { screen }: Pick<FlowWork, "screen">): void {
  for (const sentence of rewritten) screen.say(sentence);
  for (const sentence of advice) screen.warn(sentence);
}

/** What is deployed where nobody says what: it does all that the others do. */
export const USUAL_TEMPLATE = "beamline";

type ValidateWork = Pick<FlowWork, "templates" | "screen" | "signal">;

/** @param open gives Globus; absent: it is not asked */
export async function validate(
  { file = USUAL_TEMPLATE, inputSchema }: ValidateFlags,
  work: ValidateWork,
  open: (() => Promise<Pick<Flows, "definitionProblems">>) | undefined,
): Promise<Ending> {
  const isFile = file.includes("/") || file.endsWith(".json");
  const schema = inputSchema === undefined ? {} : { inputSchema };
  const source = await sourceOf({ ...schema, ...(isFile && { definition: file }) }, file, work.templates);
  sayChanges(source, work);
  const { definition, rewritten, advice } = source;
  const details = { file: source.file, rewritten, advice };
  if (open === undefined)
    return {
      state: "Done",
      message: `${source.file} is a definition; Globus was not asked.`,
      exitStatus: EXIT.done,
      details,
    };
  const draft = { title: source.file, definition, inputSchema: source.inputSchema };
  const problems = await (await open()).definitionProblems(draft, { signal: work.signal });
  for (const problem of problems) work.screen.warn(problem);
  const isSound = problems.length === 0;
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  return {
    state: isSound ? "Done" : "Failed",
    message: isSound ? `Globus takes ${source.file}.` : `Globus finds ${count} in ${source.file}.`,
    exitStatus: isSound ? EXIT.done : EXIT.failed,
    details: { ...details, problems },
  };
}
