/**
 * TomoScan's user PVs as one stream. The PVs are written one after the other, so a tag is read only when all have been
 * quiet for a while; until then the state is unsettled and nothing that needs a tag may start.
 */
import {
  combineLatest,
  distinctUntilChanged,
  filter,
  firstValueFrom,
  map,
  merge,
  NEVER,
  type Observable,
  of,
  type SchedulerLike,
  scan,
  startWith,
  switchMap,
  takeLast,
  takeUntil,
  takeWhile,
  timer,
} from "rxjs";
import { type Experiment, isSameExperiment, readTag, saysNothing, type Tag, type UserTexts } from "../experiment.ts";
import type { BeamlineText } from "../ports/beamline-pvs.ts";
import { TOMOSCAN_KEYS, TOMOSCAN_PVS, type TomoScanKey } from "../pvs/tomoscan.ts";
import { RejectedError } from "../run/outcome.ts";
import type { Site } from "../site.ts";

/** Seconds without a change after which the user PVs belong together (integration.md §0). */
export const QUIET_SECONDS = 1.5;
/** Seconds that a command waits for the user PVs to be quiet (decision 0013). */
export const PATIENCE_SECONDS = 10;

export interface TagState {
  /** The PVs have been quiet for QUIET_SECONDS. */
  readonly settled: boolean;
  /** All required PVs are connected. */
  readonly connected: boolean;
  readonly tag: Tag;
  /** The name override as its PV holds it, and the user PVs' texts of the tag that the override belongs to. */
  readonly override: string;
  readonly overrideTag: string | undefined;
  /** The user PVs have changed since the override was set: the override counts no more, and its PV is to be emptied. */
  readonly overrideIsStale: boolean;
}

export interface TagStateOptions {
  /** TomoScan's PVs and their names, or why there are none. */
  readonly site: Pick<Site, "beamline" | "tomoScanName" | "tomoScanProblem">;
  readonly override$: Observable<string>;
  /** For tests in virtual time. */
  readonly scheduler: SchedulerLike | undefined;
}

/** The state now and at every change; unsettled at once, settled when quiet. */
export function tagState$({ site, override$, scheduler }: TagStateOptions): Observable<TagState> {
  const { beamline, tomoScanName, tomoScanProblem } = site;
  if (tomoScanProblem !== undefined) return NEVER.pipe(startWith(noTag(tomoScanProblem)));
  const texts$ = combineLatest(
    Object.fromEntries(
      TOMOSCAN_KEYS.map((key) => [
        key,
        beamline
          .text$(tomoScanName(key))
          .pipe(startWith<BeamlineText>({ connected: false, text: undefined }), distinctUntilChanged(isSame)),
      ]),
    ) as Record<TomoScanKey, Observable<BeamlineText>>,
  );
  const read$ = combineLatest([texts$, override$.pipe(distinctUntilChanged())]).pipe(
    scan(
      (before: TagState | undefined, [texts, override]) => stateOf(texts, tomoScanName, override, before),
      undefined,
    ),
    filter((state) => state !== undefined),
  );
  return read$.pipe(
    switchMap((state) =>
      merge(of(state), timer(QUIET_SECONDS * 1000, scheduler).pipe(map(() => ({ ...state, settled: true })))),
    ),
  );
}

const noTag = (problem: string): TagState => ({
  settled: true,
  connected: false,
  override: "",
  overrideTag: undefined,
  overrideIsStale: false,
  tag: { valid: false, problems: [], remedy: problem },
});

/** Writing the same text again is no change. */
const isSame = (a: BeamlineText, b: BeamlineText): boolean => a.connected === b.connected && a.text === b.text;

function stateOf(
  texts: Readonly<Record<TomoScanKey, BeamlineText>>,
  nameOf: (key: TomoScanKey) => string,
  override: string,
  before: TagState | undefined,
): TagState {
  const user = Object.fromEntries(
    TOMOSCAN_KEYS.map((key) => [key, texts[key].connected ? texts[key].text : undefined]),
  ) as UserTexts;
  const required = TOMOSCAN_KEYS.filter((key) => TOMOSCAN_PVS[key].required).map((key) => user[key]);
  const users = required.includes(undefined) ? undefined : required.join("\n");
  // An override belongs to the tag that it was set with, or else to the first tag that is seen.
  const ownTag = before?.override === override ? (before.overrideTag ?? users) : users;
  // While a tag is being written the month is "Unknown", and the tag may become the same again.
  const isStale =
    override !== "" &&
    users !== undefined &&
    ownTag !== undefined &&
    !saysNothing(user.yearMonth ?? "") &&
    users !== ownTag;
  return {
    settled: false,
    override,
    overrideTag: ownTag,
    overrideIsStale: isStale,
    connected: TOMOSCAN_KEYS.every((key) => !TOMOSCAN_PVS[key].required || texts[key].connected),
    tag: readTag(user, nameOf, isStale ? "" : override),
  };
}

/** One sentence on a tag, for TagMessage and for the message of a command that is refused because of the tag. */
export function tagSentence(state: TagState): string {
  if (!state.tag.valid)
    return [...(state.tag.problems.length === 0 ? [] : [`${state.tag.problems.join("; ")}.`]), state.tag.remedy].join(
      " ",
    );
  return state.tag.remarks.length === 0
    ? `The experiment is ${state.tag.experiment.name}.`
    : `${state.tag.remarks.join("; ")}.`;
}

/**
 * Resolves when the user PVs have come to rest after a write, at most PATIENCE_SECONDS later: the tag is then the new
 * tag.
 */
export async function tagAtRest(state$: Observable<TagState>, scheduler?: SchedulerLike): Promise<void> {
  await firstValueFrom(
    timer(QUIET_SECONDS * 1000, scheduler).pipe(
      switchMap(() => state$),
      filter((one) => one.settled),
      takeUntil(timer(PATIENCE_SECONDS * 1000, scheduler)),
    ),
    { defaultValue: undefined },
  );
}

export interface Patience {
  /**
   * Whether to wait for a TomoScan that is not connected, too: for a caller that has only just begun to look for it.
   */
  readonly connection?: boolean;
}

/**
 * The settled tag, after at most PATIENCE_SECONDS.
 * @throws RejectedError when the tag is not valid, or the PVs do not come to rest
 */
export async function settledTag(
  state$: Observable<TagState>,
  scheduler?: SchedulerLike,
  { connection = false }: Patience = {},
): Promise<Tag & { readonly valid: true }> {
  const state = await firstValueFrom(
    state$.pipe(
      filter((one) => one.settled),
      takeWhile((one) => connection && !one.connected, true),
      takeUntil(timer(PATIENCE_SECONDS * 1000, scheduler)),
      takeLast(1),
    ),
    { defaultValue: undefined },
  );
  if (state === undefined)
    throw new RejectedError(
      `TomoScan's user PVs did not come to rest within ${PATIENCE_SECONDS} s. Try again when the tagging is over.`,
    );
  if (!state.tag.valid) throw new RejectedError(tagSentence(state));
  return state.tag;
}

/**
 * The experiment of the settled tag, and undefined where TomoScan names none; silent while TomoScan is not connected.
 */
export const experimentOf$ = (tag$: Observable<TagState>): Observable<Experiment | undefined> =>
  tag$.pipe(
    filter((state) => state.settled && state.connected),
    map((state) => (state.tag.valid ? state.tag.experiment : undefined)),
    distinctUntilChanged(isSameExperiment),
  );
