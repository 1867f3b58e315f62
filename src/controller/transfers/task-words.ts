/**
 * What a transfer task's trouble means: whether it heals by itself, whose it is, and what a person does about it.
 * Transfer tries again for days whatever is wrong, so this table decides what is failed early. The codes are those of
 * Transfer's events, of `nice_status` and `fatal_error` (developer-discuss at globus.org, 23 April 2020), and the ends
 * of the codes with which it refuses a request. globus.md §3.3.
 */

import { oneLine } from "../../base/clean-text.ts";

/**
 * Source and destination: no repeat helps before somebody has done something there. Person: nor before somebody has
 * done something about the login, a permission or a pause. Offline: a collection does not answer, and everything for
 * it waits. Passing: Transfer gets over it.
 */
export type TroubleKind = "source" | "destination" | "person" | "offline" | "passing";

export interface TroubleWords {
  readonly kind: TroubleKind;
  /** What it is and what to do, a piece of a sentence without its full stop. */
  readonly words: string;
}

type Row = readonly [TroubleKind, string];

/** A file where a folder must be, and the like. */
const KIND_DIFFERS: Row = [
  "destination",
  "a file is where a folder must be, or a folder where a file must be: move away what is at the destination",
];
const BAD_NAME: Row = ["source", "the name of a file is none that the destination can have: rename the file"];
const LINK: Row = ["source", "a symbolic link of the scan leads nowhere: remove it, or restore the file it names"];
const LOGIN: Row = ["person", "the Globus login is over for one of the collections: log in again"];
const NO_ROOM: Row = ["destination", "the destination has no room left: make room there"];
const ASLEEP: Row = ["offline", "a collection does not answer: see to its host and its Globus Connect"];
const CUT: Row = ["passing", "the connection between the collections broke: Globus tries again"];
const PAUSED: Row = ["person", "an administrator of a collection has paused it: ask for its release"];
const ENDED: Row = ["person", "it was cancelled: find out by whom, then queue the scan again"];

const TROUBLES: Readonly<Record<string, Row>> = {
  FILE_NOT_FOUND: ["source", "a file of the scan is no longer at the source: restore it, or drop the scan"],
  FILE_ACCESS: ["source", "a file of the scan cannot be read at the source: see to its permissions"],
  AMBIGUOUS_PATH: ["source", "a path of the scan names two files that differ in upper and lower case: rename one"],
  EXTERNAL_CHECKSUM_MISMATCH: ["source", "a file is not what its checksum says: look at the file at the source"],
  INVALID_PATH_NAME: BAD_NAME,
  INVALID_SYMLINK: LINK,
  NOT_A_SYMLINK: LINK,
  LIMIT_EXCEEDED: ["source", "the scan has more files than Globus takes in one folder: divide the folder"],

  PERMISSION_DENIED: [
    "destination",
    "the login may not write at the destination, or not read at the source: give it the permission there",
  ],
  NO_SPACE_LEFT: NO_ROOM,
  QUOTA_EXCEEDED: ["destination", "the quota at the destination is used up: make room there, or have it raised"],
  IS_A_DIRECTORY: KIND_DIFFERS,
  IS_A_FILE: KIND_DIFFERS,
  NOT_A_DIRECTORY: KIND_DIFFERS,
  NOT_A_FILE: KIND_DIFFERS,

  EXPIRED_CREDENTIALS: LOGIN,
  CREDS_EXPIRED: LOGIN,
  NO_CREDENTIALS: LOGIN,
  INVALID_SERVICE_CREDENTIAL: LOGIN,
  CONSENT_REQUIRED: ["person", "the Globus login lacks a consent for one of the collections: log in again"],
  ACL_CHANGED: ["person", "the permission was taken away meanwhile: ask the collection's owner for it"],
  GSI_DN_MISMATCH: ["person", "a collection shows another certificate than its own: tell its administrator"],
  CLOCK: ["person", "the clock of a collection's host is wrong: tell its administrator"],
  PAUSED,
  PAUSED_BY_ADMIN: PAUSED,
  CANCELED: ENDED,
  CANCELED_BY_ADMIN: ["person", "an administrator of a collection has cancelled it: ask for the reason"],

  GC_NOT_CONNECTED: ["offline", "a Globus Connect Personal is not connected: start it on its host"],
  GC_PAUSED: ["offline", "a Globus Connect Personal is paused: unpause it on its host"],
  CONNECT_FAILED: ASLEEP,
  ENDPOINT_ERROR: ASLEEP,
  NO_PHYSICALS: ["offline", "a collection has no server any more: tell its administrator"],

  AUTH: ["passing", "a collection did not accept the login: Globus tries again"],
  ENDPOINT_TOO_BUSY: ["passing", "a collection is too busy: Globus tries again"],
  CONNECTION_BROKEN: CUT,
  CONNECTION_RESET: CUT,
  TIMEOUT: ["passing", "a collection takes too long: Globus tries again"],
  FILE_SIZE_CHANGED: ["passing", "a file of the scan changed while it was read: Globus reads it again"],
  VERIFY_CHECKSUM: ["passing", "a file arrived damaged: Globus sends it again"],
  NO_APPEND_FILESYSTEM: ["passing", "a file has to be sent anew from its beginning: Globus does it"],
  MPU_NOT_FOUND: ["passing", "a file has to be sent anew from its beginning: Globus does it"],
  EXPIRED: ["passing", "it was not done when its deadline came"],
  INTERNAL_ERROR: ["passing", "Globus itself has trouble: it tries again"],
  ABEND: ["passing", "Globus itself has trouble: it tries again"],
  UNKNOWN: ["passing", "something is wrong that Globus cannot name: it tries again"],
};

/** Ends of the codes of refused requests, such as `ExternalError.DirListingFailed.GCDisconnected`. */
const REFUSALS: Readonly<Record<string, string>> = {
  GCDISCONNECTED: "GC_NOT_CONNECTED",
  GCPAUSED: "GC_PAUSED",
  CONNECTFAILED: "CONNECT_FAILED",
  ENDPOINTERROR: "ENDPOINT_ERROR",
  LOGINFAILED: "AUTH",
  CONSENTREQUIRED: "CONSENT_REQUIRED",
  NOSPACE: "NO_SPACE_LEFT",
  PERMISSIONDENIED: "PERMISSION_DENIED",
  ENDPOINTPERMISSIONDENIED: "PERMISSION_DENIED",
};

/** What a task says where nothing is wrong. */
const WELL: readonly string[] = ["", "OK", "QUEUED", "ACTIVE", "STARTED", "PROGRESS", "SUCCEEDED", "UNPAUSED"];

/**
 * @param code a task's `nice_status` or the code of its fatal error, in any spelling: `FILE_NOT_FOUND`,
 * `Permission denied`
 * @returns undefined where nothing is wrong; a code that is not known passes
 */
export function wordsFor(code: string): TroubleWords | undefined {
  const plain = code.trim().split(".").at(-1) ?? "";
  const name = plain.toUpperCase().replace(/[^A-Z0-9]+/g, "_");
  if (WELL.includes(name)) return undefined;
  const known = REFUSALS[name] ?? name;
  const [kind, words] = Object.hasOwn(TROUBLES, known)
    ? (TROUBLES[known] as Row)
    : (["passing", `Globus says ${oneLine(plain)}: it tries again`] as const);
  return { kind, words };
}
