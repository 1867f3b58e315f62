/** What the web server may cost: its limits, each with its reason. A test hands in smaller ones. */

export interface WebLimits {
  /** Pages that are open at once, and of these from one address. */
  readonly pages: number;
  readonly pagesPerAddress: number;
  /** Connections at once; a browser opens up to six. */
  readonly connections: number;
  /** Bytes that wait for one page; a page that reads so slowly is dropped, and begins anew with a snapshot. */
  readonly waitingBytes: number;
  /** Bytes of a request's body: the longest text of a PV is 32 kB, which JSON may double. */
  readonly bodyBytes: number;
  /** Bytes of a request's headers. */
  readonly headerBytes: number;
  /** Seconds that a client has for its headers, for its whole request, and between two requests. */
  readonly headerSeconds: number;
  readonly requestSeconds: number;
  readonly idleSeconds: number;
  /** Seconds in which a connection must move, in either direction; an open page gets a comment more often. */
  readonly stuckSeconds: number;
  /** Requests in a row, and in each second after these, from one address. */
  readonly requestBurst: number;
  readonly requestsPerSecond: number;
  readonly putBurst: number;
  readonly putsPerSecond: number;
  /** Wrong tokens in a row, and in each second after these, from one address. */
  readonly wrongTokenBurst: number;
  readonly wrongTokensPerSecond: number;
}

export const WEB_LIMITS: WebLimits = {
  pages: 64,
  pagesPerAddress: 32,
  connections: 256,
  waitingBytes: 1024 * 1024,
  bodyBytes: 128 * 1024,
  headerBytes: 16 * 1024,
  headerSeconds: 10,
  requestSeconds: 20,
  idleSeconds: 5,
  stuckSeconds: 60,
  requestBurst: 200,
  requestsPerSecond: 50,
  putBurst: 30,
  putsPerSecond: 10,
  wrongTokenBurst: 10,
  wrongTokensPerSecond: 0.2,
};
