/**
 * What is told of the end of a transfer: the line of JSON for programs, from which e-mails are made as well, and who
 * gets it. docs/notify.md describes the line. Pure.
 */
import { facilityIso } from "../../base/facility-time.ts";
import type { NoteRecord, QueueChange, ScanRecord, SendRecord } from "../ports/queue-ledger.ts";
import type { Proof } from "./proof.ts";
import { isClosed } from "./queue-states.ts";
import type { TransferRules } from "./rules.ts";
import { scanName } from "./scan-path.ts";
import { isProven, placesOf, type QueuedScan } from "./scan-queue.ts";

/** How a send ended. */
export type SendEnd =
  | {
      readonly state: "verified";
      readonly bytes: number;
      readonly seconds: number;
      readonly task?: string;
      /** As the ledger keeps it. */
      readonly times?: string;
    }
  | {
      readonly state: "failed";
      /** A sentence. */
      readonly reason: string;
      /** No further attempt by itself. */
      readonly isFinal?: boolean;
      readonly missing?: Proof;
      readonly task?: string;
    };

export type NoteLine = NoteRecord["line"];

export interface Telling {
  readonly tells: TransferRules["tells"];
  /** Milliseconds since 1970 UTC. */
  readonly now: number;
  readonly newId: () => string;
}

export const iso = (ms: number): string => facilityIso(new Date(ms));

/** What each line says of its scan. */
export const scanPart = ({
  id,
  file,
  isFolder = false,
  files = 0,
  bytes = 0,
  aborted,
  tags,
}: ScanRecord): NoteLine => ({
  scan: scanName(file, isFolder),
  id,
  file,
  experiment: tags?.exp ?? "",
  ...(aborted !== undefined && { aborted }),
  files,
  bytes,
});

/** One send has ended, also where it is tried again. @param send as it is now */
export function transferLine(scan: ScanRecord, send: SendRecord, end: SendEnd, now: number): NoteLine {
  const { destination, state, next } = send;
  const attempts = send.attempts + (state === "verified" ? 1 : 0);
  const name = scanName(scan.file, scan.isFolder ?? false);
  const failed = end.state === "failed" ? ` (attempt ${attempts}): ${end.reason}` : "";
  return {
    event: "transfer",
    time: iso(now),
    text: `${name} is ${failed === "" ? "" : "not "}proven at ${destination}${failed || "."}`,
    ...scanPart(scan),
    destination,
    state,
    attempts,
    ...(next !== undefined && { next: iso(next) }),
    ...(end.task !== undefined && { task: end.task }),
    ...(end.state === "verified" ? { seconds: Math.round(end.seconds * 10) / 10 } : { reason: end.reason }),
    ...(end.state === "failed" && end.missing !== undefined && { missing: end.missing.count }),
  };
}

/** Notes of the end of one send, and of the scan with it. @param send as it is now */
export function notesOf(queued: QueuedScan, send: SendRecord, line: NoteLine, told: Telling): QueueChange[] {
  const { webhook, mailFailed, mailVerified } = told.tells;
  const after = { ...queued, sends: new Map(queued.sends).set(send.destination, send) };
  const isLast = send.state === "verified" && isProven(after);
  return [
    ...(isClosed(send) ? noted("task", line, { webhook, mail: false }, told) : []),
    ...(isLast ? noted("verified", provenLine(after, told.now), { webhook, mail: mailVerified }, told) : []),
    ...(send.state === "dead" ? noted("failed", line, { webhook: false, mail: mailFailed }, told) : []),
  ];
}

function provenLine(queued: QueuedScan, now: number): NoteLine {
  const about = scanPart(queued.scan);
  return {
    event: "scan",
    time: iso(now),
    text: `${String(about["scan"])} is proven at ${placesOf(queued)}.`,
    ...about,
    state: "verified",
    destinations: [...queued.sends.values()]
      .filter(({ state }) => state === "verified")
      .map(({ destination }) => destination),
  };
}

/** Notes of a scan that is given up, because there is nothing to send. @param reason a clause */
export function lostNotes(scan: ScanRecord, reason: string, told: Telling): QueueChange[] {
  const about = scanPart(scan);
  const text = `${String(about["scan"])} is not sent: ${reason}.`;
  const line = { event: "scan", time: iso(told.now), text, ...about, state: "lost", reason };
  const { webhook, mailFailed } = told.tells;
  return noted("failed", line, { webhook, mail: mailFailed }, told);
}

/** A note for the channels that are wanted, if any is. */
export function noted(
  kind: NoteRecord["kind"],
  line: NoteLine,
  { webhook, mail }: { readonly webhook: boolean; readonly mail: boolean },
  { now, newId }: Omit<Telling, "tells">,
): QueueChange[] {
  if (!webhook && !mail) return [];
  const id = newId();
  const channels = { ...(webhook && { webhook: "due" as const }), ...(mail && { mail: "due" as const }) };
  return [{ note: { id, at: now, kind, line: { ...line, message: id }, ...channels } }];
}
