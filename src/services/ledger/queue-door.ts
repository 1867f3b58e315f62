/**
 * The door of a running queue: a Unix socket in the ledger's folder, for the user of the IOC alone, through which
 * `globus-ioc queue` asks the process that has the ledger. One line of JSON is one request, and its answer is lines of
 * JSON. It is open only while this process has the ledger, so that two processes never fight for the socket; where it
 * cannot be, that is told in a sentence and nothing else suffers. It knows no queue: the desk answers.
 */
import { chmodSync } from "node:fs";
import { lstat, rm } from "node:fs/promises";
import net from "node:net";
import { cleanJson } from "../../base/clean-text.ts";
import type { Clock } from "../../base/clock.ts";
import { ActionError, codeOf, pieceOf, stackOf } from "../../base/errors.ts";
import { Slices } from "../../base/in-slices.ts";
import type { Log } from "../../base/log.ts";
import type { DeskAnswer, DeskRequest, QueueDesk } from "../../controller/ports/queue-desk.ts";
import type { LedgerOwner } from "./place.ts";
import { doorPath, MOST_REQUEST_BYTES, pathProblem, requestSchema } from "./queue-door-words.ts";

export interface QueueDoor {
  /** Opens it, if it is not open; never fails. */
  open(): Promise<void>;
  /** Ends what is being answered. It stays closed. */
  close(): Promise<void>;
}

export interface QueueDoorOptions {
  /** The ledger's folder. */
  readonly ledger: string;
  /** This process. */
  readonly owner: LedgerOwner;
  readonly desk: QueueDesk;
  readonly clock: Clock;
  readonly log: Pick<Log, "warn" | "error">;
}

/** Peers that are answered at once; two terminals and a few scripts. */
const MOST_PEERS = 8;
/** Peers that are told so; those beyond see the end of the connection. */
const MOST_REFUSED = 8;
const REQUEST_SECONDS = 5;
/** Until a peer that takes nothing of its answer, or stays behind it, is left. */
const STALL_SECONDS = 30;
/** Characters of an answer that are handed over at once. */
const PIECE = 1 << 16;
const LF = 10;

export function createQueueDoor(options: QueueDoorOptions): QueueDoor {
  return new SocketDoor(options);
}

class SocketDoor implements QueueDoor {
  readonly #options: QueueDoorOptions;
  readonly #path: string;
  readonly #sockets = new Set<net.Socket>();
  /** Peers whose request is read or answered. */
  #served = 0;
  #server: net.Server | undefined;
  #isClosed = false;
  #turn: Promise<void> = Promise.resolve();

  constructor(options: QueueDoorOptions) {
    this.#options = options;
    this.#path = doorPath(options.ledger);
  }

