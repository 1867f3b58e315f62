/** The hosts on which finished scans are looked at: mounted here, or behind SSH. The look itself is look.ts. */
import type { Clock } from "../../base/clock.ts";
import { checkTopDirectory } from "../../base/directory-name.ts";
import type { Manifest, Removed, ScanDisk, ScanSource } from "../../controller/ports/scans.ts";
import { hostLabel, type SshSettings } from "../ssh/errors.ts";
import { SSH_PORT } from "../ssh/known-hosts.ts";
import { type Belongs, checkBelongs } from "./belongs.ts";
import type { ScanSign } from "./remove.ts";
import type { ListedScan } from "./scan-list.ts";
import { checkScanNames, type WhichScans } from "./scan-names.ts";
import { createTop } from "./tops.ts";
import type { SourceAt, Worker } from "./work.ts";
import { workApart } from "./worker-process.ts";

export interface MountedSourceSettings {
  /** The host whose files they are, as operators know it. */
  readonly name: string;
  /** Absolute; as scans are named. */
  readonly top: string;
  /** The same directory as this host sees it; the same path unless given. */
  readonly mount?: string;
  readonly belongs: Belongs;
  /** Which entries are scans where they are listed; `*.h5` unless given. */
  readonly which?: WhichScans;
}

export interface SshSourceSettings extends SshSettings {
  /** Absolute, on the host. */
  readonly top: string;
  readonly belongs: Belongs;
  /** Which entries are scans where they are listed; `*.h5` unless given. */
  readonly which?: WhichScans;
}

/** A source whose files a copier can read. */
export interface CopySource extends ScanSource, ScanDisk {
  readonly at: SourceAt;
}

/** @throws ActionError for a top that is not absolute, or a template that is none */
export function createMountedSource(settings: MountedSourceSettings, clock: Clock, worker?: Worker): CopySource {
  const { name, top, mount = top, ...content } = settings;
  checkTopDirectory("data directory", top, name);
  checkTopDirectory("data directory", mount, name);
  return createSource({ place: name, named: top, top: mount }, content, clock, worker);
}

/** @throws ActionError for a top that is not absolute, or a template that is none */
export function createSshSource(settings: SshSourceSettings, clock: Clock, worker?: Worker): CopySource {
  const { top, belongs, which, ...ssh } = settings;
  const name = hostLabel(ssh.host, ssh.port ?? SSH_PORT);
  checkTopDirectory("data directory", top, name);
  return createSource(
    { place: name, named: top, top, ssh },
    { belongs, ...(which !== undefined && { which }) },
    clock,
    worker,
  );
}

interface SourceContent {
  readonly belongs: Belongs;
  readonly which?: WhichScans;
}

const USUAL: WhichScans = { names: ["*.h5"], trees: [] };

function createSource(
  at: SourceAt,
  { belongs, which = USUAL }: SourceContent,
  clock: Clock,
  worker?: Worker,
): CopySource {
  checkBelongs(belongs);
  checkScanNames(which.names);
  const work = worker ?? workApart({ clock, place: at.place });
  return {
    name: at.place,
    top: at.named,
    at,
    directory: createTop({ ...at, place: `${at.place}:${at.top}` }, "The source", work),
    look: async (scan, { signal }) => (await work({ do: "look", source: at, belongs, scan }, { signal })) as Manifest,
    scans: async ({ signal }) => {
      const found = (await work({ do: "scans", source: at, which }, { signal })) as readonly ListedScan[];
      return {
        scans: found.flatMap((one) => ("scan" in one ? [one.scan] : [])),
        problems: found.flatMap((one) => ("problem" in one ? [one.problem] : [])),
      };
    },
    mark: async (manifest, { signal, mayLack }) => {
      const parcel = { manifest, parts: [] };
      const signs = (await work({ do: "mark", source: at, parcel, mayLack }, { signal })) as readonly ScanSign[];
      return {
        marks: signs.flatMap((sign) => ("mark" in sign ? [sign.mark] : [])),
        identities: signs.flatMap((sign) => ("identity" in sign ? [sign.identity] : [])),
      };
    },
    unmark: async (manifest, { signal }) =>
      void (await work({ do: "unmark", source: at, parcel: { manifest, parts: [] } }, { signal })),
    remove: async (manifest, { signal, isPlan, mayLack }) =>
      (await work(
        { do: "remove", source: at, parcel: { manifest, parts: [] }, how: { isPlan, mayLack } },
        { signal },
      )) as Removed,
  };
}
