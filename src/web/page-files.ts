/**
 * The files of the page, read once: what is served does not change under a program that runs, and no request names a
 * path on the disk.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { codeOf } from "../base/errors.ts";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
};

export interface PageFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly type: string;
  /** Changes with the bytes. */
  readonly tag: string;
}

/** Stands in where the package was built without the page. */
const NO_PAGE = "The page was not built: run `npm run build`. The PVs are at /api/model and /api/events.\n";

/** The files of a folder by the path of a request, `/` for index.html. @throws the system's error */
export function readPageFiles(folder: string): ReadonlyMap<string, PageFile> {
  const files = new Map<string, PageFile>();
  for (const name of namesIn(folder)) {
    const type = TYPES[extname(name)];
    if (type !== undefined)
      files.set(name === "index.html" ? "/" : `/${name}`, pageFile(readFileSync(join(folder, name)), type));
  }
  if (!files.has("/")) files.set("/", pageFile(Buffer.from(NO_PAGE), "text/plain; charset=utf-8"));
  return files;
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return [];
    throw error;
  }
}

function pageFile(read: Buffer, type: string): PageFile {
  const bytes = Uint8Array.from(read);
  return { bytes, type, tag: `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"` };
}
