/**
 * Whether TomoScan writes its data where the settings say: DetectorTopDir and RemoteAnalysisDir against [local]
 * (decision 0018). Changes neither TomoScan nor the settings.
 */

import { combineLatest, map, tap } from "rxjs";
import { visible } from "../../base/clean-text.ts";
import type { BeamlineText } from "../ports/beamline-pvs.ts";
import { ANSWERS } from "../pvs/row.ts";
import type { AnyTomoScanKey } from "../pvs/tomoscan.ts";
import type { Watch } from "../run/watch.ts";
import type { TomoScan } from "../tomoscan.ts";

/** A top directory of the settings. */
export interface TopDirectory {
  readonly user: string;
  readonly host: string;
  readonly top: string;
}

export interface DirsMatchOptions {
  readonly tomoScan: Pick<TomoScan, "beamline" | "nameOf">;
  readonly detector: Pick<TopDirectory, "top">;
  readonly analysis: TopDirectory;
}

/**
 * No where a PV of TomoScan differs, Yes where both PVs agree with the settings, Unknown where a PV or a setting says
 * nothing; the sentence tells which.
 */
interface DirsVerdict {
  readonly matches: (typeof ANSWERS)[number];
  /** Empty where there is nothing to tell. */
  readonly sentence: string;
}

/** Keeps DirsMatch and DirsMismatch. */
export function dirsMatchWatch(options: DirsMatchOptions): Watch {
  const { beamline, nameOf } = options.tomoScan;
  const text$ = (key: AnyTomoScanKey) => beamline.text$(nameOf(key));
  return ({ pvs }) =>
    combineLatest([text$("detectorTopDir"), text$("remoteAnalysisDir")]).pipe(
      map(([detector, analysis]) => compare(options, detector, analysis)),
      tap(({ matches, sentence }) => {
        pvs.put("DirsMismatch", sentence);
        pvs.put("DirsMatch", ANSWERS.indexOf(matches));
      }),
    );
}

function compare(options: DirsMatchOptions, detector: BeamlineText, analysis: BeamlineText): DirsVerdict {
  const { nameOf } = options.tomoScan;
  const silent: string[] = [];
  const different: string[] = [];
  const look = (
    key: AnyTomoScanKey,
    { text, connected }: BeamlineText,
    difference: (text: string) => string | undefined,
    unset: string | undefined,
  ) => {
    if (unset !== undefined) silent.push(`${unset} is not set`);
    else if (!connected || text === undefined) silent.push(`${nameOf(key)} is not connected`);
    else if (/^\s*(Unknown)?\s*$/.test(text)) silent.push(`${nameOf(key)} says nothing`);
    else {
      const found = difference(text.trim());
      if (found !== undefined) different.push(`${nameOf(key)} is ${visible(text.trim())}, but ${found}`);
    }
  };
  const { host, top } = options.analysis;
  look(
    "detectorTopDir",
    detector,
    (text) => (isSameDirectory(text, options.detector.top) ? undefined : `detector-top-dir is ${options.detector.top}`),
    options.detector.top === "" ? "detector-top-dir" : undefined,
  );
  look(
    "remoteAnalysisDir",
    analysis,
    (text) => remoteDifference(text, options.analysis),
    host === "" ? "analysis" : top === "" ? "analysis-top-dir" : undefined,
  );
  const told = [...different, ...silent];
  const matches = different.length > 0 ? "No" : silent.length > 0 ? "Unknown" : "Yes";
  return { matches, sentence: told.length === 0 ? "" : `${told.join("; ")}.` };
}

/** @param text `user@host:/dir/` */
function remoteDifference(text: string, { user, host, top }: TopDirectory): string | undefined {
  const [, theirUser, theirHost, theirTop] = /^(?:([^@:/\s]+)@)?([^@:/\s]+):(\/.*)$/.exec(text) ?? [];
  if (theirHost === undefined || theirTop === undefined) return "user@host:/directory/ is its form";
  const different = [
    ...(isSameHost(theirHost, host) ? [] : [`analysis is ${host}`]),
    ...(theirUser === undefined || user === "" || theirUser === user ? [] : [`analysis-user-name is ${user}`]),
    ...(isSameDirectory(theirTop, top) ? [] : [`analysis-top-dir is ${top}`]),
  ];
  return different.length === 0 ? undefined : different.join(" and ");
}

const isSameDirectory = (a: string, b: string): boolean => withoutSlashes(a) === withoutSlashes(b);
const withoutSlashes = (path: string): string => path.replace(/\/+/g, "/").replace(/\/$/, "");

/** A short host name is the same as a long name that begins with it. */
function isSameHost(a: string, b: string): boolean {
  const [one, other] = [a.toLowerCase(), b.toLowerCase()];
  return one === other || one.startsWith(`${other}.`) || other.startsWith(`${one}.`);
}
