/**
 * What can go wrong with a PV of another IOC: a class says what happened, its data say to which PV and with which
 * status.
 */
import { AppError } from "../../base/errors.ts";
import { type Address, addressText } from "../../net/transport.ts";
import { ecaName, isSuccess } from "../wire/status.ts";

/** Whether an ECA status, such as `putCallback` returns, reports success. */
export const isDone = (status: number): boolean => isSuccess(status);

/** `ECA_PUTFAIL` */
export const statusName = (status: number): string => ecaName(status);

/** The PV has no connection, or lost it while something was under way. */
export class PvNotConnectedError extends AppError {
  readonly pv: string;
  /** ECA_DISCONN, ECA_UNRESPTMO or ECA_CHANDESTROY. */
  readonly status: number;
  /** @param why a clause: what happened */
  constructor(pv: string, status: number, why: string) {
    super(`PV ${pv} is not connected: ${why}`);
    this.pv = pv;
    this.status = status;
  }
}

/** The time that the caller allowed is over. A put that was sent may still take effect. */
export class PvTimeoutError extends AppError {
  readonly pv: string;
  readonly seconds: number;
  /** @param what a clause: what did not happen @param advice what to do about it */
  constructor(pv: string, what: string, seconds: number, advice: string) {
    super(`PV ${pv}: ${what} within ${seconds} s; ${advice}`);
    this.pv = pv;
    this.seconds = seconds;
  }
}

/** The value cannot be read: no read access, a type the PV cannot give, more elements than it has. */
export class ReadRefusedError extends AppError {
  readonly pv: string;
  readonly status: number;
  constructor(pv: string, status: number, why: string) {
    super(`PV ${pv} cannot be read: ${why} (${ecaName(status)})`);
    this.pv = pv;
    this.status = status;
  }
}

/** The put was refused here, before anything was sent: no write access, a text that is no state, too many elements. */
export class PutRefusedError extends AppError {
  readonly pv: string;
  readonly status: number;
  constructor(pv: string, status: number, why: string) {
    super(`PV ${pv} cannot be put: ${why} (${ecaName(status)})`);
    this.pv = pv;
    this.status = status;
  }
}

/** The name can belong to no PV: empty, too long, or not a byte string. */
export class PvNameError extends AppError {}

/**
 * A message of the server that answers no request which waits: a refused plain put, or a complaint about the circuit.
 */
export interface CaException {
  /** Undefined if it concerns no single PV. */
  readonly pv: string | undefined;
  readonly server: Address;
  readonly status: number;
  /** The server's words. */
  readonly text: string;
}

/** Name, address and status, and the server's words where they say more than the name and the status. */
export function exceptionText({ pv, server, status, text }: CaException): string {
  const who = pv === undefined ? `server ${addressText(server)}` : `PV ${pv} at ${addressText(server)}`;
  const name = ecaName(status);
  const words = pv !== undefined && text.startsWith(`${pv}: `) ? text.slice(pv.length + 2) : text;
  return words === name || words === "" ? `${who}: ${name}` : `${who}: ${name}: ${words}`;
}
