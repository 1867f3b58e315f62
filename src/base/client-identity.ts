/**
 * Who reads and writes through a channel: what access rights, the log of puts and the record's guard are all told of a
 * client. It comes with a put from the circuit that brought it, and is nobody's proof.
 */

/** Who uses a channel, as the client says and as the socket shows. Claims, not proofs. */
export interface ClientIdentity {
  /** Empty if the client has not said it. */
  readonly user: string;
  readonly host: string;
  /** `address:port` of the peer, which alone the socket shows. */
  readonly peer: string;
  /** The program itself has checked who the user is. */
  readonly isProven?: true;
}

/** How the names of users begin whose token the web server has checked; nobody can claim such a name. */
export const WEB_USER = "web:";

/** The user that a client says, or is known to be; empty where it claims what must be proven. */
export const userOf = ({ user, isProven }: Pick<ClientIdentity, "user" | "isProven">): string =>
  isProven !== true && user.startsWith(WEB_USER) ? "" : user;

/** The person at the IOC's own shell, or the writer of its script. */
export const IOC_SHELL: ClientIdentity = { user: "", host: "", peer: "the IOC's shell" };

/** The address of the peer without its port; of who has none, who it is. */
export const peerAddress = ({ peer }: Pick<ClientIdentity, "peer">): string => peer.replace(/:\d+$/, "");

const MOST_CHARACTERS = 64;

/**
 * `user@host:port`, and the address behind it where the host that the client claims is another text. What it claims is
 * hostile: no blank, no sign of ours is left.
 */
export function clientText(client: ClientIdentity): string {
  const { host, peer } = client;
  const [, address, port] = /^(.*):(\d+)$/.exec(peer) ?? [];
  if (address === undefined) return peer;
  const claimed = claim(host) || address;
  const user = client.isProven === true ? client.user : claim(client.user);
  return `${user || "unknown"}@${claimed}:${port}${claimed === address ? "" : ` (${address})`}`;
}

const claim = (text: string): string => text.slice(0, MOST_CHARACTERS).replace(/[^\w.-]+/g, "?");
