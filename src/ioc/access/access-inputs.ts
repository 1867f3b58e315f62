/**
 * Follows the PVs of this IOC that INPA to INPL of a group name, whatever clients may read. Judges nobody
 * (security-groups.ts). channel-access.md §6.2; epics-base: asCa.c.
 */
import { SEVERITY } from "../../database/alarms.ts";
import type { Database } from "../../database/database.ts";
import type { FieldAddress } from "../../database/field-address.ts";
import type { FieldSubscription } from "../../database/post.ts";
import { numberAt } from "../../database/read.ts";
import type { AccessInput } from "../../dbfile/acf.ts";
import { DBE_ALARM, DBE_VALUE } from "../../epics/facts.ts";
import type { ActiveGroup } from "./security-groups.ts";

/** One INPx. */
export class FollowedInput {
  readonly input: AccessInput;
  readonly #group: ActiveGroup;
  readonly #address: FieldAddress | undefined;
  readonly #changed: () => void;
  readonly #subscription: FieldSubscription | undefined;

  /** @param changed called after the group's value, or its validity, has changed */
  constructor(group: ActiveGroup, input: AccessInput, database: Database, changed: () => void) {
    this.#group = group;
    this.input = input;
    this.#changed = changed;
    const address = database.find(input.pv);
    this.#address = address;
    if (address === undefined) return;
    this.#subscription = database.subscribe(address, DBE_VALUE | DBE_ALARM, () => this.#read());
    group.heard.add(input.index);
    this.#update();
  }

  get isConnected(): boolean {
    return this.#address !== undefined;
  }
  close(): void {
    this.#subscription?.cancel();
  }

  #read(): void {
    if (this.#update()) this.#changed();
  }

  /** @returns whether anything is different now */
  #update(): boolean {
    const { values, invalid } = this.#group;
    const { index } = this.input;
    const value = this.#value();
    const wasInvalid = invalid.has(index);
    if (value === undefined) {
      invalid.add(index);
      return !wasInvalid;
    }
    invalid.delete(index);
    if (!wasInvalid && values[index] === value) return false;
    values[index] = value;
    return true;
  }

  #value(): number | undefined {
    const address = this.#address;
    if (address === undefined || address.record.fields.SEVR >= SEVERITY.INVALID) return undefined;
    return numberAt(address, "DOUBLE");
  }
}
