/** Where autosave's files lie: absolute, from the shell's folder at the time of the command that names them. */
import { mkdirSync, statSync } from "node:fs";
import path from "node:path";
import { messageOf } from "../../base/errors.ts";
import { ShellError } from "../../iocsh/parse.ts";
import type { ShellContext } from "../../iocsh/shell-command.ts";
import type { RequestText } from "../autosave/request-file.ts";
import { unicode } from "../working-directory.ts";
import type { CommandSession } from "./session.ts";

const FOLDER_MODE = 0o755;

/** The shell's folder takes paths as byte strings. */
const bytesOfPath = (file: string): string => Buffer.from(file, "utf8").toString("latin1");

export class AutosaveFolders {
  readonly #session: CommandSession;
  #save: string | undefined;
  readonly #requests: string[] = [];

  constructor(session: CommandSession) {
    this.#session = session;
  }
  /** @throws ShellError when there is no such folder and it cannot be made */
  saveIn(folder: string, print: ShellContext["print"]): void {
    const target = this.#session.directory.resolve(folder);
    this.#save = target;
    try {
      if (statSync(target, { throwIfNoEntry: false }) !== undefined) return;
      mkdirSync(target, { mode: FOLDER_MODE });
      print(`set_savefile_path: the folder ${target} was made.`);
    } catch (error) {
      throw new ShellError(`set_savefile_path: the folder ${target} cannot be made: ${messageOf(error, target)}.`);
    }
  }
  requestsIn(folder: string): void {
    this.#requests.push(this.#session.directory.resolve(folder));
  }
  saveFile(name: string): string {
    return path.resolve(this.#save ?? this.#session.directory.path, unicode(name));
  }
  /**
   * A name with a slash in front is a path; else it is looked for in each folder, or in the shell's if none was named.
   */
  request(name: string): RequestText | undefined {
    const { directory } = this.#session;
    const file = directory.find(
      this.#requestFolders().map((folder) => bytesOfPath(path.resolve(folder, unicode(name)))),
    );
    if (file === undefined) return undefined;
    try {
      return { file: unicode(file), text: directory.read(file) };
    } catch (error) {
      throw new ShellError(`The request file ${unicode(file)} cannot be read`, { cause: error });
    }
  }
  requestPath(): string {
    return this.#requestFolders().join(", ");
  }
  #requestFolders(): readonly string[] {
    return this.#requests.length > 0 ? this.#requests : [this.#session.directory.path];
  }
}
