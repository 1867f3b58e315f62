/**
 * The data host over SFTP: its files in one connection, without a shell, and never changed. What is looked for is
 * base/source-look.ts.
 */
import type { Clock } from "../../base/clock.ts";
import { checkTopDirectory } from "../../base/directory-name.ts";
import { ActionError, messageOf } from "../../base/errors.ts";
import { inspectSource, type LookLimits, type SourceFiles } from "../../base/source-look.ts";
import type { TreeEntry } from "../../base/tree-count.ts";
import type { DataHost } from "../../controller/ports/data-host.ts";
import { type ServiceUse, silentUse, told } from "../../controller/ports/service-use.ts";
import { openSftp, type SftpSession } from "./connection.ts";
import { hostLabel, SFTP_STATUS, type SshSettings, sftpStatusOf } from "./errors.ts";
import { SSH_PORT } from "./known-hosts.ts";

export interface SshDataHostSettings extends SshSettings {
  /** Absolute, on the host. */
  readonly top: string;
  readonly limits?: LookLimits;
  /** Told how each opening of a connection ended. */
  readonly use?: ServiceUse;
}

/** @throws ActionError when `top` is not absolute */
export function createSshDataHost(settings: SshDataHostSettings, clock: Clock): DataHost {
  const { top, use = silentUse } = settings;
  const name = hostLabel(settings.host, settings.port ?? SSH_PORT);
  checkTopDirectory("data directory", top, name);
  return {
    name,
    top,
    inspect: (parts, { signal }) =>
      inspectSource({
        host: name,
        top,
        parts,
        limits: settings.limits,
        clock,
        signal,
        open: async (until) => filesOf(await told(() => openSftp(settings, clock, until), use)),
        remarkOn: (thrown, path) => {
          const status = sftpStatusOf(thrown);
          if (status === undefined) return thrown instanceof ActionError ? messageOf(thrown) : undefined;
          return status === SFTP_STATUS.PERMISSION_DENIED
            ? `${settings.user} may not read ${path} on ${name}`
            : `${name} could not list ${path} (SFTP status ${status})`;
        },
        isLocal: (thrown) => sftpStatusOf(thrown) !== undefined,
      }),
  };
}

const filesOf = (session: SftpSession): SourceFiles => ({
  isDirectory: async (path) => {
    try {
      return (await session.stat(path)).isDirectory();
    } catch (thrown) {
      if (sftpStatusOf(thrown) === SFTP_STATUS.NO_SUCH_FILE) return false;
      throw thrown;
    }
  },
  realpath: (path) => session.realpath(path),
  list: (path) => entries(session, path),
  close: () => session.close(),
});

async function* entries(session: SftpSession, path: string): AsyncGenerator<readonly TreeEntry[]> {
  for await (const batch of session.readdir(path)) {
    yield batch.map(({ filename, attrs }) => ({
      name: filename,
      kind: attrs.isDirectory() ? "directory" : attrs.isFile() ? "file" : "other",
      bytes: attrs.size ?? 0, // a server need not tell
    }));
  }
}
