/**
 * Definitions → the database. Goes to the end of the text and collects everything that is wrong, each thing with its
 * place. Reads no file. channel-access.md §5.1; epics-base: dbLexRoutines.c.
 */
import type { MacroLookup } from "../base/macros.ts";
import type { Database } from "../database/database.ts";
import { DatabaseError } from "../database/database-error.ts";
import { nameProblem } from "../database/pv-name.ts";
import type { DbRecord } from "../database/record.ts";
import { type IncludeReader, parseDb, type RecordDefinition, type RecordItem } from "./parser.ts";
import { DbFileError, type DbText, type Place } from "./source.ts";

export interface LoadOptions {
  readonly macros?: MacroLookup;
  /** For `include`; without it no text can be included. */
  readonly readInclude?: IncludeReader;
}

export interface LoadResult {
  /** Empty when the text was loaded; otherwise the load has failed, though sound records of the text may be there. */
  readonly errors: readonly DbFileError[];
  readonly warnings: readonly DbFileError[];
}

/** Loads the records of a .db text. */
export function loadRecords(database: Database, text: DbText, options: LoadOptions = {}): LoadResult {
  const { macros = () => undefined, readInclude = () => undefined } = options;
  const parsed = parseDb(text, macros, readInclude);
  const loader = new Loader(database);
  for (const definition of parsed.definitions) {
    if (loader.errors.length >= MAX_ERRORS) {
      loader.errors.push(new DbFileError(definition.at, "this and what follows is not loaded, after so many errors"));
      break;
    }
    if (definition.kind === "record") loader.record(definition);
    else loader.alias(definition.record, definition.name, definition.at);
  }
  return {
    errors: inOrder([...parsed.errors, ...loader.errors]),
    warnings: inOrder([...parsed.warnings, ...loader.warnings]),
  };
}

/** More errors help nobody: what is wrong with a prefix or a template is wrong with every record. */
const MAX_ERRORS = 100;

class Loader {
  readonly errors: DbFileError[] = [];
  readonly warnings: DbFileError[] = [];
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  record(definition: RecordDefinition): void {
    if (definition.type === "#") return this.#delete(definition);
    const record = this.#at(definition.at, () => this.#create(definition));
    if (record === undefined) return;
    for (const item of definition.items) this.#at(item.at, () => this.#apply(record, item));
  }

  alias(record: string, alias: string, at: Place): void {
    this.#at(at, () => this.#database.addAlias(record, alias));
    this.#warnOfName(alias, at);
  }

  #create({ type, name, at, typeAt }: RecordDefinition): DbRecord | undefined {
    const existing = this.#database.record(name);
    if (type === "*") {
      if (existing === undefined) throw new DatabaseError(`The record ${name} is to be amended but does not exist.`);
      return existing;
    }
    if (this.#database.recordType(type) === undefined) {
      return this.#at(typeAt, () => this.#database.createRecord(type, name));
    }
    if (existing === undefined) this.#warnOfName(name, at);
    return this.#database.createRecord(type, name);
  }

  /** What the braces hold has no effect, but its names must be valid names. */
  #delete({ name, at, items }: RecordDefinition): void {
    for (const item of [{ kind: "alias", name, at } as const, ...items]) this.#at(item.at, () => checkName(item));
    if (this.#database.record(name) !== undefined) this.#at(at, () => this.#database.deleteRecord(name));
    else this.warnings.push(new DbFileError(at, `the record ${name} cannot be deleted: it does not exist`));
  }

  #apply(record: DbRecord, item: RecordItem): void {
    checkName(item);
    if (item.kind === "field") this.#database.setFieldText(record, item.name, item.value);
    else if (item.kind === "info") this.#database.setInfo(record, item.name, item.value);
    else {
      this.#database.addAlias(record.name, item.name);
      this.#warnOfName(item.name, item.at);
    }
  }

  #warnOfName(name: string, at: Place): void {
    if (/^[-+[{]/.test(name))
      this.warnings.push(new DbFileError(at, `the name ${name} should not begin with ${name[0]}`));
    if (/[\x00-\x1f\x7f]/.test(name)) {
      this.warnings.push(
        new DbFileError(at, `the name ${JSON.stringify(name)} has a character that cannot be printed`),
      );
    }
  }

  /** A DatabaseError of `act` becomes an error at this place. */
  #at<T>(place: Place, act: () => T): T | undefined {
    try {
      return act();
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error;
      this.errors.push(new DbFileError(place, asClause(error.message), error));
      return undefined;
    }
  }
}

/** @throws DatabaseError for an info item without a name, and an alias that no record may have */
function checkName({ kind, name }: RecordItem): void {
  if (kind === "info" && name === "") throw new DatabaseError("The info item has no name.");
  const problem = kind === "alias" ? nameProblem(name) : undefined;
  if (problem !== undefined) throw new DatabaseError(`The name "${name}" ${problem}.`);
}

/** `There is …. Did you mean …?` as it stands behind a place: no capital, no final stop. */
const asClause = (sentence: string): string =>
  (/^[A-Z][a-z]/.test(sentence) ? sentence.charAt(0).toLowerCase() + sentence.slice(1) : sentence).replace(/\.$/, "");

/** By line and column within a file; files in the order in which they come up. */
function inOrder(problems: readonly DbFileError[]): DbFileError[] {
  const files = [...new Set(problems.map((one) => one.file))];
  return problems.toSorted(
    (a, b) => files.indexOf(a.file) - files.indexOf(b.file) || a.line - b.line || a.column - b.column,
  );
}
