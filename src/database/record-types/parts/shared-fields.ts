/**
 * Groups of fields that several record types have alike and in the same order. Each type's table spreads them where
 * base's .dbd file has them (test/interop/record-types-dbd.test.ts compares).
 */
import { STATE_NAME_BYTES } from "../../../epics/facts.ts";
import { menuAlarmSevr, menuConvert, menuIvoa, menuOmsl, menuScan, menuSimm, type menuYesNo } from "../../menus.ts";

/** The number types a record's own value may have. */
type ValueType = "DOUBLE" | "LONG";

export const EGU = { type: "STRING", size: 16, prompt: "Unit of the value", prop: true, interest: 1 } as const;
export const PREC = { type: "SHORT", prompt: "Digits after the point", prop: true, interest: 1 } as const;
export const OMSL = { type: "MENU", menu: menuOmsl, prompt: "Whether VAL comes from DOL", interest: 1 } as const;
export const DOL = { type: "INLINK", prompt: "Where VAL is read in closed loop", interest: 1 } as const;
export const OUT = { type: "OUTLINK", prompt: "Where the value goes", interest: 1 } as const;
export const INP = { type: "INLINK", prompt: "Where the value is read", interest: 1 } as const;
export const SIOL_IN = { type: "INLINK", prompt: "Where SVAL is read when simulated", interest: 1 } as const;
export const SIOL_OUT = { type: "OUTLINK", prompt: "Where the value goes when simulated", interest: 1 } as const;
export const IVOA = { type: "MENU", menu: menuIvoa, prompt: "What an output does when INVALID", interest: 2 } as const;
/** A severity that a put may change at any time. */
const severity = { type: "MENU", menu: menuAlarmSevr, pp: true, interest: 1 } as const;
/** What the record remembers for itself. */
const memory = { special: "SPC_NOMOD", interest: 3 } as const;

export const ivov = <T extends ValueType | "USHORT" | "STRING">(type: T) =>
  ({ type, prompt: "Output when INVALID and IVOA says so", interest: 2 }) as const;

export const operatingRange = <T extends ValueType>(type: T) =>
  ({
    HOPR: { type, prompt: "Upper end of the display", prop: true, interest: 1 },
    LOPR: { type, prompt: "Lower end of the display", prop: true, interest: 1 },
  }) as const;

export const driveLimits = <T extends ValueType>(type: T) =>
  ({
    DRVH: { type, prompt: "Largest value driven; off when not above DRVL", pp: true, prop: true, interest: 1 },
    DRVL: { type, prompt: "Smallest value driven", pp: true, prop: true, interest: 1 },
  }) as const;

export const alarmLimits = <T extends ValueType>(type: T) =>
  ({
    HIHI: { type, prompt: "Upper alarm limit", pp: true, prop: true, interest: 1 },
    LOLO: { type, prompt: "Lower alarm limit", pp: true, prop: true, interest: 1 },
    HIGH: { type, prompt: "Upper warning limit", pp: true, prop: true, interest: 1 },
    LOW: { type, prompt: "Lower warning limit", pp: true, prop: true, interest: 1 },
    HHSV: { ...severity, prompt: "Severity at HIHI", prop: true },
    LLSV: { ...severity, prompt: "Severity at LOLO", prop: true },
    HSV: { ...severity, prompt: "Severity at HIGH", prop: true },
    LSV: { ...severity, prompt: "Severity at LOW", prop: true },
  }) as const;

export const hysteresis = <T extends ValueType>(type: T) =>
  ({ HYST: { type, prompt: "How far back inside a limit ends its alarm", interest: 1 } }) as const;

export const AFTC = {
  type: "DOUBLE",
  prompt: "Time constant of the alarm filter, seconds; 0 is off",
  interest: 1,
} as const;
export const AFVL = { ...memory, type: "DOUBLE", prompt: "Filtered alarm level" } as const;

export const deadbands = <T extends ValueType>(type: T) =>
  ({
    ADEL: { type, prompt: "Change that is archived", interest: 1 },
    MDEL: { type, prompt: "Change that is posted", interest: 1 },
  }) as const;

export const lastAlarmed = <T extends ValueType | "USHORT">(type: T) =>
  ({ LALM: { ...memory, type, prompt: "Value or limit of the last alarm" } }) as const;

export const lastPosted = <T extends ValueType>(type: T) =>
  ({
    ALST: { ...memory, type, prompt: "Value last archived" },
    MLST: { ...memory, type, prompt: "Value last posted" },
  }) as const;

export const lastState = { ...memory, type: "USHORT", prompt: "State last posted" } as const;

/** The raw value of an analog record. */
export const rawValue = {
  RVAL: { type: "LONG", prompt: "Raw value", pp: true },
  ORAW: { ...memory, type: "LONG", prompt: "Raw value last posted" },
} as const;

