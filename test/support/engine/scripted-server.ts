/**
 * The server's side of a conversation, played by a test: answers searches, takes notes of every request, and says what
 * the test tells it to say. Shares nothing with ca/server; knows the message table and no behaviour.
 */
import { ByteWriter } from "../../../src/base/bytes.ts";
import { ADDRESS_OF_SENDER, MINOR_VERSION } from "../../../src/ca/wire/constants.ts";
import { DbrSample, writeDbr } from "../../../src/ca/wire/dbr-codec.ts";
import { DBR_TYPES, dbrBytes } from "../../../src/ca/wire/dbr-layout.ts";
import { Frame, type MessageView, padded, viewOf } from "../../../src/ca/wire/frame.ts";
import { readDatagram, StreamFramer } from "../../../src/ca/wire/framing.ts";
import {
  type MessageRow,
  REQUESTS,
  RESPONSES,
  type RequestName,
  type WordNames,
} from "../../../src/ca/wire/messages.ts";
import { errorEcho, textBytes } from "../../../src/ca/wire/payloads.ts";
import type { Address, ByteStream, DatagramSocket, Network, StreamServer } from "../../../src/net/transport.ts";

/** One request as it arrived. */
export interface Noted {
  readonly name: RequestName;
  readonly words: Readonly<Record<string, number>>;
  readonly text: string;
  readonly payload: Buffer;
}

const NAME_BY_COMMAND = new Map<number, RequestName>(
  (Object.keys(REQUESTS) as RequestName[]).map((name) => [REQUESTS[name].command, name]),
);

function noted(frame: Frame): Noted {
  const name = NAME_BY_COMMAND.get(frame.command)!;
  const row: MessageRow = REQUESTS[name];
  const words: Record<string, number> = {};
  for (const position of ["dataType", "dataCount", "p1", "p2"] as const) {
    const word = row[position];
    if (typeof word === "string") words[word] = frame[position];
  }
  return { name, words, text: row.payload === "text" ? frame.text() : "", payload: Buffer.from(frame.payload()) };
}

/** One client's circuit, as the server has it. */
export class ScriptedCircuit {
  readonly requests: Noted[] = [];
  /** Requests, by the client's writes that brought them. */
  readonly writes: Noted[][] = [];
  readonly stream: ByteStream;
  isClosed = false;
  onRequest: (request: Noted, frame: Frame) => void = () => {};
  readonly #out = new ByteWriter();

