/** What the page knows of the PVs beside their values: the PV table as JSON, so that the page's words are its words. */
import { CHECK_ROWS } from "../controller/pvs/check.ts";
import { COMMAND_NAMES, COMMANDS, type CommandName, type CommandRow } from "../controller/pvs/commands.ts";
import { DAQ_ROWS } from "../controller/pvs/daq.ts";
import { EMAIL_ROWS } from "../controller/pvs/email.ts";
import { EXPERIMENT_ROWS } from "../controller/pvs/experiment.ts";
import { FLOW_ROWS } from "../controller/pvs/flows.ts";
import { HEALTH_ROWS } from "../controller/pvs/health.ts";
import { allPvs, type PvSuffix, rowOf } from "../controller/pvs/index.ts";
import { halvesOf, type PvRow } from "../controller/pvs/row.ts";
import { RUN_ROWS } from "../controller/pvs/run.ts";
import { SETUP_ROWS } from "../controller/pvs/setup.ts";
import { STEP_ROWS } from "../controller/pvs/steps.ts";
import { TAGGING_ROWS } from "../controller/pvs/tagging.ts";
import { type Tone, toneOf } from "../controller/pvs/tones.ts";
import { TRANSFER_ROWS } from "../controller/pvs/transfers.ts";
import { TRIGGER_ROWS } from "../controller/pvs/triggers.ts";
import { USERS_ROWS } from "../controller/pvs/users.ts";
import { VISIT_ROWS } from "../controller/pvs/visit.ts";
import { WORKFLOW_ROWS } from "../controller/pvs/workflows.ts";

/** The rooms of the PV table, by topic. */
const ROWS_BY_TOPIC: Readonly<Record<string, readonly object[]>> = {
  status: [RUN_ROWS],
  health: [HEALTH_ROWS],
  visit: [VISIT_ROWS],
  experiment: [EXPERIMENT_ROWS, TAGGING_ROWS, SETUP_ROWS],
  users: [USERS_ROWS],
  email: [EMAIL_ROWS],
  daq: [DAQ_ROWS],
  transfers: [TRANSFER_ROWS],
  triggers: [TRIGGER_ROWS],
  steps: [STEP_ROWS],
  flows: [FLOW_ROWS],
  workflows: [WORKFLOW_ROWS],
  check: [CHECK_ROWS],
};

interface PvModel {
  readonly topic: string;
  readonly kind: "input" | "result" | "setting";
  readonly meaning: string;
  readonly states?: readonly string[];
  /** How each state looks while the PV has no alarm. */
  readonly tones?: readonly Tone[];
  readonly unit?: string;
  readonly isManaged?: true;
  /** The PV that must be Armed before this one does anything. */
  readonly arm?: PvSuffix;
}

interface CommandModel {
  readonly name: CommandName;
  readonly meaning: string;
  readonly isManaged?: true;
  readonly arm?: PvSuffix;
  /** A person is asked before it is started. */
  readonly confirm?: true;
}

/** `GET /api/model`. */
export interface WebModel {
  readonly prefix: string;
  readonly tomoscan: string;
  readonly version: string;
  readonly pvs: Readonly<Record<string, PvModel>>;
  readonly commands: readonly CommandModel[];
}

/** The PVs that pages see: all but the halves of sentences, which are for screens with short lines. */
export function pagePvs(): readonly (readonly [PvSuffix, PvRow])[] {
  const all = [...allPvs()];
  const halves = new Set(all.flatMap(([suffix, { isSentence }]) => (isSentence === true ? halvesOf(suffix) : [])));
  return all.filter(([suffix]) => !halves.has(suffix));
}

export function webModel(about: Pick<WebModel, "prefix" | "tomoscan" | "version">): WebModel {
  const topicByRow = new Map(
    Object.entries(ROWS_BY_TOPIC).flatMap(([topic, tables]) =>
      tables.flatMap((table) => Object.keys(table).map((suffix) => [suffix, topic] as const)),
    ),
  );
  const pvs = pagePvs().map(([suffix, { kind, meaning, states, unit, isManaged }]): [string, PvModel] => {
    const arm = COMMAND_NAMES.find((name) => name === suffix && armOf(name) !== undefined);
    return [
      suffix,
      {
        topic: topicByRow.get(suffix) ?? "commands",
        kind,
        meaning,
        ...(states !== undefined && { states, tones: states.map((state) => toneOf(suffix, state) ?? "unknown") }),
        ...(unit !== undefined && { unit }),
        ...(isManaged === true && { isManaged }),
        ...(arm !== undefined && { arm: armOf(arm)! }),
      },
    ];
  });
  return {
    ...about,
    pvs: Object.fromEntries(pvs),
    commands: COMMAND_NAMES.map(commandModel),
  };
}

function commandModel(name: CommandName): CommandModel {
  const { meaning, isManaged }: CommandRow = COMMANDS[name];
  const arm = armOf(name);
  return {
    name,
    meaning,
    ...(isManaged === true && { isManaged, confirm: true }),
    ...(arm !== undefined && { arm }),
  };
}

const armOf = (name: CommandName): PvSuffix | undefined => {
  const arm = `${name}Arm` as PvSuffix;
  return rowOf(arm) === undefined ? undefined : arm;
};