/** The raw value of a record with states. */
export const rawState = {
  RVAL: { type: "ULONG", prompt: "Raw value", pp: true },
  ORAW: { ...memory, type: "ULONG", prompt: "Raw value last posted" },
} as const;

export const readback = <T extends "LONG" | "ULONG">(type: T) =>
  ({
    RBV: { type, prompt: "Raw value read back", special: "SPC_NOMOD" },
    ORBV: { ...memory, type, prompt: "RBV last posted" },
  }) as const;

export const MASK = { type: "ULONG", prompt: "Bits of the raw value", special: "SPC_NOMOD", interest: 1 } as const;

/** Names of the states of bi and bo. */
export const twoStates = {
  ZNAM: { type: "STRING", size: STATE_NAME_BYTES, prompt: "Name of state 0", pp: true, prop: true, interest: 1 },
  ONAM: { type: "STRING", size: STATE_NAME_BYTES, prompt: "Name of state 1", pp: true, prop: true, interest: 1 },
} as const;

export const COSV = { ...severity, prompt: "Severity of a change of state" } as const;
export const twoSeverities = {
  ZSV: { ...severity, prompt: "Severity of state 0" },
  OSV: { ...severity, prompt: "Severity of state 1" },
  COSV,
} as const;

const linearized = { special: "SPC_LINCONV", pp: true, interest: 1 } as const;
export const conversion = {
  LINR: { type: "MENU", menu: menuConvert, prompt: "How raw and engineering values relate", ...linearized },
  EGUF: { type: "DOUBLE", prompt: "Value at the upper end of the raw range", ...linearized },
  EGUL: { type: "DOUBLE", prompt: "Value at the lower end of the raw range", ...linearized },
} as const;

export const breakTable = {
  INIT: { ...memory, type: "SHORT", prompt: "Non-zero: conversion starts afresh" },
  LBRK: { ...memory, type: "SHORT", prompt: "Last interval of a break table" },
} as const;

/** The end of the simulation fields, alike everywhere but for the menu of SIMM. */
export const simulation = <M extends typeof menuSimm | typeof menuYesNo>(menu: M) =>
  ({
    SIML: { type: "INLINK", prompt: "Where SIMM is read", interest: 1 },
    SIMM: { type: "MENU", menu, prompt: "Whether the value is simulated", special: "SPC_MOD", interest: 1 },
    SIMS: { type: "MENU", menu: menuAlarmSevr, prompt: "Severity while simulated", interest: 2 },
    OLDSIMM: { type: "MENU", menu: menuSimm, prompt: "SIMM before", special: "SPC_NOMOD", interest: 4 },
    SSCN: { type: "MENU", menu: menuScan, initial: 65535, prompt: "SCAN while simulated", interest: 1 },
    SDLY: { type: "DOUBLE", initial: -1, prompt: "Seconds a simulated device takes; below 0: none", interest: 2 },
  }) as const;

const STATES = [
  ...(["ZR", "ON", "TW", "TH", "FR", "FV", "SX", "SV"] as const),
  ...(["EI", "NI", "TE", "EL", "TV", "TT", "FT", "FF"] as const),
] as const;
type StateField<S extends string> = `${(typeof STATES)[number]}${S}`;

/** The names of a field for the sixteen states, in order: ZRVL … FFVL for "VL". */
export const stateFields = <const S extends "VL" | "ST" | "SV">(suffix: S): readonly StateField<S>[] =>
  STATES.map((state) => `${state}${suffix}` as const);

/** One row for each of the sixteen states. */
const stateRows = <const S extends "VL" | "ST" | "SV", R>(suffix: S, row: (state: number) => R) =>
  Object.fromEntries(stateFields(suffix).map((name, state) => [name, row(state)])) as {
    readonly [N in StateField<S>]: R;
  };

export const UNSV = { ...severity, prompt: "Severity of an unknown raw value" } as const;
export const SDEF = { ...memory, type: "SHORT", prompt: "Whether any state is defined" } as const;
export const SHFT = { type: "USHORT", prompt: "Bits that the raw value is shifted by", interest: 1 } as const;

export const sixteenStates = {
  ...stateRows(
    "VL",
    (n) => ({ type: "ULONG", prompt: `Raw value of state ${n}`, special: "SPC_MOD", pp: true, interest: 1 }) as const,
  ),
  ...stateRows(
    "ST",
    (n) =>
      ({
        type: "STRING",
        size: STATE_NAME_BYTES,
        prompt: `Name of state ${n}`,
        special: "SPC_MOD",
        pp: true,
        prop: true,
        interest: 1,
      }) as const,
  ),
  ...stateRows("SV", (n) => ({ ...severity, prompt: `Severity of state ${n}` })),
} as const;
