/**
 * THE message table. A row gives each of the four header words a meaning: a name, or the constant that the protocol
 * fixes. The TypeScript type of a message, its encoder, its decoder and its line in the log all come from the row;
 * nothing else in the program knows a position. channel-access.md §1.4. Requests go from client to server, responses
 * from server to client; UDP messages stand with the side that sends them.
 */

/** A field's name, or the number that always stands there. */
export type Word = string | number;

/**
 * What follows the header: nothing, NUL-terminated text, a DBR structure, or one of three irregular layouts
 * (payloads.ts).
 */
export type PayloadKind = "none" | "text" | "dbr" | "eventMask" | "minorVersion" | "errorEcho" | "echo";

export interface MessageRow {
  /** CA_PROTO_ code, 0..27. */
  readonly command: number;
  /** u16 */
  readonly dataType: Word;
  /** u16, u32 in the extended header */
  readonly dataCount: Word;
  /** u32 */
  readonly p1: Word;
  /** u32 */
  readonly p2: Word;
  readonly payload: PayloadKind;
}

export const REQUESTS = {
  version: { command: 0, dataType: "priority", dataCount: "minor", p1: "sequence", p2: 0, payload: "none" },
  eventAdd: { command: 1, dataType: "dbr", dataCount: "count", p1: "sid", p2: "subscriptionId", payload: "eventMask" },
  eventCancel: { command: 2, dataType: "dbr", dataCount: "count", p1: "sid", p2: "subscriptionId", payload: "none" },
  read: { command: 3, dataType: "dbr", dataCount: "count", p1: "sid", p2: "ioid", payload: "none" },
  write: { command: 4, dataType: "dbr", dataCount: "count", p1: "sid", p2: "cid", payload: "dbr" },
  search: {
    command: 6,
    dataType: "replyFlag",
    dataCount: "minor",
    p1: "searchId",
    p2: "searchIdAgain",
    payload: "text",
  },
  eventsOff: { command: 8, dataType: 0, dataCount: 0, p1: 0, p2: 0, payload: "none" },
  eventsOn: { command: 9, dataType: 0, dataCount: 0, p1: 0, p2: 0, payload: "none" },
  readSync: { command: 10, dataType: "word0", dataCount: "word1", p1: "word2", p2: "word3", payload: "none" },
  clearChannel: { command: 12, dataType: 0, dataCount: 0, p1: "sid", p2: "cid", payload: "none" },
  readNotify: { command: 15, dataType: "dbr", dataCount: "count", p1: "sid", p2: "ioid", payload: "none" },
  createChan: { command: 18, dataType: 0, dataCount: 0, p1: "cid", p2: "minor", payload: "text" },
  writeNotify: { command: 19, dataType: "dbr", dataCount: "count", p1: "sid", p2: "ioid", payload: "dbr" },
  clientName: { command: 20, dataType: 0, dataCount: 0, p1: 0, p2: 0, payload: "text" },
  hostName: { command: 21, dataType: 0, dataCount: 0, p1: 0, p2: 0, payload: "text" },
  echo: { command: 23, dataType: "word0", dataCount: "word1", p1: "word2", p2: "word3", payload: "echo" },
  repeaterRegister: { command: 24, dataType: 0, dataCount: 0, p1: 0, p2: "clientAddress", payload: "none" },
} as const satisfies Record<string, MessageRow>;

export const RESPONSES = {
  version: { command: 0, dataType: "sequenceValid", dataCount: "minor", p1: "sequence", p2: 0, payload: "none" },
  eventAdd: { command: 1, dataType: "dbr", dataCount: "count", p1: "status", p2: "subscriptionId", payload: "dbr" },
  /** Answers EVENT_CANCEL: command 1 without payload, and the sid where an update has its status. */
  eventCancelled: { command: 1, dataType: "dbr", dataCount: "count", p1: "sid", p2: "subscriptionId", payload: "none" },
  read: { command: 3, dataType: "dbr", dataCount: "count", p1: "cid", p2: "ioid", payload: "dbr" },
  /** Over UDP; `address` 0xFFFFFFFF: the sender's. */
  search: { command: 6, dataType: "tcpPort", dataCount: 0, p1: "address", p2: "searchId", payload: "minorVersion" },
  /** Over TCP there is no payload: old CAJ versions failed on a payload. */
  searchOverTcp: { command: 6, dataType: "tcpPort", dataCount: 0, p1: "address", p2: "searchId", payload: "none" },
  readSync: { command: 10, dataType: "word0", dataCount: "word1", p1: "word2", p2: "word3", payload: "none" },
  error: { command: 11, dataType: 0, dataCount: 0, p1: "cid", p2: "status", payload: "errorEcho" },
  clearChannel: { command: 12, dataType: 0, dataCount: 0, p1: "sid", p2: "cid", payload: "none" },
  beacon: { command: 13, dataType: "minor", dataCount: "tcpPort", p1: "sequence", p2: "address", payload: "none" },
  notFound: {
    command: 14,
    dataType: "replyFlag",
    dataCount: "minor",
    p1: "searchId",
    p2: "searchIdAgain",
    payload: "none",
  },
  readNotify: { command: 15, dataType: "dbr", dataCount: "count", p1: "status", p2: "ioid", payload: "dbr" },
  repeaterConfirm: { command: 17, dataType: 0, dataCount: 0, p1: 0, p2: "clientAddress", payload: "none" },
  createChan: { command: 18, dataType: "dbr", dataCount: "count", p1: "cid", p2: "sid", payload: "none" },
  writeNotify: { command: 19, dataType: "dbr", dataCount: "count", p1: "status", p2: "ioid", payload: "none" },
  accessRights: { command: 22, dataType: 0, dataCount: 0, p1: "cid", p2: "rights", payload: "none" },
  echo: { command: 23, dataType: "word0", dataCount: "word1", p1: "word2", p2: "word3", payload: "echo" },
  createChFail: { command: 26, dataType: 0, dataCount: 0, p1: "cid", p2: 0, payload: "none" },
  serverDisconn: { command: 27, dataType: 0, dataCount: 0, p1: "cid", p2: 0, payload: "none" },
} as const satisfies Record<string, MessageRow>;

export type RequestName = keyof typeof REQUESTS;
export type ResponseName = keyof typeof RESPONSES;

/** Highest command number of the protocol. An echoed header with a higher number makes libca index past its table. */
export const LAST_COMMAND = 27;

type Text<W extends Word> = W extends string ? W : never;
/** The names in a row's header words. */
export type WordNames<R extends MessageRow> = Text<R["dataType"] | R["dataCount"] | R["p1"] | R["p2"]>;
