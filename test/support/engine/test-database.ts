/** A database of a few records, with a clock that stands still. */

import { createLog } from "../../../src/base/log.ts";
import { Database } from "../../../src/database/database.ts";
import type { FieldAddress } from "../../../src/database/field-address.ts";
import type { PutResult } from "../../../src/database/put.ts";
import type { PutNotify } from "../../../src/database/put-notify.ts";
import type { DbRecord } from "../../../src/database/record.ts";
import type { FieldValue } from "../../../src/database/record-type.ts";
import { RECORD_TYPES } from "../../../src/database/record-types/index.ts";
import { FakeClock } from "../fakes/fake-clock.ts";
import { order, probe } from "./probe-record.ts";

/** Record name → its fields, `type` being the record type (default: probe), and infos as `info Q:form`. */
export type RecordTexts = Readonly<Record<string, Readonly<Record<string, string>>>>;

export class TestDatabase {
  readonly clock: FakeClock;
  readonly lines: string[] = [];
  readonly database: Database;

  constructor(records: RecordTexts, clock: FakeClock) {
    this.clock = clock;
    const log = createLog("db", (line) => this.lines.push(line));
    this.database = new Database({ clock, log, recordTypes: [...RECORD_TYPES, probe] });
    for (const [name, { type = "probe", ...fields }] of Object.entries(records)) {
      const record = this.database.createRecord(type, name);
      for (const [field, text] of Object.entries(fields)) {
        if (field.startsWith("info ")) this.database.setInfo(record, field.slice("info ".length), text);
        else this.database.setFieldText(record, field, text);
      }
    }
    this.database.initialize();
    order.length = 0;
  }
  record(name: string): DbRecord {
    const record = this.database.record(name);
    if (record === undefined) throw new Error(`no record ${name}`);
    return record;
  }
  address(pv: string): FieldAddress {
    const address = this.database.find(pv);
    if (address === undefined) throw new Error(`no PV ${pv}`);
    return address;
  }
  /** The value as text: elements joined by blanks. */
  get(pv: string): string {
    return this.database.getStrings(this.address(pv)).join(" ");
  }
  put(pv: string, value: FieldValue): PutResult {
    return this.database.put(this.address(pv), value);
  }
  /** Puts, and notes in `ends` when the put completes. */
  putNotify(pv: string, value: FieldValue, ends: string[] = [], name = pv): PutNotify {
    const notify = this.database.putNotify(
      this.address(pv),
      value,
      (result) => void ends.push(`${name} ${result?.kind ?? "done"} at ${this.clock.monotonic()}`),
    );
    if (notify.isDone) ends.push(`${name} ${notify.result?.kind ?? "done"} at once`);
    return notify;
  }
  /** Notes the masks that are posted for a PV. */
  posts(pv: string, mask = 15): number[] {
    const posted: number[] = [];
    this.database.subscribe(this.address(pv), mask, (bits) => void posted.push(bits));
    return posted;
  }
}

export const databaseOf = (records: RecordTexts, clock = new FakeClock()): TestDatabase =>
  new TestDatabase(records, clock);
