/**
 * The folder that relative paths of the shell begin in, and reading and writing there. Paths and texts are byte
 * strings: a file's bytes, one character each. The process's own folder never changes.
 */
import { closeSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { openToWrite, readRegularFileSync } from "../base/regular-file.ts";
import type { ShellOutput } from "../iocsh/shell.ts";

export class WorkingDirectory {
  #path: string;

  /** @param start absolute, in Unicode */
  constructor(start: string) {
    this.#path = start;
  }
  /** Absolute, as Node names it (Unicode). */
  get path(): string {
    return this.#path;
  }
  /** The absolute path, in Unicode, of a path in bytes. */
  resolve(file: string): string {
    return path.resolve(this.#path, unicode(file));
  }
  /** @throws the system's error when it is no folder */
  change(folder: string): void {
    const target = this.resolve(folder);
    if (!statSync(target).isDirectory()) throw new Error(`${target} is not a folder`);
    this.#path = target;
  }
  /** The first of these paths that is a file; else the first that is anything at all: reading it says what it is. */
  find(files: readonly string[]): string | undefined {
    const kinds = files.map((file) => this.#kindOf(file));
    const index = kinds.includes("file") ? kinds.indexOf("file") : kinds.indexOf("other");
    return files[index];
  }
  #kindOf(file: string): "file" | "other" | "none" {
    try {
      const stats = statSync(this.resolve(file), { throwIfNoEntry: false });
      return stats === undefined ? "none" : stats.isFile() ? "file" : "other";
    } catch {
      return "other";
    }
  }
  /** @throws NoFileError, or the system's error */
  read(file: string): string {
    return readRegularFileSync(this.resolve(file)).toString("latin1");
  }
  /** @throws NoFileError, or the system's error */
  openOutput(file: string, append: boolean): ShellOutput {
    const descriptor = openToWrite(this.resolve(file), append ? "a" : "w");
    return {
      write: (text) => {
        writeFileSync(descriptor, bytesOf(text)); // all of it: one write may take a part
      },
      close: () => {
        closeSync(descriptor);
        return Promise.resolve();
      },
    };
  }
}

/** A byte string as text. */
export const unicode = (bytes: string): string => Buffer.from(bytes, "latin1").toString("utf8");

/** A byte string as bytes; a character beyond 255, which our own sentences may have, as UTF-8. */
export function bytesOf(text: string): Buffer {
  const bytes = text.replace(/[^\x00-\xff]+/gu, (characters) => Buffer.from(characters, "utf8").toString("latin1"));
  return Buffer.from(bytes, "latin1");
}
