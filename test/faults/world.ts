/**
 * What the simulated services hold, as a fault scenario sets and judges it, past the IOC: none of it goes through a
 * gate.
 */
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { DaqForm, DaqKind } from "../../src/sandbox/dm/daq.ts";
import type { TwinExperiment } from "../../src/sandbox/dm/store.ts";
import { PEOPLE, PROPOSAL, STATION } from "../../src/sandbox/people.ts";
import type { FaultyBeamline } from "./faulty-beamline.ts";

const { pi, experimenters, esafOnly, contacts } = PEOPLE;
/** Whom Init puts on an experiment. */
export const INVITED = [pi, ...experimenters, ...esafOnly, ...contacts];
export const USERNAMES = INVITED.map(({ badge }) => `d${badge}`);
/** Those with an address: who may read the data on a collection. */
export const READERS = INVITED.flatMap(({ email }) => (email === undefined ? [] : [email.toLowerCase()]));
/** Whom Email mails: nobody who is on the safety form alone. */
export const MAILED = [pi, ...experimenters, ...contacts].flatMap(({ email }) =>
  email === undefined ? [] : [email.toLowerCase()],
);
/** Known to everybody, and on no experiment. */
export const GUEST = { badge: PEOPLE.others[0]?.badge ?? "", email: PEOPLE.others[0]?.email ?? "" };

export class World {
  readonly #beamline: FaultyBeamline;
  #mailsBefore = 0;
  readonly #transfersBefore: Record<DaqKind, number> = { daq: 0, upload: 0 };

  constructor(beamline: FaultyBeamline) {
    this.#beamline = beamline;
  }
  get #services() {
    return this.#beamline.site.beamline;
  }

  /** No experiment, directory, access rule, DAQ or upload is left; what was mailed counts from now. */
  async clear(): Promise<void> {
    const { dm, globus, detector, analysis, mail } = this.#services;
    (dm.experiments as Map<string, TwinExperiment>).clear();
    const collection = globus.collection("petrel");
    collection.rules.length = 0;
    for (const [name] of collection.files.list("/2-BM")) collection.files.remove(`/2-BM/${name}`);
    for (const { root } of [detector, analysis]) {
      rmSync(join(root, "data"), { recursive: true, force: true });
      mkdirSync(join(root, "data"));
    }
    await dm.misbehave({ daqs: "end" });
    await dm.misbehave({});
    this.#mailsBefore = mail.messages.length;
    for (const kind of ["daq", "upload"] as const) this.#transfersBefore[kind] = dm.transfers(kind).length;
  }

  /* Data Management */

  addExperiment(name: string, usernames: readonly string[] = USERNAMES): void {
    const experiments = this.#services.dm.experiments as Map<string, TwinExperiment>;
    experiments.set(name, {
      id: 1000,
      name,
      stationName: STATION.name,
      typeName: STATION.experimentType,
      description: PROPOSAL.title,
      rootPath: name.slice(0, 7),
      startDate: "",
      endDate: "",
      usernames,
      metadata: {},
    });
  }
  usersOf(name: string): readonly string[] | undefined {
    return this.#services.dm.experiments.get(name)?.usernames;
  }
  get experiments(): readonly string[] {
    return [...this.#services.dm.experiments.keys()];
  }
  /** The directories of the DAQs, or uploads, started since `clear`, each as often as one was. */
  started(kind: DaqKind): readonly string[] {
    return this.#since(kind).map(directoryOf);
  }
  /** Those of which one was started while another of the same directory was under way. */
  startedBeside(kind: DaqKind): readonly string[] {
    const forms = this.#since(kind);
    const isBeside = (one: DaqForm, index: number): boolean =>
      forms
        .slice(0, index)
        .some(
          (before) =>
            directoryOf(before) === directoryOf(one) &&
            Number(before["endTime"] ?? Infinity) > Number(one["startTime"]),
        );
    return forms.filter(isBeside).map(directoryOf);
  }
  get daqsUnderWay(): readonly string[] {
    return this.#since("daq")
      .filter(({ status }) => status === "running")
      .map(directoryOf);
  }
  #since(kind: DaqKind): readonly DaqForm[] {
    return this.#services.dm.transfers(kind).slice(this.#transfersBefore[kind]);
  }

  /* The hosts */

  /** What a scan leaves on the analysis host. */
  addFiles(name: string, count: number): void {
    const folder = join(this.#services.analysis.root, "data", name);
    mkdirSync(folder, { recursive: true });
    for (let i = 0; i < count; i++) writeFileSync(join(folder, `scan_${i}.h5`), "x");
  }
  hasDirectories(name: string): boolean {
    const { detector, analysis } = this.#services;
    return [detector, analysis].every(({ root }) => existsSync(join(root, "data", name)));
  }

  /* Globus */

  addFolder(path: string): void {
    this.#services.globus.collection("petrel").files.put(path, undefined, Date.now());
  }
  hasFolder(path: string): boolean {
    return this.#services.globus.collection("petrel").files.at(path)?.type === "dir";
  }
  /** `path principal`, one for each rule. */
  get rules(): readonly string[] {
    return this.#services.globus.collection("petrel").rules.map(({ path, principal }) => `${path} ${principal}`);
  }

  /* Mail */

  /** Who was mailed since `clear`, each as often as that happened. */
  get mailed(): readonly string[] {
    return this.#services.mail.messages.slice(this.#mailsBefore).map(({ to }) => to);
  }
  get saveFolder(): string {
    return this.#beamline.site.saveFolder;
  }
  get folder(): string {
    return dirname(this.#services.configFile);
  }
}

const directoryOf = (form: DaqForm): string => String(form["dataDirectory"]);

/** What of `wanted` is not among `found`. */
export function absent(wanted: readonly string[], found: readonly string[]): readonly string[] {
  return wanted.filter((one) => !found.includes(one));
}