  constructor(stream: ByteStream) {
    this.stream = stream;
    const framer = new StreamFramer({
      admit: () => "take",
      message: (frame) => {
        const request = noted(frame);
        this.requests.push(request);
        this.writes.at(-1)?.push(request);
        this.onRequest(request, frame);
        return true;
      },
    });
    stream.onData = (chunk) => {
      this.writes.push([]);
      framer.push(chunk);
    };
    stream.onClose = () => {
      this.isClosed = true;
    };
  }
  /** The latest request of this name. */
  last(name: RequestName): Noted | undefined {
    return this.requests.findLast((one) => one.name === name);
  }
  count(name: RequestName): number {
    return this.requests.filter((one) => one.name === name).length;
  }
  /** Sends a message without payload. */
  say<R extends MessageRow>(row: R, words: Partial<Record<WordNames<R>, number>> = {}): void {
    this.sayWith(row, words, Buffer.alloc(0));
  }
  sayWith<R extends MessageRow>(row: R, words: Partial<Record<WordNames<R>, number>>, payload: Buffer): void {
    this.stream.write(message(row, words, payload));
  }
  /** Sends a value: the reply to a READ_NOTIFY, or an update. */
  sayValue(
    row: typeof RESPONSES.readNotify | typeof RESPONSES.eventAdd,
    id: number,
    dbr: number,
    fill: (sample: DbrSample) => void,
    status = 1,
  ): void {
    const sample = new DbrSample();
    fill(sample);
    const type = DBR_TYPES[dbr]!;
    writeDbr(this.#out, type, sample, sample.length);
    const payload = Buffer.from(this.#out.take());
    const words = {
      status,
      dbr,
      count: sample.length,
      ...("ioid" in wordsOf(row) ? { ioid: id } : { subscriptionId: id }),
    };
    if (payload.length !== padded(dbrBytes(type, sample.length))) throw new Error("size of the value");
    this.sayWith(row, words, payload);
  }
  /** Sends ERROR for a request. */
  complain(frame: Frame, cid: number, status: number, text: string): void {
    this.sayWith(RESPONSES.error, { cid, status }, errorEcho(frame, text));
  }
}

const wordsOf = (row: MessageRow): Record<string, true> =>
  Object.fromEntries([row.dataType, row.dataCount, row.p1, row.p2].map((word) => [String(word), true]));

/** One message as bytes. */
export function message<R extends MessageRow>(
  row: R,
  words: Partial<Record<WordNames<R>, number>>,
  payload: Buffer = Buffer.alloc(0),
): Buffer {
  const view = viewOf(row) as MessageView<MessageRow> & Record<string, number>;
  for (const [name, value] of Object.entries<number | undefined>(words)) view[name] = value ?? 0;
  const out = new ByteWriter(64);
  view.writeHeader(out, payload.length);
  out.bytes(payload);
  return out.take();
}

export interface Served {
  /** DBR code 0..6 */
  readonly native: number;
  readonly count: number;
  readonly rights?: number;
}

/** A server with these PVs, which creates channels and answers ECHO by itself; all else is up to the test. */
export class ScriptedServer {
  readonly circuits: ScriptedCircuit[] = [];
  readonly pvs: Map<string, Served>;
  /** Names asked for over UDP, one list a datagram. */
  readonly searches: string[][] = [];
  readonly address: Address;
  answersSearches = true;
  creates = true;
  answersEcho = true;
  minor = MINOR_VERSION;
  #nextSid = 100;
  readonly #listener: StreamServer;
  readonly #socket: DatagramSocket;

  private constructor(listener: StreamServer, socket: DatagramSocket, pvs: Readonly<Record<string, Served>>) {
    this.#listener = listener;
    this.#socket = socket;
    this.address = { host: "127.0.0.1", port: listener.address.port };
    this.pvs = new Map(Object.entries(pvs));
    socket.onMessage = (bytes, from) => this.#answer(bytes, from);
  }

  static async start(
    network: Network,
    pvs: Readonly<Record<string, Served>>,
    port = 0,
    adapt: (stream: ByteStream) => void = () => {},
  ): Promise<ScriptedServer> {
    let server: ScriptedServer | undefined;
    const listener = await network.listen({ host: "127.0.0.1", port }, (stream) => {
      adapt(stream);
      server?.accept(stream);
    });
    const socket = await network.datagrams({ host: "127.0.0.1", port: listener.address.port });
    server = new ScriptedServer(listener, socket, pvs);
    return server;
  }
  get circuit(): ScriptedCircuit {
    const last = this.circuits.at(-1);
    if (last === undefined) throw new Error("no client has connected");
    return last;
  }
  accept(stream: ByteStream): void {
    const circuit = new ScriptedCircuit(stream);
    this.circuits.push(circuit);
    circuit.say(RESPONSES.version, { minor: this.minor });
    circuit.onRequest = (request) => this.react(circuit, request);
  }
  /** Does what every server does on a request: opens channels, answers ECHO. */
  react(circuit: ScriptedCircuit, { name, words, text }: Noted): void {
    if (name === "echo" && this.answersEcho) circuit.say(RESPONSES.echo);
    if (name !== "createChan" || !this.creates) return;
    const served = this.pvs.get(text);
    const cid = words["cid"]!;
    if (served === undefined) return circuit.say(RESPONSES.createChFail, { cid });
    circuit.say(RESPONSES.accessRights, { cid, rights: served.rights ?? 3 });
    circuit.say(RESPONSES.createChan, { cid, sid: this.#nextSid++, dbr: served.native, count: served.count });
  }
  stop(): void {
    this.#socket.close();
    this.#listener.close();
    for (const circuit of this.circuits) circuit.stream.destroy();
  }

  #answer(bytes: Buffer, from: Address): void {
    const names: string[] = [];
    readDatagram(bytes, new Frame(), (frame) => {
      if (frame.command !== REQUESTS.search.command) return true;
      const { text, words } = noted(frame);
      names.push(text);
      if (this.answersSearches && this.pvs.has(text))
        this.#socket.send(searchReply(this.address.port, words["searchId"]!), from);
      return true;
    });
    this.searches.push(names);
  }
}

/** A search reply over UDP that says "at the sender's address, this port". */
export function searchReply(tcpPort: number, searchId: number, address = ADDRESS_OF_SENDER): Buffer {
  const minor = Buffer.alloc(8);
  minor.writeUInt16BE(MINOR_VERSION);
  return Buffer.concat([
    message(RESPONSES.version, { minor: MINOR_VERSION }),
    message(RESPONSES.search, { tcpPort, address, searchId }, minor),
  ]);
}

/** The bytes of a text payload. */
export function textPayload(text: string): Buffer {
  const payload = Buffer.alloc(textBytes(text));
  payload.write(text, "latin1");
  return payload;
}
