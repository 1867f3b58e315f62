/**
 * What a command's fault scenario is made of: what must be there before, what is written to the inputs, and what must
 * be so when the command is over.
 */
import type { CommandName, CommandState } from "../../src/controller/pvs/commands.ts";
import type { FaultyBeamline, ServiceName } from "./faulty-beamline.ts";
import type { World } from "./world.ts";

export type ServerName = "voyager" | "petrel";

/** One beamline at work. */
export interface Bench {
  readonly beamline: FaultyBeamline;
  readonly world: World;
  /** Of the experiment that TomoScan is tagged with when the command starts. */
  name: string;
  /** Grows with each try, for what must be new in each. */
  tries: number;
}

export interface CommandCase {
  readonly command: CommandName;
  readonly server: ServerName;
  /** The services that it cannot do without: with one of them down it does not end as Done. */
  readonly needs: readonly ServiceName[];
  /** The services that it asks, and does without. */
  readonly asks?: readonly ServiceName[];
  /** Services and PVs as they are before the command's first start; the world is empty and the experiment tagged. */
  readonly prepare?: (bench: Bench) => Promise<void> | void;
  /** What a person does before each start: inputs do not survive a restart. */
  readonly inputs?: (bench: Bench) => Promise<void>;
  /** Calls that go on beside the command, or behind it: nothing is killed at them. */
  readonly beside?: RegExp;
  /** Called at the kill, before the service does anything more. */
  readonly whenKilled?: (bench: Bench) => void;
  /** Called when the command has been given again after a kill. */
  readonly whenRepeated?: (bench: Bench) => Promise<void>;
  /** How it may end where nothing disturbs it. */
  readonly ends?: readonly CommandState[];
  /** How it may end when an earlier start has done it, or a part. */
  readonly endsAgain?: readonly CommandState[];
  /** What was done twice; at any time. */
  readonly doubled?: (bench: Bench) => readonly string[];
  /** What is not there although the command is over. */
  readonly lost?: (bench: Bench) => readonly string[] | Promise<readonly string[]>;
  /** What the PVs say and is not so, once the tag has settled after a restart. */
  readonly untrue?: (bench: Bench) => Promise<readonly string[]>;
}

const SERVER_NAMES: readonly ServerName[] = ["voyager", "petrel"];
export const serverIndex = (server: ServerName): number => SERVER_NAMES.indexOf(server);
