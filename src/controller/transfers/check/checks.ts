/**
 * THE table of the check before beam time: what is asked, of what, and what a person does when the answer is bad. What
 * a service says is wrong comes from the service; what is wrong although everybody answers is a sentence here.
 */

import { ActionError } from "../../../base/errors.ts";
import { facilityIso } from "../../../base/facility-time.ts";
import { flowStanding } from "../../flows/flow-expiry.ts";
import { LOGIN_ADVICE } from "../../ports/identity.ts";
import { type CollectionRow, destinationPath, type GlobusRow } from "../globus-paths.ts";
import type { CopyRow, DestinationRow } from "../rules.ts";
import { copyThere, sendByGlobus } from "./round-trip.ts";
import { CheckProblem, type CheckSite, type TopTried, type Trial } from "./trial.ts";

/**
 * Seconds that a clock may differ from ours: a Globus token is not used in its last minute, so that from a minute on
 * one that is over would be; and a scan rests for seconds by the source's times.
 */
const CLOCK_SECONDS = 60;
const GIGABYTE = 1e9;

export interface CheckRow {
  readonly name: string;
  /** For the dry run and the manual, behind "would". */
  readonly asks: string;
  /** Of a problem, unless the problem says another. MAJOR: scans do not arrive. */
  readonly severity: "MINOR" | "MAJOR";
  /** What to do where a service's sentence does not say it, behind a semicolon; "": each of them does. */
  readonly remedy: string;
  /** Rows without which it has no meaning; of the same destination, or of none. */
  readonly needs: readonly string[];
}

/** A row about the whole site. @returns what was found, a piece of a sentence */
interface SiteRow extends CheckRow {
  readonly isAsked: (site: CheckSite) => boolean;
  readonly ask: (trial: Trial, signal: AbortSignal) => Promise<string>;
}

/** A row about each destination. */
interface DestinationCheck extends CheckRow {
  readonly ask: (trial: Trial, row: DestinationRow, signal: AbortSignal) => Promise<string>;
  readonly kinds: readonly DestinationRow["kind"][];
}

const hasSource = ({ source }: CheckSite): boolean => source !== undefined;

