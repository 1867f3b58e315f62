/**
 * What a server has done since it started, for `casr` and for status PVs. Plain numbers: rates are computed where they
 * are shown.
 */

export class ServerCounters {
  /** Open now. */
  clients = 0;
  channels = 0;
  subscriptions = 0;
  /** Names asked for over UDP and TCP, and how many were ours. */
  searches = 0;
  searchHits = 0;
  /** Monitor updates sent, and updates replaced by a newer update before they could be sent. */
  updates = 0;
  updatesReplaced = 0;
  bytesReceived = 0;
  bytesSent = 0;
  /** Most bytes that ever waited for one client. */
  largestBacklogBytes = 0;
  /** Bytes that hold clients' requests which are incomplete, or wait for their turn. */
  unfinishedBytes = 0;
  /** Requests refused: too large, no access, circuits ended for what they sent. */
  tooLarge = 0;
  denied = 0;
  protocolErrors = 0;
}
