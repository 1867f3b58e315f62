/**
 * The triggers of a site that watch directory trees. Each tree is watched once for all its triggers that are on, and
 * anew when another one comes on or goes off: a trigger that comes on late is told of every scan that is complete.
 */
import {
  BehaviorSubject,
  debounceTime,
  defer,
  distinctUntilChanged,
  EMPTY,
  filter,
  finalize,
  ignoreElements,
  map,
  merge,
  Observable,
  of,
  share,
  switchMap,
  tap,
  timer,
} from "rxjs";
import type { Clock } from "../../../base/clock.ts";
import { asSentence, CancelledError, messageOf } from "../../../base/errors.ts";
import type { ScanTrees, Sweep, TreeNews } from "../../ports/scan-tree.ts";
import { ANSWERS } from "../../pvs/row.ts";
import type { Watch } from "../../run/watch.ts";
import { FinishedScans } from "./finished-scans.ts";
import { planTrees, type TreePlan, treeToWatch } from "./tree-plan.ts";
import type { TreeTrigger } from "./tree-trigger.ts";
import { OFF, type TriggerNews, type TriggerRow } from "./trigger.ts";
import { sweptText, WatchStanding } from "./watch-standing.ts";

/** A tree trigger of the settings. */
export interface WatchedTrigger extends TreeTrigger {
  readonly sweepSeconds: number;
  /** Absolute. */
  readonly canary?: string;
}

export interface WatchedTreesOptions {
  readonly trees: ScanTrees;
  readonly clock: Pick<Clock, "monotonic">;
  /** What the source host calls a path that is watched here. */
  readonly nameOf: (path: string) => string;
}

interface TriggerEvent {
  readonly triggers: readonly string[];
  readonly news: TriggerNews;
}

/** Seconds between two pictures of the watches. */
const SHOW_SECONDS = 1;

export class WatchedTrees {
  readonly #options: WatchedTreesOptions;
  readonly #triggers: WatchedTrigger[] = [];
  readonly #on$ = new BehaviorSubject<ReadonlySet<string>>(new Set());
  readonly #standings = new Map<string, WatchStanding>();
  readonly #events$ = defer(() => this.#all$()).pipe(share());

  constructor(options: WatchedTreesOptions) {
    this.#options = options;
  }

  /** Before anything is watched. */
  add(trigger: WatchedTrigger): TriggerRow["news$"] {
    this.#triggers.push(trigger);
    const { name } = trigger;
    const switched = (isOn: boolean): void => {
      const on = new Set(this.#on$.value);
      if (isOn) on.add(name);
      else on.delete(name);
      this.#on$.next(on);
    };
    return (isOn$) =>
      merge(
        this.#events$.pipe(
          filter(({ triggers }) => triggers.includes(name)),
          map(({ news }) => news),
        ),
        isOn$.pipe(
          distinctUntilChanged(),
          tap(switched),
          switchMap((isOn) => (isOn ? EMPTY : of(OFF))),
        ),
      ).pipe(finalize(() => switched(false)));
  }