const SITE_CHECKS: readonly SiteRow[] = [
  {
    name: "Ledger's disk",
    asks: "write a small file through to the ledger's disk",
    severity: "MAJOR",
    remedy: "make it writable, or set path in [ledger] of globus.conf",
    needs: [],
    isAsked: () => true,
    ask: async ({ site }, signal) => {
      await site.ledger.tryWriting({ signal });
      return `${site.ledger.folder} can be written`;
    },
  },
  {
    name: "Room for the ledger",
    asks: "ask for the room on the ledger's disk",
    severity: "MINOR",
    remedy: "",
    needs: ["Ledger's disk"],
    isAsked: () => true,
    ask: async ({ site }, signal) => {
      const { ledger, enough } = site;
      return roomText(`the ledger's disk at ${ledger.folder}`, await ledger.room({ signal }), enough.own, OWN_SETTING);
    },
  },
  {
    name: "Room for the logs",
    asks: "ask for the room on the logs' disk",
    severity: "MINOR",
    remedy: "make that folder, or set log-directory in [general] of globus.conf",
    needs: [],
    isAsked: ({ logs }) => logs !== undefined,
    ask: async ({ site: { logs, enough } }, signal) =>
      roomText(`the logs' disk at ${logs?.folder ?? ""}`, await logs?.room({ signal }), enough.own, OWN_SETTING),
  },
  {
    name: "Watch over directories",
    asks: "look at WatchAlive and WatchAge",
    severity: "MAJOR",
    remedy: "",
    needs: [],
    isAsked: ({ watcher }) => watcher() !== undefined,
    ask: async ({ site }) => {
      const { alive, age, message } = site.watcher() ?? { alive: "Unknown", age: -1, message: "" };
      const last = age < 0 ? "no whole sweep has ended yet" : `its last whole sweep ended ${Math.round(age)} s ago`;
      if (alive !== "No") return last;
      const cause = message.replace(/\.$/, "") || "The watch over directories does not see all, and does not say why";
      throw new CheckProblem(`${cause} (of the watch over directories: ${last}).`); // the cause says what to do
    },
  },
  {
    name: "Source",
    asks: "list the source's top directory",
    severity: "MAJOR",
    remedy: "see to [source] and [local] of globus.conf",
    needs: [],
    isAsked: hasSource,
    ask: async ({ source: { source } }, signal) => {
      await source.directory.look({ signal });
      return `${source.top} of ${source.name} can be listed`;
    },
  },
  {
    name: "Test file",
    asks: "write a test file of 1 MB at the source's top, and remove it at the end",
    severity: "MINOR",
    remedy: "",
    needs: ["Source"],
    isAsked: hasSource,
    ask: async (trial, signal) => {
      const { fileName } = trial.site;
      const { isOurs } = await trial.file(signal).catch((thrown: unknown) => {
        signal.throwIfAborted();
        if (!(thrown instanceof ActionError)) throw thrown;
        throw new CheckProblem(
          `${thrown.message.replace(/\.$/, "")}; for the round trips let this program write there, or put a file ${fileName} of about 1 MB there.`,
        );
      });
      return isOurs
        ? `${fileName} was written`
        : `${fileName}, which is there already, is sent; nothing can be written there`;
    },
  },
  {
    name: "Clock of the source",
    asks: "compare its clock with this host's",
    severity: "MINOR",
    remedy: "",
    needs: ["Source", "Test file"],
    isAsked: hasSource,
    ask: async (trial, signal) => {
      if (!(await trial.file(signal)).isOurs) return "not told, since nothing can be written there";
      return clockText(trial.source.source.name, skewOf(await trial.top("source", signal)));
    },
  },
  {
    name: "Globus login",
    asks: "ask how long the Globus login holds",
    severity: "MAJOR",
    remedy: "",
    needs: [],
    isAsked: ({ login }) => login !== undefined,
    ask: async (trial, signal) => {
      const login = await trial.login(signal);
      if (login === undefined || login.state === "Off") return "Globus is off";
      if (login.state === "LoginNeeded") {
        throw new CheckProblem(login.why ?? `The Globus login does not hold: ${LOGIN_ADVICE}.`);
      }
      const end = login.expires === undefined ? "an unknown time" : facilityIso(login.expires);
      if (login.state === "Expiring")
        throw new CheckProblem(
          `The Globus login ends at ${end} and cannot be renewed now: see to the way to Globus.`,
          "MINOR",
        );
      if (login.isLast === true)
        throw new CheckProblem(`The Globus login ends at ${end} and nothing renews it: ${LOGIN_ADVICE}.`, "MINOR");
      return `its token holds until ${end} and is renewed`;
    },
  },
  {
    name: "Clock of Globus",
    asks: "compare Globus' clock with this host's",
    severity: "MINOR",
    remedy: "",
    needs: ["Globus login"],
    isAsked: ({ tasks }) => tasks !== undefined,
    ask: async ({ site: { tasks } }, signal) => {
      await tasks?.submissionId({ signal }); // any answer has the time
      const heard = tasks?.heard();
      return heard === undefined ? "not told" : clockText("Globus", (heard.theirs - heard.ours) / 1000);
    },
  },
  {
    name: "Source at Globus",
    asks: "list the source's collection",
    severity: "MAJOR",
    remedy: "",
    needs: ["Globus login"],
    isAsked: ({ source, tasks }) => source?.collection !== undefined && tasks !== undefined,
    ask: async (trial, signal) => {
      const { collection } = trial.source;
      const { tasks } = trial.site;
      if (collection === undefined || tasks === undefined) return "not asked";
      const refusal = await tasks.refusal(collection.id, "source", { signal });
      if (refusal !== undefined) throw new CheckProblem(refusal);
      await tasks.glance(collection.id, collection.path, { signal });
      return `${collection.path} can be listed`;
    },
  },
  {
    name: "Flow",
    asks: "ask Globus for the flow of [flows], and until when Globus keeps it",
    severity: "MAJOR",
    remedy: "",
    needs: ["Globus login"],
    isAsked: ({ flows }) => flows !== undefined,
    ask: async ({ site: { flows, clock } }, signal) => {
      const found = flows && (await flowStanding(flows, "", () => clock.now(), { signal }));
      if (found === undefined) return "not asked";
      const { state, message, name, iso } = found;
      if (state !== "OK") throw new CheckProblem(message, state === "Ending" ? "MAJOR" : "MINOR");
      return `the flow ${name} is there${iso === "" ? "" : `, until ${iso}`}`;
    },
  },
];

/** Everything that it asks says itself what to do. */
const ROUND_TRIP = {
  name: "Round trip to",
  asks: "send the test file, look at it there, and remove it",
  severity: "MAJOR",
  remedy: "",
} as const;

