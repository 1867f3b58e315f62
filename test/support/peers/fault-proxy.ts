/**
 * A proxy between a CA client and a server of 127.0.0.1 that harms the connection on request: cuts it, delivers every
 * byte alone, or swallows everything (a peer that vanished without closing). Searches pass through the proxy, and the
 * answers name the proxy instead of the server.
 */

import { Frame, viewOf } from "../../../src/ca/wire/frame.ts";
import { readDatagram } from "../../../src/ca/wire/framing.ts";
import { RESPONSES } from "../../../src/ca/wire/messages.ts";
import type { Address, ByteStream, DatagramSocket, Network, StreamServer } from "../../../src/net/transport.ts";
import { searchReply } from "../engine/scripted-server.ts";

const searchResponse = viewOf(RESPONSES.search);

/** `swallow`: both sides believe that they are connected. */
export type Fault = "none" | "bytewise" | "swallow";

export class FaultProxy {
  fault: Fault = "none";
  /** The number of connections that were made through the proxy. */
  connections = 0;
  readonly address: Address;
  readonly #network: Network;
  readonly #target: Address;
  readonly #listener: StreamServer;
  readonly #near: DatagramSocket;
  readonly #far: DatagramSocket;
  readonly #streams = new Set<ByteStream>();
  #asker: Address | undefined;

  private constructor(
    network: Network,
    target: Address,
    listener: StreamServer,
    near: DatagramSocket,
    far: DatagramSocket,
  ) {
    this.#network = network;
    this.#target = target;
    this.#listener = listener;
    this.#near = near;
    this.#far = far;
    this.address = listener.address;
    near.onMessage = (bytes, from) => {
      this.#asker = from;
      far.send(Buffer.from(bytes), target);
    };
    far.onMessage = (bytes) => this.#relayReplies(bytes);
  }

  static async start(network: Network, target: Address): Promise<FaultProxy> {
    let proxy: FaultProxy | undefined;
    const listener = await network.listen({ host: "127.0.0.1", port: 0 }, (stream) => void proxy?.relay(stream));
    const near = await network.datagrams({ host: "127.0.0.1", port: listener.address.port });
    const far = await network.datagrams({ host: "127.0.0.1" });
    proxy = new FaultProxy(network, target, listener, near, far);
    return proxy;
  }

  /** Breaks every connection. */
  cut(): void {
    for (const stream of this.#streams) stream.destroy();
  }
  stop(): void {
    this.#listener.close();
    this.cut();
    this.#near.close();
    this.#far.close();
  }

  async relay(client: ByteStream): Promise<void> {
    this.connections++;
    this.#streams.add(client);
    const early: Buffer[] = [];
    client.onData = (chunk) => early.push(Buffer.from(chunk));
    const server = await this.#network.connect(this.#target, 5);
    this.#streams.add(server);
    this.#join(client, server);
    this.#join(server, client);
    for (const chunk of early) this.#pass(chunk, server);
  }

  #join(from: ByteStream, to: ByteStream): void {
    from.onData = (chunk) => this.#pass(chunk, to);
    from.onClose = () => {
      this.#streams.delete(from);
      if (this.fault !== "swallow") to.destroy();
    };
  }

  #pass(chunk: Buffer, to: ByteStream): void {
    if (this.fault === "swallow") return;
    if (this.fault === "none") return to.write(Buffer.from(chunk));
    for (const byte of chunk) to.write(Buffer.from([byte]));
  }

  #relayReplies(bytes: Buffer): void {
    readDatagram(bytes, new Frame(), (frame) => {
      if (frame.command === RESPONSES.search.command && this.#asker !== undefined) {
        const { searchId } = searchResponse.from(frame);
        this.#near.send(searchReply(this.address.port, searchId), this.#asker);
      }
      return true;
    });
  }
}
