/**
 * THE PV table: every PV of the program, by its suffix behind $(P)$(R), one file a topic. The records themselves, their
 * types and sizes, stand in db/; a test holds the two together, and db/globus_settings.req as well. docs/pvs.md is made
 * from this table. Elsewhere a suffix is a value of the types of this folder, so that a wrong one does not compile.
 */
import { entriesOf } from "../../base/entries.ts";
import { CHECK_ROWS } from "./check.ts";
import { COMMAND_PARTS, COMMAND_STATES, COMMANDS, type CommandName, type CommandRow } from "./commands.ts";
import { DAQ_ROWS } from "./daq.ts";
import { EMAIL_ROWS } from "./email.ts";
import { EXPERIMENT_ROWS } from "./experiment.ts";
import { FLOW_ROWS } from "./flows.ts";
import { HEALTH_ROWS } from "./health.ts";
import { halvesOf, type PvRow } from "./row.ts";
import { RUN_ROWS } from "./run.ts";
import { SETUP_ROWS } from "./setup.ts";
import { STEP_ROWS } from "./steps.ts";
import { TAGGING_ROWS } from "./tagging.ts";
import { TRANSFER_ROWS } from "./transfers.ts";
import { TRIGGER_ROWS } from "./triggers.ts";
import { USERS_ROWS } from "./users.ts";
import { VISIT_ROWS } from "./visit.ts";
import { WORKFLOW_ROWS } from "./workflows.ts";

/** The PVs beside the commands' own four. */
export const PVS = {
  ...RUN_ROWS,
  ...HEALTH_ROWS,
  ...VISIT_ROWS,
  ...EXPERIMENT_ROWS,
  ...TAGGING_ROWS,
  ...SETUP_ROWS,
  ...USERS_ROWS,
  ...EMAIL_ROWS,
  ...DAQ_ROWS,
  ...TRANSFER_ROWS,
  ...STEP_ROWS,
  ...FLOW_ROWS,
  ...TRIGGER_ROWS,
  ...CHECK_ROWS,
  ...WORKFLOW_ROWS,
} as const satisfies Readonly<Record<string, PvRow>>;

export type PvName = keyof typeof PVS;
/** The PVs that fill a command: inputs and settings, buttons and arms among them. */
export type InputName = { [N in PvName]: (typeof PVS)[N]["kind"] extends "result" ? never : N }[PvName];
export const INPUTS: readonly InputName[] = (Object.keys(PVS) as PvName[]).filter(
  (name): name is InputName => PVS[name].kind !== "result",
);
type CommandPart = (typeof COMMAND_PARTS)[keyof typeof COMMAND_PARTS]["suffix"];
/** Whatever stands behind $(P)$(R). */
export type PvSuffix = PvName | CommandName | `${CommandName}${CommandPart}`;

/** Every suffix with its row; db/, the screens and the manual are compared with this map. The halves come last. */
export function allPvs(): ReadonlyMap<PvSuffix, PvRow> {
  const commands = entriesOf<CommandName, CommandRow>(COMMANDS).flatMap(
    ([name, { meaning, isManaged }]): [PvSuffix, PvRow][] => {
      const part = (key: keyof typeof COMMAND_PARTS): [PvSuffix, PvRow] => [
        `${name}${COMMAND_PARTS[key].suffix}`,
        {
          kind: "result",
          meaning: `${name}: ${COMMAND_PARTS[key].meaning}`,
          ...(key === "status" && { states: COMMAND_STATES }),
          ...(key === "message" && { isSentence: true }),
        },
      ];
      const start = `${meaning} Writing 1 starts it; it returns to 0 when the work is over.`;
      const row: PvRow = { kind: "input", meaning: start, ...(isManaged === true && { isManaged }) };
      return [[name, row], part("status"), part("message"), part("time")];
    },
  );
  const whole = new Map<PvSuffix, PvRow>([...commands, ...entriesOf<PvName, PvRow>(PVS)]); // TagMessage is in both
  return new Map([...whole, ...[...whole].flatMap(([suffix, row]) => rowsOfHalves(suffix, row))]);
}

/** The rows of a sentence's halves. Nothing but the sentence's own put writes them, so that no type names them. */
const rowsOfHalves = (suffix: PvSuffix, { isSentence }: PvRow): [PvSuffix, PvRow][] =>
  isSentence === true
    ? halvesOf(suffix).map((half, index) => [
        half as PvSuffix,
        { kind: "result", initial: "", meaning: `${index === 0 ? "First" : "Second"} half of ${suffix}.` },
      ])
    : [];

const ROWS: ReadonlyMap<string, PvRow> = allPvs();
/** The row of a PV, also of a command's; undefined where there is no such PV. */
export const rowOf = (suffix: string): PvRow | undefined => ROWS.get(suffix);
/** The states of a PV that chooses by state. */
export const statesOf = (suffix: PvSuffix): readonly string[] | undefined => rowOf(suffix)?.states;

/** The suffixes that survive a restart: what db/globus_settings.req lists (decision 0020). */
export const savedPvs = (): PvSuffix[] =>
  [...allPvs()].filter(([, { kind, isSaved }]) => kind === "setting" || isSaved === true).map(([suffix]) => suffix);
