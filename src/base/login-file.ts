/**
 * Reads a login file: one line `username|password`, readable by its owner alone. The form of the DM login file and of
 * the scheduling credentials alike (data-management.md §1, §8). It keeps nothing; its caller hides the password.
 */
import { ActionError } from "./errors.ts";
import { readPrivateFile } from "./private-file.ts";

export interface Login {
  readonly username: string;
  readonly password: string;
}

/** Where a service's login comes from: the login itself, or a file that is read again at each login. */
export type LoginSource = Login | { readonly file: string };

/** The login. @throws ActionError that names the file and what is wrong with it, never its contents */
export async function readLogin(source: LoginSource): Promise<Login> {
  if (!("file" in source)) return source;
  const { file } = source;
  const [line = ""] = (await readPrivateFile(file, "login file")).split(/\r?\n/, 1);
  // At the first bar: the password may hold more of them.
  const [, username, password] = /^\s*([^|]*[^|\s])\s*\|\s*(.*\S)/.exec(line) ?? [];
  if (username === undefined || password === undefined) {
    throw new ActionError(`The login file ${file} must begin with one line of the form username|password`);
  }
  return { username, password };
}
