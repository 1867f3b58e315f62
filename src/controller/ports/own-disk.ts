/** A folder of this host on which the program itself depends. */
import type { CallOptions } from "./call.ts";

export interface OwnDisk {
  readonly folder: string;
  /** Bytes that may still be written there; undefined where the system does not tell. */
  room(options: CallOptions): Promise<number | undefined>;
  /** Writes a small file through to the disk, and removes it. @throws ActionError */
  tryWriting(options: CallOptions): Promise<void>;
}
