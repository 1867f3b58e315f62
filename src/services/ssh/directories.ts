/**
 * Directories on other hosts, through SFTP: one connection per host and command, no remote shell, so no shell ever
 * parses what a PV says. A directory is made level by level below a top that must exist; only what was made here gets
 * its mode set. integration.md §5.3.
 */

import { posix } from "node:path";
import type { Stats } from "ssh2";
import { cleanJson } from "../../base/clean-text.ts";
import type { Clock } from "../../base/clock.ts";
import { checkTopDirectory, directoryNameProblem } from "../../base/directory-name.ts";
import { ActionError } from "../../base/errors.ts";
import { AccessDeniedError, NotFoundError } from "../../controller/ports/call.ts";
import type { DirectoryState, DirectoryTree } from "../../controller/ports/directories.ts";
import { openSftp, type SftpSession } from "./connection.ts";
import { hostLabel, type SshSettings, SFTP_STATUS as STATUS, sftpStatusOf as statusOf } from "./errors.ts";
import { SSH_PORT } from "./known-hosts.ts";

export interface SshTreeSettings extends SshSettings {
  /** Absolute; must exist on the host. */
  readonly top: string;
  /**
   * Of the directories that are made, also against the server's umask; default 0o2775: the group writes, and is
   * inherited.
   */
  readonly mode?: number;
}

const DEFAULT_MODE = 0o2775;

/** The tree below `top` on one host. @throws ActionError when `top` is not absolute */
export function createSshTree(settings: SshTreeSettings, clock: Clock): DirectoryTree {
  const label = hostLabel(settings.host, settings.port ?? SSH_PORT);
  const { top } = settings;
  checkTopDirectory("top directory", top, label);
  return {
    name: label,
    top,
    makeDirectories: async (parts, options) => {
      for (const part of parts) checkPart(part, label);
      const session = await openSftp(settings, clock, options.signal);
      try {
        return await new Tree(session, settings, label).make(parts);
      } finally {
        await session.close();
      }
    },
  };
}

/** @throws ActionError for a name that is none, or leads out of the tree */
function checkPart(part: string, label: string): void {
  const problem = directoryNameProblem(part);
  if (problem === undefined) return;
  throw new ActionError(
    `The directory name ${cleanJson(part)} for ${label} ${problem}: correct the experiment's name.`,
  );
}

class Tree {
  readonly #session: SftpSession;
  readonly #settings: SshTreeSettings;
  readonly #label: string;

  constructor(session: SftpSession, settings: SshTreeSettings, label: string) {
    this.#session = session;
    this.#settings = settings;
    this.#label = label;
  }

  async make(parts: readonly string[]): Promise<DirectoryState> {
    const { top } = this.#settings;
    await this.#requireTop(top);
    let path = top;
    let state: DirectoryState = "Exists";
    for (const part of parts) {
      path = posix.join(path, part);
      state = await this.#makeOne(path);
    }
    return state;
  }

  async #requireTop(top: string): Promise<void> {
    const found = await this.#lookAt(top, () => this.#session.stat(top));
    if (found === undefined) {
      const advice = "make it there, or correct the top directory in the configuration";
      throw new NotFoundError(`The top directory ${top} does not exist on ${this.#label}: ${advice}.`);
    }
    if (!found.isDirectory()) throw this.#notADirectory(top);
  }

  async #makeOne(path: string): Promise<DirectoryState> {
    if (await this.#exists(path)) return "Exists";
    const mode = this.#settings.mode ?? DEFAULT_MODE;
    try {
      await this.#session.mkdir(path, mode);
    } catch (thrown) {
      // "Failure" also says that somebody else made it meanwhile.
      if (statusOf(thrown) === STATUS.FAILURE && (await this.#exists(path))) return "Exists";
      throw this.#refusal(thrown, `make ${path}`, posix.dirname(path));
    }
    // The mode of a new directory is cut by the server's umask: set it again (OpenSSH sftp-server.c process_mkdir).
    await this.#session.chmod(path, mode).catch((thrown: unknown) => {
      throw this.#refusal(thrown, `set mode ${mode.toString(8)} on ${path}, which was just made`, path);
    });
    return "Created";
  }

  /**
   * Whether `path` is a directory inside the tree.
   * @throws ActionError when it is something else, or a link that leads out
   */
  async #exists(path: string): Promise<boolean> {
    const found = await this.#lookAt(path, () => this.#session.lstat(path));
    if (found === undefined) return false;
    if (found.isSymbolicLink()) await this.#requireInside(path);
    else if (!found.isDirectory()) throw this.#notADirectory(path);
    return true;
  }

  async #requireInside(link: string): Promise<void> {
    const target = await this.#lookAt(link, () => this.#session.stat(link));
    if (target?.isDirectory() !== true) throw this.#notADirectory(link);
    const { top } = this.#settings;
    const [realTop, real] = [await this.#session.realpath(top), await this.#session.realpath(link)];
    if (real === realTop || real.startsWith(posix.join(realTop, "/"))) return;
    const advice = "remove the link, or make the place it leads to the top directory";
    throw new ActionError(`${link} on ${this.#label} is a link to ${real}, outside of ${top}: ${advice}.`);
  }

  /** Undefined where nothing is. */
  async #lookAt(path: string, look: () => Promise<Stats>): Promise<Stats | undefined> {
    try {
      return await look();
    } catch (thrown) {
      if (statusOf(thrown) === STATUS.NO_SUCH_FILE) return undefined;
      throw this.#refusal(thrown, `look at ${path}`, posix.dirname(path));
    }
  }

  #notADirectory(path: string): ActionError {
    return new ActionError(`${path} exists on ${this.#label} but is not a directory: remove or rename it there.`);
  }

  /** The sentence for a status of the SFTP server; anything else passes as it is. @param where must be permitted */
  #refusal(thrown: unknown, what: string, where: string): unknown {
    const status = statusOf(thrown);
    if (status === undefined) return thrown;
    const { user } = this.#settings;
    const cause = { cause: thrown };
    if (status === STATUS.PERMISSION_DENIED) {
      return new AccessDeniedError(
        `${user} may not ${what} on ${this.#label}: give ${user} the permission at ${where}.`,
        cause,
      );
    }
    return new ActionError(`${this.#label} could not ${what}: ${REASONS[status] ?? `SFTP status ${status}`}.`, cause);
  }
}

/** What OpenSSH's SFTP server means by a status (sftp-server.c errno_to_portable). */
const REASONS: Readonly<Record<number, string>> = {
  [STATUS.NO_SUCH_FILE]: "the directory above it is gone",
  [STATUS.FAILURE]: "it gives no reason; its disk may be full, over quota or read-only",
  [STATUS.BAD_MESSAGE]: "the name is too long or not allowed there",
};
