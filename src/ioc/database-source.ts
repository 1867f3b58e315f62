/**
 * The process database as the Channel Access server sees it: field types as DBR types, values and metadata into
 * samples, puts and their failures as ECA codes, posts as updates. Conversion itself is database/convert's; access
 * rights are asked of `AccessControl`. channel-access.md §2.3, §2.4, §2.7, §4.
 */

import type { ClientIdentity } from "../base/client-identity.ts";
import type { Clock } from "../base/clock.ts";
import {
  PUT_PENDING,
  PUT_WAITING,
  type PutListener,
  type PvSource,
  type ServerPv,
  type Subscription,
} from "../ca/server/pv-source.ts";
import { RIGHT_READ, RIGHT_WRITE } from "../ca/wire/constants.ts";
import type { DbrSample } from "../ca/wire/dbr-codec.ts";
import { DBR_CLASS_NAME, DBR_PUT_ACKS, DBR_PUT_ACKT, type DbrType, NATIVES } from "../ca/wire/dbr-layout.ts";
import { ECA } from "../ca/wire/status.ts";
import { acknowledge, acknowledgeTransients } from "../database/alarm-transition.ts";
import type { FieldPutOptions } from "../database/convert/convert-put.ts";
import type { Database } from "../database/database.ts";
import type { FieldAddress } from "../database/field-address.ts";
import type { PutResult } from "../database/put.ts";
import type { PutNotify } from "../database/put-notify.ts";
import type { ArrayValue, FieldValue } from "../database/record-type.ts";
import { FIELD_TYPE } from "./dbr-text.ts";
import { elementCountOf, fillMetadata, fillValue, nativeOf } from "./dbr-values.ts";
import { filterUpdates } from "./update-filters.ts";

/** What a client may do. */
export interface Granted {
  /** RIGHT_READ, RIGHT_WRITE: 0, read, or both. */
  readonly rights: number;
  /** Its puts are told to put logs. */
  readonly traps: boolean;
}
/** What a client may do with a field, as of now, as long as its channel is open. */
export interface FieldRights extends Granted {
  close(): void;
}

/** Who may do what. Without access control everybody may do everything that the field allows. */
export interface AccessControl {
  /** @param changed called when the rights have changed */
  grant(address: FieldAddress, client: ClientIdentity, changed: () => void): FieldRights;
}

export interface DatabaseSourceOptions {
  readonly database: Database;
  /** For channels that stamp their updates themselves (`{"ts":{}}`). */
  readonly clock: Clock;
  readonly access?: AccessControl;
}

export class DatabaseSource implements PvSource {
  readonly #options: DatabaseSourceOptions;

