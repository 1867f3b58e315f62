/**
 * What is known of the DAQs, as one plain object, and the steps from state to state that commands, the tag and a failed
 * look make; the steps of a look are in daq-look.ts. All steps are pure. The PVs show the state (daq-pvs.ts) and are
 * never read back; the state begins anew with the process.
 */
import { ActionError, asSentence, clauseOf } from "../../base/errors.ts";
import { type Experiment, isSameExperiment } from "../experiment.ts";
import { AccessDeniedError, OffError } from "../ports/call.ts";
import type { SourceReport } from "../ports/data-host.ts";
import { type DmTransfer, isUnderWay } from "../ports/data-management.ts";
import type { DaqSide, DaqState, SourceState } from "../pvs/daq.ts";
import { UNKNOWN_COUNT } from "../pvs/row.ts";
import { type DaqSite, type DaqSource, daqSources, isOf, SIDES } from "./daq-sources.ts";

/** The experiment whose DAQs are watched; none: TomoScan names none; unknown: TomoScan has not been connected yet. */
export type Followed = Experiment | "none" | "unknown";

export interface DaqsState {
  readonly followed: Followed;
  readonly sides: Readonly<Record<DaqSide, SideState>>;
  /** The followed experiment's DAQs by the last look, also ended DAQs; undefined: nobody has looked. */
  readonly own: readonly DmTransfer[] | undefined;
  /** All DAQs of the station by the last look; undefined: nobody has looked. */
  readonly station: readonly DmTransfer[] | undefined;
  /** The DAQs that StartDaq has started, by id; not those that others have started. */
  readonly started: ReadonlyMap<string, DaqStart>;
  /** Why there can be no DAQs of ours, a sentence. */
  readonly none: string | undefined;
  /** Undefined: Data Management has answered the last look. */
  readonly trouble: DaqTrouble | undefined;
  /** Whether operators were told that the DAQs cannot be seen, and not yet that they can. */
  readonly isOutOfReach: boolean;
}

/** One side of the followed experiment. */
export interface SideState {
  /** Undefined: there is no such experiment. */
  readonly source: DaqSource | undefined;
  /** What the last check of the source has found. */
  readonly found: SourceFound;
  /** The state of the side's DAQ, as StartDaq, StopDaq or the last look has left it; Unseen: nobody has looked. */
  readonly state: DaqState;
  /** The DAQ that `state` speaks of, as it was last seen; undefined for None and Unseen. */
  readonly daq: DmTransfer | undefined;
  readonly watched: Watched | undefined;
}

export interface SourceFound {
  readonly state: SourceState;
  readonly bytes: number;
}

/** What is remembered of one DAQ from look to look. Times are monotonic seconds. */
export interface Watched {
  readonly id: string;
  /** When the DAQ last was seen to move, or had nothing to do. */
  readonly movedAt: number;
  /** Since when the DAQ has seen no new file; or the last check of its source since then. */
  readonly quietSince: number;
  /** When the DAQ's source was checked, or the DAQ was first seen. */
  readonly checkedAt: number;
  /** Files ready in the source, by the last check, while the DAQ sees none at all. */
  readonly missed: number;
  /** Bytes in the source when the DAQ was started, or at the first check. */
  readonly firstBytes: number | undefined;
  readonly seen: number;
  readonly handled: number;
  readonly errors: number;
  /** Files done, over the time of which the rate is taken; oldest first. */
  readonly samples: readonly { readonly at: number; readonly done: number }[];
}

/** How StartDaq has started a DAQ. */
export interface DaqStart {
  /** Whether the DAQ moves also the files that were there before it. */
  readonly existingToo: boolean;
  /** Bytes in the source at the start; undefined: not known. */
  readonly bytes: number | undefined;
}

/** Why the DAQs cannot be seen. */
interface DaqTrouble {
  readonly sentence: string;
  /** Whether the login was refused. */
  readonly isRefused: boolean;
  /** Looks in a row that failed. */
  readonly looks: number;
}

/** Looks in a row that failed, after which nobody can vouch for what was seen before. */
const UNSEEN_LOOKS = 2;

const side = (state: DaqState, source?: DaqSource): SideState => ({
  source,
  found: { state: "UNKNOWN", bytes: UNKNOWN_COUNT },
  state,
  daq: undefined,
  watched: undefined,
});

export const eachSide = (make: (name: DaqSide) => SideState): DaqsState["sides"] => ({
  raw: make("raw"),
  rec: make("rec"),
});

/** The state at the start of the program. */
export const NOTHING_KNOWN: DaqsState = {
  followed: "unknown",
  sides: eachSide(() => side("Unseen")),
  own: undefined,
  station: undefined,
  started: new Map(),
  none: undefined,
  trouble: undefined,
  isOutOfReach: false,
};

/* What a state says. */
export const experimentOf = ({ followed }: DaqsState): Experiment | undefined =>
  typeof followed === "object" ? followed : undefined;
/** Whether a DAQ in this state is believed to run. */
export const isAlive = ({ state }: Pick<SideState, "state">): boolean => state === "Running" || state === "Stalled";
/** Whether a DAQ of the experiment, for whatever directory, runs by all that is known. */
export const someRun = ({ own = [], sides }: DaqsState): boolean =>
  own.some(isUnderWay) || SIDES.some((one) => isAlive(sides[one]));
