/** What is told of a scan's end: the line of JSON for programs, from which e-mails are made as well. Pure. */
import { facilityIso } from "../../base/facility-time.ts";
import type { NoteRecord, ScanRecord, SendRecord } from "../ports/queue-ledger.ts";
import type { Proof } from "./proof.ts";
import { scanName } from "./scan-path.ts";

/** How a send ended. */
export type SendEnd =
  | { readonly state: "verified"; readonly bytes: number; readonly seconds: number; readonly task?: string }
  | {
      readonly state: "failed";
      /** A sentence. */
      readonly reason: string;
      /** No further attempt by itself. */
      readonly isFinal?: boolean;
      readonly missing?: Proof;
      readonly task?: string;
    };

/** @param now milliseconds since 1970 UTC */
export function noteOf(
  kind: NoteRecord["kind"],
  scan: ScanRecord,
  send: SendRecord,
  end: SendEnd,
  now: number,
): Pick<NoteRecord, "at" | "kind" | "line"> {
  const { id, file, isFolder = false, files = 0, bytes = 0, aborted, tags } = scan;
  return {
    at: now,
    kind,
    line: {
      event: kind === "task" ? "transfer" : `scan ${kind}`,
      time: facilityIso(new Date(now)),
      scan: scanName(file, isFolder),
      id,
      file,
      experiment: tags?.exp ?? "",
      ...(aborted !== undefined && { aborted }),
      destination: send.destination,
      state: send.state,
      files,
      bytes,
      attempts: send.attempts + (send.state === "verified" ? 1 : 0),
      ...(end.task !== undefined && { task: end.task }),
      ...(end.state === "verified" ? { seconds: Math.round(end.seconds * 10) / 10 } : { reason: end.reason }),
    },
  };
}
