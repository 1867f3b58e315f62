/**
 * A simulated mail server on loopback: it keeps what it accepts, delivers nothing, and misbehaves on request as mail
 * servers do. The protocol is smtp-server's; which messages are taken, refused, delayed or lost is decided here.
 */
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { SMTPServer, type SMTPServerDataStream, type SMTPServerOptions, type SMTPServerSession } from "smtp-server";
import { type Clock, sleep } from "../base/clock.ts";

/** A refusal in the server's words: the answer is `code words`. */
export interface SmtpRefusal {
  readonly code: number;
  readonly words: string;
}

export interface SmtpFaults {
  /** By recipient's address: the answer to RCPT. */
  readonly refuse?: Readonly<Record<string, SmtpRefusal>>;
  /** The answer to every message text. */
  readonly refuseText?: SmtpRefusal;
  /**
   * After so many accepted messages the connection is dropped once: before the next text is asked for, or when it is
   * there.
   */
  readonly drop?: { readonly after: number; readonly when: "envelope" | "text" };
  /** Every connection is dropped at once. */
  readonly down?: boolean;
  /** Before each answer to a text. */
  readonly slowSeconds?: number;
  /** Texts are read and never answered. */
  readonly hold?: boolean;
}

export interface SinkMessage {
  readonly from: string;
  readonly to: string;
  /** Headers and body as they came. */
  readonly source: string;
  readonly isEncrypted: boolean;
}

export interface SmtpSink {
  readonly host: string;
  readonly port: number;
  /** What was accepted, in order. */
  readonly messages: readonly SinkMessage[];
  /** Recipients whose text was read, accepted or not, in order. */
  readonly read: readonly string[];
  /** Connections made so far. */
  readonly connections: number;
  /** Present where a login is wanted. */
  readonly login?: { readonly username: string; readonly password: string };
  misbehave(faults: SmtpFaults): void;
  /** Resolves when so many texts were read. */
  whenRead(count: number): Promise<void>;
  close(): Promise<void>;
}

export interface SmtpSinkOptions {
  readonly clock: Clock;
  /** Told of each message that was accepted. */
  readonly onMessage?: (message: SinkMessage) => void;
  /** A login is wanted. */
  readonly needsLogin?: boolean;
  /** PEM; STARTTLS is offered, or TLS spoken from the first byte. */
  readonly tls?: { readonly key: string; readonly cert: string; readonly fromTheFirstByte?: boolean };
}

const HOST = "127.0.0.1";

