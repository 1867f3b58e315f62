/**
 * This IOC's PVs for a client that does not come over Channel Access: values with their alarm, posts, and puts under
 * the same access rules, guards and logs of puts as everybody's. What the client speaks is its own matter.
 */
import { type ClientIdentity, clientText } from "../base/client-identity.ts";
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { rateLimited } from "../base/rate-limited-log.ts";
import { RIGHT_WRITE } from "../ca/wire/constants.ts";
import type { Database } from "../database/database.ts";
import type { FieldAddress } from "../database/field-address.ts";
import type { PutFailure } from "../database/put-verdict.ts";
import { elementsAt, longTextAt, numberAt } from "../database/read.ts";
import { fromByteString, toByteString } from "../epics/byte-string.ts";
import { DBE_ALARM, DBE_PROPERTY, DBE_VALUE } from "../epics/facts.ts";
import type { AccessControl } from "./database-source.ts";

/** Unicode text, a number, which for an enum is its index, or the elements of an array. */
type GuestValue = string | number | readonly (string | number)[];

/** Record types with more than two states. */
const MANY_STATES: readonly string[] = ["mbbi", "mbbo"];

/** What a PV holds. */
export interface GuestLook {
  readonly value: GuestValue;
  /** 0: no alarm, to 3: invalid. */
  readonly severity: number;
  /** The names of the states of a PV that chooses among several. */
  readonly states?: readonly string[];
}

/** Why a put did not take place. `denied`: by the access rules. */
export interface GuestRefusal {
  readonly kind: PutFailure["kind"] | "denied";
  /** A sentence. */
  readonly reason: string;
}

export interface GuestPvsOptions {
  readonly database: Database;
  readonly access: AccessControl;
  /** `2bmb:Globus:`; suffixes go behind it. */
  readonly prefix: string;
  readonly clock: Clock;
  readonly log: Log;
}

export class GuestPvs {
  readonly #options: GuestPvsOptions;
  readonly #log: Log;
  readonly #addresses = new Map<string, FieldAddress>();

  constructor(options: GuestPvsOptions) {
    this.#options = options;
    this.#log = rateLimited(options.log, options.clock);
  }

  /** @param suffix of a PV that is there */
  look(suffix: string): GuestLook {
    const address = this.#address(suffix);
    const states = MANY_STATES.includes(address.record.type.name) ? { states: address.choices } : undefined;
    return { value: valueAt(address), severity: address.record.fields.SEVR ?? 0, ...states };
  }

  /** Calls `posted` at each change of the value, the alarm or the names of states, by any writer. @returns ends that */
  whenPosted(suffix: string, posted: () => void): () => void {
    const mask = DBE_VALUE | DBE_ALARM | DBE_PROPERTY;
    const subscription = this.#options.database.subscribe(this.#address(suffix), mask, posted);
    return () => subscription.cancel();
  }

  /** A put that does not wait for what it starts. @returns undefined once it was made */
  put(suffix: string, value: string | number, by: ClientIdentity): GuestRefusal | undefined {
    const { access, database } = this.#options;
    const address = this.#address(suffix);
    const grant = access.grant(address, by, () => {});
    const { rights, traps } = grant;
    grant.close();
    if ((rights & RIGHT_WRITE) === 0) {
      const reason = `${clientText(by)} may not write ${address.record.name}, and was refused`;
      this.#log.warn(reason);
      return { kind: "denied", reason: `${reason}: the IOC's access security file (globus.acf) says who may.` };
    }
    const given = typeof value === "number" ? value : toByteString(value);
    return database.put(address, given, { by, isTrapped: traps });
  }

  #address(suffix: string): FieldAddress {
    let address = this.#addresses.get(suffix);
    if (address === undefined) {
      address = this.#options.database.find(this.#options.prefix + suffix);
      if (address === undefined) throw new RangeError(`there is no PV ${this.#options.prefix}${suffix}`);
      // An address keeps the type that the value had, which is no enum as long as no state has a name
      if (!MANY_STATES.includes(address.record.type.name)) this.#addresses.set(suffix, address);
    }
    return address;
  }
}

function valueAt(address: FieldAddress): GuestValue {
  if (address.kind === "number" || address.kind === "enum" || address.kind === "menu")
    return numberAt(address, "DOUBLE") ?? 0;
  if (address.kind !== "array" || address.isTextArray) return fromByteString(longTextAt(address));
  const elements: Iterable<string | number | bigint> = elementsAt(address, address.elementType, address.elements);
  return Array.from(elements, (one) => (typeof one === "string" ? fromByteString(one) : Number(one)));
}
