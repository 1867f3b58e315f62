/**
 * What the simulated Data Management service keeps: experiments, users, roles and ESAFs, in memory. It refuses as DM
 * does and knows nothing of HTTP; service.ts puts it on the network.
 */
import type { Clock } from "../../base/clock.ts";
import {
  EVERYONE,
  esafsAt,
  localIso,
  midnight,
  PEOPLE,
  runAt,
  type SafetyForm,
  type SimulatedPerson,
  STATION,
} from "../people.ts";
import type { DaqFault, DaqKind } from "./daq.ts";
import { DmDaqs } from "./daqs.ts";
import { DmJobs, type DmJobsFaults } from "./jobs.ts";
import { refuse } from "./refusals.ts";
import { DmSources } from "./sources.ts";

/** What goes wrong with the objects themselves. */
export interface DmStoreFaults extends DmJobsFaults {
  /** Badges that nobody has. */
  readonly unknownBadges?: readonly string[];
  /** Everybody has every role already. */
  readonly roleExists?: boolean;
  /** Somebody else makes the experiment just before we do. */
  readonly experimentAppears?: boolean;
  /** What happens to DAQs and uploads under way, as soon as somebody looks at them. */
  readonly daqs?: DaqFault;
}

export interface TwinExperiment {
  readonly id: number;
  readonly name: string;
  readonly stationName: string;
  readonly typeName: string;
  readonly description: string;
  readonly rootPath: string;
  /** As they came: `DD-Mon-YY`, or empty. */
  readonly startDate: string;
  readonly endDate: string;
  readonly usernames: readonly string[];
  /** Keys that a site stored beside DM's own, such as `emailedUsers`. */
  readonly metadata: Readonly<Record<string, string>>;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/** How dates come in. */
const DATE = new RegExp(`^\\d{2}-(${MONTHS.join("|")})-\\d{2}$`);

type Query = Readonly<Record<string, string>>;

export class DmStore {
  readonly experiments = new Map<string, TwinExperiment>();
  readonly daqs: DmDaqs;
  readonly jobs: DmJobs;
  readonly sources: DmSources;
  readonly #clock: Clock;
  #faults: DmStoreFaults = {};
  #nextId = 1;