  /** Shows all watches together in the Watch PVs. */
  readonly shown: Watch = ({ pvs, scheduler }) => {
    let before = "";
    return timer(0, SHOW_SECONDS * 1000, scheduler).pipe(
      tap(() => {
        const now = pictureOf([...this.#standings.values()], this.#options.clock.monotonic());
        const key = JSON.stringify(now);
        if (key === before) return;
        before = key;
        pvs.put("WatchAge", now.age);
        pvs.put("WatchFiles", now.files);
        pvs.put("WatchAlive", ANSWERS.indexOf(now.alive));
        pvs.put("WatchMessage", now.message);
      }),
      ignoreElements(),
    );
  };

  #all$(): Observable<TriggerEvent> {
    const roots = [...new Set(this.#triggers.map(({ root }) => root))];
    return merge(
      ...roots.map((root) =>
        this.#on$.pipe(
          map((on) => this.#triggers.filter((one) => one.root === root && on.has(one.name))),
          distinctUntilChanged((one, other) => namesOf(one).join() === namesOf(other).join()),
          debounceTime(0), // all are switched one after the other at the start
          switchMap((triggers) => this.#watched$(triggers)),
        ),
      ),
    );
  }

  /** @param triggers of one tree */
  #watched$(triggers: readonly WatchedTrigger[]): Observable<TriggerEvent> {
    const plan = planTrees(triggers)[0];
    if (plan === undefined) return EMPTY;
    const { trees, clock, nameOf } = this.#options;
    return new Observable<TriggerEvent>((told) => {
      const stop = new AbortController();
      const canaries = [...new Set(triggers.flatMap(({ canary }) => canary ?? []))];
      const periodSeconds = Math.min(...triggers.map(({ sweepSeconds }) => sweepSeconds));
      const standing = new WatchStanding(plan.root, periodSeconds, clock.monotonic());
      this.#standings.set(plan.root, standing);
      const names = namesOf(triggers);
      // What is said goes into the one log of all: by one of them
      const everybody = (news: TriggerNews): readonly string[] => (news.kind === "said" ? names.slice(0, 1) : names);
      const tell = (news: TriggerNews, who = everybody(news)): void => told.next({ triggers: who, news });
      tell({ kind: "state", state: "Watching", message: `${plan.root} is watched; its first sweep is under way.` });
      const hearing = new Hearing({ plan, standing, tell, clock, nameOf });
      const tree = treeToWatch(plan, { periodSeconds, canaries });
      trees
        .watch(tree, (news) => hearing.hear(news), stop.signal)
        .catch((thrown: unknown) => {
          if (!stop.signal.aborted) hearing.fail(asSentence(messageOf(thrown)));
        });
      return () => {
        stop.abort(new CancelledError("No trigger of the tree is on any more."));
        this.#standings.delete(plan.root);
      };
    });
  }
}

const namesOf = (triggers: readonly WatchedTrigger[]): readonly string[] => triggers.map(({ name }) => name);

interface HearingOptions extends Omit<WatchedTreesOptions, "trees"> {
  readonly plan: TreePlan;
  readonly standing: WatchStanding;
  /** @param triggers absent: all */
  readonly tell: (news: TriggerNews, triggers?: readonly string[]) => void;
}

/** What one watch tells, as news of its triggers. */
class Hearing {
  readonly #finished: FinishedScans;
  readonly #options: HearingOptions;
  /** Sentences about markers that were said: each once. */
  readonly #strays = new Set<string>();
  /** Those about what cannot be seen: each once, until a sweep sees all. */
  readonly #problems = new Set<string>();
  #state = "";

  constructor(options: HearingOptions) {
    this.#finished = new FinishedScans(options.plan);
    this.#options = options;
  }

  hear(news: TreeNews): void {
    const { standing, tell, nameOf, clock } = this.#options;
    standing.hear(news, clock.monotonic());
    for (const found of this.#finished.hear(news)) {
      const { content } = found;
      // It may have ended long ago: its path says of which experiment it is
      tell({ kind: "scan", scan: { file: nameOf(found.scan), content, mayBeOld: true } }, [found.trigger]);
    }
    switch (news.kind) {
      case "stray":
        this.#sayOnce(this.#finished.sayStray(news), this.#strays);
        break;
      case "sweep":
        this.#swept(news.sweep);
        break;
      case "silent":
      case "ended":
        this.#fail(news.sentence);
        break;
      case "answers":
        tell({ kind: "said", sentence: news.sentence, severity: "NO_ALARM" });
        break;
      case "scan":
      case "gone":
      case "begun":
    }
  }

  /** @param sentence why nothing is seen */
  fail(sentence: string): void {
    const { standing, clock } = this.#options;
    standing.fail(sentence, clock.monotonic());
    this.#fail(sentence);
  }

  #fail(sentence: string): void {
    this.#show("Trouble", sentence);
    this.#options.tell({ kind: "said", sentence, severity: "MAJOR" });
  }

  #swept(sweep: Sweep): void {
    const { root } = this.#options.plan;
    const [problem] = sweep.examples;
    if (problem === undefined) this.#problems.clear();
    for (const one of sweep.examples) this.#sayOnce(one, this.#problems);
    if (problem === undefined) this.#show("Watching", sweptText(root, sweep));
    else this.#show("Trouble", problem);
  }

  #show(state: "Watching" | "Trouble", message: string): void {
    if (`${state} ${message}` === this.#state) return;
    this.#state = `${state} ${message}`;
    this.#options.tell({ kind: "state", state, message });
  }

  #sayOnce(sentence: string, said: Set<string>): void {
    if (said.has(sentence)) return;
    said.add(sentence);
    this.#options.tell({ kind: "said", sentence, severity: "MINOR" });
  }
}

interface WatchPicture {
  /** Whole seconds; -1: unknown. */
  readonly age: number;
  readonly files: number;
  readonly alive: (typeof ANSWERS)[number];
  readonly message: string;
}

const NO_WATCH = "No directory is watched: no trigger that watches one is On (Trigger0Enable …).";

/** All watches as one: the oldest sweep, the files of all, and the first that is in trouble. */
function pictureOf(standings: readonly WatchStanding[], now: number): WatchPicture {
  if (standings.length === 0) return { age: -1, files: -1, alive: "Unknown", message: NO_WATCH };
  const ages = standings.flatMap((one) => one.age(now) ?? []);
  const isSwept = ages.length === standings.length;
  const troubles = standings.flatMap((one) => one.trouble(now) ?? []);
  const files = standings.reduce((sum, { sweep }) => sum + (sweep?.files ?? 0), 0);
  const words = standings.map(({ root, sweep }) =>
    sweep === undefined ? `The first sweep of ${root} is under way.` : sweptText(root, sweep),
  );
  return {
    age: isSwept ? Math.floor(Math.max(...ages)) : -1,
    files: isSwept ? files : -1,
    alive: troubles.length > 0 ? "No" : isSwept ? "Yes" : "Unknown",
    message: troubles[0] ?? words.join(" "),
  };
}
