/**
 * Access security of this IOC: the one place that grants. It keeps the file's name, its groups as they were last read
 * without an error, and everybody who was granted something, and tells each when it changes. It serves no protocol and
 * prints nothing (access-dump.ts). channel-access.md §6; epics-base: asDbLib.c.
 */
import { type ClientIdentity, peerAddress, userOf } from "../../base/client-identity.ts";
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { Database } from "../../database/database.ts";
import type { FieldAddress } from "../../database/field-address.ts";
import type { DbRecord } from "../../database/record.ts";
import type { AccessFile, AccessGroup } from "../../dbfile/acf.ts";
import { ACCESS_INPUTS } from "../../dbfile/tokens.ts";
import type { AccessControl, FieldRights, Granted } from "../database-source.ts";
import { FollowedInput } from "./access-inputs.ts";
import { type ActiveGroup, activeGroups, type Claims, EVERYTHING } from "./security-groups.ts";

const DEFAULT_GROUP = "DEFAULT";

/** What bounds everybody's rights on a PV, whatever the file says: the program's own rule. */
export type RightsBound = (address: FieldAddress) => number;

export interface AccessOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  /** Reads and parses the file. @throws AppError */
  readonly load: (file: string, substitutions: string | undefined) => AccessFile;
  /** @returns the dotted address of a host, undefined: it has none that can be found */
  readonly resolve: (host: string) => Promise<string | undefined>;
}

/** The groups of one reading of the file. */
export interface ActiveFile {
  readonly groups: ReadonlyMap<string, ActiveGroup>;
  readonly file: AccessFile;
  /** As they are compared. */
  readonly hosts: readonly AccessGroup[];
  readonly checksAddress: boolean;
  readonly inputs: readonly FollowedInput[];
}

export class AccessSecurity implements AccessControl {
  /** Hosts are judged by the peer's address instead of the name that the client says; of the file that is read next. */
  checksAddress = false;
  readonly #options: AccessOptions;
  readonly #boundByRecord = new Map<DbRecord, RightsBound>();
  readonly #grants = new Map<DbRecord, Set<FieldGrant>>();
  /** Those whose group has inputs are found by their group, too. */
  readonly #grantsByGroup = new WeakMap<ActiveGroup, Set<FieldGrant>>();
  #fileName: string | undefined;
  #substitutions: string | undefined;
  #active: ActiveFile | undefined;
  /** Resolved when the readings so far have ended. */
  #lastReading: Promise<void> = Promise.resolve();
  /** Groups whose inputs have changed. */
  #changed: Set<ActiveGroup> | undefined;

