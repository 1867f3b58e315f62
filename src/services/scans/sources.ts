/** The hosts on which finished scans are looked at: mounted here, or behind SSH. The look itself is look.ts. */
import type { Clock } from "../../base/clock.ts";
import { checkTopDirectory } from "../../base/directory-name.ts";
import type { Manifest, ScanSource } from "../../controller/ports/scans.ts";
import { hostLabel, type SshSettings } from "../ssh/errors.ts";
import { SSH_PORT } from "../ssh/known-hosts.ts";
import { type Belongs, checkBelongs } from "./belongs.ts";
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
}

export interface SshSourceSettings extends SshSettings {
  /** Absolute, on the host. */
  readonly top: string;
  readonly belongs: Belongs;
}

/** A source whose files a copier can read. */
export interface CopySource extends ScanSource {
  readonly at: SourceAt;
}

/** @throws ActionError for a top that is not absolute, or a template that is none */
export function createMountedSource(settings: MountedSourceSettings, clock: Clock, worker?: Worker): CopySource {
  const { name, top, mount = top, belongs } = settings;
  checkTopDirectory("data directory", top, name);
  checkTopDirectory("data directory", mount, name);
  return createSource({ place: name, named: top, top: mount }, belongs, clock, worker);
}

/** @throws ActionError for a top that is not absolute, or a template that is none */
export function createSshSource(settings: SshSourceSettings, clock: Clock, worker?: Worker): CopySource {
  const { top, belongs, ...ssh } = settings;
  const name = hostLabel(ssh.host, ssh.port ?? SSH_PORT);
  checkTopDirectory("data directory", top, name);
  return createSource({ place: name, named: top, top, ssh }, belongs, clock, worker);
}

function createSource(at: SourceAt, belongs: Belongs, clock: Clock, worker?: Worker): CopySource {
  checkBelongs(belongs);
  const work = worker ?? workApart({ clock, place: at.place });
  return {
    name: at.place,
    top: at.named,
    at,
    look: async (scan, { signal }) => (await work({ do: "look", source: at, belongs, scan }, { signal })) as Manifest,
  };
}
