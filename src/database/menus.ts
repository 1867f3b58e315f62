/**
 * The menus: each an ordered list of choices; a field's value is the index. Names and choices are base's (dbd/menu*.dbd
 * and the menus inside the record types' .dbd files), channel-access.md Appendix B. What a choice does is said where it
 * is used.
 */

export interface Menu {
  readonly name: string;
  readonly choices: readonly string[];
}

export interface MenuOf<C extends readonly string[]> extends Menu {
  readonly choices: C;
}

const menu = <const C extends readonly string[]>(name: string, choices: C): MenuOf<C> => ({ name, choices });

/** The index of each choice by its text: `numbersOf(menuYesNo).YES` is 1. */
export function numbersOf<const C extends readonly string[]>(of: MenuOf<C>): { readonly [N in C[number]]: number } {
  const entries = of.choices.map((choice, index): [string, number] => [choice, index]);
  return Object.fromEntries(entries) as { readonly [N in C[number]]: number };
}

export const menuAlarmSevr = menu("menuAlarmSevr", ["NO_ALARM", "MINOR", "MAJOR", "INVALID"]);
export const menuAlarmStat = menu("menuAlarmStat", [
  ...(["NO_ALARM", "READ", "WRITE", "HIHI", "HIGH", "LOLO", "LOW", "STATE", "COS", "COMM", "TIMEOUT"] as const),
  ...(["HWLIMIT", "CALC", "SCAN", "LINK", "SOFT", "BAD_SUB", "UDF", "DISABLE", "SIMM"] as const),
  ...(["READ_ACCESS", "WRITE_ACCESS"] as const),
]);
export const menuConvert = menu("menuConvert", [
  ...(["NO CONVERSION", "SLOPE", "LINEAR", "typeKdegF", "typeKdegC", "typeJdegF", "typeJdegC"] as const),
  ...(["typeEdegF(ixe only)", "typeEdegC(ixe only)", "typeTdegF", "typeTdegC"] as const),
  ...(["typeRdegF", "typeRdegC", "typeSdegF", "typeSdegC"] as const),
]);
export const menuFtype = menu("menuFtype", [
  ...(["STRING", "CHAR", "UCHAR", "SHORT", "USHORT", "LONG", "ULONG", "INT64", "UINT64"] as const),
  ...(["FLOAT", "DOUBLE", "ENUM"] as const),
]);
export const menuIvoa = menu("menuIvoa", ["Continue normally", "Don't drive outputs", "Set output to IVOV"]);
export const menuOmsl = menu("menuOmsl", ["supervisory", "closed_loop"]);
export const menuPini = menu("menuPini", ["NO", "YES", "RUN", "RUNNING", "PAUSE", "PAUSED"]);
export const menuPost = menu("menuPost", ["On Change", "Always"]);
export const menuPriority = menu("menuPriority", ["LOW", "MEDIUM", "HIGH"]);
export const menuScan = menu("menuScan", [
  ...(["Passive", "Event", "I/O Intr", "10 second", "5 second", "2 second", "1 second"] as const),
  ...([".5 second", ".2 second", ".1 second"] as const),
]);
export const menuSimm = menu("menuSimm", ["NO", "YES", "RAW"]);
export const menuYesNo = menu("menuYesNo", ["NO", "YES"]);

const OUTPUT_OPTIONS = [
  ...(["Every Time", "On Change", "When Zero", "When Non-zero"] as const),
  ...(["Transition To Zero", "Transition To Non-zero"] as const),
] as const;

export const aoOIF = menu("aoOIF", ["Full", "Incremental"]);
export const calcoutDOPT = menu("calcoutDOPT", ["Use CALC", "Use OCAL"]);
export const calcoutINAV = menu("calcoutINAV", ["Ext PV NC", "Ext PV OK", "Local PV", "Constant"]);
export const calcoutOOPT = menu("calcoutOOPT", OUTPUT_OPTIONS);
export const longoutOOPT = menu("longoutOOPT", OUTPUT_OPTIONS);
export const stringinPOST = menu("stringinPOST", ["On Change", "Always"]);
export const stringoutPOST = menu("stringoutPOST", ["On Change", "Always"]);
export const waveformPOST = menu("waveformPOST", ["Always", "On Change"]);
