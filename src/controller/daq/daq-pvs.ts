/**
 * What is known of the DAQs (daq-state.ts) as PVs: one formula for each PV's value. The record raises the alarm by that
 * value. Judges nothing.
 */
import { onePerLine } from "../../base/clean-text.ts";
import { entriesOf } from "../../base/entries.ts";
import { uptime } from "../../base/uptime.ts";
import { type DmTransfer, isUnderWay, isWatching } from "../ports/data-management.ts";
import {
  DAQ_STATES,
  type DaqPvPart,
  type DaqSide,
  type DaqState,
  daqPv,
  SIDE_NAMES,
  SOURCE_STATES,
} from "../pvs/daq.ts";
import type { PvName } from "../pvs/index.ts";
import { UNKNOWN_COUNT } from "../pvs/row.ts";
import type { RunContext } from "../run/action.ts";
import { rateOf } from "./daq-look.ts";
import { filesText, SIDES } from "./daq-sources.ts";
import { type DaqsState, experimentOf, isAlive, isSourceGone, isStale, type SideState, someRun } from "./daq-state.ts";

type ShownValue = string | number;
type SidePicture = Readonly<Partial<Record<DaqPvPart, (side: SideState, state: DaqsState) => ShownValue>>>;
type Picture = Readonly<Partial<Record<PvName, (state: DaqsState) => ShownValue>>>;

const SOURCE = {
  Source: ({ source }, { none }) => (none === undefined ? (source?.directory ?? "") : ""),
  SourceState: ({ found }) => SOURCE_STATES.indexOf(found.state),
  SourceBytes: ({ found }) => found.bytes,
} satisfies SidePicture;

/** A figure of a side's DAQ: 0 where there is no DAQ, UNKNOWN_COUNT while nobody has looked. */
const figure =
  (of: (daq: DmTransfer, side: SideState) => number) =>
  (side: SideState): number =>
    side.daq === undefined ? (side.state === "None" ? 0 : UNKNOWN_COUNT) : of(side.daq, side);

const SIDE = {
  Id: ({ daq }) => daq?.id ?? "",
  FilesDone: figure(({ filesDone }) => filesDone),
  FilesTotal: figure(({ filesTotal }) => filesTotal),
  Percent: figure(({ percent }) => percent),
  Rate: figure((_, { watched }) => rateOf(watched)),
  RunTime: figure(({ runSeconds }) => runSeconds),
  Errors: figure(({ errors }) => errors),
  State: (side, state) => DAQ_STATES.indexOf(shownState(side, state)),
} satisfies SidePicture;

/** Unseen where the DAQ was believed to run, and the last looks have failed. */
const shownState = (side: SideState, state: DaqsState): DaqState =>
  isAlive(side) && isStale(state) ? "Unseen" : side.state;

/** A sum over the DAQs of the experiment. */
const total =
  (of: (daq: DmTransfer) => number) =>
  (state: DaqsState): number =>
    state.own === undefined ? UNKNOWN_COUNT : counted(state).reduce((sum, daq) => sum + of(daq), 0);
const done = total(({ filesDone }) => filesDone);
const seen = total(({ filesTotal }) => filesTotal);

const TOTALS = {
  DaqFilesDone: done,
  DaqFilesTotal: seen,
  DaqPercent: (state) => (seen(state) <= 0 ? seen(state) : (100 * done(state)) / seen(state)),
  DaqErrors: total(({ errors }) => errors),
  DaqRunning: (state) =>
    state.own === undefined || (isStale(state) && someRun(state)) ? UNKNOWN_COUNT : state.own.filter(isWatching).length,
} satisfies Picture;

const LIST = {
  DaqList: ({ station = [] }) => onePerLine(station.filter(isUnderWay).map(listLine)),
} satisfies Picture;

const MESSAGE = { DaqMessage: (state) => message(state) } satisfies Picture;

const ofSide = (name: DaqSide, rows: SidePicture): Picture =>
  Object.fromEntries(
    entriesOf(rows).map(([part, row]) => [
      daqPv(name, part),
      (state: DaqsState) => row?.(state.sides[name], state) ?? "",
    ]),
  );

/** The PVs, by the part of the state that they show. */
const PICTURES: readonly { readonly of: (state: DaqsState) => unknown; readonly pvs: Picture }[] = [
  ...SIDES.flatMap((name) => [
    { of: ({ sides }: DaqsState) => sides[name].found, pvs: ofSide(name, SOURCE) },
    { of: ({ own }: DaqsState) => own, pvs: ofSide(name, SIDE) },
  ]),
  { of: ({ own }) => own, pvs: TOTALS },
  { of: ({ station }) => station, pvs: LIST },
  { of: ({ trouble, own }) => trouble ?? own, pvs: MESSAGE },
];

/**
 * Writes the PVs whose value has changed, and those whose part of the state was seen anew: a PV's time stamp says when
 * its value was last seen.
 */
export function showDaqs(put: RunContext["publish"], before: DaqsState, after: DaqsState): void {
  for (const { of, pvs } of PICTURES)
    for (const [name, value] of entriesOf(pvs)) {
      const now = value?.(after);
      if (now !== undefined && (of(before) !== of(after) || now !== value?.(before))) put(name, now);
    }
}

const others = ({ own = [], sides }: DaqsState): readonly DmTransfer[] =>
  own.filter((one) => isUnderWay(one) && SIDES.every((name) => sides[name].daq?.id !== one.id));
/** The DAQs of both sides and all others, each once: both sides may be one directory, with one DAQ. */
const counted = (state: DaqsState): readonly DmTransfer[] => [
  ...new Set([...SIDES.flatMap((name) => state.sides[name].daq ?? []), ...others(state)]),
];

/** What the DAQs do, or what is wrong with them. */
function message(state: DaqsState): string {
  const { trouble, none, station, own } = state;
  const problem = trouble?.sentence ?? none;
  if (problem !== undefined) return problem;
  const experiment = experimentOf(state);
  if (experiment === undefined) return station === undefined ? "" : "Nobody knows yet which experiment is tagged.";
  const told = [
    ...SIDES.flatMap((name) => sideText(name, state.sides[name])),
    ...others(state).map((daq) => `${daq.dataDirectory} ${daq.status}, ${filesText(daq)}`),
  ];
  if (told.length > 0) return `${experiment.name}: ${told.join("; ")}.`;
  return own === undefined ? "" : `No DAQ of ${experiment.name} runs.`;
}

function sideText(name: DaqSide, side: SideState): string[] {
  if (side.daq === undefined) return [];
  const isLost = isAlive(side) && isSourceGone(side) ? ", its source directory is not there" : "";
  return [`${SIDE_NAMES[name]} ${side.state}, ${filesText(side.daq)}${isLost}`];
}

/** One line of DaqList, and of the command line's daq-status. */
export const listLine = (daq: DmTransfer): string =>
  [
    daq.experimentName,
    daq.dataDirectory,
    `${daq.filesDone}/${daq.filesTotal}`,
    `${daq.percent.toFixed(0)} %`,
    ...(daq.status === "running" ? [] : [daq.status]),
    uptime(daq.runSeconds),
    ...(daq.startedAt === undefined ? [] : [`since ${daq.startedAt}`]),
    daq.id,
  ].join("  ");