  open(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#isClosed || this.#server !== undefined) return;
      try {
        this.#server = await this.#listening();
      } catch (thrown) {
        this.#options.log.warn(`globus-ioc queue cannot ask this IOC: ${pieceOf(thrown)}.`);
      }
    });
  }

  close(): Promise<void> {
    return this.#inTurn(async () => {
      this.#isClosed = true;
      const server = this.#server;
      this.#server = undefined;
      for (const socket of this.#sockets) socket.destroy();
      if (server !== undefined) await closed(server); // which removes the socket's file
    });
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(work);
    return this.#turn;
  }

  async #listening(): Promise<net.Server> {
    const problem = pathProblem(this.#path);
    if (problem !== undefined) throw new ActionError(problem);
    try {
      return await this.#bound();
    } catch (error) {
      if (codeOf(error) !== "EADDRINUSE") throw error;
      await removeStale(this.#path);
      return await this.#bound();
    }
  }

  /** @throws the system's error; nothing is open then */
  async #bound(): Promise<net.Server> {
    const server = net.createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket));
    server.maxConnections = MOST_PEERS + MOST_REFUSED;
    try {
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen(this.#path, resolve);
        if (server.listening) chmodSync(this.#path, 0o600); // before the event loop takes the first connection
      });
    } catch (error) {
      await closed(server);
      throw error;
    }
    server.on("error", () => {}); // a connection that could not be taken, as without descriptors: its peer sees the end
    return server;
  }

  #accept(socket: net.Socket): void {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    socket.on("error", () => {}); // its end follows
    const work =
      this.#served < MOST_PEERS
        ? this.#serve(socket)
        : this.#send(socket, this.#greeted(refusal(`${MOST_PEERS} others are being answered: try again in a moment.`)));
    work.catch((thrown: unknown) => this.#options.log.error(stackOf(thrown))).finally(() => this.#part(socket));
  }

  /** Ends a connection; a peer that does not end it is left. */
  #part(socket: net.Socket): void {
    const cancel = this.#options.clock.after(STALL_SECONDS, () => socket.destroy());
    socket.once("close", cancel);
    if (socket.destroyed) cancel();
    socket.resume(); // so that the peer's end is seen
    socket.end();
  }

  async #serve(socket: net.Socket): Promise<void> {
    this.#served++;
    try {
      await this.#hear(socket);
    } finally {
      this.#served--;
    }
  }

  async #hear(socket: net.Socket): Promise<void> {
    const cancel = this.#options.clock.after(REQUEST_SECONDS, () => socket.destroy());
    const line = await firstLine(socket);
    cancel();
    if (line === undefined) return;
    const request = requestIn(line);
    if (typeof request === "string") return this.#send(socket, this.#greeted(refusal(request)));
    await this.#answer(socket, request);
  }

  async #answer(socket: net.Socket, request: DeskRequest): Promise<void> {
    const slices = new Slices();
    let piece = this.#greeted();
    try {
      for await (const answer of this.#options.desk.answer(request)) {
        piece += lineOf(answer);
        if (piece.length >= PIECE) {
          await this.#send(socket, piece);
          piece = "";
        }
        if (socket.destroyed) return;
        await slices.rest();
      }
    } catch (thrown) {
      this.#options.log.error(stackOf(thrown));
      piece += lineOf(refusal("The IOC could not answer: its log says why."));
    }
    await this.#send(socket, piece);
  }

  #greeted(answer?: DeskAnswer): string {
    return `${cleanJson({ holder: this.#options.owner })}\n${answer === undefined ? "" : lineOf(answer)}`;
  }

  /** Resolves when the system has taken it, or the peer has left. */
  #send(socket: net.Socket, text: string): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#options.clock.after(STALL_SECONDS, () => socket.destroy());
      socket.write(text, () => {
        cancel();
        resolve();
      });
    });
  }
}

const refusal = (message: string): DeskAnswer => ({ end: { isDone: false, message } });
const lineOf = (answer: DeskAnswer): string => `${cleanJson(answer)}\n`;

/** Closed also where it never listened. */
const closed = (server: net.Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
  });

/** The bytes up to the first line end, or to the peer's end; undefined when it has left; at most one byte too many. */
function firstLine(socket: net.Socket): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const done = (line: Buffer | undefined): void => {
      socket.pause();
      socket.removeListener("data", take).removeListener("end", end).removeListener("close", leave);
      resolve(line);
    };
    const take = (chunk: Buffer): void => {
      const at = chunk.indexOf(LF);
      const part = at < 0 ? chunk : chunk.subarray(0, at);
      chunks.push(part.subarray(0, MOST_REQUEST_BYTES + 1 - length));
      length += part.length;
      if (at >= 0 || length > MOST_REQUEST_BYTES) done(Buffer.concat(chunks));
    };
    const end = (): void => done(Buffer.concat(chunks));
    const leave = (): void => done(undefined);
    socket.on("data", take).once("end", end).once("close", leave);
  });
}

/** @returns what is wrong with it, a sentence */
function requestIn(line: Buffer): DeskRequest | string {
  if (line.length > MOST_REQUEST_BYTES)
    return `The request has more than ${MOST_REQUEST_BYTES} bytes: name fewer scans at once.`;
  try {
    const { success, data } = requestSchema.safeParse(
      JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(line)),
    );
    if (success) return data;
  } catch {
    // no UTF-8, or no JSON: no request either
  }
  return "That is no request of this version: use the globus-ioc of the IOC that runs.";
}

/**
 * Removes the socket of a process that was killed.
 * @throws ActionError when a process answers there, or something else has the name
 */
async function removeStale(socket: string): Promise<void> {
  if (!(await lstat(socket)).isSocket())
    throw new ActionError(`${socket} is no socket: remove it, or give it another name`);
  if (await isAnswered(socket)) throw new ActionError(`another process answers at ${socket}: end it`);
  await rm(socket, { force: true });
}

/** @throws the system's error where nobody can say */
function isAnswered(socket: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const peer = net.connect(socket);
    peer.once("connect", () => {
      peer.destroy();
      resolve(true);
    });
    peer.once("error", (error) => {
      if (codeOf(error) === "ECONNREFUSED" || codeOf(error) === "ENOENT") resolve(false);
      else reject(error);
    });
  });
}
