/**
 * A file that says which process has something for itself, where two would spoil it. The file of a process that was
 * killed is taken over. A process on another host cannot be looked at: its file stays until a person removes it. A
 * container counts as the host that runs it, since its own name may be new at each start; two containers that run at
 * once cannot see each other's processes, and the last claim has the file. Works on network file systems: the claim is
 * a hard link.
 */
import { readFileSync } from "node:fs";
import * as nodeFiles from "node:fs/promises";
import os from "node:os";
import { codeOf } from "./errors.ts";
import { readRegularFile } from "./regular-file.ts";
import { createFile, type FileCalls, removeLeft, temporaryOf } from "./replace-file.ts";

/** A process, told from every other process that ever had its number. */
export interface Owner {
  readonly pid: number;
  readonly host: string;
  /** Tells hosts of one name apart. */
  readonly machine: string;
  /** Since which start of the host and of the process; empty where the system does not say. */
  readonly boot: string;
  readonly started: string;
}

export interface OwnerFileOptions {
  /** This process unless said. */
  readonly self?: Owner;
  readonly files?: FileCalls;
}

/** Processes may race for a file that was left behind, but never so often. */
const MOST_ATTEMPTS = 100;

export class OwnerFile {
  readonly path: string;
  readonly #self: Owner;
  readonly #files: FileCalls;
  /** This process has had the file: another owner came later. */
  #hasHeld = false;

  constructor(path: string, { self = thisProcess(), files = nodeFiles }: OwnerFileOptions = {}) {
    this.path = path;
    this.#self = self;
    this.#files = files;
  }

  /**
   * Claims the file for this process, or sees that the claim still holds.
   * @returns the other process that has it
   * @throws the system's error
   */
  async claim(): Promise<Owner | undefined> {
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      const text = await this.#read(this.path);
      if (text === undefined) {
        if (!(await this.#create(this.path))) continue;
        this.#hasHeld = true;
        await removeLeft(this.path, this.#files);
        return undefined;
      }
      const owner = ownerIn(text);
      if (owner !== undefined && isSame(owner, this.#self)) return undefined;
      if (owner !== undefined && (mayLive(owner, this.#self) || this.#isSuccessor(owner))) return owner;
      await this.#takeAway();
    }
    const taker = ownerIn((await this.#read(this.#taking)) ?? "");
    throw new Error(
      taker === undefined
        ? `${this.path} changes all the time`
        : `process ${taker.pid} on ${taker.host} takes ${this.path} over and does not end; if that process is gone, remove ${this.#taking}`,
    );
  }

  /** Whether an owner in another container, which cannot be seen from here, took over what this process had. */
  #isSuccessor(owner: Owner): boolean {
    return this.#hasHeld && owner.host !== this.#self.host;
  }

  get #taking(): string {
    return `${this.path}.taking`;
  }

  /** Gives the file back, if this process has it. @throws the system's error */
  async release(): Promise<void> {
    const owner = ownerIn((await this.#read(this.path)) ?? "");
    if (owner !== undefined && isSame(owner, this.#self)) await this.#files.rm(this.path, { force: true });
  }

  async #read(path: string): Promise<string | undefined> {
    try {
      return (await readRegularFile(path)).toString("utf8");
    } catch (error) {
      if (codeOf(error) === "ENOENT") return undefined;
      throw error;
    }
  }

  /** @returns false when another process was faster */
  async #create(path: string): Promise<boolean> {
    const written = temporaryOf(this.path);
    await createFile(written, `${JSON.stringify(this.#self)}\n`, { mode: 0o644, files: this.#files });
    try {
      await this.#files.link(written, path);
      return true;
    } catch (error) {
      if (codeOf(error) === "EEXIST") return false;
      throw error;
    } finally {
      await this.#files.rm(written, { force: true }).catch(() => {}); // swept after a later claim
    }
  }

  /**
   * Removes the file that a process left. Only one process at a time does so, or a second would remove what the first
   * has claimed.
   */
  async #takeAway(): Promise<void> {
    const taking = this.#taking;
    if (!(await this.#create(taking))) {
      const text = await this.#read(taking);
      const taker = ownerIn(text ?? "");
      const isLeft =
        taker === undefined ? text !== undefined : !isSame(taker, this.#self) && !mayLive(taker, this.#self);
      if (isLeft) await this.#files.rm(taking, { force: true });
      return;
    }
    try {
      // What is gone may be claimed at any time; what is there is not replaced
      const text = await this.#read(this.path);
      const owner = ownerIn(text ?? "");
      if (text !== undefined && (owner === undefined || !mayLive(owner, this.#self)))
        await this.#files.rm(this.path, { force: true });
    } finally {
      await this.#files.rm(taking, { force: true });
    }
  }
}

/** undefined: no process of ours wrote it. */
function ownerIn(text: string): Owner | undefined {
  try {
    const { pid, host, machine, boot, started } = JSON.parse(text) as Record<string, unknown>;
    const isOwner = typeof pid === "number" && [host, machine, boot, started].every((one) => typeof one === "string");
    return isOwner ? ({ pid, host, machine, boot, started } as Owner) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Whether an owner is another process of this host that runs. A process on another host cannot be looked at, and does
 * not count.
 */
export function isAnotherHere(owner: Owner, self: Owner = thisProcess()): boolean {
  return isHere(owner, self) && !isSame(owner, self) && mayLive(owner, self);
}

const isSame = (one: Owner, other: Owner): boolean =>
  one.pid === other.pid &&
  one.host === other.host &&
  one.machine === other.machine &&
  one.boot === other.boot &&
  one.started === other.started;

/** Whether an owner is of this host, or of a container on it: the same start of the same kernel, under any name. */
const isHere = (owner: Owner, self: Owner): boolean =>
  owner.machine === self.machine && (owner.host === self.host || (owner.boot !== "" && owner.boot === self.boot));

/** Whether an owner that is not this process may still run. */
function mayLive(owner: Owner, self: Owner): boolean {
  if (!isHere(owner, self)) return true;
  if (owner.boot !== self.boot) return false;
  const started = startOf(owner.pid);
  if (started !== undefined && owner.started !== "") return started === owner.started;
  return exists(owner.pid);
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === "EPERM";
  }
}

export const thisProcess = (): Owner => ({
  pid: process.pid,
  host: os.hostname(),
  machine: lineOf("/etc/machine-id") ?? "",
  boot: lineOf("/proc/sys/kernel/random/boot_id") ?? "",
  started: startOf(process.pid) ?? "",
});

/**
 * When a process began, in ticks since the host did: the 22nd field of its stat, of which the second may hold anything
 * between parentheses (proc(5)).
 */
const startOf = (pid: number): string | undefined =>
  lineOf(`/proc/${pid}/stat`)?.replace(/^.*\)/s, "").trim().split(" ")[19];

/** undefined where the system has no such file. */
function lineOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    return undefined;
  }
}
