/**
 * What one client may cost: the one table of the server's limits, all of which a program that embeds it may change.
 * channel-access.md §8.1, decision 0017.
 */

export interface ServerLimits {
  /** Bytes waiting to be sent to a client above which its requests are not read and its updates wait. */
  readonly highWaterBytes: number;
  /**
   * Requests of one client handled before the other clients have their turn. One buffer of libca, 16384 bytes, holds up
   * to 1024; cut in two it is slower.
   */
  readonly messagesPerTurn: number;
  /**
   * Circuits of all clients, and of those from one address: one host must not take the place of all others. When full,
   * circuits without a channel go first.
   */
  readonly circuits: number;
  readonly circuitsPerAddress: number;
  readonly channelsPerCircuit: number;
  readonly subscriptionsPerCircuit: number;
  /** Updates that wait for a subscription to a scalar; the newest is replaced when there are more. */
  readonly updatesPerSubscription: number;
  /**
   * Put-callbacks that wait for the put-callback in progress, per channel, and their bytes, per circuit; beyond either
   * the circuit is not read.
   */
  readonly queuedPutsPerChannel: number;
  readonly queuedPutBytes: number;
  /**
   * Bytes of requests that are held behind put-callbacks without room; a client that sends more is disconnected. It is
   * read that far to see it leave.
   */
  readonly heldBytes: number;
  /**
   * Largest value sent, bytes, unless the channel's own size is larger: one request of 24 bytes must not cost what no
   * PV is worth.
   */
  readonly replyBytes: number;
  /**
   * Bytes waiting to be sent to all clients together; above it the client with most is disconnected. Many slow readers
   * of large arrays must not take the memory of all.
   */
  readonly unsentBytes: number;
  /**
   * Bytes that hold requests of all clients which are incomplete or wait for their turn; above it the client that holds
   * most for longest is disconnected. Thirty writes of a detector's frame fit at once; hundreds of halves of such a
   * write, which nobody finishes, must not take the memory of all.
   */
  readonly unfinishedBytes: number;
  /** Largest refused message whose payload is skipped; a larger message ends the circuit. */
  readonly skippedBytes: number;
  /** Bytes of a CLIENT_NAME or HOST_NAME. rsrv: 512 */
  readonly identityBytes: number;
  /** Seconds until VERSION has to have come. */
  readonly handshakeSeconds: number;
  /** Seconds after which a client that takes nothing of what is sent to it is given up. */
  readonly stalledSeconds: number;
  /** Seconds that a client has to read the reason after its circuit was ended. */
  readonly farewellSeconds: number;
}

const KIB = 1 << 10;
const MIB = 1 << 20;

export const DEFAULT_LIMITS: ServerLimits = {
  highWaterBytes: 256 * KIB,
  messagesPerTurn: 1100,
  circuits: 2048,
  circuitsPerAddress: 1024,
  channelsPerCircuit: 100_000,
  subscriptionsPerCircuit: 200_000,
  updatesPerSubscription: 4,
  queuedPutsPerChannel: 256,
  queuedPutBytes: 16 * MIB,
  heldBytes: 256 * KIB,
  replyBytes: 64 * KIB,
  unsentBytes: 512 * MIB,
  unfinishedBytes: 256 * MIB,
  skippedBytes: 256 * MIB,
  identityBytes: 512,
  handshakeSeconds: 30,
  stalledSeconds: 300,
  farewellSeconds: 5,
};
