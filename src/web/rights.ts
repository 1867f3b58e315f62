/**
 * Who may read and who may write. Reading is open where only this host can connect; elsewhere it needs a token, or the
 * cookie that a token was exchanged for, since a browser's stream of events can carry no header. Writing always needs
 * the token itself: a cookie goes with requests that nobody meant to make.
 */
import { randomBytes } from "node:crypto";
import type { Clock } from "../base/clock.ts";
import { type HeaderOf, type Refusal, tooOften } from "./guard.ts";
import type { Rates } from "./rates.ts";
import type { Tokens } from "./tokens.ts";

/** Seconds after its last use that a session ends. */
const SESSION_SECONDS = 12 * 3600;
/** The session that was used longest ago goes first. */
const MOST_SESSIONS = 500;
/** More is no token of ours. */
const MOST_TOKEN = 300;

export interface RightsOptions {
  readonly tokens: Tokens;
  readonly clock: Clock;
  readonly wrongTokens: Rates;
  /** Called for each token that is wrong. */
  readonly wrong: (neighbours: string) => void;
  /** Whether reading needs no token. */
  readonly isOpen: boolean;
  /** Of the server: browsers keep the cookies of all ports of a host together. */
  readonly port: () => number;
}

/** Who makes a request. */
export interface Bearer {
  /** The name of the token. */
  readonly name: string;
  /** Whether the token itself was given, and not a cookie. */
  readonly canWrite: boolean;
}

interface WebSession {
  readonly name: string;
  usedAt: number;
}

export class Rights {
  readonly #options: RightsOptions;
  readonly #sessions = new Map<string, WebSession>();

  constructor(options: RightsOptions) {
    this.#options = options;
  }
  get isOpen(): boolean {
    return this.#options.isOpen;
  }

  /** Who makes the request, if it says so. @returns a refusal for a token that is wrong */
  async bearer(header: HeaderOf, neighbours: string): Promise<Bearer | Refusal | undefined> {
    const given = header("authorization");
    if (given === undefined) return this.#bearerOfSession(header);
    const token = /^Bearer +(\S+)$/i.exec(given)?.[1] ?? "";
    const { tokens, wrongTokens, wrong } = this.#options;
    const wait = wrongTokens.wait(neighbours);
    if (wait > 0) return tooOften("Wrong tokens", wait);
    const name = token.length > MOST_TOKEN ? undefined : await tokens.nameOf(token);
    if (name !== undefined) return { name, canWrite: true };
    wrongTokens.take(neighbours);
    wrong(neighbours);
    return {
      status: 401,
      message:
        "This token is not one of this IOC's: enter the one that its start has printed, or one of its tokens-file.",
    };
  }

  /** Who may read, with a name where reading needs a token; or why the request may not. */
  async reader(header: HeaderOf, neighbours: string): Promise<{ readonly name?: string } | Refusal> {
    if (this.#options.isOpen) return {};
    const bearer = await this.bearer(header, neighbours);
    if (bearer !== undefined) return bearer;
    return {
      status: 401,
      message: "Reading needs a token here: enter the one that the IOC's start has printed, or one of its tokens-file.",
    };
  }

  /** Begins a session. @returns the Set-Cookie header @param isSecure whether the page came over TLS */
  open(name: string, isSecure: boolean): string {
    const id = randomBytes(32).toString("base64url");
    this.#sessions.set(id, { name, usedAt: this.#options.clock.monotonic() });
    const [oldest] = this.#sessions.keys();
    if (this.#sessions.size > MOST_SESSIONS && oldest !== undefined) this.#sessions.delete(oldest);
    return this.#cookie(id, SESSION_SECONDS, isSecure);
  }

  /** Ends the request's session. @returns the Set-Cookie header */
  end(header: HeaderOf): string {
    this.#sessions.delete(this.#idIn(header));
    return this.#cookie("", 0, false);
  }

  async #bearerOfSession(header: HeaderOf): Promise<Bearer | undefined> {
    const id = this.#idIn(header);
    const session = this.#sessions.get(id);
    if (session === undefined) return undefined;
    this.#sessions.delete(id);
    const now = this.#options.clock.monotonic();
    if (now - session.usedAt > SESSION_SECONDS) return undefined;
    if (!(await this.#options.tokens.names()).includes(session.name)) return undefined;
    this.#sessions.set(id, { ...session, usedAt: now });
    return { name: session.name, canWrite: false };
  }

  #cookie(value: string, seconds: number, isSecure: boolean): string {
    const secure = isSecure ? "; Secure" : "";
    return `${this.#cookieName}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Strict${secure}`;
  }
  #idIn(header: HeaderOf): string {
    const prefix = `${this.#cookieName}=`;
    const pairs = (header("cookie") ?? "").split(/;\s*/);
    return pairs.find((pair) => pair.startsWith(prefix))?.slice(prefix.length) ?? "";
  }
  get #cookieName(): string {
    return `globus-ioc-${this.#options.port()}`;
  }
}
