/**
 * The calls that write files, real except where a test lets them fail: a write that fails leaves half of its bytes
 * behind, as on a full disk. Every call counts as one step, so that a test can let each step of a store fail in turn.
 */
import * as nodeFiles from "node:fs/promises";
import { constants } from "node:os";
import type { FileCalls } from "../../../src/base/replace-file.ts";

export class FailingFiles {
  /** Names of the calls so far. */
  readonly steps: string[] = [];
  /** The step that fails, from 0; undefined: no step fails. */
  failing: number | undefined;
  /** Whether all later steps fail, too, as on a disk that stays full. */
  isLasting = false;
  /** The only call that may fail, by name; undefined: any. */
  call: string | undefined;
  code = "ENOSPC";

  readonly calls = {
    open: async (...args: Parameters<typeof nodeFiles.open>) => {
      const real = await this.#step("open", () => nodeFiles.open(...args));
      return {
        writeFile: (data: string | Uint8Array, encoding?: BufferEncoding) =>
          this.#write("writeFile", real, data, encoding),
        appendFile: (data: string | Uint8Array) => this.#write("appendFile", real, data),
        write: (data: string) => this.#write("write", real, data),
        sync: () => this.#step("sync", () => real.sync()),
        stat: () => real.stat(),
        truncate: (bytes: number) => real.truncate(bytes),
        close: async () => {
          await real.close();
          await this.#step("close", () => Promise.resolve());
        },
      };
    },
    rename: (...args: Parameters<typeof nodeFiles.rename>) => this.#step("rename", () => nodeFiles.rename(...args)),
    link: (...args: Parameters<typeof nodeFiles.link>) => this.#step("link", () => nodeFiles.link(...args)),
    copyFile: (...args: Parameters<typeof nodeFiles.copyFile>) =>
      this.#step("copyFile", () => nodeFiles.copyFile(...args)),
    mkdir: (...args: Parameters<typeof nodeFiles.mkdir>) => this.#step("mkdir", () => nodeFiles.mkdir(...args)),
    /** Removing needs no room. */
    rm: nodeFiles.rm,
  } as unknown as FileCalls;

  async #step<T>(name: string, work: () => Promise<T>): Promise<T> {
    if (this.#fails(name)) throw this.#error(name);
    return work();
  }

  async #write(
    name: string,
    file: nodeFiles.FileHandle,
    data: string | Uint8Array,
    encoding?: BufferEncoding,
  ): Promise<void> {
    const fails = this.#fails(name);
    const bytes = typeof data === "string" ? Buffer.from(data, encoding) : data;
    await file.appendFile(fails ? bytes.subarray(0, bytes.length / 2) : bytes);
    if (fails) throw this.#error(name);
  }

  #fails(name: string): boolean {
    const step = this.steps.push(name) - 1;
    if (this.call !== undefined && this.call !== name) return false;
    return this.failing !== undefined && (this.isLasting ? step >= this.failing : step === this.failing);
  }
  #error(name: string): Error {
    const errno = -(constants.errno as Readonly<Record<string, number>>)[this.code]!;
    return Object.assign(new Error(`${this.code}: ${name}`), { code: this.code, errno, syscall: name });
  }
}

/**
 * Runs `attempt` with a disk on which the first step fails, then with a disk on which the second step fails, and so on
 * until no step fails.
 * @returns how many steps failed
 */
export async function atEachStep(attempt: (files: FailingFiles, step: string) => Promise<void>): Promise<number> {
  for (let failing = 0; ; failing++) {
    const files = new FailingFiles();
    files.failing = failing;
    await attempt(files, `step ${failing}`);
    if (files.steps.length <= failing) return failing;
  }
}
