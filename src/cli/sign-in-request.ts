/** What the commands about the Globus login are asked, and what they work with. */
import type { Settings } from "../config/settings.ts";
import type { GlobusSession } from "../services/globus/login/session.ts";
import type { ClientContext } from "./client-command.ts";
import type { ClientFlags } from "./client-settings.ts";
import type { Screen } from "./screen.ts";
import type { TrustTerminal } from "./trust-host.ts";

export interface LoginFlags extends ClientFlags {
  /** A flow's name, id, or file. */
  readonly flow?: string;
  /** Mapped collections beside those of the settings. */
  readonly collection?: readonly string[];
  readonly force?: true;
  /** What Globus must see to in the login's session: ids of policies, and domains of identities. */
  readonly policy?: readonly string[];
  readonly domain?: readonly string[];
  readonly localServer?: true;
  readonly port?: number;
}

export type SignInRequest =
  | ({ readonly what: "login" } & LoginFlags)
  | ({ readonly what: "logout"; readonly flow?: string } & ClientFlags)
  | ({ readonly what: "whoami"; readonly json?: true } & ClientFlags)
  | ({ readonly what: "collection search"; readonly words: readonly string[] } & CollectionFlags)
  | ({ readonly what: "collection show"; readonly id: string } & CollectionFlags)
  | ({ readonly what: "collection ls"; readonly place: string } & CollectionFlags);

interface CollectionFlags extends ClientFlags {
  readonly json?: true;
  readonly limit?: number;
}

export interface SignInContext extends ClientContext {
  /** This machine's name. */
  readonly host: string;
  /** Where a person answers. */
  readonly dialogue: TrustTerminal;
  /** Opens the login of the settings. @returns undefined where they name no application */
  readonly open: (settings: Settings, say: (sentence: string) => void) => GlobusSession | undefined;
}

/** A request under way. */
export interface SignInRun extends SignInContext {
  readonly settings: Settings;
  readonly session: GlobusSession;
  readonly screen: Screen;
}
