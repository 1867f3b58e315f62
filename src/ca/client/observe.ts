/** A PV as streams. Each observable is cold: it begins with its subscriber and leaves nothing behind when that goes. */
import { distinctUntilChanged, map, Observable } from "rxjs";
import { DBR, type Native } from "../wire/dbr-layout.ts";
import type { ReadWish } from "./operations.ts";
import type { Reading } from "./reading.ts";
import type { MonitorOptions, RemotePv } from "./remote-pv.ts";

/** Whether the PV is connected: now, and at each change. */
export const connected$ = (pv: RemotePv): Observable<boolean> =>
  new Observable<boolean>((subscriber) => {
    const stop = pv.onConnection((isConnected) => subscriber.next(isConnected));
    subscriber.next(pv.isConnected);
    return stop;
  }).pipe(distinctUntilChanged());

/**
 * The PV's readings: the present reading, each later reading, and the present reading again after each reconnection. It
 * neither ends nor fails; a reading that the server refuses goes to `options.onFailure`.
 */
export const value$ = (pv: RemotePv, options: MonitorOptions = {}): Observable<Reading> =>
  new Observable<Reading>((subscriber) => pv.monitor(options, (reading) => subscriber.next(reading)));

/**
 * To read a PV of any type as one byte string: a CHAR array up to its first NUL, anything else as the server writes it
 * as a string (the text of an ENUM's state, a number with its precision).
 */
export const AS_TEXT: ReadWish = { type: textType };

/** As `AS_TEXT`, but an ENUM as the number of its state. */
export const AS_TEXT_OR_STATE_NUMBER: ReadWish = {
  type: (native, elementCount) => (native === "ENUM" ? DBR["TIME_ENUM"]! : textType(native, elementCount)),
};

function textType(native: Native, elementCount: number): number {
  return native === "CHAR" && elementCount > 1 ? DBR["TIME_CHAR"]! : DBR["TIME_STRING"]!;
}

/** The PV's value as one byte string, as the wish has it. */
export const text$ = (pv: RemotePv, wish = AS_TEXT): Observable<string> =>
  value$(pv, wish).pipe(map((reading) => reading.text));
