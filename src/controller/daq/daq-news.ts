/** What is worth telling after a look: from what was known of the DAQs before and after it. Pure. */
import { type DmTransfer, isUnderWay } from "../ports/data-management.ts";
import { type DaqSide, SIDE_NAMES } from "../pvs/daq.ts";
import type { Severity } from "../pvs/run.ts";
import { filesText, inDmsWords, SIDES } from "./daq-sources.ts";
import { type DaqsState, experimentOf, isAlive, isSourceGone, type SideState, someRun } from "./daq-state.ts";

export interface News {
  readonly sentence: string;
  readonly severity: Severity;
}

/** @param after the state after a look, or after the experiment has changed */
export function daqNews(before: DaqsState, after: DaqsState): readonly News[] {
  if (before.followed !== after.followed) return formerNews(before, after);
  const sides = SIDES.map((name) => [name, before.sides[name], after.sides[name]] as const);
  return [
    ...sides.flatMap(([name, was, is]) => sourceNews(name, was, is)),
    ...sides.flatMap(([name, was, is]) => sideNews(was, is).map((news) => ofSide(name, news))),
    ...reachNews(before, after),
  ];
}

const formerNews = (before: DaqsState, after: DaqsState): readonly News[] =>
  experimentOf(before) !== undefined && someRun(before)
    ? [
        {
          severity: "MINOR",
          sentence: `DAQs of ${experimentOf(before)?.name} still run, and StopDaq is now for ${experimentOf(after)?.name}; set ExperimentNameOverride to stop the others.`,
        },
      ]
    : [];

function sourceNews(name: DaqSide, was: SideState, is: SideState): readonly News[] {
  const { place } = is.source ?? {};
  if (isSourceGone(is) && was.found.state !== is.found.state)
    return [
      {
        severity: "MAJOR",
        sentence: `The DAQ of the ${SIDE_NAMES[name]} watches ${place}, which is not there: nothing can come.`,
      },
    ];
  return isSourceGone(was) && /^(OK|EMPTY)$/.test(is.found.state)
    ? [
        {
          severity: "NO_ALARM",
          sentence: `${place}, which the DAQ of the ${SIDE_NAMES[name]} watches, is there again.`,
        },
      ]
    : [];
}

const ofSide = (name: DaqSide, { severity, sentence }: News): News => ({
  severity,
  sentence: `The DAQ of the ${SIDE_NAMES[name]} ${sentence}.`,
});

/** News of one side's DAQ, as ends of sentences. */
function sideNews(was: SideState, is: SideState): readonly News[] {
  if (is.daq === undefined) return [];
  if (isAlive(is)) return [...stallNews(was, is, is.daq), ...errorNews(was, is, is.daq)];
  return isAlive(was) ? endNews(is, is.daq) : [];
}

function stallNews(was: SideState, is: SideState, daq: DmTransfer): readonly News[] {
  const wasStalled = was.state === "Stalled" && was.daq?.id === daq.id;
  if (is.state === "Stalled" && !wasStalled) return [{ severity: "MAJOR", sentence: stallText(is, daq) }];
  return is.state === "Running" && wasStalled
    ? [{ severity: "NO_ALARM", sentence: `moves again: ${filesText(daq)}` }]
    : [];
}

const stallText = ({ watched }: SideState, daq: DmTransfer): string =>
  daq.filesTotal === 0
    ? `sees no file, but ${watched?.missed} are in its source: check that Data Management sees that directory (dm-direct-mount in the [local] section)`
    : `does not move: ${filesText(daq)} are done, the others wait${inDmsWords(daq)}`;

function errorNews({ watched }: SideState, is: SideState, daq: DmTransfer): readonly News[] {
  const told = watched?.id === daq.id ? watched.errors : 0;
  return (is.watched?.errors ?? 0) > told
    ? [{ severity: "MINOR", sentence: `could not process ${daq.errors} files${inDmsWords(daq)}` }]
    : [];
}

function endNews({ state }: SideState, daq: DmTransfer): readonly News[] {
  const done = `${filesText(daq)}${inDmsWords(daq)}`;
  if (state === "Failed") return [{ severity: "MAJOR", sentence: `has failed after ${done}` }];
  if (state !== "Ended") return [];
  const how = isUnderWay(daq) // as last seen
    ? "is gone: Data Management no longer has it"
    : `has ended (${daq.status}) without StopDaq, after ${done}`;
  return [{ severity: "MINOR", sentence: how }];
}

function reachNews(before: DaqsState, { isOutOfReach, trouble }: DaqsState): readonly News[] {
  if (isOutOfReach === before.isOutOfReach) return [];
  return isOutOfReach
    ? [{ severity: "MINOR", sentence: trouble?.sentence ?? "" }]
    : [{ severity: "NO_ALARM", sentence: "The DAQs can be seen again." }];
}