const DESTINATION_CHECKS: readonly DestinationCheck[] = [
  {
    name: "Top of",
    asks: "list its top, and write and remove an empty file there",
    severity: "MAJOR",
    remedy: "see to its section of globus.conf and to who may write there",
    needs: [],
    kinds: ["copy"],
    ask: async (trial, row, signal) => {
      const { copier } = row as CopyRow;
      await trial.top(row as CopyRow, signal);
      return `${copier.place} can be listed and written`;
    },
  },
  {
    name: "Room at",
    asks: "ask for its room",
    severity: "MINOR",
    remedy: "",
    needs: ["Top of"],
    kinds: ["copy"],
    ask: async (trial, row, signal) => {
      const { room } = await trial.top(row as CopyRow, signal);
      return roomText((row as CopyRow).copier.place, room, trial.site.enough.destination, "check-free-bytes");
    },
  },
  {
    name: "Clock of",
    asks: "compare its clock with this host's",
    severity: "MINOR",
    remedy: "",
    needs: ["Top of"],
    kinds: ["copy"],
    ask: async (trial, row, signal) =>
      clockText((row as CopyRow).copier.place, skewOf(await trial.top(row as CopyRow, signal))),
  },
  {
    name: "Policy of",
    asks: "ask whether its collection takes plain transfers",
    severity: "MAJOR",
    remedy: "",
    needs: ["Globus login"],
    kinds: ["globus"],
    ask: async ({ site: { tasks } }, row, signal) => {
      const refusal = await tasks?.refusal((row as GlobusRow).collection, "destination", { signal });
      if (refusal !== undefined) throw new CheckProblem(refusal);
      return "it takes plain transfers";
    },
  },
  {
    name: "Path of",
    asks: "list its top directory",
    severity: "MAJOR",
    remedy: "",
    needs: ["Globus login"],
    kinds: ["globus", "flow"],
    ask: async ({ site: { tasks } }, row, signal) => {
      const path = destinationPath(row as CollectionRow, []) || "/";
      await tasks?.glance((row as CollectionRow).collection, path, { signal });
      return `${path} can be listed`;
    },
  },
  {
    ...ROUND_TRIP,
    needs: ["Test file", "Top of"],
    kinds: ["copy"],
    ask: (trial, row, signal) => copyThere(trial, row as CopyRow, signal),
  },
  {
    ...ROUND_TRIP,
    needs: ["Test file", "Source at Globus", "Policy of", "Path of"],
    kinds: ["globus"],
    ask: async (trial, row, signal) => {
      const { tasks } = trial.site;
      return tasks === undefined ? "Globus is off" : await sendByGlobus(trial, row as GlobusRow, tasks, signal);
    },
  },
];

const OWN_SETTING = "check-own-free-bytes";

/** One row, asked of one thing. */
export interface Check extends CheckRow {
  /** The name, with the destination's. */
  readonly title: string;
  /** Titles of the rows without which it has no meaning, as far as they are asked. */
  readonly needs: readonly string[];
  readonly find: (trial: Trial, signal: AbortSignal) => Promise<string>;
}

/** All that is asked of a site, in the table's order. */
export function checksOf(site: CheckSite): readonly Check[] {
  const own = SITE_CHECKS.filter(({ isAsked }) => isAsked(site)).map(
    (row): Check => ({ ...row, title: row.name, find: row.ask }),
  );
  const there = site.destinations.flatMap((destination) =>
    DESTINATION_CHECKS.filter(({ kinds }) => kinds.includes(destination.kind)).map((row): Check => {
      const titleOf = (name: string): string => `${name} ${destination.name}`;
      return {
        ...row,
        title: titleOf(row.name),
        needs: row.needs.flatMap((need) => [need, titleOf(need)]),
        find: (trial, signal) => row.ask(trial, destination, signal),
      };
    }),
  );
  const all = [...own, ...there];
  const asked = new Set(all.map(({ title }) => title));
  return all.map((check) => ({ ...check, needs: check.needs.filter((need) => asked.has(need)) }));
}

/** @throws CheckProblem where it is not enough */
function roomText(place: string, room: number | undefined, enough: number, setting: string): string {
  if (room === undefined) return "nobody can tell";
  const text = (bytes: number): string => `${(bytes / GIGABYTE).toFixed(bytes < 10 * GIGABYTE ? 2 : 0)} GB`;
  if (room >= enough) return `${text(room)} are free`;
  throw new CheckProblem(
    `There are ${text(room)} free on ${place}, less than ${text(enough)}: make room, or set ${setting} in [transfers] of globus.conf.`,
  );
}

/** Seconds that a host's clock is ahead of ours at least; undefined where it was not told. */
function skewOf({ written, before, after }: TopTried): number | undefined {
  if (written === undefined) return undefined;
  if (written > after) return (written - after) / 1000;
  return written < before ? (written - before) / 1000 : 0;
}

/** @param ahead seconds, behind us below 0 @throws CheckProblem where that is too much */
function clockText(whose: string, ahead: number | undefined): string {
  if (ahead === undefined) return "not told";
  const size = Math.round(Math.abs(ahead));
  if (size <= CLOCK_SECONDS) return size <= 2 ? "it agrees" : `it differs by ${size} s`;
  const how = ahead > 0 ? "ahead of" : "behind";
  throw new CheckProblem(
    `The clock of ${whose} is ${size} s ${how} that of this host, more than ${CLOCK_SECONDS} s: set both by NTP.`,
  );
}
