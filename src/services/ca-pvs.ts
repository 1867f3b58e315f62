/**
 * PVs of other IOCs (TomoScan's) as the controller reads and writes them: text in Unicode, whatever the native type,
 * with the connection's state.
 */

import { defer, finalize, map, merge, type Observable } from "rxjs";
import { cleanJson } from "../base/clean-text.ts";
import { clauseOf } from "../base/errors.ts";
import type { CaClient } from "../ca/client/client.ts";
import { isDone, PutRefusedError, statusName } from "../ca/client/errors.ts";
import { AS_TEXT, AS_TEXT_OR_STATE_NUMBER, connected$, text$ } from "../ca/client/observe.ts";
import type { BeamlinePvs, BeamlineText } from "../controller/ports/beamline-pvs.ts";
import { type CallOptions, UnavailableError } from "../controller/ports/call.ts";
import { fromByteString, toByteString } from "../epics/byte-string.ts";
import { STRING_BYTES } from "../epics/facts.ts";

/** Seconds to wait for a connection, and then for an answer. */
const WAIT_SECONDS = 5;
/** What a DBF_STRING holds beside its NUL, bytes. */

/** One channel for each subscriber of `text$`, closed with it. */
export function createCaPvs(client: CaClient): BeamlinePvs {
  return {
    text$: (name, { states } = {}): Observable<BeamlineText> =>
      defer(() => {
        const pv = client.pv(name);
        const bytes$ = text$(pv, states === "numbers" ? AS_TEXT_OR_STATE_NUMBER : AS_TEXT);
        return merge(
          connected$(pv).pipe(map((connected) => ({ connected, text: undefined }))), // a text of before says nothing now
          bytes$.pipe(map((bytes) => ({ connected: true, text: fromByteString(bytes) }))),
        ).pipe(finalize(() => pv.close()));
      }),
    writeText: (name, text, options) => writeText(client, name, text, options),
    readText: async (name, { signal }) => {
      const pv = client.pv(name);
      const wait = { timeoutSeconds: WAIT_SECONDS, ...(signal !== undefined && { signal }) };
      try {
        await pv.connected(wait);
        return fromByteString((await pv.get({ ...AS_TEXT, ...wait })).text);
      } catch (thrown) {
        if (signal?.aborted === true) throw thrown;
        return undefined;
      } finally {
        pv.close();
      }
    },
  };
}

async function writeText(client: CaClient, name: string, text: string, { signal }: CallOptions): Promise<string> {
  const pv = client.pv(name);
  const wait = { timeoutSeconds: WAIT_SECONDS, ...(signal !== undefined && { signal }) };
  let wasAsked = false;
  try {
    const { nativeType, elementCount } = await pv.connected(wait);
    const room = nativeType === "STRING" ? STRING_BYTES - 1 : nativeType === "CHAR" ? elementCount - 1 : Infinity;
    const kept = cut(text, room);
    wasAsked = true;
    const status = await pv.putCallback(toByteString(kept), wait);
    if (!isDone(status))
      throw new UnavailableError(`PV ${name} did not take ${cleanJson(kept)} (${statusName(status)}).`);
    return kept;
  } catch (thrown) {
    if (thrown instanceof UnavailableError || signal?.aborted === true) throw thrown;
    throw new UnavailableError(`PV ${name} cannot be written: ${clauseOf(thrown)}`, {
      cause: thrown,
      mayHaveHappened: wasAsked && !(thrown instanceof PutRefusedError),
    });
  } finally {
    pv.close();
  }
}

/** The beginning of a text that fits, cut between two characters. */
function cut(text: string, bytes: number): string {
  const buffer = Buffer.from(text, "utf8");
  let end = Math.min(buffer.length, bytes);
  while (end < buffer.length && (buffer[end]! & 0xc0) === 0x80) end--; // not within a character
  return buffer.toString("utf8", 0, end);
}
