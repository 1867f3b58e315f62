/**
 * How a record type is described: a table of its fields, from which come the loader's names and defaults, the server's
 * types and choices, the static types of its functions and its page of the manual; and the few functions that make it
 * behave. Nothing here runs anything.
 */
import type { Menu } from "./menus.ts";

/** DBF_ types, as in base's .dbd files. Never to be confused with the DBR types of the wire. */
export type FieldType =
  | "STRING"
  | "CHAR"
  | "UCHAR"
  | "SHORT"
  | "USHORT"
  | "LONG"
  | "ULONG"
  | "INT64"
  | "UINT64"
  | "FLOAT"
  | "DOUBLE"
  | "ENUM"
  | "MENU"
  | "DEVICE"
  | "INLINK"
  | "OUTLINK"
  | "FWDLINK"
  | "NOACCESS";

export type NumericFieldType = Exclude<FieldType, "STRING" | "INLINK" | "OUTLINK" | "FWDLINK" | "NOACCESS">;

/**
 * One field, with the words of the .dbd file. Absent means what it means there: size by type, 0 or "" initially,
 * interest 0, level ASL1, no pp, no prop.
 */
export interface FieldRow {
  readonly type: FieldType;
  /** STRING only: bytes with the NUL. */
  readonly size?: number;
  /** MENU only. */
  readonly menu?: Menu;
  /** A menu's choice is given by its text. */
  readonly initial?: string | number;
  readonly prompt: string;
  readonly special?:
    | "SPC_NOMOD"
    | "SPC_MOD"
    | "SPC_SCAN"
    | "SPC_AS"
    | "SPC_CALC"
    | "SPC_LINCONV"
    | "SPC_DBADDR"
    | "SPC_RESET"
    | "SPC_ALARMACK"
    | "SPC_ATTRIBUTE";
  /** A put processes the record if it is Passive. */
  readonly pp?: true;
  /** A put posts DBE_PROPERTY to the whole record. */
  readonly prop?: true;
  /** Access security level 0. */
  readonly asl0?: true;
  /** Least `dbpr` level that shows it, 0..4. */
  readonly interest?: 1 | 2 | 3 | 4;
}

export type FieldTable = Readonly<Record<string, FieldRow>>;

/** Numeric field values in one typed array; text as byte strings (one character a byte). */
export type ArrayValue =
  | Float64Array
  | Float32Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array
  | BigInt64Array
  | BigUint64Array
  | string[];

/** A field's value, or what is put to a field: a number, a byte string, or an array. */
export type FieldValue = number | string | ArrayValue;

type FieldValueOf<R extends FieldRow> = R["type"] extends "STRING" | "INLINK" | "OUTLINK" | "FWDLINK"
  ? string
  : R["type"] extends "NOACCESS"
    ? unknown
    : number;

/** The values of a record's fields, typed from its table. Links hold their text, menus and devices their index. */
export type FieldsOf<F extends FieldTable> = { -readonly [N in keyof F]: FieldValueOf<F[N]> };

/** The common fields (common-fields.ts) that the types' functions read or write. */
export interface CommonValues {
  /** Index into the type's `devices`. */
  DTYP: number;
  STAT: number;
  SEVR: number;
  NSTA: number;
  NSEV: number;
  PACT: number;
  UDF: number;
  UDFS: number;
}

/** A record as its type's functions see it. Names are field names. */
export interface Rec<F extends FieldTable = FieldTable> {
  readonly name: string;
  /** May be written directly by the type's functions; what they change, `monitor` posts. */
  readonly fields: FieldsOf<F> & CommonValues;
  /** Elements of an array record's VAL; undefined for scalars. `fields.NORD` says how many are valid. */
  array: ArrayValue | undefined;
  /** A place for what the type must remember beside its fields (a compiled expression, say). Set in `initialize`. */
  state: unknown;

  /** Whether the link is empty or a constant: there is nothing to read or write at run time. */
  isConstantLink(link: keyof F & string): boolean;
  /**
   * What a constant link gives to a field of this type, for `initialize`. undefined: the link is empty or no constant,
   * or gives no such value, which the log tells.
   * @param present what the field holds; an empty array `[]` leaves it
   */
  constantNumber(link: keyof F & string, type: NumericFieldType, present?: number): number | undefined;
  /** As `constantNumber`, a text of at most 39 bytes. */
  constantText(link: keyof F & string, present?: string): string | undefined;
  /** As `constantNumber`, at most `room` elements of an array. */
  constantArray(link: keyof F & string, type: NumericFieldType | "STRING", room: number): ArrayValue | undefined;
  /**
   * What the link points to, as calcout's INAV … OUTV show it: nothing that is there, another process, a record of this
   * process, a constant.
   */
  linkKind(link: keyof F & string): "disconnected" | "external" | "local" | "constant";
  /**
   * Reads an input link now (processing its target first where the link says PP), as a field of this type takes it.
   * undefined: the link is empty or constant; or the target is not there or has no such value, which raises
   * LINK/INVALID. Maximises alarms as the link's MS modifier says.
   */
  readNumber(link: keyof F & string, type: NumericFieldType): number | undefined;
  /** As `readNumber`, but what cannot be read raises nothing. */
  tryNumber(link: keyof F & string, type: NumericFieldType): number | undefined;
  /** As `readNumber`: a text of at most 39 bytes, or all of a text array. */
  readText(link: keyof F & string): string | undefined;
  /** As `readNumber`, at most `room` elements. */
  readArray(link: keyof F & string, type: NumericFieldType | "STRING", room: number): ArrayValue | undefined;
  /**
   * Writes an output link now (processing its target where the link says PP). A target that is not there raises
   * LINK/INVALID.
   * @param from the type of a number, where it is not VAL's
   */
  writeLink(link: keyof F & string, value: FieldValue, from?: NumericFieldType): void;

