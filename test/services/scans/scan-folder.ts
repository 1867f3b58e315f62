/** Folders with scans for a test, and a mounted source and a folder destination that work in this process. */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { systemClock } from "../../../src/base/clock.ts";
import type { Copier } from "../../../src/controller/ports/destinations.ts";
import { createFolderCopier } from "../../../src/services/scans/copiers.ts";
import { type CopySource, createMountedSource } from "../../../src/services/scans/sources.ts";
import { workHere } from "../../../src/services/scans/work.ts";

/** As TomoScan names the top of its scans. */
export const NAMED = "/det/data";
/** A time with milliseconds. */
export const WRITTEN = Date.UTC(2026, 2, 1, 12, 0, 0, 123);

export interface ScanFolder {
  /** Where this host sees the scans, and where the destination is. */
  readonly mount: string;
  readonly archive: string;
  readonly source: CopySource;
  readonly copier: Copier;
  /** Writes a file of a scan. @param path below the mount */
  readonly put: (path: string, text: string | Buffer, modified?: number) => void;
}

const BELONGS = ["{stem}.config", "{stem}_theta.npy", "dark_fields_{stem}.h5", "{stem}_rec"];

export function scanFolder(): ScanFolder {
  const folder = mkdtempSync(join(tmpdir(), "scans-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [mount, archive] = [join(folder, "mount"), join(folder, "archive")];
  mkdirSync(mount);
  mkdirSync(archive);
  const worker = workHere(systemClock);
  const source = createMountedSource({ name: "detector", top: NAMED, mount, belongs: BELONGS }, systemClock, worker);
  return {
    mount,
    archive,
    source,
    copier: createFolderCopier({ top: archive, source }, systemClock, worker),
    put: (path, text, modified = WRITTEN) => putFile(join(mount, path), text, modified),
  };
}

export function putFile(path: string, text: string | Buffer, modified = WRITTEN): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  utimesSync(path, modified / 1000, modified / 1000);
}

/** Every file below a folder with its content and time, sorted by path. */
export const contentOf = (folder: string): readonly (readonly [string, string, number])[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => [path.slice(folder.length + 1), readFileSync(path, "latin1"), Math.round(statSync(path).mtimeMs)]);
