/**
 * The data host over SFTP: what is in a source directory, in one connection, without a shell. It counts within bounds, follows no link out of the top
 * directory, and changes nothing. Integration point 53.
 */
import { posix } from "node:path";
import type { Stats } from "ssh2";
import type { Clock } from "../base/clock.ts";
import { directoryNameProblem, isTopDirectory } from "../base/directory-name.ts";
import { ActionError, messageOf } from "../base/errors.ts";
import { countTree, QUICK_LOOK, type TreeEntry, type TreeLimits } from "../base/tree-count.ts";
import type { CallOptions, DataHost, SourceReport } from "../controller/ports.ts";
import { SSH_PORT } from "./known-hosts.ts";
import { openSftp, type SftpSession } from "./ssh-connection.ts";
import { hostLabel, SFTP_STATUS, type SshSettings, sftpStatusOf } from "./ssh-failures.ts";

export interface SshDataHostSettings extends SshSettings {
  /** Absolute, on the host. */
  readonly top: string;
  readonly limits?: TreeLimits;
}

/** @throws ActionError when `top` is not absolute */
export function createSshDataHost(settings: SshDataHostSettings, clock: Clock): DataHost {
  const { top } = settings;
  const name = hostLabel(settings.host, settings.port ?? SSH_PORT);
  if (!isTopDirectory(top)) {
    throw new ActionError(
      `The data directory ${JSON.stringify(top)} of ${name} must be an absolute path without "..".`,
    );
  }
  return {
    name,
    top,
    inspect: async (parts, options) => {
      try {
        return await inspect(settings, parts, { clock, options });
      } catch (thrown) {
        options.signal?.throwIfAborted();
        const status = sftpStatusOf(thrown);
        if (status === undefined && !(thrown instanceof ActionError)) throw thrown;
        const path = posix.join(top, ...parts);
        return unknown(
          status === undefined
            ? messageOf(thrown)
            : status === SFTP_STATUS.PERMISSION_DENIED
              ? `${settings.user} may not read ${path} on ${name}`
              : `${name} could not list ${path} (SFTP status ${status})`,
        );
      }
    },
  };
}

const unknown = (remark: string): SourceReport => ({
  state: "UNKNOWN",
  files: 0,
  bytes: 0,
  remark: remark.replace(/\.$/, ""),
});
const absent = (state: "MISSING" | "NO_TOPDIR"): SourceReport => ({ state, files: 0, bytes: 0 });

interface Call {
  readonly clock: Clock;
  readonly options: CallOptions;
}

async function inspect(
  settings: SshDataHostSettings,
  parts: readonly string[],
  { clock, options }: Call,
): Promise<SourceReport> {
  for (const part of parts) {
    const problem = directoryNameProblem(part);
    if (problem !== undefined) return unknown(`the directory name ${JSON.stringify(part)} ${problem}`);
  }
  const session = await openSftp(settings, clock, options.signal);
  try {
    const { top } = settings;
    const path = posix.join(top, ...parts);
    if ((await look(session, top))?.isDirectory() !== true) return absent("NO_TOPDIR");
    if ((await look(session, path))?.isDirectory() !== true) return absent("MISSING");
    const [realTop, real] = [await session.realpath(top), await session.realpath(path)];
    if (real !== realTop && !real.startsWith(posix.join(realTop, "/")))
      return unknown(`${path} leads to ${real}, outside of ${top}, and is not looked into`);
    const count = await countTree({
      list: (below) => entries(session, posix.join(real, below)),
      isLocal: (thrown) => sftpStatusOf(thrown) !== undefined,
      limits: settings.limits ?? QUICK_LOOK,
      clock,
      signal: options.signal,
    });
    return {
      state: count.files === 0 && count.complete ? "EMPTY" : "OK",
      files: count.files,
      bytes: count.bytes,
      ...(!count.complete && { remark: "there is more than was counted" }),
    };
  } finally {
    await session.close();
  }
}

/** Undefined where nothing is. */
async function look(session: SftpSession, path: string): Promise<Stats | undefined> {
  try {
    return await session.stat(path);
  } catch (thrown) {
    if (sftpStatusOf(thrown) === SFTP_STATUS.NO_SUCH_FILE) return undefined;
    throw thrown;
  }
}

async function* entries(session: SftpSession, path: string): AsyncGenerator<readonly TreeEntry[]> {
  for await (const batch of session.readdir(path)) {
    yield batch.map(({ filename, attrs }) => ({
      name: filename,
      kind: attrs.isDirectory() ? "directory" : attrs.isFile() ? "file" : "other",
      bytes: attrs.size,
    }));
  }
}