  constructor(options: AccessOptions) {
    this.#options = options;
    options.database.accessChanged.add((record) => {
      for (const grant of this.#grants.get(record) ?? []) this.#judge(grant);
    });
  }

  /** The file as it was last read; undefined: access security is off, and everybody may do everything. */
  get active(): ActiveFile | undefined {
    return this.#active;
  }
  get fileName(): string | undefined {
    return this.#fileName;
  }
  /** For the next `init`. */
  setFile(name: string | undefined): void {
    this.#fileName = name;
  }
  /** For the next `init`. */
  setSubstitutions(text: string | undefined): void {
    this.#substitutions = text;
  }
  /** Bounds the rights of all clients on the fields of a record, with and without a file. */
  bound(record: DbRecord, bound: RightsBound): void {
    this.#boundByRecord.set(record, bound);
    for (const grant of this.#grants.get(record) ?? []) this.#judge(grant);
  }

  /**
   * Reads the file and judges everybody anew, in the order of the calls: looking hosts up takes its time, and an older
   * reading must not come after a newer one. What was read before stays in force when this fails.
   * @throws AppError when the file cannot be read or used
   */
  init(): Promise<void> {
    const reading = this.#lastReading.then(() => this.#read());
    this.#lastReading = reading.catch(() => {});
    return reading;
  }

  async #read(): Promise<void> {
    const fileName = this.#fileName;
    if (fileName === undefined) return;
    const { load, log } = this.#options;
    const { checksAddress } = this;
    const file = load(fileName, this.#substitutions);
    const hosts = await this.#comparedHosts(file.hostGroups, checksAddress);
    const groups = activeGroups(file, hosts);
    const inputs = [...groups.values()].flatMap((group) => this.#follow(group));
    for (const input of this.#active?.inputs ?? []) input.close();
    this.#active = { groups, file, hosts, checksAddress, inputs };
    this.#changed = undefined;
    this.#judgeAll();
    const { database } = this.#options;
    for (const warning of [...file.warnings, ...withoutGroup(database.records(), groups, fileName)]) log.warn(warning);
  }

  grant(address: FieldAddress, client: ClientIdentity, changed: () => void): FieldRights {
    const grant = new FieldGrant(address, client, changed, () => this.#forget(grant));
    const { record } = address;
    const known = this.#grants.get(record);
    if (known === undefined) this.#grants.set(record, new Set([grant]));
    else known.add(grant);
    this.#judge(grant);
    return grant;
  }

  /** Everybody who was granted something on a record. */
  grantsOf(record: DbRecord): Iterable<FieldGrant> {
    return this.#grants.get(record) ?? [];
  }
  groupOf(record: DbRecord): ActiveGroup | undefined {
    const groups = this.#active?.groups;
    return groups?.get(record.textOf("ASG")) ?? groups?.get(DEFAULT_GROUP);
  }
  /** What the rules judge a client by. */
  claimsOf(client: ClientIdentity): Claims {
    const { host } = client;
    const compared = this.#active?.checksAddress === true ? peerAddress(client) : host.toLowerCase();
    return { user: userOf(client), host: compared, method: "ca", authority: "", protocol: "TCP" };
  }

  /** A client on a host, as the rules see it. @returns undefined where hosts are judged by address, and it has none */
  async clientOn(host: string, user: string): Promise<ClientIdentity | undefined> {
    const peer = this.#active?.checksAddress === true ? await this.#options.resolve(host) : host;
    return peer === undefined ? undefined : { user, host, peer };
  }

  #follow(group: ActiveGroup): readonly FollowedInput[] {
    const { database, log } = this.#options;
    const changed = (): void => this.#inputChanged(group);
    const inputs = group.group.inputs.map((input) => new FollowedInput(group, input, database, changed));
    for (const { input, isConnected } of inputs) {
      if (isConnected) continue;
      const name = ACCESS_INPUTS[input.index] ?? "";
      log.warn(
        `${name}(${input.pv}) of ASG(${group.group.name}) is no PV of this IOC: rules that use ${name.slice(-1)} do not hold.`,
      );
    }
    group.evaluate();
    return inputs;
  }

  /** Changes within one turn are judged together. */
  #inputChanged(group: ActiveGroup): void {
    if (this.#changed !== undefined) {
      this.#changed.add(group);
      return;
    }
    const changed = new Set([group]);
    this.#changed = changed;
    this.#options.clock.soon(() => {
      if (this.#changed !== changed) return; // the file was read anew meanwhile
      this.#changed = undefined;
      for (const one of changed) {
        one.evaluate();
        for (const grant of this.#grantsByGroup.get(one) ?? []) this.#judge(grant);
      }
    });
  }
  #judgeAll(): void {
    for (const grants of this.#grants.values()) for (const grant of grants) this.#judge(grant);
  }
  #judge(grant: FieldGrant): void {
    const { address, client } = grant;
    const group = this.groupOf(address.record);
    this.#enlist(grant, group);
    const granted = group === undefined ? EVERYTHING : group.grant(address.level, this.claimsOf(client));
    grant.become(granted, this.#boundOf(grant));
  }
  #enlist(grant: FieldGrant, group: ActiveGroup | undefined): void {
    if (grant.group === group) return;
    if (grant.group !== undefined) this.#grantsByGroup.get(grant.group)?.delete(grant);
    grant.group = group;
    if (group === undefined || group.group.inputs.length === 0) return;
    const known = this.#grantsByGroup.get(group);
    if (known === undefined) this.#grantsByGroup.set(group, new Set([grant]));
    else known.add(grant);
  }
  #boundOf({ address }: FieldGrant): number {
    return this.#boundByRecord.get(address.record)?.(address) ?? EVERYTHING.rights;
  }
  #forget(grant: FieldGrant): void {
    const { record } = grant.address;
    this.#enlist(grant, undefined);
    const grants = this.#grants.get(record);
    grants?.delete(grant);
    if (grants?.size === 0) this.#grants.delete(record);
  }
  /** @param checksAddress hosts are compared by address; one that has none is shown as such, and lets nobody in */
  async #comparedHosts(groups: readonly AccessGroup[], checksAddress: boolean): Promise<readonly AccessGroup[]> {
    const { resolve, log } = this.#options;
    const compared = async (host: string): Promise<string> => {
      if (!checksAddress) return host.toLowerCase();
      const address = await resolve(host);
      if (address === undefined) {
        log.warn(`The host ${host} of the access security file has no address that can be found: it lets nobody in.`);
      }
      return address ?? `unresolved:${host}`;
    };
    return Promise.all(
      groups.map(async ({ name, members }) => ({ name, members: await Promise.all(members.map(compared)) })),
    );
  }
}

/** Of the groups that records name and the file has not, one sentence each. */
function withoutGroup(
  records: Iterable<DbRecord>,
  groups: ReadonlyMap<string, ActiveGroup>,
  fileName: string,
): readonly string[] {
  const namesByGroup = new Map<string, string[]>();
  for (const record of records) {
    const group = record.textOf("ASG");
    if (group === "" || groups.has(group)) continue;
    const known = namesByGroup.get(group);
    if (known === undefined) namesByGroup.set(group, [record.name]);
    else known.push(record.name);
  }
  return [...namesByGroup].map(([group, [first = "", ...others]]) => {
    const who = others.length === 0 ? `${first} names` : `${first} and ${others.length} more name`;
    return `${fileName} has no ASG(${group}), which ${who}: what names it is in ${DEFAULT_GROUP}; add the group, or correct ASG.`;
  });
}

/** What one client was granted on one field. */
export class FieldGrant implements FieldRights {
  readonly address: FieldAddress;
  readonly client: ClientIdentity;
  readonly #changed: () => void;
  readonly #forget: () => void;
  group: ActiveGroup | undefined = undefined;
  granted: Granted = EVERYTHING;
  rights = EVERYTHING.rights;
  #isKnown = false;

  constructor(address: FieldAddress, client: ClientIdentity, changed: () => void, forget: () => void) {
    this.address = address;
    this.client = client;
    this.#changed = changed;
    this.#forget = forget;
  }
  get traps(): boolean {
    return this.granted.traps;
  }
  become(granted: Granted, bound: number): void {
    this.granted = granted;
    const rights = granted.rights & bound;
    if (rights === this.rights && this.#isKnown) return;
    this.rights = rights;
    if (this.#isKnown) this.#changed();
    this.#isKnown = true;
  }
  close(): void {
    this.#forget();
  }
}
