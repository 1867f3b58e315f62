/**
 * A gate before one service of 127.0.0.1, through which all that the program says to it must pass: it tells the trap of
 * each call, and harms what passes on request. The service behind it is well and knows nothing of it. For Channel
 * Access the searches pass, too, and their answers name the gate.
 */
import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import net from "node:net";
import { Frame } from "../../src/ca/wire/frame.ts";
import { readDatagram } from "../../src/ca/wire/framing.ts";
import { RESPONSES } from "../../src/ca/wire/messages.ts";
import { type Conversation, Turns, Writes } from "./conversations.ts";
import type { Trap } from "./trap.ts";

/**
 * refused: nobody listens. reset: each connection is broken when something was said. silent: connections are taken and
 * nothing is ever answered. garbage: bytes that are no answer. cut: the connection breaks after so many bytes of the
 * service. slow: each answer comes so much later.
 */
export type Fault =
  | { readonly kind: "none" | "refused" | "reset" | "silent" | "garbage" }
  | { readonly kind: "cut"; readonly afterBytes: number }
  | { readonly kind: "slow"; readonly seconds: number };
export const WELL: Fault = { kind: "none" };

export interface GateOptions {
  /** In reports. */
  readonly name: string;
  /** Port of the service. */
  readonly target: number;
  readonly trap: Trap;
  readonly protocol: "http" | "smtp" | "ssh" | "ca";
}

const HOST = "127.0.0.1";
/** Key exchange and login, behind the first turn. */
const SSH_GREETINGS = 4;
/** No line of HTTP, SMTP, SSH or message of Channel Access, and the same in each run. */
const GARBAGE = Buffer.from(Array.from({ length: 600 }, (_, i) => (i * 167 + 13) % 256));

export class Gate {
  readonly name: string;
  readonly port: number;
  readonly protocol: GateOptions["protocol"];
  readonly #target: number;
  readonly #trap: Trap;
  readonly #listener: net.Server;
  readonly #udp: UdpSocket | undefined;
  readonly #sockets = new Set<net.Socket>();
  #fault: Fault = WELL;
  /** Who asked last, for the answers of a search. */
  #asker: { readonly port: number; readonly address: string } | undefined;

