/**
 * CreateManual: an experiment without a proposal, from the Manual inputs, on a Data Management server; on a Globus
 * collection its directories. Fills ManualExperiment, so that TagManual can follow; TomoScan's user PVs are written by
 * TagManual.
 */
import type { Clock } from "../../base/clock.ts";
import { facilityDay } from "../../base/facility-time.ts";
import { directoryParts, type Experiment, pathUnder } from "../experiment.ts";
import type { DataManagement } from "../ports/data-management.ts";
import type { DirectoryTree } from "../ports/directories.ts";
import type { FreeAction, RunContext } from "../run/action.ts";
import type { ActionResult } from "../run/outcome.ts";
import { dmUsername, putOn } from "../users/dm-roster.ts";
import { badgeOf, type Contact } from "../users/people.ts";
import { changeUsers, countOf } from "../users/roster.ts";
import { createExperiment, findExperiment } from "./dm-experiment.ts";
import { type ManualExperiment, manualExperiment } from "./manual-experiment.ts";

interface ManualOptions {
  /** As operators know the server. */
  readonly serverName: string;
  readonly dataLink: (experiment: Experiment) => string;
  readonly clock: Clock;
}

export interface CreateManualOnDmOptions extends ManualOptions {
  readonly dm: DataManagement;
  readonly contacts: readonly Contact[];
  /** Experiment type as the station defines it. */
  readonly experimentType: string;
}

export function createManualOnDm(options: CreateManualOnDmOptions): FreeAction {
  const { clock, serverName, experimentType } = options;
  return {
    plan: (request) => {
      const { experiment, start, end, badges } = manualExperiment(request, new Date(clock.now()));
      return [
        `would look for experiment ${experiment.name} on ${serverName} and create it (type ${experimentType}, root ${experiment.yearMonth}, ${facilityDay(start)} to ${facilityDay(end)}) if there is none`,
        `would put ${usersOf(options, badges).map(dmUsername).join(", ")} on it`,
      ];
    },
    run: (context) => create(options, context),
  };
}

const usersOf = ({ contacts }: CreateManualOnDmOptions, badges: readonly string[]): readonly string[] => [
  ...new Set([...contacts.map(({ badge }) => badge), ...badges].map(badgeOf).filter((badge) => badge !== "")),
];

async function create(options: CreateManualOnDmOptions, context: RunContext): Promise<ActionResult> {
  const { dm, serverName } = options;
  const { signal } = context;
  const manual = manualExperiment(context, new Date(options.clock.now()));
  const { experiment } = manual;
  const found = await findExperiment(dm, experiment, signal);
  const wanted = { typeName: options.experimentType, start: manual.start, end: manual.end };
  const made =
    found === undefined ? await createExperiment(dm, experiment, wanted, signal) : { experiment: found, isNew: false };
  context.publish("ManualExperiment", made.experiment.name);
  const sentence = `Experiment ${made.experiment.name} ${made.isNew ? "was created" : "exists"} on ${serverName}`;
  context.say(`${sentence}.`);
  const membership = { dm, experiment: made.experiment, signal };
  const badges = usersOf(options, manual.badges);
  const changes = await changeUsers(context, badges, (badge) => putOn(membership, { badge, name: "" }), {
    command: "CreateManual",
    publish: () => {},
    soFar: (some) => `${sentence} and ${countOf(some, "changed", "already")} of ${badges.length} users are on it`,
  });
  const failures = changes.flatMap(({ state, line }) => (state === "failed" ? [line] : []));
  const present = countOf(changes, "changed", "already");
  return ended(options, manual, `${sentence}; ${present} users are on it`, failures);
}

export interface CreateManualOnGlobusOptions extends ManualOptions {
  readonly tree: DirectoryTree;
  /** Levels below the collection's top, e.g. `{ym}/{exp}`. */
  readonly template: string;
}

export function createManualOnGlobus(options: CreateManualOnGlobusOptions): FreeAction {
  const { clock, tree, template } = options;
  const place = (experiment: Experiment): string =>
    `${tree.name}:${pathUnder(tree.top, directoryParts(template, experiment))}/`;
  return {
    plan: (request) => [`would make ${place(manualExperiment(request, new Date(clock.now())).experiment)}`],
    run: async (context) => {
      const manual = manualExperiment(context, new Date(clock.now()));
      const { experiment } = manual;
      const state = await tree.makeDirectories(directoryParts(template, experiment), context);
      context.publish("ManualExperiment", experiment.name);
      const made = `${place(experiment)} ${state === "Created" ? "was made" : "exists"}`;
      const hasUsers = manual.badges.some((badge) => badge !== "");
      const remark = `nobody of ManualBadges was let in, for a Globus collection knows no badges: tag it, then use Init or AddUser on ${options.serverName}`;
      return ended(options, manual, hasUsers ? `${made}; ${remark}` : made, []);
    },
  };
}

function ended(
  { dataLink }: ManualOptions,
  { experiment, remark }: ManualExperiment,
  done: string,
  failures: readonly string[],
): ActionResult {
  const link = dataLink(experiment);
  const told = `${[done, ...(remark === undefined ? [] : [remark])].join("; ")}${link === "" ? "" : ` (data link: ${link} )`}`;
  return failures.length === 0
    ? { state: "Done", message: `${told}.` }
    : { state: "Partial", message: `${told}, but ${failures.join("; ")}.` };
}
