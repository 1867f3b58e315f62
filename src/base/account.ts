/**
 * Who runs this process, and where its home is, also where the user's number has no entry in the passwd database, as in
 * a container that is run as any user.
 */

import os from "node:os";
import type { Environment } from "./environment.ts";

/**
 * The user's name; without an entry what the environment says, and at last the number as text.
 * @param find throws where there is no entry
 */
export function accountName(
  { USER, LOGNAME }: Environment,
  find: () => string = () => os.userInfo().username,
  uid: number | undefined = process.getuid?.(),
): string {
  return found(find) ?? (USER || LOGNAME || String(uid ?? "unknown"));
}

/**
 * HOME, or what the passwd database says; without an entry the root folder, as containers have it.
 * @param find throws where there is no entry
 */
export function homeFolder({ HOME }: Environment, find: () => string = os.homedir): string {
  return HOME || (found(find) ?? "/");
}

function found(find: () => string): string | undefined {
  try {
    return find();
  } catch {
    return undefined;
  }
}
