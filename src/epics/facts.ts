/** Facts of EPICS that more than one of its parts needs: sizes, bits, the epoch. Nothing here does anything. */

/** Bits of a posting mask. epics-base: caeventmask.h */
export const DBE_VALUE = 1;
export const DBE_LOG = 2;
export const DBE_ALARM = 4;
export const DBE_PROPERTY = 8;

/** Seconds from 1970-01-01 to 1990-01-01, both UTC: the EPICS epoch. epics-base: epicsTime.h */
export const EPICS_EPOCH_SECONDS = 631152000;

/**
 * Bytes of a string on the wire, in a record and in an array, with its NUL. epics-base: epicsTypes.h MAX_STRING_SIZE
 */
export const STRING_BYTES = 40;

/** Bytes of the name of a state, with its NUL. epics-base: db_access.h MAX_ENUM_STRING_SIZE */
export const STATE_NAME_BYTES = 26;

/** TCP and UDP port of servers: 5056 + 2 × major version. epics-base: caProto.h */
export const SERVER_PORT = 5064;
