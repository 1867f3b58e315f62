/**
 * The beamline's mail server over SMTP, with nodemailer's connection: one connection a session, one recipient a
 * message, so that each answer is one address's. It tells a refusal, in the server's words, from no answer, and then
 * whether the message may have been taken. It writes no text and repeats nothing. Source: RFC 5321; RFC 3207
 * (STARTTLS).
 */

import { Readable } from "node:stream";
import MailComposer from "nodemailer/lib/mail-composer";
import SMTPConnection, { type SMTPConnectionOptions } from "nodemailer/lib/smtp-connection";
import { oneLine } from "../../base/clean-text.ts";
import type { Cancel, Clock } from "../../base/clock.ts";
import { ActionError, clauseOf, messageOf } from "../../base/errors.ts";
import { type Login, type LoginSource, readLogin } from "../../base/login-file.ts";
import { AccessDeniedError, type CallOptions, UnavailableError } from "../../controller/ports/call.ts";
import type { Mail, MailAnswer, Mailer, MailSession } from "../../controller/ports/mail.ts";

export interface SmtpMailerOptions {
  readonly host: string;
  readonly port: number;
  /** auto: encrypted where the server offers it. starttls: or not at all. tls: from the first byte. none: never. */
  readonly security: "auto" | "none" | "starttls" | "tls";
  readonly login: LoginSource | undefined;
  /** PEM, the authorities that sign the server's certificate; undefined: the system's. */
  readonly authorities: string | undefined;
  /** Until a connection, a login, or a message whose text was not yet asked for is given up. */
  readonly timeoutSeconds: number;
  readonly clock: Clock;
}

/** The least until the answer to a text is given up: filters may look at it for long (RFC 5321, section 4.5.3.2.6). */
const TEXT_ANSWER_SECONDS = 600;
/** Milliseconds that the server gets to close its side after QUIT. */
const CLOSE_MS = 1000;
/** The port of mail submission over TLS, RFC 8314. */
const TLS_PORT = 465;

/** Reaches nobody until a session is opened. */
export const createSmtpMailer = (options: SmtpMailerOptions): Mailer => ({
  open: async ({ signal }) => {
    signal?.throwIfAborted();
    const login = options.login === undefined ? undefined : await readLogin(options.login);
    const session = new SmtpSession(options, login);
    await session.open(signal);
    return session;
  },
});

/** Carries a code of nodemailer's and, where the server answered, its answer with its number. */
type SmtpFailure = SMTPConnection.SMTPError;

class SmtpSession implements MailSession {
  readonly #options: SmtpMailerOptions;
  readonly #login: Login | undefined;
  readonly #connection: SMTPConnection;
  /** Takes the error of a connection that breaks. */
  #broken: ((error: SmtpFailure) => void) | undefined;
  /** Calls off the limit of the step under way. */
  #cancelLimit: Cancel = () => {};

  constructor(options: SmtpMailerOptions, login: Login | undefined) {
    this.#options = options;
    this.#login = login;
    this.#connection = new SMTPConnection(connectionOptions(options, login));
    this.#connection.on("error", (error: SmtpFailure) => this.#broken?.(error));
    this.#connection.on("end", () => this.#broken?.(new Error("the server closed the connection")));
  }

