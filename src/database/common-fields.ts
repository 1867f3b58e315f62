/**
 * The fields that every record has: base's dbCommon.dbd in its order, channel-access.md §5.4 and Appendix A. What they
 * do is the engine's matter (process.ts, scan.ts, put.ts). Left out are the fields by which base's C code keeps
 * pointers and locks (MLOK, MLIS, BKLNK, ASP, PPN, PPNR, SPVT, RSET, DSET, DPVT, RDES, LSET, BKPT): type NOACCESS, so
 * no client and no link can name them.
 */
import { menuAlarmSevr, menuAlarmStat, menuPini, menuPriority, menuScan, menuYesNo } from "./menus.ts";
import type { CommonValues, FieldsOf, FieldTable } from "./record-type.ts";

export const COMMON_FIELDS = {
  NAME: { type: "STRING", size: 61, prompt: "Name of the record", special: "SPC_NOMOD" },
  DESC: { type: "STRING", size: 41, prompt: "What the record is for" },
  ASG: { type: "STRING", size: 29, prompt: "Access security group; empty is DEFAULT", special: "SPC_AS" },
  SCAN: { type: "MENU", menu: menuScan, prompt: "When it processes by itself", special: "SPC_SCAN", interest: 1 },
  PINI: { type: "MENU", menu: menuPini, prompt: "Whether it processes at start-up", interest: 1 },
  PHAS: { type: "SHORT", prompt: "Order within its scan, low first", special: "SPC_SCAN", interest: 1 },
  EVNT: { type: "STRING", size: 40, prompt: "Event that processes it", special: "SPC_SCAN", interest: 1 },
  TSE: { type: "SHORT", prompt: "Source of the time stamp; 0 is the clock", interest: 1 },
  TSEL: { type: "INLINK", prompt: "Where TSE, or the time stamp, is read", interest: 1 },
  DTYP: { type: "DEVICE", prompt: "Device support", interest: 1 },
  DISV: { type: "SHORT", initial: 1, prompt: "Value of DISA that disables" },
  DISA: { type: "SHORT", prompt: "Compared with DISV" },
  SDIS: { type: "INLINK", prompt: "Where DISA is read", interest: 1 },
  DISP: { type: "UCHAR", prompt: "Non-zero refuses puts by clients", interest: 1 },
  PROC: { type: "UCHAR", prompt: "A put of any value processes", pp: true, interest: 3 },
  STAT: { type: "MENU", menu: menuAlarmStat, initial: "UDF", prompt: "Alarm status", special: "SPC_NOMOD" },
  SEVR: { type: "MENU", menu: menuAlarmSevr, prompt: "Alarm severity", special: "SPC_NOMOD" },
  AMSG: { type: "STRING", size: 40, prompt: "Alarm text", special: "SPC_NOMOD" },
  NSTA: { type: "MENU", menu: menuAlarmStat, prompt: "Status raised so far", special: "SPC_NOMOD", interest: 2 },
  NSEV: { type: "MENU", menu: menuAlarmSevr, prompt: "Severity raised so far", special: "SPC_NOMOD", interest: 2 },
  NAMSG: { type: "STRING", size: 40, prompt: "Alarm text so far", special: "SPC_NOMOD" },
  ACKS: {
    type: "MENU",
    menu: menuAlarmSevr,
    prompt: "Severity not yet acknowledged",
    special: "SPC_NOMOD",
    interest: 2,
  },
  ACKT: {
    type: "MENU",
    menu: menuYesNo,
    initial: "YES",
    prompt: "Whether a past alarm waits to be acknowledged",
    special: "SPC_NOMOD",
    interest: 2,
  },
  DISS: { type: "MENU", menu: menuAlarmSevr, prompt: "Severity while disabled", interest: 1 },
  LCNT: { type: "UCHAR", prompt: "Attempts to process while active", special: "SPC_NOMOD", interest: 2 },
  PACT: { type: "UCHAR", prompt: "Non-zero while processing", special: "SPC_NOMOD", interest: 1 },
  PUTF: { type: "UCHAR", prompt: "Processing because of a put", special: "SPC_NOMOD", interest: 1 },
  RPRO: { type: "UCHAR", prompt: "Processes once more when done", special: "SPC_NOMOD", interest: 1 },
  PRIO: { type: "MENU", menu: menuPriority, prompt: "Scheduling priority", special: "SPC_SCAN", interest: 1 },
  TPRO: { type: "UCHAR", prompt: "Non-zero traces processing" },
  UDF: { type: "UCHAR", initial: 1, prompt: "Non-zero while the value is undefined", pp: true, interest: 1 },
  UDFS: { type: "MENU", menu: menuAlarmSevr, initial: "INVALID", prompt: "Severity while undefined", interest: 1 },
  TIME: { type: "NOACCESS", prompt: "Time stamp", special: "SPC_NOMOD", interest: 2 },
  UTAG: { type: "UINT64", prompt: "Tag of the time stamp", special: "SPC_NOMOD", interest: 3 },
  FLNK: { type: "FWDLINK", prompt: "Record that processes next", interest: 1 },
} as const satisfies FieldTable;

/** Does not compile when record-type.ts names a common field that is not here. */
type WithCommonValues<T extends CommonValues> = T;

/** The values of the common fields. */
export type CommonFields = WithCommonValues<FieldsOf<typeof COMMON_FIELDS>>;
