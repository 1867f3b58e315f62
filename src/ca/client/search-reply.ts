/** What a datagram of search replies says: for each name that was asked for, where its server is. It keeps nothing. */
import { SERVER_PORT } from "../../epics/facts.ts";
import type { Address } from "../../net/transport.ts";
import { ADDRESS_OF_SENDER } from "../wire/constants.ts";
import { type Frame, viewOf } from "../wire/frame.ts";
import { readDatagram } from "../wire/framing.ts";
import { RESPONSES } from "../wire/messages.ts";
import { ipv4Text } from "./ipv4.ts";

/** What a search reply carries: the server's minor version, padded. */
const VERSION_PAYLOAD_BYTES = 8;
const searchReply = viewOf(RESPONSES.search);

/**
 * Reads until something is no reply: what follows it is another client's.
 * @param frame to read with
 * @param from the datagram's sender
 */
export function readSearchReplies(
  bytes: Buffer,
  frame: Frame,
  from: Address,
  found: (searchId: number, server: Address) => void,
): void {
  readDatagram(bytes, frame, ({ command, payloadBytes }) => {
    if (command !== RESPONSES.search.command) return command === RESPONSES.version.command;
    if (payloadBytes > VERSION_PAYLOAD_BYTES) return false; // another client's search, which holds a name
    const { tcpPort, address, searchId } = searchReply.from(frame);
    // Servers before 4.5 have no port to tell, those before 4.8 no address. channel-access.md §1.7
    const saysWhere = payloadBytes > 0;
    const isSender = !saysWhere || address === ADDRESS_OF_SENDER || address === 0;
    found(searchId, { host: isSender ? from.host : ipv4Text(address), port: saysWhere ? tcpPort : SERVER_PORT });
    return true;
  });
}
