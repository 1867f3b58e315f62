/**
 * The part of TomoScan's server that data management waits for: FilePathExists says whether the detector host has
 * FilePath. It runs no scan.
 */

import { access } from "node:fs/promises";
import path from "node:path";
import type { CaClient } from "../ca/client/client.ts";
import { fromByteString } from "../epics/byte-string.ts";

export interface TomoScanServerOptions {
  readonly client: CaClient;
  /** TomoScan's prefix. */
  readonly prefix: string;
  /** Folder that the detector host shows as its `/`. */
  readonly root: string;
}

/** @returns stops it */
export function startTomoScanServer({ client, prefix, root }: TomoScanServerOptions): () => Promise<void> {
  const filePath = client.pv(`${prefix}FilePath`);
  const exists = client.pv(`${prefix}FilePathExists`);
  /** Looks in turn: an older look must not have the last word. */
  let looking = Promise.resolve();
  const look = async (wanted: string): Promise<void> => {
    const found = wanted !== "" && (await isThere(path.join(root, path.normalize(`/${wanted}`))));
    // Its IOC has gone; the next connection brings another look
    await exists.putCallback(found ? 1 : 0).catch(() => undefined);
  };
  const stop = filePath.monitor({}, ({ text }) => {
    looking = looking.then(() => look(fromByteString(text)));
  });
  return async () => {
    stop();
    filePath.close();
    exists.close();
    await looking;
  };
}

const isThere = (place: string): Promise<boolean> =>
  access(place).then(
    () => true,
    () => false,
  );