  /**
   * What clients are told of the field that the link leads to; undefined for a constant link, and a link that leads to
   * another process or nowhere.
   */
  linkMetadata(link: keyof F & string): LinkMetadata | undefined;
  /**
   * Follows a forward link now: its target is processed if it is Passive (fanout's LNK0 … LNKF; FLNK is the engine's).
   */
  followLink(link: keyof F & string): void;
  /**
   * Posts an event, by name or number: the records whose SCAN is Event and whose EVNT is the same are processed soon.
   * "" and "0" post nothing.
   */
  postEvent(event: string): void;
  /** The function registered under this name (`Database.registerSubroutine`), for sub and aSub. */
  subroutine(name: string): Subroutine | undefined;
  /** Tells the log what is wrong with this record, in one sentence without the record's name, which is added. */
  warn(sentence: string): void;

  /**
   * Raises an alarm for this processing if it is more severe than what was raised before. Numbers of menuAlarmStat and
   * menuAlarmSevr.
   * @param text what AMSG is to say
   */
  raise(status: number, severity: number, text?: string): void;
  /** Posts a field to its subscribers. A mask of 0 posts nothing. */
  post(field: keyof F & string, mask: number): void;
  /** Seconds since an arbitrary start; never steps. For the alarm filter (AFTC). */
  monotonic(): number;
  /** Runs `process` again, with PACT still set, `seconds` from now. For a `process` that returned "pending". */
  resumeAfter(seconds: number): void;
  /**
   * Puts to a field of this record `seconds` from now and processes it, as a client would (bo's HIGH). Replaces an
   * earlier request.
   */
  processLater(seconds: number, before: () => void): void;
}

/** Metadata as the functions of `RecordSupport` give them, with the defaults. */
export interface LinkMetadata {
  readonly units: string;
  readonly precision: number;
  readonly displayLimits: readonly [number, number];
  readonly alarmLimits: readonly [number, number, number, number];
}

/** What a sub or aSub record calls. @returns its status; below 0 raises SOFT/BAD_SUB */
export type Subroutine = (record: Rec) => number;

/**
 * The functions of a record type. Each gets the record; time stamp, alarm transition, forward link and put-notify are
 * done around them (process.ts).
 */
export interface RecordSupport<F extends FieldTable> {
  /** DTYP choices, in the order of base's .dbd files; the first is the default. */
  readonly devices: readonly string[];
  /** iocInit. Pass 0: before links are resolved (sizes of arrays); pass 1: constant links, expressions, tables. */
  initialize?(record: Rec<F>, pass: 0 | 1): void;
  /**
   * One processing: read inputs, compute, raise alarms, write outputs. Called again with `fields.PACT` 1 after
   * `resumeAfter`.
   * @returns "pending" if it goes on later
   */
  process(record: Rec<F>): "done" | "pending";
  /**
   * Posts what this processing changed.
   * @param alarmMask DBE_ALARM and/or DBE_VALUE when the alarm state changed, else 0; VAL is posted with it
   */
  monitor(record: Rec<F>, alarmMask: number): void;
  /** Called when a put has changed this field. @returns false to make the put fail */
  afterPut?(record: Rec<F>, field: keyof F & string): boolean;
  /**
   * Whether forward link and put-notify must wait (busy: while VAL is 1). Asked after `monitor`.
   */
  holdsCompletion?(record: Rec<F>): boolean;

  /** Metadata for clients; absent: none, and the defaults of channel-access.md §2.7. */
  units?(record: Rec<F>, field: keyof F & string): string;
  /** Digits for a DOUBLE or FLOAT field, or undefined for the type's default. */
  precision?(record: Rec<F>, field: keyof F & string): number | undefined;
  /** [upper, lower] */
  displayLimits?(record: Rec<F>, field: keyof F & string): readonly [number, number] | undefined;
  controlLimits?(record: Rec<F>, field: keyof F & string): readonly [number, number] | undefined;
  /** [upper alarm, upper warning, lower warning, lower alarm]; NaN where off. */
  alarmLimits?(record: Rec<F>, field: keyof F & string): readonly [number, number, number, number] | undefined;
  /**
   * The type that a field marked SPC_DBADDR has in this record, when it is not its table's (FTVL of an array, mbbo
   * without states).
   */
  servedType?(record: Rec<F>, field: keyof F & string): FieldType;
  /** State names of an ENUM field. */
  choices?(record: Rec<F>, field: keyof F & string): readonly string[];
  /** The text of an enum value without a state, where it differs from "" (bo: "Illegal_Value"). */
  illegalChoice?(record: Rec<F>, value: number): string;
}

export interface RecordType<F extends FieldTable = FieldTable> {
  readonly name: string;
  /** One sentence for the manual. */
  readonly about: string;
  /** The type's own fields, without the common fields, in .dbd order. */
  readonly fields: F;
  readonly support: RecordSupport<F>;
}