/** Whether the last successful look is too old to be shown. */
export const isStale = ({ trouble }: DaqsState): boolean => (trouble?.looks ?? 0) >= UNSEEN_LOOKS;
/** Whether the last check of a side found no source directory. */
export const isSourceGone = ({ found }: SideState): boolean => /^(MISSING|NO_TOPDIR)$/.test(found.state);

/** What a check has found, as it is shown. */
export const foundIn = ({ state, bytes }: SourceReport): SourceFound => ({
  state,
  bytes: state === "UNKNOWN" ? UNKNOWN_COUNT : bytes,
});

/* The tag. */
/**
 * Follows an experiment from now on; of a new experiment nothing is known yet. While TomoScan restarts it names none:
 * the last experiment is still followed.
 */
export function following(state: DaqsState, followed: Followed, site: DaqSite): DaqsState {
  const before = experimentOf(state);
  if (typeof followed !== "object") {
    if (before !== undefined || followed === state.followed) return state;
    return noDaqs({ ...state, followed }, "No experiment is tagged.");
  }
  if (isSameExperiment(before, followed)) return state;
  const sources = daqSources(site, followed);
  const sides = eachSide((name) =>
    side(
      "Unseen",
      sources.find((one) => one.side === name),
    ),
  );
  return { ...state, followed, sides, own: undefined, none: undefined };
}

/** It is known that there are no DAQs, until a look succeeds. @param why there are none, a sentence */
export const noDaqs = (state: DaqsState, why: string): DaqsState => ({
  ...state,
  sides: eachSide((name) => side("None", state.sides[name].source)),
  own: [],
  none: why,
  trouble: undefined,
});

/* A look that failed. */
export function lookFailed(state: DaqsState, thrown: unknown): DaqsState {
  if (thrown instanceof OffError) return noDaqs(state, asSentence(`There are no DAQs, since ${clauseOf(thrown)}`));
  const sentence = asSentence(`The DAQs cannot be seen: ${clauseOf(thrown)}`);
  const looks = (state.trouble?.looks ?? 0) + 1;
  // Where no DAQ of the experiment runs, a failure is worth no line, unless it is a bug.
  const isWorthALine = someRun(state) || !(thrown instanceof ActionError);
  return {
    ...wasOff(state),
    trouble: { sentence, isRefused: thrown instanceof AccessDeniedError, looks },
    isOutOfReach: state.isOutOfReach || isWorthALine,
  };
}

/** Data Management is not off any more, if it was: there may be DAQs that nobody has looked at. */
function wasOff(state: DaqsState): DaqsState {
  if (state.none === undefined || experimentOf(state) === undefined) return state;
  const sides = eachSide((name) => ({ ...state.sides[name], state: "Unseen" }));
  return { ...state, sides, own: undefined, none: undefined };
}

/* Commands. */
const withSide = (state: DaqsState, name: DaqSide, change: Partial<SideState>): DaqsState => ({
  ...state,
  sides: { ...state.sides, [name]: { ...state.sides[name], ...change } },
});

/** Data Management has answered a command: it is not off. */
const answered = (state: DaqsState): DaqsState => ({ ...state, none: undefined });

/** The source of a side was checked. Without `found`: it is about to be, or what was found is too old. */
export const sourceChecked = (state: DaqsState, name: DaqSide, found?: SourceFound): DaqsState =>
  found === undefined
    ? withSide(state, name, { found: side("None").found })
    : withSide(answered(state), name, { found });

/** Forgets what an earlier run has left of a side. */
export const cleared = (state: DaqsState, name: DaqSide): DaqsState => ({
  ...state,
  sides: { ...state.sides, [name]: side("None", state.sides[name].source) },
});

/** A DAQ runs for a side, as StartDaq has it from Data Management. */
export function begun(state: DaqsState, name: DaqSide, daq: DmTransfer): DaqsState {
  const { watched } = state.sides[name];
  const same = watched?.id === daq.id ? watched : undefined;
  return withSide(answered(state), name, { state: "Running", daq, watched: same });
}

export const sideStopped = (state: DaqsState, name: DaqSide, daq: DmTransfer): DaqsState =>
  withSide(answered(state), name, { state: "Stopped", daq });

/** How StartDaq has started a DAQ, whatever experiment is followed by now. */
export const startedBy = (state: DaqsState, id: string, start: DaqStart): DaqsState => ({
  ...state,
  started: new Map(state.started).set(id, start),
});

/**
 * Takes the list that a command has asked for at its end. The sides keep the states that the command, or the look
 * before, has left: the next look judges what has become of the DAQs since.
 */
export function listed(state: DaqsState, experiment: Experiment, all: readonly DmTransfer[]): DaqsState {
  if (!isSameExperiment(experimentOf(state), experiment)) return { ...state, station: all };
  const own = all.filter(isOf(experiment));
  const sides = eachSide((name) => sideListed(state.sides[name], own));
  return { ...state, sides, own, station: all, none: undefined, trouble: undefined };
}

function sideListed(before: SideState, own: readonly DmTransfer[]): SideState {
  if (before.state !== "Unseen") return { ...before, daq: own.find(({ id }) => id === before.daq?.id) ?? before.daq };
  const daq = own.find((one) => isUnderWay(one) && one.dataDirectory === before.source?.directory);
  return { ...before, state: daq === undefined ? "None" : "Running", daq };
}