  private constructor(options: GateOptions, listener: net.Server, udp: UdpSocket | undefined) {
    this.name = options.name;
    this.protocol = options.protocol;
    this.port = (listener.address() as net.AddressInfo).port;
    this.#target = options.target;
    this.#trap = options.trap;
    this.#listener = listener;
    this.#udp = udp;
    listener.on("connection", (socket) => this.#accept(socket));
    udp?.on("message", (bytes, from) => this.#datagram(bytes, from));
  }

  static async open(options: GateOptions): Promise<Gate> {
    const listener = net.createServer({ noDelay: true });
    listener.listen(0, HOST);
    await once(listener, "listening");
    if (options.protocol !== "ca") return new Gate(options, listener, undefined);
    const udp = createSocket("udp4");
    udp.bind((listener.address() as net.AddressInfo).port, HOST);
    await once(udp, "listening");
    return new Gate(options, listener, udp);
  }

  /** From now on; every connection that is open ends, unless all is well and was. */
  async harm(fault: Fault): Promise<void> {
    if (fault.kind === "none" && this.#fault.kind === "none") return;
    this.#fault = fault;
    for (const socket of this.#sockets) socket.destroy();
    if (fault.kind === "refused" && this.#listener.listening) await this.#stopListening();
    if (fault.kind !== "refused" && !this.#listener.listening) {
      this.#listener.listen(this.port, HOST);
      await once(this.#listener, "listening");
    }
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#udp?.close();
    if (this.#listener.listening) await this.#stopListening();
  }

  #stopListening(): Promise<void> {
    return new Promise((resolve) => this.#listener.close(() => resolve()));
  }

  #accept(client: net.Socket): void {
    this.#keep(client);
    const fault = this.#fault;
    if (fault.kind === "silent") return void client.resume();
    if (fault.kind === "garbage") return this.#babble(client);
    if (fault.kind === "reset") return void client.once("data", () => client.resetAndDestroy());
    const service = net.connect({ host: HOST, port: this.#target, noDelay: true });
    this.#keep(service);
    new Passage({ gate: this.name, trap: this.#trap, fault, client, service }, this.#conversation()).open();
  }

  #conversation(): Conversation {
    return this.protocol === "ca" ? new Writes() : new Turns(this.protocol === "ssh" ? SSH_GREETINGS : 0);
  }

  /** Where the client speaks first, behind its first words. */
  #babble(client: net.Socket): void {
    if (this.protocol === "http") client.once("data", () => client.write(GARBAGE));
    else client.write(GARBAGE);
    client.resume();
  }

  #keep(socket: net.Socket): void {
    this.#sockets.add(socket);
    socket.on("error", () => {}); // "close" follows
    socket.once("close", () => this.#sockets.delete(socket));
  }

  #datagram(bytes: Buffer, from: { readonly port: number; readonly address: string }): void {
    if (this.#fault.kind === "refused") return;
    if (from.port !== this.#target) {
      this.#asker = { port: from.port, address: from.address };
      this.#udp?.send(bytes, this.#target, HOST);
      return;
    }
    readDatagram(bytes, new Frame(), (frame) => {
      // The port of the server stands where other messages have their data type.
      if (frame.command === RESPONSES.search.command) frame.bytes.writeUInt16BE(this.port, frame.start + 4);
      return true;
    });
    if (this.#asker !== undefined) this.#udp?.send(bytes, this.#asker.port, this.#asker.address);
  }
}

interface PassageOptions {
  readonly gate: string;
  readonly trap: Trap;
  readonly fault: Fault;
  readonly client: net.Socket;
  readonly service: net.Socket;
}

/** One connection through a gate. */
class Passage {
  readonly #options: PassageOptions;
  readonly #conversation: Conversation;
  /** The call that waits for its answer; 0: none does. */
  #call = 0;
  /** The trap has sprung: nothing passes. */
  #isOver = false;
  #bytesBack = 0;

  constructor(options: PassageOptions, conversation: Conversation) {
    this.#options = options;
    this.#conversation = conversation;
  }

  open(): void {
    const { client, service } = this.#options;
    client.on("data", (chunk) => this.#forth(chunk));
    service.on("data", (chunk) => this.#back(chunk));
    client.on("end", () => service.end());
    service.on("end", () => client.end());
    client.once("close", () => service.destroy());
    service.once("close", () => client.destroy());
  }

  #forth(chunk: Buffer): void {
    const { gate, trap, service } = this.#options;
    for (const { bytes, call } of this.#conversation.fromClient(chunk)) {
      if (this.#isOver) return;
      if (call !== undefined) this.#call = trap.call(`${gate} ${call}`.trim());
      if (trap.springsAt(this.#call, "before")) this.#isOver = true;
      else service.write(bytes);
    }
  }

  #back(chunk: Buffer): void {
    const { trap } = this.#options;
    for (const { bytes, isAnswer } of this.#conversation.fromService(chunk)) {
      if (this.#isOver) return;
      if (isAnswer === true && trap.springsAt(this.#call, "after")) this.#isOver = true;
      else this.#deliver(bytes);
    }
  }

  #deliver(bytes: Buffer): void {
    const { fault, client } = this.#options;
    if (fault.kind === "slow") {
      setTimeout(() => client.writable && client.write(bytes), fault.seconds * 1000);
      return;
    }
    const left = fault.kind === "cut" ? fault.afterBytes - this.#bytesBack : bytes.length;
    this.#bytesBack += bytes.length;
    if (left >= bytes.length) return void client.write(bytes);
    this.#isOver = true;
    client.write(bytes.subarray(0, Math.max(0, left)), () => client.resetAndDestroy());
  }
}
