/**
 * Globus credentials: valid access tokens for calls to a Globus service. Renews before expiry, once at a time, and
 * daily, so that a login does not lapse; says what state the login is in. How tokens are come by is grants.ts. It never
 * opens a browser and never asks: a login that only a person can renew is LoginNeeded. globus.md §3.1, §3.2.
 */
import type { Cancel } from "../../base/clock.ts";
import { ActionError, messageOf } from "../../base/errors.ts";
import { facilityIso } from "../../base/facility-time.ts";
import type { Log } from "../../base/log.ts";
import { type CallOptions, UnavailableError } from "../../controller/ports/call.ts";
import type { Identity } from "../../controller/ports/identity.ts";
import { LoginNeededError } from "./errors.ts";
import {
  type Grant,
  PersonalLogin,
  type PersonSettings,
  ServiceAccount,
  type ServiceAccountSettings,
} from "./grants.ts";
import { serverName, TRANSFER_SERVER } from "./scopes.ts";
import type { TokenRecord } from "./token-store.ts";
import type { GlobusTransport } from "./transport.ts";

/** A token is not used in its last minute (globus.md §3.5). */
const EARLY_SECONDS = 60;
/** A refresh token dies when it is not used for six months; a site's policy may be far stricter. */
const DAILY_SECONDS = 24 * 3600;
/** A renewal that failed but is not urgent is tried again after this time. */
const PAUSE_SECONDS = 300;
/** How often `keepAlive` looks. */
const LOOK_SECONDS = 3600;

/** Where callers of Globus services get their tokens. */
export interface TokenSource {
  /** A token that is good for another minute. @throws LoginNeededError, UnavailableError */
  token(resourceServer: string, options: CallOptions): Promise<string>;
  /** Another token after the service has refused `refused`; renews only if nobody has since. */
  renewed(resourceServer: string, refused: string, options: CallOptions): Promise<string>;
  /** Obtains a token that also carries `scopes`. @returns undefined when only a person could consent to them */
  withScopes(resourceServer: string, scopes: readonly string[], options: CallOptions): Promise<string | undefined>;
}

export interface GlobusAuth extends Identity, TokenSource {
  /** All that came with `token`. @throws as it does */
  record(resourceServer: string, options: CallOptions): Promise<TokenRecord>;
  /** Looks after the login every hour until called off; a login that becomes unusable is logged, once. */
  keepAlive(log: Log): Cancel;
}

/** Where no Globus login is configured. */
export const globusOff: Identity = { state: () => Promise.resolve({ state: "Off" }) };

interface Served {
  /** The resource servers that `state` answers for, as they are now; Transfer unless said otherwise. */
  readonly needed?: () => Promise<readonly string[]>;
}

/**
 * An unattended login: the service account is its own identity, `<client id>@clients.auth.globus.org`. Its tokens stay
 * in memory.
 */
export function createServiceAccount(
  settings: ServiceAccountSettings & Served,
  transport: GlobusTransport,
): GlobusAuth {
  return new Credentials(new ServiceAccount(settings, transport), transport, settings.needed);
}

/** A person's login, kept alive by its refresh tokens. */
export function createPersonLogin(settings: PersonSettings & Served, transport: GlobusTransport): GlobusAuth {
  return new Credentials(new PersonalLogin(settings, transport), transport, settings.needed);
}

/** What a token is worth now. `isStale`: it could not be renewed in time, but still holds. */
interface Held {
  readonly record: TokenRecord;
  readonly isStale: boolean;
}

class Credentials implements GlobusAuth {
  readonly #grant: Grant;
  readonly #transport: GlobusTransport;
  readonly #needed: () => Promise<readonly string[]>;
  readonly #renewalByServer = new Map<string, Promise<TokenRecord>>();
  readonly #pauseUntilByServer = new Map<string, number>();

  constructor(grant: Grant, transport: GlobusTransport, needed: Served["needed"]) {
    this.#grant = grant;
    this.#transport = transport;
    this.#needed = needed ?? (() => Promise.resolve([TRANSFER_SERVER]));
  }

  async token(resourceServer: string, options: CallOptions): Promise<string> {
    return (await this.record(resourceServer, options)).accessToken;
  }

