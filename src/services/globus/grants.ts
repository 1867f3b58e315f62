/**
 * How each kind of Globus login comes by tokens: a service account by its client id and secret, a person by the refresh
 * tokens in the token file. When to renew, and what the login's state is, auth.ts decides. globus.md §3.1, §3.2.
 */
import { auth } from "@globus/sdk";
import { z } from "zod";
import { ActionError } from "../../base/errors.ts";
import { readPrivateFile } from "../../base/private-file.ts";
import { NotFoundError, UnavailableError } from "../../controller/ports/call.ts";
import { loginCommand } from "../../controller/ports/identity.ts";
import { LoginNeededError, refusalOf } from "./errors.ts";
import { isFlow, serverName, usualScopes } from "./scopes.ts";
import type { TokenChanges, TokenRecord, TokenStore } from "./token-store.ts";
import type { GlobusDocument, GlobusTransport } from "./transport.ts";

export interface ServiceAccountSettings {
  /** The application's id, a UUID. */
  readonly clientId: string;
  /** Holds the secret alone; mode 0600. */
  readonly secretFile: string;
}

export interface PersonSettings {
  /** The native application that the login was made with. */
  readonly clientId: string;
  readonly store: TokenStore;
  /** What people call a flow, by its id; else its id. */
  readonly nameOfFlow?: (id: string) => Promise<string>;
  /**
   * The records that another program's token file gives, asked where there is no token file yet.
   * @throws UnavailableError; it is asked again then
   */
  readonly inherit?: () => Promise<readonly TokenRecord[]>;
}

/** How one kind of login comes by tokens. */
export interface Grant {
  readonly canConsent: boolean;
  current(resourceServer: string): Promise<TokenRecord | undefined>;
  /** Whether Globus has refused to renew the record: it holds no longer than its access token does. */
  isRefused(record: TokenRecord): boolean;
  /** The resource servers whose tokens would lapse if they were never renewed. */
  renewable(): Promise<readonly string[]>;
  /**
   * @param scopes wanted beside the usual ones;
   * @throws LoginNeededError when Globus will not, UnavailableError when it cannot now
   */
  renew(resourceServer: string, scopes: readonly string[]): Promise<TokenRecord>;
}

/** Tokens in memory alone: another can always be had. */
export class ServiceAccount implements Grant {
  readonly canConsent = true;
  readonly #settings: ServiceAccountSettings;
  readonly #transport: GlobusTransport;
  readonly #recordByServer = new Map<string, TokenRecord>();
  /** Scopes that were wanted once are asked for ever after. */
  readonly #scopesByServer = new Map<string, ReadonlySet<string>>();

  constructor(settings: ServiceAccountSettings, transport: GlobusTransport) {
    this.#settings = settings;
    this.#transport = transport;
  }

