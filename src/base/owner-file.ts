/**
 * A file that says which process has something for itself, where two would spoil it. What a process left that was killed is taken over; a process on another
 * host cannot be looked at, so what it left is its own until a person removes the file. Works on network file systems: the claim is a hard link.
 */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import * as nodeFiles from "node:fs/promises";
import os from "node:os";
import { codeOf } from "./errors.ts";
import { createFile, type FileCalls } from "./replace-file.ts";

/** A process, told from every other one that ever had its number. */
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

/** Takers may meet at a file that was left behind; more often than this they do not. */
const MOST_ATTEMPTS = 100;

export class OwnerFile {
  readonly path: string;
  readonly #self: Owner;
  readonly #files: FileCalls;

  constructor(path: string, { self = thisProcess(), files = nodeFiles }: OwnerFileOptions = {}) {
    this.path = path;
    this.#self = self;
    this.#files = files;
  }

  /** Makes what the file stands for this process's, or sees that it still is. @returns the other process that has it @throws the system's error */
  async claim(): Promise<Owner | undefined> {
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      const text = await this.#read(this.path);
      if (text === undefined) {
        if (await this.#create(this.path)) return undefined;
        continue;
      }
      const owner = ownerIn(text);
      if (owner !== undefined && isSame(owner, this.#self)) return undefined;
      if (owner !== undefined && mayLive(owner, this.#self)) return owner;
      await this.#takeAway();
    }
    throw new Error(`${this.path} changes all the time`);
  }

  /** Gives it back, if it is this process's. @throws the system's error */
  async release(): Promise<void> {
    const owner = ownerIn((await this.#read(this.path)) ?? "");
    if (owner !== undefined && isSame(owner, this.#self)) await this.#files.rm(this.path, { force: true });
  }

  async #read(path: string): Promise<string | undefined> {
    try {
      return await nodeFiles.readFile(path, "utf8");
    } catch (error) {
      if (codeOf(error) === "ENOENT") return undefined;
      throw error;
    }
  }

  /** @returns false when another process was faster */
  async #create(path: string): Promise<boolean> {
    const written = `${path}.${randomBytes(6).toString("hex")}`;
    await createFile(written, `${JSON.stringify(this.#self)}\n`, { mode: 0o644, files: this.#files });
    try {
      await this.#files.link(written, path);
      return true;
    } catch (error) {
      if (codeOf(error) === "EEXIST") return false;
      throw error;
    } finally {
      await this.#files.rm(written, { force: true });
    }
  }

  /** Removes what a process left. One process does so at a time, or a second would remove what the first has claimed. */
  async #takeAway(): Promise<void> {
    const taking = `${this.path}.taking`;
    if (!(await this.#create(taking))) {
      const taker = ownerIn((await this.#read(taking)) ?? "");
      if (taker !== undefined && !isSame(taker, this.#self) && !mayLive(taker, this.#self))
        await this.#files.rm(taking, { force: true });
      return;
    }
    try {
      const text = await this.#read(this.path); // what is gone may be claimed at any time; what is there is not replaced
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

/** Whether an owner is another process of this host that runs. One on another host cannot be looked at, and does not count. */
export function isAnotherHere(owner: Owner, self: Owner = thisProcess()): boolean {
  const isHere = owner.host === self.host && owner.machine === self.machine;
  return isHere && !isSame(owner, self) && mayLive(owner, self);
}

const isSame = (one: Owner, other: Owner): boolean =>
  one.pid === other.pid &&
  one.host === other.host &&
  one.machine === other.machine &&
  one.boot === other.boot &&
  one.started === other.started;

/** Whether an owner that is not this process may still run. */
function mayLive(owner: Owner, self: Owner): boolean {
  if (owner.host !== self.host || owner.machine !== self.machine) return true;
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

/** When a process began, in ticks since the host did: the 22nd field of its stat, of which the second may hold anything between parentheses (proc(5)). */
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
