/**
 * A repeater: receives the beacons that arrive at this host's one repeater port and hands a copy to every client process that has registered.
 * Run by the first client that finds none; other programs' clients use it as they use caRepeater. CA spec §1.10.
 */
import { ByteWriter } from "../../base/bytes.ts";
import { type Address, addressText, type DatagramSocket, type Network } from "../net/transport.ts";
import { HEADER_BYTES } from "../wire/constants.ts";
import { Frame, viewOf } from "../wire/frame.ts";
import { readDatagram } from "../wire/framing.ts";
import { REQUESTS, RESPONSES } from "../wire/messages.ts";
import { ipv4Number } from "./ipv4.ts";

/** More processes than this do not share one host; a flood of forged registrations must not fill the memory. */
const MOST_CLIENTS = 1000;

const confirm = viewOf(RESPONSES.repeaterConfirm);
const beacon = viewOf(RESPONSES.beacon);

export interface Repeater {
  close(): void;
}

/**
 * Binds the repeater port.
 * @param heard called with every datagram that is not a registration, for the process that runs the repeater
 * @param localHosts addresses of this host: only its own processes may register
 * @returns undefined if the port is taken: another repeater runs
 */
export async function startRepeater(
  network: Network,
  port: number,
  localHosts: readonly string[],
  heard: (bytes: Buffer, from: Address) => void,
): Promise<Repeater | undefined> {
  let socket: DatagramSocket;
  try {
    socket = await network.datagrams({ port });
  } catch {
    return undefined;
  }
  const clientByAddress = new Map<string, Address>();
  const frame = new Frame();
  socket.onMessage = (bytes, from) => {
    if (isRegistration(bytes, frame)) {
      if (!localHosts.includes(from.host) || clientByAddress.size >= MOST_CLIENTS) return;
      clientByAddress.set(addressText(from), from);
      socket.send(confirmation(from), from);
      void forgetDead(network, clientByAddress, from);
      return;
    }
    const copy = withSender(bytes, from, frame);
    for (const client of clientByAddress.values())
      if (addressText(client) !== addressText(from)) socket.send(copy, client);
    heard(bytes, from);
  };
  return { close: () => socket.close() };
}

/** An empty datagram, or REPEATER_REGISTER. */
function isRegistration(bytes: Buffer, frame: Frame): boolean {
  if (bytes.length === 0) return true;
  let isRegister = false;
  readDatagram(bytes, frame, ({ command }) => {
    isRegister = command === REQUESTS.repeaterRegister.command;
    return false;
  });
  return isRegister;
}

function confirmation(client: Address): Buffer {
  const out = new ByteWriter(HEADER_BYTES);
  confirm.clientAddress = ipv4Number(client.host);
  confirm.writeHeader(out, 0);
  return out.take();
}

/** A beacon without an address gets its sender's: its receivers will see only us. */
function withSender(bytes: Buffer, from: Address, frame: Frame): Buffer {
  let copy: Buffer = Buffer.from(bytes);
  readDatagram(bytes, frame, (first) => {
    if (first.command === RESPONSES.beacon.command && beacon.from(first).address === 0) {
      beacon.address = ipv4Number(from.host);
      const out = new ByteWriter(bytes.length);
      beacon.writeHeader(out, 0);
      out.bytes(bytes.subarray(HEADER_BYTES));
      copy = out.take();
    }
    return false;
  });
  return copy;
}

/** A client whose port can be bound has gone away. Looked at when another registers. */
async function forgetDead(network: Network, clientByAddress: Map<string, Address>, but: Address): Promise<void> {
  for (const [key, client] of clientByAddress) {
    if (client.port === but.port) continue;
    try {
      const probe = await network.datagrams({ port: client.port });
      probe.close();
      clientByAddress.delete(key);
    } catch {
      // Bound: it lives.
    }
  }
}
