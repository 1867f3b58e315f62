/** The destinations that we copy to ourselves: a mounted folder, or a folder of a host behind SSH. */
import type { Clock } from "../../base/clock.ts";
import { checkTopDirectory } from "../../base/directory-name.ts";
import type { CopiedFile, Copier, FoundFile } from "../../controller/ports/destinations.ts";
import { hostLabel, type SshSettings } from "../ssh/errors.ts";
import { SSH_PORT } from "../ssh/known-hosts.ts";
import { newMark } from "./destination-tree.ts";
import { inHalves } from "./in-halves.ts";
import type { CopySource } from "./sources.ts";
import { createTop } from "./tops.ts";
import type { FilesAt, Worker } from "./work.ts";
import { workApart } from "./worker-process.ts";

export interface FolderCopierSettings {
  /**
   * Absolute; must exist, and is never made: below the mount point of a file system, so that nothing is written to this
   * host's own disk where that is not mounted.
   */
  readonly top: string;
  /** Whose scans are copied. */
  readonly source: CopySource;
}

export interface SshCopierSettings extends SshSettings {
  /** Absolute, on the host; must exist. */
  readonly top: string;
  readonly source: CopySource;
}

/** @throws ActionError for a top that is not absolute */
export function createFolderCopier({ top, source }: FolderCopierSettings, clock: Clock, worker?: Worker): Copier {
  checkTopDirectory("top directory", top, "this host");
  return createCopier({ place: top, top }, source, clock, worker);
}

/** @throws ActionError for a top that is not absolute */
export function createSshCopier(settings: SshCopierSettings, clock: Clock, worker?: Worker): Copier {
  const { top, source, ...ssh } = settings;
  const host = hostLabel(ssh.host, ssh.port ?? SSH_PORT);
  checkTopDirectory("top directory", top, host);
  return createCopier({ place: `${host}:${top}`, top, ssh }, source, clock, worker);
}

function createCopier(destination: FilesAt, source: CopySource, clock: Clock, worker?: Worker): Copier {
  const { place } = destination;
  const work = inHalves(worker ?? workApart({ clock, place }));
  return {
    place,
    directory: createTop(destination, "The destination", work),
    copy: async (parcel, { signal, onProgress }) =>
      (await work(
        { do: "copy", source: source.at, destination, parcel, mark: newMark() },
        { signal, onProgress },
      )) as readonly CopiedFile[],
    list: async (parcel, { signal }) =>
      (await work({ do: "list", destination, parcel }, { signal })) as readonly FoundFile[],
    write: async (parts, name, text, { signal }) => {
      const file = { parts, name, text, modified: clock.now(), mark: newMark() };
      await work({ do: "write", destination, file }, { signal });
    },
  };
}