/** Listens on a free port. */
export async function startSmtpSink(options: SmtpSinkOptions): Promise<SmtpSink> {
  const state = new SinkState(options, (session) => breakOff(server, session));
  const login = options.needsLogin === true ? { username: "beamline", password: `sandbox-${randomUUID()}` } : undefined;
  const server: SMTPServer = new SMTPServer({
    ...serverOptions(options, login),
    ...state.callbacks(),
  });
  server.on("error", () => {}); // a client that breaks off, which is its own affair
  const listener = server.listen(0, HOST);
  await once(listener, "listening");
  return {
    host: HOST,
    port: (listener.address() as AddressInfo).port,
    messages: state.messages,
    read: state.read,
    get connections() {
      return state.connections;
    },
    ...(login !== undefined && { login }),
    misbehave: (faults) => state.misbehave(faults),
    whenRead: (count) => state.whenRead(count),
    close: async () => {
      state.stop();
      for (const connection of server.connections) connection.close();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function serverOptions(
  { tls, needsLogin = false }: SmtpSinkOptions,
  login: SmtpSink["login"],
): Partial<SMTPServerOptions> {
  return {
    authOptional: !needsLogin,
    allowInsecureAuth: true,
    disableReverseLookup: true,
    closeTimeout: 100,
    logger: false,
    disabledCommands: [...(tls === undefined ? ["STARTTLS"] : []), ...(needsLogin ? [] : ["AUTH"])],
    ...(tls !== undefined && { key: tls.key, cert: tls.cert, secure: tls.fromTheFirstByte === true }),
    onAuth: ({ username, password }, _session, done) => {
      const isKnown = login !== undefined && username === login.username && password === login.password;
      done(isKnown ? null : new Error("Invalid username or password"), isKnown ? { user: username } : undefined);
    },
  };
}

class SinkState {
  readonly messages: SinkMessage[] = [];
  readonly read: string[] = [];
  connections = 0;
  readonly #options: SmtpSinkOptions;
  readonly #breakOff: (session: SMTPServerSession) => void;
  readonly #stopped = new AbortController();
  readonly #waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  #faults: SmtpFaults = {};
  /** Accepted since `misbehave`. */
  #accepted = 0;
  #hasDropped = false;

  /** @param endConnection ends the connection of a session without a word */
  constructor(options: SmtpSinkOptions, endConnection: (session: SMTPServerSession) => void) {
    this.#options = options;
    this.#breakOff = endConnection;
  }

  misbehave(faults: SmtpFaults): void {
    this.#faults = faults;
    this.#accepted = 0;
    this.#hasDropped = false;
  }

  async whenRead(count: number): Promise<void> {
    if (this.read.length >= count) return;
    await new Promise<void>((resolve) => this.#waiting.push({ count, resolve }));
  }

  stop(): void {
    this.#stopped.abort(new Error("the mail server ends"));
  }

  callbacks(): SMTPServerOptions {
    return {
      onConnect: (_session, done) => {
        this.connections++;
        done(this.#faults.down === true ? failure(421, "service not available") : null);
      },
      onRcptTo: ({ address }, session, done) => {
        const refusal = this.#faults.refuse?.[address];
        if (refusal !== undefined) done(failure(refusal.code, refusal.words));
        else if (this.#dropsNow("envelope")) this.#breakOff(session);
        else done();
      },
      onData: (stream, session, done) => void this.#answer(stream, session, done),
    };
  }

  async #answer(
    stream: SMTPServerDataStream,
    session: SMTPServerSession,
    done: (refusal?: Error | null) => void,
  ): Promise<void> {
    try {
      const answer = await this.#take(stream, session);
      if (answer === "drop") this.#breakOff(session);
      else if (answer !== "silence") done(answer);
    } catch (error) {
      done(error as Error); // the client broke off, or the server ends
    }
  }

  async #take(stream: SMTPServerDataStream, session: SMTPServerSession): Promise<Error | null | "silence" | "drop"> {
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    const to = session.envelope.rcptTo[0]?.address ?? "";
    this.read.push(to);
    for (const { resolve } of this.#waiting.filter(({ count }) => this.read.length >= count)) resolve();
    const { slowSeconds = 0, refuseText, hold = false } = this.#faults;
    if (slowSeconds > 0) await sleep(this.#options.clock, slowSeconds, this.#stopped.signal);
    if (hold) return "silence";
    if (this.#dropsNow("text")) return "drop";
    if (refuseText !== undefined) return failure(refuseText.code, refuseText.words);
    const from = session.envelope.mailFrom === false ? "" : session.envelope.mailFrom.address;
    const message = { from, to, source: Buffer.concat(chunks).toString("utf8"), isEncrypted: session.secure };
    this.messages.push(message);
    this.#options.onMessage?.(message);
    this.#accepted++;
    return null;
  }

  #dropsNow(when: "envelope" | "text"): boolean {
    const { drop } = this.#faults;
    const isNow = drop?.when === when && this.#accepted === drop.after && !this.#hasDropped;
    this.#hasDropped ||= isNow;
    return isNow;
  }
}

const failure = (responseCode: number, words: string): Error => Object.assign(new Error(words), { responseCode });

/** Ends a connection without a word, as a crash or a firewall does. */
function breakOff(server: SMTPServer, session: SMTPServerSession): void {
  for (const connection of server.connections) if (connection.id === session.id) connection._socket.destroy();
}
