/**
 * What the name of a directory must be like before any service makes it: PV contents are hostile input. It does not
 * clean names, and does not know where the directory is.
 */
import { cleanJson, isUnclean } from "./clean-text.ts";
import { ActionError } from "./errors.ts";

/** Longest name that the usual file systems take, bytes. */
export const MOST_NAME_BYTES = 255;

export const isLongName = (name: string): boolean => Buffer.byteLength(name) > MOST_NAME_BYTES;

/** What is wrong with one part of a path, as the end of a sentence; undefined: nothing. */
export function directoryNameProblem(name: string): string | undefined {
  if (name === "") return "is empty";
  if (name === "." || name === "..") return "leads elsewhere";
  if (name.includes("/")) return 'holds a "/"';
  if (isUnclean(name)) return "holds a control character";
  return isLongName(name) ? `is longer than ${MOST_NAME_BYTES} bytes` : undefined;
}

/**
 * Lets only what can be the top of a tree pass: absolute, no way up, no control characters.
 * @param what the directory as sentences name it; @param place the host or collection
 * @throws ActionError
 */
export function checkTopDirectory(what: "top directory" | "data directory", path: string, place: string): void {
  if (path.startsWith("/") && !path.split("/").includes("..") && !isUnclean(path)) return;
  throw new ActionError(`The ${what} ${cleanJson(path)} of ${place} must be an absolute path without "..".`);
}
