/**
 * globus.conf, or DMagic's dmagic.conf, and the options of the command line → typed settings, or everything that is
 * wrong with them, each problem with its line and what to do. Reads one file, once; writes none. Of the environment it
 * looks at GLOBUS_CONF and HOME, in the object it is handed. It is long for one reason: what the options, the file and
 * its aliases say is judged together, so that a person hears of every problem at once.
 */

import { existsSync } from "node:fs";
import path from "node:path";
import type { Environment } from "../base/environment.ts";
import { AppError, codeOf, messageOf } from "../base/errors.ts";
import { type IniEntry, type IniFile, parseIni } from "../base/ini.ts";
import { readRegularFileSync } from "../base/regular-file.ts";
import { didYouMean } from "../base/suggest.ts";
import { decodeLines } from "../base/utf8-lines.ts";
import { isNamed, NAMED_SECTIONS, type NamedSection, nameProblems, type Problem } from "./named-sections.ts";
import {
  BUILT_IN_SERVERS,
  DESTINATION_SETTINGS,
  type DestinationSettings,
  KINDS,
  SERVER_SETTINGS,
  SETTINGS,
  type ServerSettings,
  type Setting,
  type Settings,
  type SettingTable,
  TRIGGER_SETTINGS,
  type TriggerSettings,
} from "./settings.ts";
import { ALIASES, PYTHON_SECTIONS } from "./settings-aliases.ts";

/** Everything that is wrong with the settings. `cli/program.ts` prints the message and exits with status 2. */
export class ConfigError extends AppError {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.problems = problems;
  }
}

/** A setting given on the command line; it wins over the file. */
export interface SettingOption {
  readonly section: string;
  readonly key: string;
  readonly text: string;
  /** The option as it was written, e.g. `--beamline`, for the sentences. */
  readonly option: string;
}

/** The trigger that options alone describe; no section of a file can have its name. */
export const OPTIONS_TRIGGER = "of the options";

/** One setting as it counts, and who says so. */
export interface SettingLine {
  readonly section: string;
  readonly key: string;
  /** As it would stand in the file. */
  readonly text: string;
  readonly origin: "default" | "file" | "option";
  /** Line of the file; 0 where the file does not set it. */
  readonly line: number;
}

export interface Config {
  readonly settings: Settings;
  /** Every setting, in the order of the table, then those of the servers. */
  readonly lines: readonly SettingLine[];
  /** One sentence for each key of a Python program that does nothing here. */
  readonly idle: readonly string[];
}

/**
 * The first of: the given path, $GLOBUS_CONF, ./globus.conf, ~/globus.conf (decision 0026), DMagic's ~/dmagic.conf.
 * @throws ConfigError when none exists
 */
export function findConfigFile(
  given: string | undefined,
  environment: Environment,
  directory = ".",
  namer: ConfigNamer = "--config",
): string {
  const found = lookForConfigFile(given, environment, directory);
  if (found !== undefined) return found;
  throw new ConfigError([
    `There is no ${usualFiles(environment, directory).join(" and no ")}; name a configuration file with ${namer} or GLOBUS_CONF, or make one with globus-ioc config`,
  ]);
}

/** As findConfigFile. @returns undefined when no file exists; a file that was named is not looked at */
export function lookForConfigFile(
  given: string | undefined,
  environment: Environment,
  directory = ".",
): string | undefined {
  const named = given ?? environment["GLOBUS_CONF"] ?? "";
  if (given !== undefined || named !== "") return path.resolve(directory, named);
  return usualFiles(environment, directory).find((candidate) => existsSync(candidate));
}

/**
 * Where a new file belongs so that it is read: in the place of the file that is found now; else ~/globus.conf, which
 * DMagic's own file does not hide.
 */
export function configFileToWrite(given: string | undefined, environment: Environment, directory = "."): string {
  const [, home, dmagic] = usualFiles(environment, directory);
  const found = lookForConfigFile(given, environment, directory);
  return found === undefined || found === dmagic ? home : found;
}