  /** @throws UnavailableError, AccessDeniedError, ActionError: nothing was sent */
  async open(signal: AbortSignal | undefined): Promise<void> {
    try {
      await this.#exchange((done) => this.#connection.connect(done), signal);
      if (this.#login === undefined) return;
      this.#checkPrivacy();
      const { username: user, password: pass } = this.#login;
      await this.#exchange((done) => this.#connection.login({ user, pass }, done), signal);
    } catch (thrown) {
      this.#connection.close();
      if (signal?.aborted === true || thrown instanceof ActionError) throw thrown;
      const error = thrown as SmtpFailure;
      if (error.code === "EAUTH")
        throw new AccessDeniedError(
          `${this.#name} does not accept the login of smtp-login-file in the [email] section of globus.conf: ${this.#words(error)}`,
        );
      throw new UnavailableError(
        `${this.#name} cannot be used: ${clauseOf(this.#words(error))}; it is smtp-host and smtp-port in the [email] section of globus.conf`,
      );
    }
  }

  async send(mail: Mail, { signal }: CallOptions): Promise<MailAnswer> {
    signal?.throwIfAborted();
    const bytes = await compose(mail, this.#options.clock);
    let isUnderWay = false;
    const begin = (): void => {
      isUnderWay = true;
      this.#limit(Math.max(this.#options.timeoutSeconds, TEXT_ANSWER_SECONDS));
    };
    // Read once the server has said that it takes the text: from then on nobody knows what it has until it answers.
    const text = new Readable({
      read() {
        begin();
        this.push(bytes);
        this.push(null);
      },
    });
    const envelope = { from: mail.from, to: [mail.to], size: bytes.length };
    try {
      await this.#exchange(
        (done) => this.#connection.send(envelope, text, done),
        signal,
        () => !isUnderWay,
      );
      return { accepted: true };
    } catch (thrown) {
      if (!isUnderWay && signal?.aborted === true) throw signal.reason;
      const error = thrown as SmtpFailure;
      if (isRefusal(error)) {
        await this.#reset();
        return { accepted: false, reason: this.#words(error) };
      }
      throw new UnavailableError(
        `${this.#name} gave no answer about the message to ${mail.to}: ${this.#words(error)}`,
        {
          mayHaveHappened: isUnderWay,
        },
      );
    }
  }

  /** Ends what a refusal has begun, so that the next message can begin; a connection that cannot is given up. */
  async #reset(): Promise<void> {
    await this.#exchange((done) => this.#connection.reset(done), undefined).catch(() => this.#connection.close());
  }

  async close(): Promise<void> {
    if (!this.#connection.destroyed) this.#connection.quit();
    this.#connection.close();
  }

  /**
   * One step; ends with its answer, with the end of the connection or of its time, or with an abort while `mayStop`.
   */
  async #exchange(
    step: (done: (error?: SmtpFailure | null) => void) => void,
    signal: AbortSignal | undefined,
    mayStop = (): boolean => true,
  ): Promise<void> {
    signal?.throwIfAborted();
    let stop = (): void => {};
    try {
      await new Promise<void>((resolve, reject) => {
        this.#broken = reject;
        this.#limit(this.#options.timeoutSeconds);
        stop = () => {
          if (!mayStop()) return; // the answer to a message under way is waited for
          reject(signal?.reason as Error);
          this.#connection.close();
        };
        signal?.addEventListener("abort", stop, { once: true });
        step((error) => (error ? reject(error) : resolve()));
      });
    } finally {
      this.#broken = undefined;
      this.#cancelLimit();
      signal?.removeEventListener("abort", stop);
    }
  }

  /**
   * The step under way is given up so long from now. What the server says meanwhile does not count: it could say
   * something for ever.
   */
  #limit(seconds: number): void {
    this.#cancelLimit();
    this.#cancelLimit = this.#options.clock.after(seconds, () => {
      this.#broken?.(new Error(`given up after ${seconds} s`));
      this.#connection.close();
    });
  }

  /** @throws ActionError when the password would go over the network for all to read */
  #checkPrivacy(): void {
    const { host } = this.#options;
    if (this.#connection.secure || /^(localhost|127(\.\d+){3}|::1)$/.test(host)) return;
    throw new ActionError(
      `${this.#name} offers no encryption, and the password of smtp-login-file is not sent without: use a port with TLS, or empty smtp-login-file in the [email] section of globus.conf`,
    );
  }

  get #name(): string {
    return `The mail server ${this.#options.host}:${this.#options.port}`;
  }

  /** What an error says, in one line, without the password. */
  #words(error: SmtpFailure): string {
    // Where a name has several addresses, Node's error of all of them says nothing itself.
    const said = error.response ?? (messageOf(error) || (error.originalCode ?? error.code ?? "no reason given"));
    const words = oneLine(said).trim();
    const password = this.#login?.password;
    return password === undefined ? words : words.replaceAll(password, "***");
  }
}

/** A complete answer of the server to this message; 421 and 503 are about the connection. */
const isRefusal = ({ code, responseCode }: SmtpFailure): boolean =>
  (code === "EENVELOPE" || code === "EMESSAGE") && responseCode !== 421 && responseCode !== 503;

function connectionOptions(options: SmtpMailerOptions, login: Login | undefined): SMTPConnectionOptions {
  const { host, port, security, authorities, timeoutSeconds } = options;
  const milliseconds = timeoutSeconds * 1000;
  return {
    host,
    port,
    secure: security === "tls" || (security === "auto" && port === TLS_PORT),
    ignoreTLS: security === "none",
    requireTLS: security === "starttls",
    connectionTimeout: milliseconds,
    greetingTimeout: milliseconds,
    dnsTimeout: milliseconds,
    socketTimeout: Math.max(milliseconds, TEXT_ANSWER_SECONDS * 1000),
    socketCloseTimeout: CLOSE_MS,
    tls: {
      ...(authorities !== undefined && { ca: authorities }),
      // Encryption that plain text would do for needs no proof of who the server is (RFC 7435); a password, or a wish
      // for TLS, does.
      rejectUnauthorized: security !== "auto" || login !== undefined || authorities !== undefined,
    },
  };
}

/** The message as it goes: no text of it makes it read a file or an address. */
function compose({ from, to, subject, text, html, messageId }: Mail, clock: Clock): Promise<Buffer> {
  const mail = new MailComposer({
    from: { name: "", address: from },
    to: { name: "", address: to },
    subject,
    text,
    ...(html !== undefined && { html }),
    messageId: `<${messageId}>`,
    date: new Date(clock.now()),
    newline: "win",
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return mail.compile().build();
}
