/**
 * What TomoScan's user PVs say → the experiment, or all that is wrong with them. Pure: no PV is read here. Names are
 * made as DMagic makes them, so that they match the experiments that exist (decision 0025).
 */
import { uncleanIn, visible } from "../base/clean-text.ts";
import type { PvName } from "./pvs/index.ts";
import { TOMOSCAN_KEYS, TOMOSCAN_PVS, type TomoScanKey } from "./pvs/tomoscan.ts";

/** An experiment as every action sees it: as it was when the action started. */
export interface Experiment {
  /** Name of the experiment and of its directories, safe in paths: `[-_A-Za-z0-9]`. */
  readonly name: string;
  /**
   * The name that the original program would have given; differs for accents and blanks. Experiments are looked for by
   * this name, too; no path is made of it.
   */
  readonly uncleanedName: string;
  /** `YYYY-MM` */
  readonly yearMonth: string;
  readonly piLastName: string;
  /** Digits only. */
  readonly proposalNumber: string;
  readonly proposalTitle: string;
  readonly esafNumber: string;
}

/**
 * Whether two tags name one experiment, with the same directories: the title and the number of the safety form may have
 * been corrected.
 */
export function isSameExperiment(one: Experiment | undefined, other: Experiment | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return NAMING.every((key) => one[key] === other[key]);
}
/** The fields that names and paths are made of. */
const NAMING = ["name", "uncleanedName", "yearMonth", "piLastName", "proposalNumber"] as const;

/** The PVs that tell of the experiment, and the text of each. */
export const EXPERIMENT_PVS: Readonly<Partial<Record<PvName, (experiment: Experiment) => string>>> = {
  ExperimentName: (experiment) => experiment.name,
  YearMonth: (experiment) => experiment.yearMonth,
  PILastName: (experiment) => experiment.piLastName,
  ProposalNumber: (experiment) => experiment.proposalNumber,
  ProposalTitle: (experiment) => experiment.proposalTitle,
  ESAFNumber: (experiment) => experiment.esafNumber,
};

/** The texts of TomoScan's PVs; undefined: not connected, or no value yet. */
export type UserTexts = Readonly<Record<TomoScanKey, string | undefined>>;

export type Tag =
  | { readonly valid: true; readonly experiment: Experiment; readonly remarks: readonly string[] }
  | {
      readonly valid: false;
      readonly problems: readonly string[];
      /** What to do, a sentence. */
      readonly remedy: string;
    };

/** What an untagged TomoScan holds; its month also while a tag is being written. */
export const NEVER_TAGGED = "Unknown";
/** Whether a text of a user PV says nothing of anybody: blanks, or "Unknown" in any spelling. */
export const saysNothing = (text: string): boolean => /^(unknown)?$/i.test(text.normalize("NFKD").trim());
/** A proposal number as in names: `001014288` and `1014288` are the same number. Digits only. */
export const plainNumber = (digits: string): string => digits.replace(/^0+(?=\d)/, "");
/** Longest name of a directory on the usual file systems, bytes. */
export const MAX_NAME = 255;

export type Cleaned =
  | { readonly ok: true; readonly text: string; readonly changed: boolean }
  | { readonly ok: false; readonly reason: string };

/**
 * A name from a PV, made safe: accents lose their marks (NFKD), blanks become `_`, anything but `[-_A-Za-z0-9]` goes.
 * Refused: a path separator, `;`, a control character, `..`, and a text of which nothing is left.
 */
export function cleanName(text: string): Cleaned {
  const bad = /[/\\;]|\.\./.exec(text)?.[0] ?? uncleanIn(text);
  if (bad !== undefined) return { ok: false, reason: `holds ${visible(bad)}, which no name may` };
  const cleaned = text
    .trim()
    .normalize("NFKD")
    .replace(/\s/g, "_")
    .replace(/[^-_A-Za-z0-9]/g, "");
  if (!/[A-Za-z0-9]/.test(cleaned)) return { ok: false, reason: "has no letter or digit that a name can keep" };
  return { ok: true, text: cleaned, changed: cleaned !== text };
}

/** What is wrong with a PV that says "Unknown". */
const notTagged = (text: string): string => `is ${visible(text.trim())}: never tagged, or not to its end`;

const REQUIRED = TOMOSCAN_KEYS.filter((key) => TOMOSCAN_PVS[key].required);

/** What is wrong when no PV of TomoScan is there. */
const silent = (names: readonly string[]): { readonly problems: readonly string[]; readonly remedy: string } => ({
  problems: [`TomoScan does not answer: ${names.join(", ")} are not connected`],
  remedy: "Start its IOC, or correct ioc-prefix and tomoscan-prefix in globus.conf, or EPICS_CA_ADDR_LIST.",
});

/**
 * @param texts what the PVs hold
 * @param nameOf the full PV name of a key, for the sentences
 * @param override an experiment name to use instead of the computed one; "" for no override
 */
export function readTag(texts: UserTexts, nameOf: (key: TomoScanKey) => string, override: string): Tag {
  if (REQUIRED.every((key) => texts[key] === undefined)) return { valid: false, ...silent(REQUIRED.map(nameOf)) };
  const reading = new TagReading(texts, nameOf);
  const { problems, remarks } = reading;
  const isOverridden = override.trim() !== "";
  const { yearMonth, ...user } = isOverridden ? reading.withOverride() : reading.inFull();
  const ofTomoScan = problems.length;
  const computed = {
    name: `${yearMonth}-${user.piLastName}-${user.proposalNumber}`,
    uncleanedName: `${yearMonth}-${reading.optional("lastName")}-${reading.optional("proposalNumber")}`,
  };
  const names = (isOverridden ? overridingNames(override, reading) : undefined) ?? computed;
  if (names.name.length > MAX_NAME)
    problems.push(`the experiment name has ${names.name.length} characters; at most ${MAX_NAME} make a directory name`);
  const remedy =
    isOverridden && ofTomoScan === 0 ? "Correct ExperimentNameOverride, or empty it." : "Tag TomoScan first.";
  if (problems.length > 0) return { valid: false, problems, remedy };
  return {
    valid: true,
    experiment: { ...names, yearMonth, ...user, esafNumber: reading.optional("esafNumber") },
    remarks,
  };
}