  current(resourceServer: string): Promise<TokenRecord | undefined> {
    return Promise.resolve(this.#recordByServer.get(resourceServer));
  }

  isRefused(): boolean {
    return false;
  }

  renewable(): Promise<readonly string[]> {
    return Promise.resolve([]);
  }

  async renew(resourceServer: string, scopes: readonly string[]): Promise<TokenRecord> {
    const { clientId, secretFile } = this.#settings;
    const wanted = new Set([...(this.#scopesByServer.get(resourceServer) ?? usualScopes(resourceServer)), ...scopes]);
    const secret = (await readPrivateFile(secretFile, "Globus client secret file")).trim();
    const payload = { grant_type: "client_credentials", scope: [...wanted].join(" ") };
    const headers = { Authorization: `Basic ${Buffer.from(`${clientId}:${secret}`).toString("base64")}` };
    const document = await this.#transport
      .exchange(
        {
          what: `give a token to the service account ${clientId}`,
          // The SDK types this function for one grant only; it posts any form (globus.md §2.3).
          send: (sdk) => auth.oauth2.token.token({ payload: payload as never, headers }, sdk),
          repeatable: true,
        },
        {},
      )
      .catch((thrown: unknown) => {
        if (refusalOf(thrown)?.code === "UNKNOWN_SCOPE_ERROR" && isFlow(resourceServer))
          throw new NotFoundError(
            `Globus has no flow ${resourceServer}, or has it no more: deploy it with \`globus-ioc flow deploy NAME\`.`,
            { cause: thrown },
          );
        if (refusalOf(thrown)?.code !== "invalid_client" && refusalOf(thrown)?.status !== 401) throw thrown;
        const advice =
          "correct `client-id` and the secret, or make a new secret at https://app.globus.org/settings/developers";
        const message = `Globus does not accept the service account ${clientId} with the secret in ${secretFile}: ${advice}.`;
        throw new LoginNeededError(message, { cause: thrown });
      });
    this.#scopesByServer.set(resourceServer, wanted);
    const records = recordsOf(document, this.#transport.clock.now());
    for (const record of records) this.#recordByServer.set(record.resourceServer, record);
    return recordFor(resourceServer, records);
  }
}

/** Tokens in the token file, where another process may renew them too. */
export class PersonalLogin implements Grant {
  readonly canConsent = false;
  readonly #settings: PersonSettings;
  readonly #transport: GlobusTransport;
  /** Refresh tokens that Globus has refused: asking again would only repeat it. */
  readonly #refused = new Set<string>();
  #inheritance: Promise<void> | undefined;

  constructor(settings: PersonSettings, transport: GlobusTransport) {
    this.#settings = settings;
    this.#transport = transport;
  }

  async current(resourceServer: string): Promise<TokenRecord | undefined> {
    const records = await this.#settings.store.read();
    if (records.size > 0 || !(await this.#hasInherited())) return records.get(resourceServer);
    return (await this.#settings.store.read()).get(resourceServer);
  }

  /** Whether records may have come. */
  async #hasInherited(): Promise<boolean> {
    const { store, inherit } = this.#settings;
    if (inherit === undefined || (await store.exists())) return false;
    this.#inheritance ??= inherit().then((records) => (records.length === 0 ? undefined : store.put(records)));
    try {
      await this.#inheritance;
      return true;
    } catch (thrown) {
      this.#inheritance = undefined;
      throw thrown;
    }
  }

  isRefused({ refreshToken = "" }: TokenRecord): boolean {
    return this.#refused.has(refreshToken);
  }

  async renewable(): Promise<readonly string[]> {
    const records = [...(await this.#settings.store.read()).values()];
    return records.flatMap((one) => (one.refreshToken === undefined ? [] : [one.resourceServer]));
  }

  /** Another process may renew the same record: it waits, and a record that was renewed meanwhile is the answer. */
  async renew(resourceServer: string): Promise<TokenRecord> {
    const before = await this.current(resourceServer);
    return await this.#settings.store.exclusively(async (changes) => {
      const old = (await changes.read()).get(resourceServer);
      if (old !== undefined && before !== undefined && old.accessToken !== before.accessToken) return old;
      return await this.#renew(resourceServer, old, changes);
    });
  }

  async #renew(resourceServer: string, old: TokenRecord | undefined, changes: TokenChanges): Promise<TokenRecord> {
    const { clientId, store, nameOfFlow = (id) => Promise.resolve(id) } = this.#settings;
    const flow = isFlow(resourceServer) ? await nameOfFlow(resourceServer) : undefined;
    const name = flow === undefined ? serverName(resourceServer) : `the flow ${flow}`;
    const help = `run ${loginCommand(flow)}.`;
    if (old === undefined) throw new LoginNeededError(`${store.path} has no Globus login for ${name}: ${help}`);
    if (old.refreshToken === undefined)
      throw new LoginNeededError(
        `The Globus login for ${name} in ${store.path} is over and nothing renews it: ${help}`,
      );
    const { refreshToken } = old;
    const over = `Globus no longer accepts the login for ${name} in ${store.path}: ${help}`;
    if (this.#refused.has(refreshToken)) throw new LoginNeededError(over);
    const records = await refreshed(refreshToken, { clientId, transport: this.#transport, name }).catch(
      async (thrown: unknown) => {
        if (refusalOf(thrown)?.code !== "invalid_grant") throw thrown;
        this.#refused.add(refreshToken);
        // A process that did not wait, or a host that cannot see this one, may have renewed it
        const now = (await changes.read()).get(resourceServer);
        if (now !== undefined && now.refreshToken !== refreshToken) return [now];
        throw new LoginNeededError(over, { cause: thrown });
      },
    );
    const kept = records.map((record) =>
      // Globus gives the same refresh token again, a new token, or none; only a new token replaces the old.
      record.resourceServer === resourceServer ? { refreshToken, ...record } : record,
    );
    await changes.put(kept);
    return recordFor(resourceServer, kept);
  }
}

/**
 * The records that a refresh token gives.
 * @param name of the service, for people
 * @throws ActionError, with a refusal `invalid_grant` where the token is over or another application's
 */
export async function refreshed(
  refreshToken: string,
  {
    clientId,
    transport,
    name,
  }: { readonly clientId: string; readonly transport: GlobusTransport; readonly name: string },
): Promise<readonly TokenRecord[]> {
  const payload = { grant_type: "refresh_token", refresh_token: refreshToken, client_id: clientId } as const;
  const document = await transport.exchange(
    {
      what: `renew the login for ${name}`,
      send: (sdk) => auth.oauth2.token.refresh({ payload }, sdk),
      repeatable: true,
    },
    {},
  );
  return recordsOf(document, transport.clock.now());
}

/** A year: no token of Globus' holds so long, and a time that no calendar has cannot be kept. */
const MOST_SECONDS = 366 * 24 * 3600;

const grantSchema = z.object({
  access_token: z.string().min(1),
  scope: z.string(),
  expires_in: z.number().positive().max(MOST_SECONDS),
  resource_server: z.string().min(1),
  refresh_token: z.string().min(1).nullish(),
});
const answerSchema = grantSchema.extend({ other_tokens: z.array(grantSchema).optional() });

/**
 * The records in a token answer: one per resource server, the first at the top level.
 * @throws UnavailableError for another form
 */
export function recordsOf(document: GlobusDocument, now: number): readonly TokenRecord[] {
  const parsed = answerSchema.safeParse(document);
  if (!parsed.success) {
    const where = parsed.error.issues.map(({ path }) => path.join(".")).join(", ");
    throw new UnavailableError(`Globus Auth gave an answer that is no token (${where}).`);
  }
  const { other_tokens: others = [], ...first } = parsed.data;
  return [first, ...others].map((grant) => ({
    resourceServer: grant.resource_server,
    accessToken: grant.access_token,
    scope: grant.scope,
    expires: now + grant.expires_in * 1000,
    obtained: now,
    ...(typeof grant.refresh_token === "string" && { refreshToken: grant.refresh_token }),
  }));
}

function recordFor(resourceServer: string, records: readonly TokenRecord[]): TokenRecord {
  const record = records.find((one) => one.resourceServer === resourceServer);
  if (record !== undefined) return record;
  const got = records.map((one) => one.resourceServer).join(", ");
  throw new ActionError(`Globus Auth gave a token for ${got} where one for ${resourceServer} was asked.`);
}
