/**
 * What persons have let applications do, as Globus Auth keeps it: for each application and identity a forest of scopes,
 * in which each consent holds only along its path from the application downwards. globus.md §3.2; the fields are those
 * of the published sample of `get_consents`.
 */
import type { AskedScope } from "./scope-tree.ts";

/** A consent as long as it stands; what is given again later is another consent. */
export class Consent {
  readonly id: number;
  readonly scope: string;
  readonly identityId: string;
  /** The application that the person logged in with, at the root of the path. */
  readonly applicationId: string;
  readonly parent: Consent | undefined;
  readonly isOptional: boolean;
  readonly childByScope = new Map<string, Consent>();
  /** Milliseconds since 1970 UTC, as the two below. */
  readonly created: number;
  updated: number;
  used: number;
  allowsRefresh: boolean;
  isRevoked = false;

  constructor(id: number, place: ConsentPlace, asked: AskedScope, now: number) {
    this.id = id;
    this.scope = asked.scope;
    this.isOptional = asked.isOptional;
    this.identityId = place.identityId;
    this.applicationId = place.applicationId;
    this.parent = place.parent;
    this.allowsRefresh = place.allowsRefresh;
    this.created = now;
    this.updated = now;
    this.used = now;
  }
  /** The ids from the root down to this consent. */
  get path(): readonly number[] {
    return [...(this.parent?.path ?? []), this.id];
  }
  /** The scopes from the root down to this one. */
  get scopes(): readonly string[] {
    return [...(this.parent?.scopes ?? []), this.scope];
  }
  /** It and all that hang on it, from the top. */
  get family(): readonly Consent[] {
    return [this, ...[...this.childByScope.values()].flatMap((child) => child.family)];
  }
}

interface ConsentPlace {
  readonly applicationId: string;
  readonly identityId: string;
  readonly parent: Consent | undefined;
  readonly allowsRefresh: boolean;
}

/** The scopes that go with a scope, whether they are asked for or not: a flow's, for the services that it uses. */
export type DependentsOf = (scope: string) => readonly AskedScope[];

const FIRST_ID = 142_632;

export class Consents {
  /** Scopes that persons never consent to. */
  readonly withheld = new Set<string>();
  readonly #rootsByOwner = new Map<string, Map<string, Consent>>();
  readonly #dependentsOf: DependentsOf;
  #lastId = FIRST_ID;

  constructor(dependentsOf: DependentsOf) {
    this.#dependentsOf = dependentsOf;
  }

  /**
   * Adds what is asked for to what stands already. An application that consents for itself withholds nothing.
   * @returns the consents to the scopes at the top of `asked`, without those that are withheld
   */
  grant(
    asked: readonly AskedScope[],
    owner: { readonly applicationId: string; readonly identityId: string; readonly allowsRefresh: boolean },
    now: number,
  ): readonly Consent[] {
    const key = `${owner.applicationId} ${owner.identityId}`;
    const roots = this.#rootsByOwner.get(key) ?? new Map<string, Consent>();
    this.#rootsByOwner.set(key, roots);
    return this.#add(asked, roots, { ...owner, parent: undefined }, now);
  }
  /** Every consent that stands, the parents before their children. */
  get all(): readonly Consent[] {
    return [...this.#rootsByOwner.values()].flatMap((roots) => [...roots.values()].flatMap(({ family }) => family));
  }
  /**
   * Withdraws a consent with all that hang on it. One that was not asked for with a `*` takes its parent along.
   * Tokens that were given by any of them end.
   */
  revoke(consent: Consent): void {
    if (!consent.isOptional && consent.parent !== undefined) return this.revoke(consent.parent);
    for (const one of consent.family) one.isRevoked = true;
    const { applicationId, identityId, parent } = consent;
    const siblings = parent?.childByScope ?? this.#rootsByOwner.get(`${applicationId} ${identityId}`);
    siblings?.delete(consent.scope);
  }
  #add(
    asked: readonly AskedScope[],
    siblings: Map<string, Consent>,
    place: ConsentPlace,
    now: number,
  ): readonly Consent[] {
    return asked.flatMap((one) => {
      if (this.withheld.has(one.scope) && place.applicationId !== place.identityId) return [];
      const known = siblings.get(one.scope);
      const consent = known ?? new Consent(++this.#lastId, place, one, now);
      siblings.set(one.scope, consent);
      consent.updated = now;
      consent.allowsRefresh ||= place.allowsRefresh;
      const below = { ...place, parent: consent };
      this.#add([...this.#dependentsOf(one.scope), ...one.children], consent.childByScope, below, now);
      return [consent];
    });
  }
}
