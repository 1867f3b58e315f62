/** The room on a disk, of what statfs(2) tells of it. Pure. */
import type { StatsFs } from "node:fs";

/** Bytes that a user who is not root may write; undefined for a file system that tells nothing. */
export const freeBytes = ({
  bavail,
  bsize,
  blocks,
}: Pick<StatsFs, "bavail" | "bsize" | "blocks">): number | undefined => (blocks === 0 ? undefined : bavail * bsize);
