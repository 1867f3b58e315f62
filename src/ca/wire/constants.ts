/** Numbers that the protocol fixes, each with its source, and the limits that we set, each with its reason. */

/** Minor protocol version that we speak; the major version, 4, never travels. caProto.h */
export const MINOR_VERSION = 13;
/** Oldest client minor version that is served: CREATE_CHAN by name. rsrv: CA_VSUPPORTED */
export const OLDEST_MINOR = 4;

export const HEADER_BYTES = 16;
/** With 32-bit size and count behind the normal header, minor version ≥ 9. */
export const EXTENDED_HEADER_BYTES = 24;
/** In the size field it announces the extended header. */
export const EXTENDED_SIZE = 0xffff;
/** Largest datagram that libca and rsrv send. caProto.h: ETHERNET_MAX_UDP */
export const DATAGRAM_BYTES = 1024;

/** Bytes of the units text, with its NUL. db_access.h */
export const UNITS_BYTES = 8;
/** States of an enum. db_access.h */
export const MAX_CHOICES = 16;

/** Bits of ACCESS_RIGHTS. */
export const RIGHT_READ = 1;
export const RIGHT_WRITE = 2;

/** SEARCH's reply flag: say nothing, or NOT_FOUND, when the name is unknown. caProto.h */
export const DONT_REPLY = 5;
export const DO_REPLY = 10;
/** In a search reply's address word: use the address that the reply came from. */
export const ADDRESS_OF_SENDER = 0xffffffff;
/** In an ERROR message that concerns no channel. */
export const NO_CHANNEL = 0xffffffff;

/** Highest circuit priority. caProto.h: CA_PROTO_PRIORITY_MAX */
export const MAX_PRIORITY = 99;
/** Longest PV name that is looked at, bytes. libca sends at most 500 with the NUL. */
export const MAX_NAME_BYTES = 500;
/** Largest payload of any message but a write, bytes: names are ≤ 512, the rest is smaller (decision 0017). */
export const MAX_SMALL_PAYLOAD = 65536;
