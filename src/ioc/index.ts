/** The IOC as a library: `globus-ioc/ioc`. Explicit names only; what is not here is internal. */
export { Database, type DatabaseOptions } from "../database/database.ts";
export { DatabaseError } from "../database/database-error.ts";
export type { FieldAddress } from "../database/field-address.ts";
export type { PutGuard, PutVerdict } from "../database/put-verdict.ts";
export type { DbRecord } from "../database/record.ts";
export type { FieldRow, FieldTable, Rec, RecordSupport, RecordType } from "../database/record-type.ts";
export { type LoadOptions, type LoadResult, loadRecords } from "../dbfile/load.ts";
export { DbFileError, type DbText } from "../dbfile/source.ts";
export { DatabaseSource } from "./database-source.ts";
export { Ioc, type IocOptions, type Stage, type StageTime } from "./ioc.ts";
export { type LocalPut, LocalPvs, type LocalValue } from "./local-pvs.ts";
