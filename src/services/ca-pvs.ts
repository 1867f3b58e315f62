/** PVs of other IOCs (TomoScan's) as the controller reads them: text in Unicode, whatever the native type, with the connection's state. */
import { combineLatest, defer, finalize, map, type Observable, startWith } from "rxjs";
import type { CaClient } from "../ca/client/client.ts";
import { connected$, text$ } from "../ca/client/observe.ts";
import type { BeamlinePvs, BeamlineText } from "../controller/ports.ts";

/** One channel for each subscriber of `text$`, closed with it. */
export function createCaPvs(client: CaClient): BeamlinePvs {
  return {
    text$: (name: string): Observable<BeamlineText> =>
      defer(() => {
        const pv = client.pv(name);
        const bytes$ = text$(pv).pipe(startWith(undefined));
        return combineLatest([connected$(pv), bytes$]).pipe(
          map(([connected, bytes]) => ({ connected, text: bytes === undefined ? undefined : unicode(bytes) })),
          finalize(() => pv.close()),
        );
      }),
  };
}

const strictUtf8 = new TextDecoder("utf-8", { fatal: true });

/** Old clients write accents in Latin-1, new ones in UTF-8; a cut in mid-character counts as Latin-1. */
function unicode(bytes: string): string {
  const buffer = Buffer.from(bytes, "latin1");
  try {
    return strictUtf8.decode(buffer);
  } catch {
    return buffer.toString("latin1");
  }
}