  constructor(options: DatabaseSourceOptions) {
    this.#options = options;
  }
  claims(name: string): boolean {
    return this.#options.database.find(name) !== undefined;
  }
  open(name: string, client: ClientIdentity): ServerPv | undefined {
    const address = this.#options.database.find(name);
    return address === undefined ? undefined : new FieldPv(address, client, this.#options);
  }
  *list(): Iterable<string> {
    for (const record of this.#options.database.records()) yield record.name;
    yield* this.#options.database.aliases().keys();
  }
}

class FieldPv implements ServerPv {
  readonly nativeType: number;
  readonly elementCount: number;
  readonly #address: FieldAddress;
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #fieldRights: number;
  readonly #grant: FieldRights | undefined;
  /** Options of the last put of a scalar, kept: the next put is most often of the same type. */
  #putOptions: FieldPutOptions & { readonly by: ClientIdentity };
  #rightsChanged: (() => void) | undefined;
  /** Put-callbacks that are not complete; made with the first. */
  #putsInProgress: Set<PutNotify> | undefined;
  /** The last of them: as in rsrv, a channel's put-callbacks are complete one after the other. */
  #lastPut: PutNotify | undefined;

  constructor(address: FieldAddress, client: ClientIdentity, { database, clock, access }: DatabaseSourceOptions) {
    this.#address = address;
    this.#database = database;
    this.#clock = clock;
    this.nativeType = NATIVES.indexOf(nativeOf(address));
    this.elementCount = elementCountOf(address);
    this.#putOptions = { by: client };
    this.#fieldRights = RIGHT_READ | (address.isWritable ? RIGHT_WRITE : 0);
    this.#grant = access?.grant(address, client, () => this.#rightsChanged?.());
  }

  get rights(): number {
    return this.#grant === undefined ? this.#fieldRights : this.#fieldRights & this.#grant.rights;
  }
  read(type: DbrType, count: number, into: DbrSample): number {
    const address = this.#address;
    if (type.code === DBR_CLASS_NAME) into.setText(address.record.type.name);
    else if (!fillValue(address, type, count, into)) return ECA.GETFAIL;
    if (type.family !== "PLAIN") fillMetadata(address, type, this.#clock, into);
    return ECA.NORMAL;
  }
  write(type: DbrType, value: DbrSample): number {
    if (this.#acknowledges(type, value)) return ECA.NORMAL;
    const result = this.#database.put(this.#address, valueOf(type, value), this.#optionsOf(type, value));
    // The record says why; MEDM gives up on too many errors
    return result?.kind === "refused" ? ECA.NORMAL : statusOf(result);
  }
  writeNotify(type: DbrType, value: DbrSample, listener: PutListener): number {
    if (this.#acknowledges(type, value)) return ECA.NORMAL;
    const options = this.#optionsOf(type, value);
    const put = this.#database.putNotify(
      this.#address,
      valueOf(type, value),
      (result) => {
        this.#putsInProgress?.delete(put);
        listener.putDone(statusOf(result));
      },
      options,
      this.#lastPut,
    );
    if (put.isDone) return statusOf(put.result);
    this.#lastPut = put;
    this.#putsInProgress ??= new Set();
    this.#putsInProgress.add(put);
    if (!put.isWaiting) return PUT_PENDING;
    put.whenBegun(() => listener.putBegun());
    return PUT_WAITING;
  }
  cancelPuts(): void {
    for (const put of this.#putsInProgress ?? []) put.cancel();
    this.#putsInProgress = undefined;
    this.#lastPut = undefined;
  }
  subscribe(mask: number, changed: () => void): Subscription {
    return this.#database.subscribe(this.#address, mask, filterUpdates(this.#address, changed));
  }
  onRightsChange(listener: () => void): void {
    this.#rightsChanged = listener;
  }
  close(): void {
    this.cancelPuts();
    this.#grant?.close();
  }

  #optionsOf({ native }: DbrType, value: DbrSample): FieldPutOptions {
    const from = FIELD_TYPE[native];
    const isTrapped = this.#grant?.traps === true;
    const { by } = this.#putOptions;
    if (value.array !== undefined) return { from, by, isTrapped, length: value.length };
    if (this.#putOptions.from !== from || this.#putOptions.isTrapped !== isTrapped) {
      this.#putOptions = { from, by, isTrapped };
    }
    return this.#putOptions;
  }

  /** PUT_ACKS and PUT_ACKT concern the record, through any field. */
  #acknowledges(type: DbrType, value: DbrSample): boolean {
    if (type.code === DBR_PUT_ACKS) acknowledge(this.#address.record, value.number);
    else if (type.code === DBR_PUT_ACKT) acknowledgeTransients(this.#address.record, value.number);
    else return false;
    return true;
  }
}

const valueOf = (type: DbrType, value: DbrSample): FieldValue =>
  value.array !== undefined ? (value.array as ArrayValue) : type.native === "STRING" ? value.text : value.number;

function statusOf(result: PutResult): number {
  if (result === undefined) return ECA.NORMAL;
  return result.kind === "read-only" ? ECA.NOWTACCESS : ECA.PUTFAIL;
}
