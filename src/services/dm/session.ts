/**
 * One DM service with its session: logs in when needed, carries the cookie, and after a refused session logs in again
 * once and sends the request once more. It neither reads results nor repeats what failed otherwise (data-management.md
 * §2).
 */
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import { type Login, type LoginSource, readLogin } from "../../base/login-file.ts";
import { AccessDeniedError } from "../../controller/ports/call.ts";
import {
  createHttpService,
  type HttpAnswer,
  type HttpRequest,
  type HttpService,
  HttpUnavailableError,
  label,
  type TlsTrust,
} from "../http.ts";
import { saidBy, sessionRefused, throwUnlessDone } from "./errors.ts";

export interface DmSessionOptions {
  readonly name: string;
  /** `https://host:port`; a `/dm` at its end is the routes' own and dropped. */
  readonly url: string;
  readonly login: LoginSource;
  readonly tls?: TlsTrust | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly timeoutSeconds: number;
}

interface LoginUnderWay {
  readonly done: Promise<void>;
  readonly giveUp: AbortController;
  /** Calls that wait for it. */
  waiting: number;
}

/** Seconds for which an answered request proves that the session holds. */
const PROVEN_SECONDS = 300;

export class DmSession {
  readonly service: HttpService;
  readonly #options: DmSessionOptions;
  /** By name; the name of DM's session cookie is not known, so every cookie is kept. */
  readonly #cookies = new Map<string, string>();
  #password = "";
  #loggedIn = false;
  /** The login under way, which everyone waits for; given up when nobody does any more. */
  #login: LoginUnderWay | undefined;
  /** How many logins succeeded: tells a refusal of this session from a refusal of the session before. */
  #logins = 0;
  #provenAt = Number.NEGATIVE_INFINITY;

  constructor(options: DmSessionOptions) {
    this.#options = options;
    this.service = createHttpService({
      ...options,
      url: options.url.replace(/\/+$/, "").replace(/\/dm$/, ""),
      secrets: () => this.#secrets(),
    });
  }

  /**
   * The service's answer, whatever it says, sent with a session that is as fresh as one more login can make it.
   * @throws AccessDeniedError when the login itself is refused, HttpUnavailableError without an answer
   */
  async exchange(request: HttpRequest): Promise<HttpAnswer> {
    if (!this.#loggedIn) await this.#logIn(request.signal);
    const logins = this.#logins;
    const answer = await this.#send(request);
    if (!sessionRefused(answer)) return answer;
    // Somebody else may have logged in while this request was under way.
    if (logins === this.#logins) {
      this.#options.log.debug(`${this.service.name} does not know the session any more; logging in again`);
      await this.#logIn(request.signal);
    }
    return this.#send(request);
  }

  /** Logs in unless the session has proved itself lately. @throws as `exchange` */
  async check(signal: AbortSignal | undefined): Promise<void> {
    const proven = this.#options.clock.monotonic() - this.#provenAt < PROVEN_SECONDS;
    if (!this.#loggedIn || !proven) await this.#logIn(signal);
  }

  close(): Promise<void> {
    return this.service.close();
  }

  async #send(request: HttpRequest): Promise<HttpAnswer> {
    const logins = this.#logins;
    const answer = await this.service.exchange({
      ...request,
      headers: { ...request.headers, ...this.#cookieHeader() },
    });
    // A late answer of the session before must not spoil the new session.
    if (logins !== this.#logins || this.#login !== undefined) return answer;
    this.#adoptCookies(answer);
    if (answer.status < 300 && !sessionRefused(answer)) this.#provenAt = this.#options.clock.monotonic();
    return answer;
  }

  /**
   * Joins the login under way, or begins one. A caller that gives up leaves it to the others; the last caller ends it.
   */
  async #logIn(signal: AbortSignal | undefined): Promise<void> {
    const login = (this.#login ??= this.#beginLogin());
    login.waiting++;
    try {
      await untilAborted(login.done, signal);
    } finally {
      login.waiting--;
      if (login.waiting === 0) {
        if (this.#login === login) this.#login = undefined;
        login.giveUp.abort(signal?.reason);
      }
    }
  }

  #beginLogin(): LoginUnderWay {
    const giveUp = new AbortController();
    const done = this.#newLogin(giveUp.signal);
    done.catch(() => {}); // told to the callers that still wait
    return { done, giveUp, waiting: 0 };
  }

  async #newLogin(signal: AbortSignal): Promise<void> {
    const login = await readLogin(this.#options.login);
    this.#loggedIn = false;
    this.#cookies.clear();
    this.#password = login.password;
    const answer = await this.#postLogin(login, signal);
    this.#adoptCookies(answer);
    if (this.#cookies.size === 0) {
      const message = `${label(this.service, LOGIN)}: the answer has no session cookie; is this a DM service?`;
      throw new HttpUnavailableError(message, { mayHaveHappened: false, worthRepeating: false });
    }
    this.#logins++;
    this.#loggedIn = true;
    this.#provenAt = this.#options.clock.monotonic();
  }

  async #postLogin({ username, password }: Login, signal: AbortSignal): Promise<HttpAnswer> {
    const request = { ...LOGIN, signal, body: new URLSearchParams({ username, password }).toString() };
    const answer = await this.service.exchange(request);
    if (sessionRefused(answer)) {
      const source = "file" in this.#options.login ? `the login file ${this.#options.login.file}` : "the configuration";
      const said = this.service.clean(saidBy(answer) ?? "no reason given");
      throw new AccessDeniedError(
        `${this.service.name} (${this.service.address}) does not accept user ${username} of ${source}: ${said}`,
      );
    }
    throwUnlessDone(this.service, request, answer, this.#options.clock);
    return answer;
  }

  /** Any answer may begin or renew the session. */
  #adoptCookies(answer: HttpAnswer): void {
    for (const line of answer.headers.getSetCookie()) {
      const [pair = ""] = line.split(";", 1);
      const at = pair.indexOf("=");
      if (at > 0) this.#cookies.set(pair.slice(0, at).trim(), pair.slice(at + 1).trim());
    }
  }

  #cookieHeader(): Readonly<Record<string, string>> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    return cookie === "" ? {} : { cookie };
  }

  /**
   * The cookies and the password, also as a form carries it. Shorter cookies are no secret and would spoil every
   * sentence.
   */
  #secrets(): readonly string[] {
    const cookies = [...this.#cookies.values()].filter((value) => value.length >= 8);
    return [this.#password, encodeURIComponent(this.#password), ...cookies];
  }
}

/** Logging in twice does no harm, and what waits for the login has not been sent: hence safe. */
const LOGIN: HttpRequest = {
  method: "POST",
  path: "/dm/login",
  headers: { "content-type": "application/x-www-form-urlencoded" },
  safe: true,
};

/** `work`, or the signal's reason as soon as it is aborted; the work itself goes on for other callers that wait. */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason as Error);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}