  async record(resourceServer: string, { signal }: CallOptions): Promise<TokenRecord> {
    return (await untilAborted(this.#held(resourceServer, false), signal)).record;
  }

  async renewed(resourceServer: string, refused: string, { signal }: CallOptions): Promise<string> {
    const current = await untilAborted(this.#grant.current(resourceServer), signal);
    if (current !== undefined && current.accessToken !== refused) return current.accessToken;
    return (await untilAborted(this.#renew(resourceServer, []), signal)).accessToken;
  }

  async withScopes(
    resourceServer: string,
    scopes: readonly string[],
    { signal }: CallOptions,
  ): Promise<string | undefined> {
    if (!this.#grant.canConsent || scopes.length === 0) return undefined;
    return (await untilAborted(this.#renew(resourceServer, scopes), signal)).accessToken;
  }

  async state({ signal }: CallOptions): ReturnType<Identity["state"]> {
    try {
      const servers = await untilAborted(this.#needed(), signal);
      const looks = await Promise.allSettled(servers.map((server) => untilAborted(this.#held(server, true), signal)));
      const failures = looks.flatMap((look) => (look.status === "rejected" ? [look.reason as unknown] : []));
      // What only a person can mend counts more than what may pass
      const failure = failures.find((one) => one instanceof LoginNeededError) ?? failures[0];
      if (failure !== undefined) throw failure;
      return this.#known(looks.flatMap((look) => (look.status === "fulfilled" ? [look.value] : [])));
    } catch (thrown) {
      if (thrown instanceof LoginNeededError) return { state: "LoginNeeded", why: thrown.message };
      throw thrown;
    }
  }

  #known(held: readonly Held[]): Awaited<ReturnType<Identity["state"]>> {
    const expires = new Date(Math.min(...held.map(({ record }) => record.expires)));
    const isLast = !this.#grant.canConsent && held.some(({ record }) => record.refreshToken === undefined);
    return { state: held.some(({ isStale }) => isStale) ? "Expiring" : "OK", expires, ...(isLast && { isLast }) };
  }

  keepAlive(log: Log): Cancel {
    const { clock } = this.#transport;
    let told = "";
    let isStopped = false;
    let cancel: Cancel = () => {};
    const look = async (): Promise<void> => {
      const problem = await this.#problem();
      if (isStopped) return;
      if (problem !== told && problem !== "") log.warn(problem);
      told = problem;
      cancel = clock.after(LOOK_SECONDS, () => void look());
    };
    cancel = clock.after(0, () => void look());
    return () => {
      isStopped = true;
      cancel();
    };
  }

  /**
   * What is wrong with the login, as a sentence; empty when nothing is. Records that nobody needs now are renewed too:
   * a flow that is run once a month has a login that must not lapse.
   */
  async #problem(): Promise<string> {
    try {
      const servers = new Set([...(await this.#needed()), ...(await this.#grant.renewable())]);
      const problems: string[] = [];
      for (const server of servers) problems.push(await this.#problemOf(server));
      return problems.find((one) => one !== "") ?? "";
    } catch (thrown) {
      return messageOf(thrown);
    }
  }

  async #problemOf(server: string): Promise<string> {
    try {
      const { record, isStale } = await this.#held(server, true);
      if (!isStale) return "";
      const end = facilityIso(new Date(record.expires));
      return `The Globus login for ${serverName(server)} could not be renewed and ends at ${end}.`;
    } catch (thrown) {
      return thrown instanceof ActionError ? thrown.message : messageOf(thrown);
    }
  }

  /**
   * The record to use now, renewed if it is due. A renewal that fails matters only once the old token has ended.
   * @param daily whether a record of yesterday is due too; who only wants a token does not wait for that
   */
  async #held(resourceServer: string, daily: boolean): Promise<Held> {
    const { clock } = this.#transport;
    const record = await this.#grant.current(resourceServer);
    if (record === undefined) return { record: await this.#renew(resourceServer, []), isStale: false };
    const left = (record.expires - clock.now()) / 1000;
    const isEnding = left <= EARLY_SECONDS;
    const ageSeconds = (clock.now() - record.obtained) / 1000;
    // A record of the future: the clock was set back, and says nothing of when it ends
    const isDue = ageSeconds >= DAILY_SECONDS || ageSeconds < -EARLY_SECONDS;
    const isOld = daily && record.refreshToken !== undefined && (isDue || this.#grant.isRefused(record));
    const isPaused = clock.monotonic() < (this.#pauseUntilByServer.get(resourceServer) ?? 0);
    if (!isEnding && (!isOld || isPaused)) return { record, isStale: isPaused };
    try {
      return { record: await this.#renew(resourceServer, []), isStale: false };
    } catch (thrown) {
      if (left <= 0 || !(thrown instanceof UnavailableError)) throw thrown;
      this.#pauseUntilByServer.set(resourceServer, clock.monotonic() + PAUSE_SECONDS);
      return { record, isStale: true };
    }
  }

  /**
   * One renewal at a time for each service: a caller that comes meanwhile waits for the same renewal. It goes on when a
   * caller is aborted.
   */
  #renew(resourceServer: string, scopes: readonly string[]): Promise<TokenRecord> {
    const key = [resourceServer, ...scopes].join(" ");
    const underway = this.#renewalByServer.get(key);
    if (underway !== undefined) return underway;
    const renewal = this.#grant
      .renew(resourceServer, scopes)
      .then((record) => {
        this.#pauseUntilByServer.delete(resourceServer);
        return record;
      })
      .finally(() => this.#renewalByServer.delete(key));
    this.#renewalByServer.set(key, renewal);
    return renewal;
  }
}

/** What `work` gives, unless the signal is aborted first; the work itself goes on. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason as Error);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}
