/** What the web server needs of the IOC. assemble/web.ts hands it in; tests hand in fakes. */
import type { ClientIdentity } from "../base/client-identity.ts";
import type { Listeners } from "../base/listeners.ts";
import type { CommandName } from "../controller/pvs/commands.ts";
import type { PvSuffix } from "../controller/pvs/index.ts";

/** Unicode text, a number, which for an enum is its index, or the elements of an array. */
export type WebValue = string | number | readonly (string | number)[];

export interface WebLook {
  readonly value: WebValue;
  /** 0: no alarm, to 3: invalid. */
  readonly severity: number;
  /** The names of the states of a PV that chooses among several; the PV table has most of them, too. */
  readonly states?: readonly string[];
}

/** `denied`: by the access rules; the others as the database has them. */
export interface WebRefusal {
  readonly kind: "denied" | "read-only" | "disabled" | "refused" | "failed";
  /** A sentence. */
  readonly reason: string;
}

/** This IOC's own PVs, by the suffix behind the prefix. */
export interface WebPvs {
  look(suffix: PvSuffix): WebLook;
  /** Calls `posted` at each change of the value, the alarm or the names of states. @returns ends that */
  whenPosted(suffix: PvSuffix, posted: () => void): () => void;
  /** A put that does not wait for what it starts. @returns undefined once it was made */
  put(suffix: PvSuffix, value: string | number, by: ClientIdentity): WebRefusal | undefined;
}

/** Figures of the Channel Access server that are in no PV: now, or since its start. */
export interface IocFigures {
  readonly clients: number;
  readonly channels: number;
  readonly subscriptions: number;
  readonly updates: number;
  readonly bytesReceived: number;
  readonly bytesSent: number;
  readonly denied: number;
}

/** Tells of each run of a command that ends, or is turned away, in which state. */
export type CommandEnds = Pick<Listeners<[command: CommandName, state: string]>, "add">;
