/**
 * A destination's folders: none is made above its top, none is reached through a link that leads out of it, and what a
 * copy was ended in the middle of is known by its name. It writes no file.
 */
import { randomBytes } from "node:crypto";
import { posix } from "node:path";
import { cleanJson } from "../../base/clean-text.ts";
import { isLongName, MOST_NAME_BYTES } from "../../base/directory-name.ts";
import { ActionError } from "../../base/errors.ts";
import { PART_FILE } from "../../base/own-files.ts";
import { AccessDeniedError, NoRoomError, UnavailableError } from "../../controller/ports/call.ts";
import { type FileLook, type HostFiles, isWithin } from "./host-files.ts";

const MOST_STUMP_BYTES = MOST_NAME_BYTES - ".12345678.part".length;

/** Where a file is written before it has its name. @param mark eight hexadecimal digits of this copy alone */
export const partOf = (name: string, mark: string): string => `${stump(name)}.${mark}.part`;

/** Of one copy alone. */
export const newMark = (): string => randomBytes(4).toString("hex");

/** Whether a name could be that of a file which a copy has left. */
export const isPart = (name: string): boolean => PART_FILE.test(name);

/** What a name's `.part` begins with: the name, cut where it would be too long. */
function stump(name: string): string {
  if (name.length <= MOST_STUMP_BYTES / 3) return name; // no unit of UTF-16 has more than three bytes
  let end = name.length;
  while (Buffer.byteLength(name.slice(0, end)) > MOST_STUMP_BYTES) end--;
  return name.slice(0, end);
}

/**
 * Of the names in a folder those that an earlier copy has left.
 * @param wanted the files that belong there; @param isAll whether others can have left nothing there
 */
export function leftOver(names: readonly string[], wanted: readonly string[], isAll: boolean, mark = ""): string[] {
  const [files, stumps] = [new Set(wanted), new Set(wanted.map(stump))];
  return names.filter((name) => {
    const [, before, its] = PART_FILE.exec(name) ?? [];
    return before !== undefined && its !== mark && !files.has(name) && (isAll || stumps.has(before));
  });
}

export class DestinationTree {
  readonly files: HostFiles;
  readonly #top: string;
  readonly #role: string;
  #realTop: string | undefined;
  readonly #made = new Set<string>();

  /** @param role how sentences begin */
  constructor(files: HostFiles, top: string, role = "The destination") {
    this.files = files;
    this.#top = top;
    this.#role = role;
  }

  path(...parts: readonly string[]): string {
    return posix.join(this.#top, ...parts);
  }

  /** The folder with all above it, made where they are missing. @throws ActionError for one that leads out of `top` */
  async make(parts: readonly string[]): Promise<string> {
    await this.#requireTop();
    for (let level = 1; level <= parts.length; level++) await this.#makeOne(parts.slice(0, level));
    return this.path(...parts);
  }

  /** Whether the folder is there. @throws as `make` does */
  async has(parts: readonly string[]): Promise<boolean> {
    await this.#requireTop();
    const path = this.path(...parts);
    const found = await this.told("look at", path, () => this.files.lookThrough(path));
    if (found === undefined) return false;
    await this.#requireInside(path, found);
    return true;
  }

  /** Runs one step; its failure is a sentence that says what could not be done with the path. */
  async told<T>(what: string, path: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (thrown) {
      throw this.#sentence(what, path, thrown);
    }
  }

  async #requireTop(): Promise<void> {
    if (this.#realTop !== undefined) return;
    const { place } = this.files;
    const found = await this.told("look at", this.#top, () => this.files.lookThrough(this.#top));
    if (found?.kind !== "folder")
      throw new UnavailableError(
        `${this.#role} ${place} ${found === undefined ? "is not there" : "is no folder"}: is it mounted? Its top is never made.`,
      );
    this.#realTop = await this.told("resolve", this.#top, () => this.files.realPath(this.#top));
  }

  async #makeOne(parts: readonly string[]): Promise<void> {
    const path = this.path(...parts);
    if (this.#made.has(path)) return;
    const name = parts.at(-1) ?? "";
    const problem = /^$|^\.\.?$|[/\0]/.test(name) ? "is no plain name" : isLongName(name) ? "is too long" : undefined;
    if (problem !== undefined)
      throw new ActionError(
        `The folder ${cleanJson(name)} cannot be made at ${this.files.place}: its name ${problem}.`,
      );
    const look = (): Promise<FileLook | undefined> => this.files.lookThrough(path);
    await this.told("make the folder", path, async () => {
      if ((await look()) === undefined) await this.files.makeFolder(path);
      const found = await look();
      if (found !== undefined) await this.#requireInside(path, found);
    });
    this.#made.add(path);
  }

  async #requireInside(path: string, { kind }: FileLook): Promise<void> {
    const { place } = this.files;
    if (kind !== "folder")
      throw new ActionError(`${cleanJson(path)} at ${place} is in the way, since it is no folder: move it.`);
    const real = await this.files.realPath(path);
    if (this.#realTop !== undefined && isWithin(this.#realTop, real)) return;
    throw new ActionError(
      `${cleanJson(path)} at ${place} is a link to ${cleanJson(real)}, outside of ${this.#top}: nothing is written there; remove the link.`,
    );
  }

  #sentence(what: string, path: string, thrown: unknown): unknown {
    const failure = this.files.failureOf(thrown);
    if (failure === undefined) return thrown;
    const text = `${this.#role} ${this.files.place} could not ${what} ${cleanJson(path)}: ${failure.words}.`;
    const cause = { cause: thrown };
    switch (failure.kind) {
      case "noRoom":
        return new NoRoomError(text, cause);
      case "noPlace":
      case "gone":
        return new UnavailableError(text, cause);
      case "denied":
        return new AccessDeniedError(text, cause);
      case "other":
        return new ActionError(text, cause);
    }
  }
}
