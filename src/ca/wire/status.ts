/** The ECA status codes: (number << 3) | severity. channel-access.md §1.3, cadef.h, caerr.h. */

const WARNING = 0;
const SUCCESS = 1;
const ERROR = 2;
const INFO = 3;
const SEVERE = 4;
const FATAL = ERROR | SEVERE;

const code = (number: number, severity: number): number => (number << 3) | severity;

/** name → code and a text for people. Codes that only old clients raised are left out. */
export const ECA = {
  NORMAL: code(0, SUCCESS),
  ALLOCMEM: code(6, WARNING),
  TOLARGE: code(9, WARNING),
  TIMEOUT: code(10, WARNING),
  BADTYPE: code(14, ERROR),
  INTERNAL: code(17, FATAL),
  GETFAIL: code(19, WARNING),
  PUTFAIL: code(20, WARNING),
  BADCOUNT: code(22, WARNING),
  BADSTR: code(23, ERROR),
  DISCONN: code(24, WARNING),
  DBLCHNL: code(25, WARNING),
  EVDISALLOW: code(26, ERROR),
  BADMONID: code(30, ERROR),
  DEFUNCT: code(34, FATAL),
  BADMASK: code(41, ERROR),
  IODONE: code(42, INFO),
  IOINPROGRESS: code(43, INFO),
  BADSYNCGRP: code(44, ERROR),
  PUTCBINPROG: code(45, ERROR),
  NORDACCESS: code(46, WARNING),
  NOWTACCESS: code(47, WARNING),
  ANACHRONISM: code(48, ERROR),
  NOSEARCHADDR: code(49, WARNING),
  NOCONVERT: code(50, WARNING),
  BADCHID: code(51, ERROR),
  UNAVAILINSERV: code(54, WARNING),
  CHANDESTROY: code(55, WARNING),
  BADPRIORITY: code(56, ERROR),
  "16KARRAYCLIENT": code(58, WARNING),
  CONNSEQTMO: code(59, WARNING),
  UNRESPTMO: code(60, WARNING),
} as const;

export type EcaName = keyof typeof ECA;

const NAME_BY_CODE = new Map<number, EcaName>(Object.entries(ECA).map(([name, value]) => [value, name as EcaName]));

/** `ECA_PUTFAIL`, or the bare number for a code that is not in the table. */
export function ecaName(status: number): string {
  const name = NAME_BY_CODE.get(status);
  return name === undefined ? `ECA status ${status}` : `ECA_${name}`;
}

/** Whether a status reports success: its lowest bit, as CA_M_SUCCESS. */
export const isSuccess = (status: number): boolean => (status & SUCCESS) !== 0;
