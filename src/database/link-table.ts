/** Opens and closes the links of records: chooses what kind of end a link's text asks for. channel-access.md §5.3. */
import { messageOf } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { CalcEnd } from "./calc-end.ts";
import { DatabaseError } from "./database-error.ts";
import type { FieldAddress } from "./field-address.ts";
import {
  ExternalEnd,
  type ExternalLinks,
  isForwardByChannel,
  type LinkOwner,
  type LinkWorld,
  LocalEnd,
  TimeEnd,
} from "./link-ends.ts";
import { canonicalLink, type LinkDirection, type LinkText, type PvLink, parseLink } from "./links.ts";
import { splitPvName } from "./pv-name.ts";
import type { DbRecord, LinkEnd } from "./record.ts";

export interface LinkTableOptions {
  readonly world: LinkWorld;
  readonly find: (pvName: string) => FieldAddress | undefined;
  readonly record: (name: string) => DbRecord | undefined;
  readonly external: ExternalLinks | undefined;
}

export class LinkTable {
  readonly #options: LinkTableOptions;

  constructor(options: LinkTableOptions) {
    this.#options = options;
  }

  /**
   * Opens the links of a record that has just been loaded.
   * @param log told of each link that cannot be opened, and of each that leads nowhere
   */
  openAll(record: DbRecord, log: Log): void {
    for (const [field] of record.layout.links) {
      const text = record.textOf(field);
      if (text === "") continue;
      try {
        const link = parse(record, field, text);
        this.#open(record, field, link);
        for (const why of this.#idle(record, field, link)) log.warn(`${record.name}.${field}: ${why}`);
      } catch (thrown) {
        log.error(`${record.name}.${field}: ${messageOf(thrown)}`);
      }
    }
  }

  /** Gives a link field another text, at any time. @throws DatabaseError */
  set(record: DbRecord, field: string, text: string): void {
    const link = parse(record, field, text);
    record.links?.get(field)?.close();
    record.links?.delete(field);
    record.setText(field, canonicalLink(text, link, directionOf(record, field)));
    this.#open(record, field, link);
  }

  /** Why the link does nothing, one sentence for each name in it. */
  #idle(record: DbRecord, field: string, link: LinkText): string[] {
    const isForward = link.kind === "pv" && link.access === "CA" && directionOf(record, field) === "FWDLINK";
    if (!isForward || isForwardByChannel(link.name)) return this.#nowhere(record, field, link);
    const advice = `write ${recordOf(link.name)}.PROC CA, or leave CA out`;
    return [`${link.name} CA processes nothing: with CA a forward link must name PROC; ${advice}.`];
  }

  /** Why a name of the link stays disconnected. */
  #nowhere(record: DbRecord, field: string, link: LinkText): string[] {
    const { find, external } = this.#options;
    if (external !== undefined || record.links?.get(field)?.copyTime !== undefined) return [];
    const names = link.kind === "pv" ? [link.name] : link.kind === "calc" ? link.arguments.filter(isName) : [];
    return names.filter((name) => find(name) === undefined).map((name) => this.#whyNowhere(name));
  }

  #whyNowhere(name: string): string {
    const split = splitPvName(name);
    const here = this.#options.record(split?.record ?? recordOf(name));
    const what =
      here === undefined
        ? `${name} is not in this IOC, and links to other IOCs are not supported`
        : `${name} is no field of ${here.name}, or has a filter that is not supported`;
    return `${what}; the link stays disconnected (LINK, INVALID).`;
  }

  #open(record: DbRecord, field: string, link: LinkText): void {
    const end = this.#endOf(record, field, link);
    if (end === undefined) return;
    record.links ??= new Map();
    record.links.set(field, end);
  }

  #endOf(record: DbRecord, field: string, link: LinkText): LinkEnd | undefined {
    if (link.kind === "calc") {
      const owner = { record, field };
      return new CalcEnd(owner, link, (name) =>
        this.#pvEnd(owner, { kind: "pv", name, access: "NPP", severity: "MS" }),
      );
    }
    if (link.kind !== "pv") return undefined;
    if (field === "TSEL" && link.name.endsWith(".TIME")) {
      const source = this.#options.record(link.name.slice(0, -".TIME".length));
      if (source !== undefined) return new TimeEnd({ record, field }, link, source, this.#options.world.processor);
    }
    return this.#pvEnd({ record, field }, link);
  }

  #pvEnd(owner: LinkOwner, link: PvLink): LinkEnd {
    const { world, find, external } = this.#options;
    const target = find(link.name);
    if (target === undefined) return new ExternalEnd(owner, link, external, world);
    return new LocalEnd(owner, link, target, world);
  }
}

const recordOf = (pvName: string): string => pvName.replace(/[.].*/, "");
const isName = (argument: number | string): argument is string => typeof argument === "string";
const directionOf = (record: DbRecord, field: string): LinkDirection => record.spec(field)?.row.type as LinkDirection;

/** Device support of base that is given an address. epics-base: devSoft.dbd, INST_IO */
const ADDRESSED: readonly string[] = ["Soft Timestamp", "General Time", "Db State", "getenv", "stdio"];

function parse(record: DbRecord, field: string, text: string): LinkText {
  const link = parseLink(text, directionOf(record, field));
  if (link.kind !== "address") return link;
  const device = record.type.support.devices[record.fields.DTYP] ?? "";
  if ((field === "INP" || field === "OUT") && ADDRESSED.includes(device)) return link;
  throw new DatabaseError(
    `${device || "The field"} takes no device address such as "${text}"; name a PV or a constant.`,
  );
}
