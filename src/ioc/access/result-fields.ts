/** What clients may write of a record whose value only the program makes. */
import { RIGHT_READ, RIGHT_WRITE } from "../../ca/wire/constants.ts";
import { stateFields } from "../../database/record-types/parts/shared-fields.ts";
import type { RightsBound } from "./access-security.ts";

/** Which values are an alarm, and what the record is for: a beamline's own affair. */
const OPEN_FIELDS: ReadonlySet<string> = new Set([
  ..."DESC HIHI HIGH LOW LOLO HHSV HSV LSV LLSV HYST ZSV OSV COSV UNSV".split(" "),
  ...stateFields("SV"),
]);

/** Everybody reads all fields; alarm limits and DESC can be written by whom access security lets. */
export const resultBound: RightsBound = ({ field }) => (OPEN_FIELDS.has(field) ? RIGHT_READ | RIGHT_WRITE : RIGHT_READ);