  /** @param dataRoot folder of this machine that is the data host's `/` */
  constructor(clock: Clock, dataRoot: string | undefined) {
    this.#clock = clock;
    this.sources = new DmSources(dataRoot);
    this.daqs = new DmDaqs(clock, this.sources);
    this.jobs = new DmJobs(clock);
  }
  misbehave(faults: DmStoreFaults): void {
    this.daqs.change(faults.daqs);
    this.jobs.change(faults);
    this.#faults = faults;
  }
  experiment(name: string): TwinExperiment {
    return this.experiments.get(name) ?? refuse("notFound", `Experiment ${name} does not exist.`);
  }
  experimentById(id: number): TwinExperiment {
    const found = [...this.experiments.values()].find((experiment) => experiment.id === id);
    return found ?? refuse("notFound", `Experiment with id ${id} does not exist.`);
  }
  ofStation(station: string): readonly TwinExperiment[] {
    return [...this.experiments.values()].filter(({ stationName }) => stationName === station);
  }
  addExperiment(query: Query): TwinExperiment {
    const { experimentName: name = "", typeName = "", stationName = "", description = "", rootPath = "" } = query;
    const { startDate = "", endDate = "" } = query;
    if (name === "" || typeName === "") refuse("invalidArgument", "Experiment name and type are needed.");
    for (const date of [startDate, endDate]) {
      if (date !== "" && !DATE.test(date)) {
        refuse("invalidArgument", `Date ${date} is not of the form DD-Mon-YY.`);
      }
    }
    const exists = this.experiments.has(name);
    const made = {
      name,
      typeName,
      stationName,
      description,
      rootPath,
      startDate,
      endDate,
      usernames: [],
      metadata: {},
    };
    if (!exists) this.experiments.set(name, { id: this.#nextId++, ...made });
    if (exists || this.#faults.experimentAppears === true) refuse("exists", `Experiment ${name} already exists.`);
    return this.experiment(name);
  }
  user(username: string): Readonly<Record<string, unknown>> {
    const id = EVERYONE.findIndex(({ badge }) => `d${badge}` === username);
    const person = EVERYONE[id];
    if (person === undefined || this.#faults.unknownBadges?.includes(person.badge) === true) {
      return refuse("notFound", `User ${username} does not exist.`);
    }
    const { badge, firstName, lastName, email } = person;
    const lastUpdate = localIso(new Date(this.#clock.now())).replace("T", " ");
    return { id, username, firstName, lastName, badge, ...(email && { email }), isLocalUser: false, lastUpdate };
  }
  setMetadata(name: string, key: string, value: string): TwinExperiment {
    const experiment = this.experiment(name);
    this.experiments.set(name, { ...experiment, metadata: { ...experiment.metadata, [key]: value } });
    return this.experiment(name);
  }
  deleteExperiment(name: string): TwinExperiment {
    const experiment = this.experiment(name);
    this.experiments.delete(name);
    return experiment;
  }
  /** Starts a DAQ or an upload; the experiment must exist, the directory need not. */
  startTransfer(kind: DaqKind, name: string, dataDirectory: string, query: Query): unknown {
    const experiment = this.experiment(name);
    return this.daqs.start({
      kind,
      experimentName: name,
      stationName: experiment.stationName,
      storageDirectory: storageOf(experiment),
      dataDirectory,
      task: taskOf(query["taskInfo"] ?? "{}"),
    });
  }
  stopDaq(name: string, directory: string): unknown {
    const stopped = this.daqs.stopDaq(this.experiment(name).name, directory);
    return stopped ?? refuse("notFound", `There is no DAQ of ${name} for ${directory}.`);
  }
  transfer(kind: DaqKind, id: string): unknown {
    return this.daqs.find(kind, id) ?? refuse("notFound", `There is no ${kind} with id ${id}.`);
  }
  stopUpload(id: string): unknown {
    return this.daqs.stopUpload(id) ?? refuse("notFound", `There is no upload with id ${id}.`);
  }
  /** The safety forms whose experiment lies in this year. */
  esafs(year: string): readonly object[] {
    const forms = esafsAt(new Date(this.#clock.now())).map(esafForm);
    return forms.filter((form) => form.experimentStartDate.startsWith(year) || form.experimentEndDate.startsWith(year));
  }
  currentRun(): object {
    const { runName, start, end } = runAt(new Date(this.#clock.now()));
    return { name: runName, startTime: localIso(start), endTime: localIso(end) };
  }
  addRole(name: string, username: string): unknown {
    const experiment = this.experiment(name);
    this.user(username);
    if (experiment.usernames.includes(username) || this.#faults.roleExists === true) {
      refuse("exists", `User ${username} already has the role for experiment ${name}.`);
    }
    this.experiments.set(name, { ...experiment, usernames: [...experiment.usernames, username] });
    return { username, experimentName: name };
  }
  removeRole(name: string, username: string): unknown {
    const experiment = this.experiment(name);
    if (!experiment.usernames.includes(username)) refuse("notFound", `User ${username} has no role for ${name}.`);
    this.experiments.set(name, { ...experiment, usernames: experiment.usernames.filter((one) => one !== username) });
    return { username, experimentName: name };
  }
}

/* ── JSON, as data-management.md §7.1 shows it ────────────────────────────────────── */

/** As lists have it: without users and directories. */
export function shortForm(experiment: TwinExperiment): object {
  const { id, name, description, typeName, stationName, rootPath, startDate, endDate } = experiment;
  return {
    id,
    name,
    description,
    experimentTypeId: 1,
    experimentType: { id: 1, name: typeName, description: typeName },
    experimentStationId: 1,
    experimentStation: { id: 1, name: stationName, description: STATION.beamline },
    ...(startDate !== "" && { startDate: beginOf(startDate) }),
    ...(endDate !== "" && { endDate: beginOf(endDate) }),
    ...(rootPath !== "" && { rootPath }),
  };
}

/** `03-Mar-26` → `2026-03-03 00:00:00-06:00`: dates go out otherwise than they come in. */
function beginOf(date: string): string {
  const [day, month = "", year] = date.split("-");
  return localIso(midnight(Number(`20${year}`), MONTHS.indexOf(month), Number(day))).replace("T", " ");
}

const storageOf = ({ name, stationName, rootPath }: TwinExperiment): string =>
  ["/gdata/dm", stationName, rootPath, name].filter((part) => part !== "").join("/");

/** As look-ups have it. */
export function fullForm(experiment: TwinExperiment): object {
  const { stationName, usernames } = experiment;
  const top = storageOf(experiment);
  return {
    ...shortForm(experiment),
    stationName,
    experimentUsernameList: usernames,
    storageDirectory: top,
    dataDirectory: `${top}/data`,
    analysisDirectory: `${top}/analysis`,
    storageHost: "dm.example.org",
    ...experiment.metadata,
  };
}

/** As the APS database has them (data-management.md §7.7): times without an offset, and now and then no DOI. */
function esafForm({ esafId, title, status, doi, start, end, users }: SafetyForm) {
  return {
    esafId: Number(esafId),
    esafTitle: title,
    description: title,
    sector: "02",
    esafStatus: status,
    experimentStartDate: localIso(start).slice(0, 19).replace("T", " "),
    experimentEndDate: localIso(end).slice(0, 19).replace("T", " "),
    experimentUsers: users.map(esafUser),
    beamline: [STATION.beamline],
    ...(doi !== undefined && { doi }),
  };
}

function esafUser({ badge, firstName, lastName, email }: SimulatedPerson): object {
  const piFlag = badge === PEOPLE.pi.badge ? "Yes" : "No";
  return { badge, badgeNumber: badge, firstName, lastName, ...(email !== undefined && { email }), piFlag };
}

function taskOf(json: string): Readonly<Record<string, unknown>> {
  try {
    return { ...(JSON.parse(json) as object) };
  } catch {
    return refuse("invalidArgument", "taskInfo is not JSON.");
  }
}