/** @returns undefined when the override is no name; the reason is then among the problems */
function overridingNames(override: string, { problems, remarks }: TagReading) {
  const given = cleanName(override);
  if (!given.ok) problems.push(`the experiment name override ${visible(override)} ${given.reason}`);
  else if (given.changed) remarks.push(`the experiment name override ${visible(override)} is used as ${given.text}`);
  return given.ok ? { name: given.text, uncleanedName: given.text } : undefined;
}

/** Reads TomoScan's PVs one by one; keeps what is wrong with their texts and how names were cleaned. */
class TagReading {
  readonly problems: string[] = [];
  readonly remarks: string[] = [];
  readonly #texts: UserTexts;
  readonly #nameOf: (key: TomoScanKey) => string;

  constructor(texts: UserTexts, nameOf: (key: TomoScanKey) => string) {
    this.#texts = texts;
    this.#nameOf = nameOf;
  }

  /** Every PV that a name is made of must say something. */
  inFull() {
    return {
      yearMonth: this.#month(),
      piLastName: this.#lastName(),
      proposalNumber: this.#proposalNumber(),
      proposalTitle: this.#read("proposalTitle", () => undefined),
    };
  }

  /** An experiment whose name is given needs its month alone. */
  withOverride() {
    return {
      yearMonth: this.#month(),
      piLastName: cleanedOrEmpty(this.optional("lastName")),
      proposalNumber: plainNumber(this.optional("proposalNumber").replace(/\D/g, "")) || "0",
      proposalTitle: this.optional("proposalTitle"),
    };
  }

  optional(key: TomoScanKey): string {
    return optionalText(this.#texts[key]);
  }

  #month(): string {
    return this.#read("yearMonth", (text) =>
      /^\d{4}-(0[1-9]|1[0-2])$/.test(text) ? undefined : `is ${visible(text)}, not a month as YYYY-MM`,
    );
  }

  #lastName(): string {
    let kept = "";
    this.#read("lastName", (text) => {
      const name = cleanName(text);
      if (!name.ok) return `${visible(text)} ${name.reason}`;
      if (saysNothing(name.text)) return notTagged(text);
      kept = name.text;
      if (name.changed) this.remarks.push(`${this.#nameOf("lastName")} ${visible(text)} is used as ${name.text}`);
      return undefined;
    });
    return kept;
  }

  #proposalNumber(): string {
    const digits = this.#read("proposalNumber", (text) =>
      /^\d{1,12}$/.test(text) ? undefined : `is ${visible(text)}, not a proposal number`,
    );
    const plain = plainNumber(digits);
    if (plain !== digits) this.remarks.push(`${this.#nameOf("proposalNumber")} ${visible(digits)} is used as ${plain}`);
    return plain;
  }

  /**
   * @param check what is wrong with the text, behind the PV's name; undefined: nothing
   * @returns empty when something is wrong with the text
   */
  #read(key: TomoScanKey, check: (text: string) => string | undefined): string {
    const text = this.#texts[key];
    const problem = text === undefined ? "is not connected" : textProblem(text, check);
    if (problem !== undefined) this.problems.push(`${this.#nameOf(key)} ${problem}`);
    return problem === undefined ? (text as string).trim() : "";
  }
}

function textProblem(text: string, check: (text: string) => string | undefined): string | undefined {
  if (text.trim() === "") return "is empty";
  return saysNothing(text) ? notTagged(text) : check(text.trim());
}

const optionalText = (text: string | undefined): string => (text === undefined || saysNothing(text) ? "" : text.trim());

function cleanedOrEmpty(text: string): string {
  const name = cleanName(text);
  return name.ok && !saysNothing(name.text) ? name.text : "";
}

/** Directory levels below a tree's top: `{ym}`, `{exp}` and `{last}` in a template such as `{ym}/{exp}`. */
export function directoryParts(template: string, experiment: Experiment): string[] {
  return fillTemplate(template, experiment)
    .split("/")
    .filter((part) => part !== "");
}

/** The path of a directory under a top, without a slash at its end. */
export const pathUnder = (top: string, parts: readonly string[]): string =>
  [top.replace(/\/+$/, ""), ...parts].join("/");

/** The placeholders of a path template, with what they stand for. */
const TEMPLATE_FIELDS: Readonly<Record<string, (experiment: Experiment) => string>> = {
  ym: (experiment) => experiment.yearMonth,
  exp: (experiment) => experiment.name,
  last: (experiment) => experiment.piLastName,
  gup: (experiment) => experiment.proposalNumber,
};

export const fillTemplate = (template: string, experiment: Experiment): string =>
  template.replace(/\{(\w+)\}/g, (whole, field: string) => TEMPLATE_FIELDS[field]?.(experiment) ?? whole);

/** Web address of a directory in Globus' file manager; the path is fully percent-encoded and ends in `/`. */
export function dataLink(collectionId: string, path: string): string {
  const folder = `/${path
    .split("/")
    .filter((part) => part !== "")
    .join("/")}/`.replace(/^\/\/$/, "/");
  return `https://app.globus.org/file-manager?origin_id=${encodeURIComponent(collectionId)}&origin_path=${encodeURIComponent(folder)}`;
}
