/**
 * globus.conf → typed settings, or everything that is wrong with it, each problem with its line and what to do. Reads one file, once; writes none.
 * Of the environment it looks at GLOBUS_CONF and HOME, in the object it is handed.
 */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { AppError, messageOf } from "./base/errors.ts";
import { type IniEntry, parseIni } from "./base/ini.ts";
import { didYouMean } from "./base/suggest.ts";
import {
  BUILT_IN_SERVERS,
  KINDS,
  SERVER_SETTINGS,
  SETTINGS,
  type ServerSettings,
  type Setting,
  type Settings,
} from "./settings.ts";

/** Bad settings: all of them. `main` prints the message and exits with status 2. */
export class ConfigError extends AppError {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.problems = problems;
  }
}

type Environment = Readonly<Record<string, string | undefined>>;
type Table = Readonly<Record<string, Setting<unknown>>>;

/** States of an mbbo, and bytes of one state's name. */
const MAX_SERVERS = 16;
const MAX_SERVER_NAME = 25;

/**
 * The first of: the given path, $GLOBUS_CONF, ./globus.conf, ~/globus.conf (decision 28).
 * @throws ConfigError when none exists
 */
export function findConfigFile(given: string | undefined, environment: Environment, directory = "."): string {
  if (given !== undefined) return path.resolve(directory, given);
  const fromEnvironment = environment["GLOBUS_CONF"];
  if (fromEnvironment !== undefined && fromEnvironment !== "") return path.resolve(directory, fromEnvironment);
  const candidates = [path.resolve(directory, "globus.conf"), path.join(environment["HOME"] ?? "/", "globus.conf")];
  const found = candidates.find((candidate) => existsSync(candidate));
  if (found !== undefined) return found;
  throw new ConfigError([
    `there is no ${candidates.join(" and no ")}; name a configuration file with --config or GLOBUS_CONF`,
  ]);
}

/** @throws ConfigError with every problem of the file */
export function readConfig(file: string, environment: Environment): Settings {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new ConfigError([`${file} cannot be read: ${messageOf(error)}`]);
  }
  return parseConfig(text, file, environment["HOME"] ?? "/");
}

/** @param file for the messages, and as the place where relative paths begin. @throws ConfigError */
export function parseConfig(text: string, file: string, home: string): Settings {
  const ini = parseIni(text);
  const directory = path.dirname(path.resolve(file));
  const problems = ini.problems.map(({ line, message }) => ({ line, message }));
  const reader = new SectionReader(problems, (value) => absolute(value, home, directory));

  const known = Object.keys(SETTINGS);
  const serverNames: string[] = [];
  for (const [section, line] of ini.sections) {
    const server = /^server\s+(\S+)$/.exec(section);
    if (server !== null) serverNames.push(server[1] as string);
    else if (!known.includes(section)) {
      problems.push({ line, message: `there is no section [${section}]${didYouMean(section, [...known, "server"])}` });
    }
  }
  const bySection = (section: string): IniEntry[] => ini.entries.filter((entry) => entry.section === section);
  const sections = Object.fromEntries(
    Object.entries(SETTINGS).map(([section, table]) => [section, reader.read(section, table, bySection(section))]),
  );
  const servers =
    serverNames.length > 0
      ? serverNames.map((name) => readServer(reader, name, bySection, `server ${name}`))
      : Object.keys(BUILT_IN_SERVERS).map((name) => readServer(reader, name, bySection));
  problems.push(...serverProblems(serverNames, ini.sections));
  const chosen = (sections["globus"] as Settings["globus"])["globus-server-name"];
  if (!servers.some((server) => server.name === chosen)) {
    const names = servers.map((server) => server.name);
    const line = bySection("globus").find((entry) => entry.key === "globus-server-name")?.line ?? 0;
    problems.push({
      line,
      message: `[globus] globus-server-name = ${JSON.stringify(chosen)} is none of the servers: ${names.join(", ")}${didYouMean(chosen, names)}`,
    });
  }
  if (problems.length > 0) {
    throw new ConfigError(
      problems
        .sort((a, b) => a.line - b.line)
        .map(({ line, message }) => `${file}${line > 0 ? `:${line}` : ""}: ${message}`),
    );
  }
  return { ...sections, servers, directory } as unknown as Settings;
}

interface Problem {
  readonly line: number;
  readonly message: string;
}

/** Reads sections by their tables, and collects what is wrong. */
class SectionReader {
  readonly #problems: Problem[];
  readonly #absolute: (path: string) => string;
  constructor(problems: Problem[], toAbsolute: (path: string) => string) {
    this.#problems = problems;
    this.#absolute = toAbsolute;
  }
  read(
    section: string,
    table: Table,
    entries: readonly IniEntry[],
    defaults: Readonly<Record<string, string | undefined>> = {},
  ): Record<string, unknown> {
    for (const entry of entries) {
      if (entry.key in table) continue;
      this.#problems.push({
        line: entry.line,
        message: `[${section}] has no key ${entry.key}${didYouMean(entry.key, Object.keys(table))}`,
      });
    }
    return Object.fromEntries(
      Object.entries(table).map(([key, row]) => {
        const entry = entries.find((one) => one.key === key);
        return [key, this.#value(section, key, row, entry, defaults[key] ?? row.fallback)];
      }),
    );
  }
  #value(section: string, key: string, row: Setting<unknown>, entry: IniEntry | undefined, fallback: string): unknown {
    const text = entry?.value ?? fallback;
    const value = row.kind.parse(text);
    if (value === undefined) {
      this.#problems.push({
        line: entry?.line ?? 0,
        message: `[${section}] ${key} = ${JSON.stringify(text)} is not ${row.kind.wanted}`,
      });
    }
    return row.kind === KINDS.file && typeof value === "string" && value !== "" ? this.#absolute(value) : value;
  }
}

function readServer(
  reader: SectionReader,
  name: string,
  bySection: (section: string) => IniEntry[],
  section = name,
): ServerSettings {
  return {
    ...reader.read(section, SERVER_SETTINGS, bySection(section), BUILT_IN_SERVERS[name]),
    name,
  } as unknown as ServerSettings;
}

function serverProblems(names: readonly string[], lines: ReadonlyMap<string, number>): Problem[] {
  const line = (name: string): number => lines.get(`server ${name}`) ?? 0;
  const tooLong = names
    .filter((name) => Buffer.byteLength(name) > MAX_SERVER_NAME)
    .map((name) => ({
      line: line(name),
      message: `the server name ${name} has more than ${MAX_SERVER_NAME} bytes, which ServerName cannot show`,
    }));
  const tooMany =
    names.length > MAX_SERVERS
      ? [
          {
            line: line(names[MAX_SERVERS] as string),
            message: `there are ${names.length} servers; at most ${MAX_SERVERS} have a place in ServerName`,
          },
        ]
      : [];
  return [...tooLong, ...tooMany];
}

function absolute(file: string, home: string, directory: string): string {
  if (file === "~" || file.startsWith("~/")) return path.join(home, file.slice(1));
  return path.resolve(directory, file);
}
