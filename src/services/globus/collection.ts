/**
 * One Globus collection as the settings have it, and the paths in it: PV contents are hostile, so no path is made that
 * leaves its top directory. It sends nothing.
 */

import { cleanJson } from "../../base/clean-text.ts";
import { checkTopDirectory, directoryNameProblem } from "../../base/directory-name.ts";
import { ActionError } from "../../base/errors.ts";
import { UUID } from "../../base/uuid.ts";
import type { GlobusCall } from "./call.ts";

export interface GlobusCollection {
  /** A UUID. */
  readonly collectionId: string;
  /** As operators know it. */
  readonly name: string;
  /** Absolute in the collection; must exist there. */
  readonly top: string;
  readonly call: GlobusCall;
}

/** A collection as requests and sentences name it. */
export interface NamedCollection {
  readonly id: string;
  readonly name: string;
}

/** @throws ActionError for a collection id that is no UUID */
export function checkCollectionId({ id, name }: NamedCollection): void {
  if (UUID.test(id)) return;
  throw new ActionError(`The id ${cleanJson(id)} of the Globus collection ${name} is not a UUID.`);
}

/** @throws ActionError for a collection id that is no UUID, or a `top` that is not absolute */
export function checkCollection({ collectionId, name, top }: GlobusCollection): void {
  checkCollectionId({ id: collectionId, name });
  checkTopDirectory("top directory", top, name);
}

/**
 * Every directory on the way from the top down to the last part, each with a slash at its end.
 * @throws ActionError for a part that is no name, or leads out of the tree
 */
export function directoriesBelow({ name, top }: GlobusCollection, parts: readonly string[]): string[] {
  let path = `${top.replace(/\/+$/, "")}/`;
  return parts.map((part) => {
    const problem = directoryNameProblem(part);
    if (problem !== undefined) {
      throw new ActionError(
        `The directory name ${cleanJson(part)} for ${name} ${problem}: correct the experiment's name.`,
      );
    }
    path += `${part}/`;
    return path;
  });
}
