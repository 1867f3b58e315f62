/**
 * Save files on the disk: replaced so that a crash at any instruction leaves the old or the new content, and found
 * again with their copies. What stands in them is save-file.ts's matter. A set x has x.sav, its copy x.savB, and
 * x.sav0, x.sav1 … from earlier. channel-access.md §7.3; autosave: dbrestore.c fopen_and_check.
 */
import { rename, stat } from "node:fs/promises";
import path from "node:path";
import { AppError, codeOf, messageOf } from "../../base/errors.ts";
import type { Owner, OwnerFile } from "../../base/owner-file.ts";
import { readRegularFile } from "../../base/regular-file.ts";
import { type FileCalls, replaceFile } from "../../base/replace-file.ts";
import { isComplete } from "./save-file.ts";

/** A save file cannot be written; the message names it and says why. */
export class AutosaveError extends AppError {}

/** Replaces a save file as a whole. @throws AutosaveError; the old content is then still there */
export async function replaceSave(file: string, text: string, mode: number, files?: FileCalls): Promise<void> {
  try {
    const temporary = `${file}.tmp`; // one process alone writes this file: see claimSave
    await replaceFile(file, text, { mode, encoding: "latin1", temporary, ...(files !== undefined && { files }) });
  } catch (error) {
    throw new AutosaveError(`The save file ${file} cannot be written: ${messageOf(error, file)}.`, { cause: error });
  }
}

/** Makes sure that this process alone writes a save file. @throws AutosaveError naming the other process */
export async function claimSave(file: string, owner: OwnerFile): Promise<void> {
  let other: Owner | undefined;
  try {
    other = await owner.claim();
  } catch (error) {
    throw new AutosaveError(`The save file ${file} cannot be written: ${messageOf(error, file)}.`, { cause: error });
  }
  if (other === undefined) return;
  throw new AutosaveError(
    `The save file ${file} is written by process ${other.pid} on ${other.host}, so nothing is saved here: give each IOC a folder of its own with set_savefile_path, or, if that process is gone, remove ${owner.path}.`,
  );
}

/**
 * The text of a save file; `missing`: there is none; `damaged`: it does not end as save files do; else why it cannot be
 * read, as the rest of a sentence.
 */
export type SaveText = { readonly text: string } | "missing" | "damaged" | { readonly problem: string };

export async function readSave(file: string): Promise<SaveText> {
  try {
    const text = (await readRegularFile(file)).toString("latin1");
    return isComplete(text) ? { text } : "damaged";
  } catch (error) {
    return codeOf(error) === "ENOENT" ? "missing" : { problem: messageOf(error, file) };
  }
}

/** x.sav0, x.sav1 …, those that exist oldest first, behind those that do not. */
export async function sequenceFiles(file: string, count: number): Promise<readonly string[]> {
  const names = Array.from({ length: count }, (_, index) => `${file}${index}`);
  const aged = await Promise.all(names.map(async (name) => ({ name, modified: await modifiedAt(name) })));
  return aged.toSorted((a, b) => a.modified - b.modified).map(({ name }) => name);
}

/** Milliseconds since 1970; 0 for a file that does not exist. */
async function modifiedAt(file: string): Promise<number> {
  try {
    return (await stat(file)).mtimeMs;
  } catch {
    return 0; // unreadable is as good as missing here: reading or writing it later says why it cannot be
  }
}

export interface FoundSave {
  readonly file: string;
  readonly text: string;
}

/**
 * The first file of a set that is whole: x.sav, x.savB, then the earlier states, newest first. A file that is not whole
 * is renamed, so that it is neither used nor overwritten. A file that cannot be read may be whole, and is left where it
 * is, unless there is no other: then the next save would overwrite it.
 * @param date behind the new name's `_RBAD_`
 * @param say told of each file that cannot be used
 * @returns undefined when no file is whole
 */
export async function findSave(
  file: string,
  count: number,
  date: string,
  say: (sentence: string) => void,
): Promise<FoundSave | undefined> {
  const unread: string[] = [];
  for (const candidate of [file, `${file}B`, ...(await sequenceFiles(file, count)).toReversed()]) {
    const found = await readSave(candidate);
    if (found === "missing") continue;
    if (found === "damaged") {
      const kept = await moveAside(candidate, date);
      say(`The save file ${candidate} cannot be used: it does not end with <END>. It is ${kept}.`);
    } else if ("text" in found) return { file: candidate, text: found.text };
    else {
      unread.push(candidate);
      say(`The save file ${candidate} cannot be read: ${found.problem}. The next copy is tried.`);
    }
  }
  for (const one of unread) say(`The save file ${one} could not be read; it is ${await moveAside(one, date)}.`);
  return undefined;
}

async function moveAside(file: string, date: string): Promise<string> {
  const aside = `${file}_RBAD_${date}`;
  try {
    await rename(file, aside);
    return `now ${path.basename(aside)}`;
  } catch (error) {
    return `still there, for it cannot be renamed: ${messageOf(error, file)}`;
  }
}

/** Keeps a copy of what was restored from, as a whole or not at all. @throws AutosaveError */
export async function keepBackup(found: FoundSave, backup: string, mode: number, files?: FileCalls): Promise<void> {
  try {
    const temporary = `${backup}.tmp`;
    await replaceFile(backup, found.text, {
      mode,
      encoding: "latin1",
      temporary,
      ...(files !== undefined && { files }),
    });
  } catch (error) {
    throw new AutosaveError(`The backup ${backup} cannot be written: ${messageOf(error, backup)}.`, { cause: error });
  }
}