const usualFiles = (environment: Environment, directory: string): [here: string, home: string, dmagic: string] => [
  path.resolve(directory, "globus.conf"),
  path.join(environment["HOME"] ?? "/", "globus.conf"),
  path.join(environment["HOME"] ?? "/", "dmagic.conf"),
];

/** What names a configuration file: the option of the command line, or the shell command in st.cmd. */
export type ConfigNamer = "--config" | "globusConfigure";

/** @throws ConfigError with every problem of the file */
export const readConfig = (file: string, environment: Environment): Settings => loadConfig(file, environment).settings;

/**
 * The file and the options of the command line.
 * @param namer for the sentence that there is no such file
 * @throws ConfigError with every problem of both
 */
export function loadConfig(
  file: string,
  environment: Environment,
  options: readonly SettingOption[] = [],
  namer: ConfigNamer = "--config",
): Config {
  let bytes: Uint8Array;
  try {
    bytes = readRegularFileSync(file);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw new ConfigError([`${file} cannot be read: ${messageOf(error, file)}`]);
    throw new ConfigError([
      `${file} does not exist; name another with ${namer} or GLOBUS_CONF, or make it with globus-ioc config`,
    ]);
  }
  const { text, badLines } = decodeLines(bytes);
  const lines = text.split("\n");
  const noText = badLines
    .filter((line) => !/^\s*[#;]/.test(lines[line - 1] ?? ""))
    .map((line) => ({
      line,
      message: "the line holds bytes that are no UTF-8, as Latin-1 has them: save the file as UTF-8",
    }));
  throwIfAny(noText, file);
  return parseSource(text, { file, home: environment["HOME"] ?? "/", options });
}

/** @param file for the messages, and as the place where relative paths begin. @throws ConfigError */
export const parseConfig = (text: string, file: string, home: string): Settings =>
  parseSource(text, { file, home }).settings;

export interface ConfigSource {
  /** For the messages, and as the place where relative paths begin. */
  readonly file: string;
  /** What `~` stands for. */
  readonly home: string;
  readonly options?: readonly SettingOption[];
  /** No file was read, so the servers are not known: the server that an option names is taken as it is. */
  readonly isServerUnknown?: boolean;
}

/** @throws ConfigError */
export function parseSource(text: string, source: ConfigSource): Config {
  const { file, options = [], isServerUnknown = false } = source;
  const ini = parseIni(text);
  const directory = path.dirname(path.resolve(file));
  const reader = new SectionReader(source, directory, givenBy(ini, options));
  const { problems } = reader;
  problems.push(...ini.problems);
  const sectionNames = readHeaders(ini, problems);
  const { server: serverNames, destination: destinationNames, trigger: triggerNames } = sectionNames;
  const sections = Object.fromEntries(
    Object.entries(SETTINGS).map(([section, table]) => [section, reader.read(section, table)]),
  );
  const names = serverNames.length > 0 ? serverNames : Object.keys(BUILT_IN_SERVERS);
  const servers = names.map((name) => readServer(reader, name));
  problems.push(...nameProblems(sectionNames, ini.sections));
  const destinations = destinationNames.map((name) => readDestination(reader, name));
  const isTriggerGiven = options.some(({ section }) => section === `trigger ${OPTIONS_TRIGGER}`);
  const triggers = [...triggerNames, ...(isTriggerGiven ? [OPTIONS_TRIGGER] : [])].map((name) =>
    readTrigger(reader, name),
  );
  const chosen = (sections["globus"] as Settings["globus"])["globus-server-name"];
  if (chosen !== "" && !isServerUnknown && !servers.some((server) => server.name === chosen)) {
    const given = reader.given("globus", "globus-server-name");
    problems.push({
      ...given,
      line: given?.line ?? 0,
      message: `${given?.option ?? "[globus] globus-server-name"} = ${JSON.stringify(chosen)} is none of the servers: ${names.join(", ")}${didYouMean(chosen, names) || `; add a section [server ${chosen}] to the file`}`,
    });
  }
  throwIfAny(problems, file);
  return {
    settings: { ...sections, servers, destinations, triggers, directory } as unknown as Settings,
    lines: reader.lines,
    idle: idleKeys(ini, file),
  };
}

function throwIfAny(problems: readonly Problem[], file: string): void {
  if (problems.length === 0) return;
  throw new ConfigError(
    problems
      .toSorted((a, b) => a.line - b.line)
      .map(({ line, message, option }) =>
        option === undefined ? `${file}${line > 0 ? `:${line}` : ""}: ${message}` : message,
      ),
  );
}

/** Looks at the sections' names. @returns the names of the sections that have one */
function readHeaders(ini: IniFile, problems: Problem[]): Readonly<Record<NamedSection, readonly string[]>> {
  const known = [...Object.keys(SETTINGS), ...Object.keys(ALIASES)];
  const names: Record<NamedSection, string[]> = { server: [], destination: [], trigger: [] };
  for (const [section, line] of ini.sections) {
    const [, word, name] = /^(\S+) (\S+)$/.exec(section) ?? [];
    if (known.includes(section)) continue;
    if (isNamed(word) && name !== undefined) names[word].push(name);
    else {
      const suggestion = didYouMean(section, [...known, ...Object.keys(NAMED_SECTIONS)]);
      problems.push({ line, message: `there is no section [${section}]${suggestion}` });
    }
  }
  for (const { section, key, line } of ini.entries) {
    const keys = knownKeys(section);
    if (keys.length === 0 || keys.includes(key)) continue;
    problems.push({ line, message: `[${section}] has no key ${key}${didYouMean(key, keys)}` });
  }
  return names;
}

function knownKeys(section: string): string[] {
  const [word] = section.split(" ");
  const fixed = (SETTINGS as Readonly<Record<string, SettingTable>>)[section];
  const table: SettingTable = fixed ?? (isNamed(word) ? NAMED_SECTIONS[word] : {});
  return [...Object.keys(table), ...Object.keys(ALIASES[section] ?? {})];
}

/** A text that was given for a key of ours: where, and under which name. */
interface Given {
  readonly section: string;
  readonly key: string;
  readonly text: string;
  readonly line: number;
  /** `[site] beamline`, for the sentences. */
  readonly place: string;
  readonly option?: string;
}

/** What the options and the file say, by our own sections and keys; the first that says something wins. */
function givenBy(ini: IniFile, options: readonly SettingOption[]): readonly Given[] {
  const entries = ini.entries.filter((entry) => !isUnset(entry));
  const given = options.map(({ section, key, text, option }) => ({
    section,
    key,
    text,
    option,
    line: 0,
    place: option,
  }));
  const written = entries.map(({ section, key, value, line }) => ({
    section,
    key,
    line,
    text: value,
    place: `[${section}] ${key}`,
  }));
  return [...given, ...byOurNames(given), ...written, ...byOurNames(written)];
}

/** What stands under another program's names, under ours; in the order of the table. */
function byOurNames(given: readonly Given[]): readonly Given[] {
  return Object.entries(ALIASES).flatMap(([section, keys]) =>
    Object.entries(keys).flatMap(([key, targets]) =>
      given
        .filter((one) => one.section === section && one.key === key)
        .flatMap((one) =>
          targets.map((target) => ({
            ...one,
            section: target.section === "server" ? SERVERS_OF[target.of] : target.section,
            key: target.key,
            text: target.text?.(one.text) ?? one.text,
          })),
        ),
    ),
  );
}
/** Names of sections that no file can have. */
const SERVERS_OF = { dm: "servers of kind dm", chosen: "the chosen server" } as const;

const idleKeys = (ini: IniFile, file: string): string[] =>
  ini.entries
    .filter((entry) => ALIASES[entry.section]?.[entry.key]?.length === 0 && !isUnset(entry))
    .map(({ section, key, line }) => `${file}:${line}: [${section}] ${key} of the Python program does nothing here.`);

/** Whether a Python program has written this key without a value that a person set. */
function isUnset({ section, key, value }: IniEntry): boolean {
  if (!PYTHON_SECTIONS.includes(section)) return false;
  if (value === "None") return true;
  const row = (SETTINGS as Readonly<Record<string, SettingTable>>)[section]?.[key];
  return value === "" && (row === undefined || row.kind === KINDS.text || row.kind.parse("") === undefined);
}

/** Reads sections by their tables, and collects what is wrong. */
class SectionReader {
  readonly problems: Problem[] = [];
  readonly lines: SettingLine[] = [];
  readonly #source: ConfigSource;
  readonly #directory: string;
  readonly #given: readonly Given[];
  constructor(source: ConfigSource, directory: string, given: readonly Given[]) {
    this.#source = source;
    this.#directory = directory;
    this.#given = given;
  }
  given(section: string, key: string): Given | undefined {
    return this.#given.find((one) => one.section === section && one.key === key);
  }
  /**
   * @param fallbacks instead of the table's own
   * @param others sections whose keys count where this section is silent, the first first
   */
  read(
    section: string,
    table: SettingTable,
    fallbacks: Readonly<Record<string, string | undefined>> = {},
    others: readonly string[] = [],
  ): Record<string, unknown> {
    return Object.fromEntries(
      Object.entries(table).map(([key, row]) => {
        const given = [section, ...others].map((one) => this.given(one, key)).find((one) => one !== undefined);
        const text = given?.text ?? fallbacks[key] ?? row.fallback;
        const origin = given === undefined ? "default" : given.option === undefined ? "file" : "option";
        this.lines.push({ section, key, text, origin, line: given?.line ?? 0 });
        return [key, this.#value(row, text, given, `[${section}] ${key}`)];
      }),
    );
  }
  #value(row: Setting<unknown>, text: string, given: Given | undefined, name: string): unknown {
    const value = row.kind.parse(text);
    const isQuoted = given !== undefined && given.option === undefined && /^(["']).*\1$/s.test(text);
    if (value === undefined || isQuoted) {
      const wrong = isQuoted
        ? "stands in quotes, which would be part of it: leave them out"
        : `is not ${row.kind.wanted}`;
      this.problems.push({
        line: given?.line ?? 0,
        ...(given?.option === undefined ? {} : { option: given.option }),
        message: `${given?.place ?? name} = ${JSON.stringify(text)} ${wrong}`,
      });
    }
    if (row.kind !== KINDS.file || typeof value !== "string" || value === "") return value;
    return absolute(value, this.#source.home, given?.option === undefined ? this.#directory : ".");
  }
}

function readServer(reader: SectionReader, name: string): ServerSettings {
  const section = `server ${name}`;
  const builtIn = BUILT_IN_SERVERS[name];
  const kind = reader.given(section, "kind")?.text ?? builtIn?.kind ?? SERVER_SETTINGS.kind.fallback;
  const isChosen = reader.given("globus", "globus-server-name")?.text === name;
  const others = [...(isChosen ? [SERVERS_OF.chosen] : []), ...(kind === "dm" ? [SERVERS_OF.dm] : [])];
  return {
    ...reader.read(section, SERVER_SETTINGS, builtIn, others),
    name,
  } as unknown as ServerSettings;
}

const readTrigger = (reader: SectionReader, name: string): TriggerSettings =>
  ({ ...reader.read(`trigger ${name}`, TRIGGER_SETTINGS), name }) as unknown as TriggerSettings;

const readDestination = (reader: SectionReader, name: string): DestinationSettings =>
  ({ ...reader.read(`destination ${name}`, DESTINATION_SETTINGS), name }) as unknown as DestinationSettings;

function absolute(file: string, home: string, directory: string): string {
  if (file === "~" || file.startsWith("~/")) return path.join(home, file.slice(1));
  return path.resolve(directory, file);
}
