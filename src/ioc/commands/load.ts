/** Shell commands that load records. Reads the files; dbfile understands them. channel-access.md §5.1, §5.2, §7.2. */
import path from "node:path";
import { expandMacros, parseMacros } from "../../base/macros.ts";
import { loadRecords } from "../../dbfile/load.ts";
import type { DbFileError, DbText } from "../../dbfile/source.ts";
import { parseSubstitutions } from "../../dbfile/substitutions.ts";
import { ShellError } from "../../iocsh/parse.ts";
import { required, type ShellCommand, type ShellContext, shellCommand } from "../../iocsh/shell-command.ts";
import type { CommandSession } from "./session.ts";

type Print = ShellContext["print"];
type Macros = ReadonlyMap<string, string>;

/** A line in a boot script that an IOC of C code needs: `myapp_registerRecordDeviceDriver pdbbase`. */
export const REGISTRAR_NAMES = /_registerRecordDeviceDriver$/;

export function loadCommands(session: CommandSession): readonly ShellCommand[] {
  const loader = new FileLoader(session);
  return [
    shellCommand({
      name: "dbLoadRecords",
      arguments: [
        { name: "file", kind: "text" },
        { name: "macros", kind: "text" },
      ],
      help: 'Loads the records of a .db file, with macros as "A=1,B=2". Example: dbLoadRecords("db/my.db", "P=x:")',
      run: ({ print }, file, macros) => loader.loadFile(required(file, "dbLoadRecords", "file"), macros ?? "", print),
    }),
    shellCommand({
      name: "dbLoadTemplate",
      arguments: [
        { name: "substitution file", kind: "text" },
        { name: "macros", kind: "text" },
      ],
      help: "Loads the .db files that a substitution file names, as often as it says.",
      run: ({ print }, file, macros) =>
        loader.loadSubstitutions(required(file, "dbLoadTemplate", "substitution file"), macros ?? "", print),
    }),
    shellCommand({
      name: "dbLoadDatabase",
      arguments: [{ name: "dbd file", kind: "text" }],
      help: "Accepted, without effect: the record types are built in.",
      run: ({ print }, file) => print(`dbLoadDatabase ${file ?? ""} is not needed: the record types are built in.`),
    }),
  ];
}

/** Every `<application>_registerRecordDeviceDriver`. */
export const registrarCommand: ShellCommand = shellCommand({
  name: "<application>_registerRecordDeviceDriver",
  arguments: [],
  help: "Accepted, without effect: the record types are built in.",
  run: ({ print }) => print("registerRecordDeviceDriver is not needed: the record types are built in."),
});

/** Finds and loads database files. */
export class FileLoader {
  readonly #session: CommandSession;

  constructor(session: CommandSession) {
    this.#session = session;
  }

  /** @throws ShellError after printing everything that is wrong */
  loadFile(file: string, macros: string, print: Print): void {
    this.#mustBeLoading();
    this.#load(this.#find(file), parseMacros(macros), print);
  }

  /** @throws ShellError after printing everything that is wrong */
  loadSubstitutions(file: string, macros: string, print: Print): void {
    this.#mustBeLoading();
    const text = this.#find(file);
    const { substitutions, errors, warnings } = parseSubstitutions(text, parseMacros(macros));
    report(errors, warnings, print);
    if (errors.length > 0) throw failedToLoad(file, errors.length);
    let failed = 0;
    for (const { template, macros: values } of substitutions) {
      const environment = this.#session.ioc.environment;
      const name = expandMacros(template, (macro) => values.get(macro) ?? environment[macro]).text;
      try {
        this.#load(this.#find(name), values, print);
      } catch (error) {
        if (!(error instanceof ShellError)) throw error;
        print(error.message);
        failed++;
      }
    }
    if (failed > 0) throw new ShellError(`${file}: ${failed} of ${substitutions.length} templates did not load.`);
  }

  #mustBeLoading(): void {
    if (this.#session.ioc.state !== "loading") throw new ShellError("Records cannot be loaded after iocInit.");
  }

  #load(text: DbText, macros: Macros, print: Print): void {
    const result = loadRecords(this.#session.ioc.database, text, {
      macros: (name) => macros.get(name),
      readInclude: (name, folders) => this.#read(name, folders),
    });
    report(result.errors, result.warnings, print);
    if (result.errors.length > 0) throw failedToLoad(text.file, result.errors.length);
  }

  #find(file: string): DbText {
    const found = this.#read(file, []);
    if (found !== undefined) return found;
    const searched = file.includes("/") ? "" : this.#folders(file, []).join(", ");
    throw new ShellError(
      `The file ${file} is not found${searched === "" || searched === "." ? "" : `; looked in ${searched}`}.`,
    );
  }

  #read(name: string, include: readonly string[]): DbText | undefined {
    const { directory } = this.#session;
    const folders = this.#folders(name, include);
    const file = directory.find(folders.map((folder) => path.posix.join(folder, name)));
    if (file === undefined) return undefined;
    try {
      return { file, text: directory.read(file) };
    } catch (error) {
      throw new ShellError(`The file ${file} cannot be read`, { cause: error });
    }
  }

  /** A name with a slash is a path; else the file's own `path`, EPICS_DB_INCLUDE_PATH, and the shell's folder. */
  #folders(name: string, include: readonly string[]): readonly string[] {
    if (name.includes("/")) return [name.startsWith("/") ? "/" : "."];
    const variable = this.#session.ioc.environment["EPICS_DB_INCLUDE_PATH"]?.split(":").map((one) => one || ".") ?? [];
    return [...new Set([...(include.length > 0 ? include : variable), "."])];
  }
}

function report(errors: readonly DbFileError[], warnings: readonly DbFileError[], print: Print): void {
  for (const warning of warnings) print(warning.describe("warning"));
  for (const error of errors) print(error.describe());
}

const failedToLoad = (file: string, errors: number): ShellError =>
  new ShellError(`Failed to load ${file}: ${errors} ${errors === 1 ? "error" : "errors"}.`);
