/**
 * Which scans are complete, by what the watch over their tree tells: each once for each trigger, and again when its
 * files have changed and it is complete again. What was sent before is not known here: the ledger knows. Pure.
 */
import { cleanJson } from "../../../base/clean-text.ts";
import { parseMarkers } from "../../../base/path-pattern.ts";
import type { Mark, SeenScan, TreeNews } from "../../ports/scan-tree.ts";
import { baseName, partsBelow } from "../scan-path.ts";
import { countedOf, type PlannedLayout, type TreePlan } from "./tree-plan.ts";
import type { TreeTrigger } from "./tree-trigger.ts";

/** A scan that a trigger calls complete. */
export interface FinishedScan {
  readonly trigger: string;
  /** Absolute. */
  readonly scan: string;
  /** Absent where the pattern names no experiment. */
  readonly experiment?: string;
  /** The parts of the path that the pattern names. */
  readonly fields: Readonly<Record<string, string>>;
  /** A clause. */
  readonly why: string;
  /** As they were seen, without markers. */
  readonly files: number;
  readonly bytes: number;
  /** Equal for the same names, sizes and times of files, without markers. */
  readonly content: string;
}

/** What is remembered of a scan that a trigger has told. */
interface Told {
  readonly content: string;
  /** When each marker was modified that has been heeded. */
  readonly marks: ReadonlyMap<string, number>;
}

export class FinishedScans {
  readonly #layouts: readonly LayoutScans[];
  readonly #plan: TreePlan;

  constructor(plan: TreePlan) {
    this.#plan = plan;
    this.#layouts = plan.layouts.map((layout) => new LayoutScans(layout));
  }

  /** @returns the scans that are complete now */
  hear(news: TreeNews): readonly FinishedScan[] {
    if (news.kind === "scan") return this.#layouts[news.layout]?.see(news.scan) ?? [];
    if (news.kind === "gone") this.#layouts[news.layout]?.forget(news.path);
    return [];
  }

  /** What to say of a marker that lies in no scan, a sentence. */
  sayStray({ layout, mark }: Extract<TreeNews, { kind: "stray" }>): string {
    const { pattern = "" } = this.#plan.layouts[layout] ?? {};
    return `The marker ${cleanJson(mark.path)} lies in no scan and starts nothing: scans are ${pattern} below ${this.#plan.root}.`;
  }
}

class LayoutScans {
  readonly #counted: readonly string[];
  readonly #series: Series | undefined;
  readonly #told: readonly { readonly trigger: TreeTrigger; readonly byPath: Map<string, Told> }[];

  constructor(layout: PlannedLayout) {
    this.#counted = countedOf(layout.triggers);
    this.#series = layout.triggers.some(({ complete }) => complete.kind === "next") ? new Series() : undefined;
    this.#told = layout.triggers.map((trigger) => ({ trigger, byPath: new Map() }));
  }

  see(scan: SeenScan): readonly FinishedScan[] {
    const before = this.#series?.put(scan) ?? [];
    return [scan, ...before].flatMap((one) => this.#evaluate(one));
  }

  forget(path: string): void {
    this.#series?.drop(path);
    for (const { byPath } of this.#told) byPath.delete(path);
  }

  #evaluate(scan: SeenScan): FinishedScan[] {
    if (scan.files === 0) return []; // its files come yet
    return this.#told.flatMap(({ trigger, byPath }) => {
      const told = byPath.get(scan.path);
      const marks = marksFor(trigger, scan);
      const isSame = told?.content === scan.content;
      const why = isSame ? undefined : this.#whyComplete(trigger, scan, told, marks);
      if (why === undefined && !isSame) return [];
      byPath.set(scan.path, {
        content: scan.content,
        marks: new Map(marks.map(({ path, modified }) => [path, modified])),
      });
      if (why === undefined) return [];
      const { exp } = scan.fields;
      return [
        {
          trigger: trigger.name,
          scan: scan.path,
          ...(exp !== undefined && { experiment: exp }),
          fields: scan.fields,
          why,
          files: scan.files,
          bytes: scan.bytes,
          content: scan.content,
        },
      ];
    });
  }

  /** A clause; undefined: it is not. */
  #whyComplete(
    { complete }: TreeTrigger,
    scan: SeenScan,
    told: Told | undefined,
    marks: readonly Mark[],
  ): string | undefined {
    // One that was told and changes is waited for, or each of its late files would send it again
    const isTimely = told === undefined || scan.restedSeconds > 0;
    switch (complete.kind) {
      case "marker": {
        const fresh = marks.find(({ path, modified }) => told?.marks.get(path) !== modified);
        return fresh === undefined ? undefined : `the marker ${nameIn(scan.path, fresh.path)} is there`;
      }
      case "files": {
        const count = scan.counts[this.#counted.indexOf(complete.counted)] ?? 0;
        if (count < complete.files || !isTimely) return undefined;
        return `${count} files ${complete.counted} are there, of ${complete.files}`;
      }
      case "quiet":
        return scan.restedSeconds >= complete.seconds
          ? `nothing in it has changed for ${complete.seconds} s`
          : undefined;
      case "next": {
        const next = isTimely ? this.#series?.nextOf(scan.path) : undefined;
        return next === undefined ? undefined : `${baseName(next)} has appeared`;
      }
    }
  }
}

function marksFor({ complete }: TreeTrigger, scan: SeenScan): readonly Mark[] {
  if (complete.kind !== "marker" || scan.marks.length === 0) return [];
  const { isMarker } = parseMarkers(complete.markers);
  return scan.marks.filter(({ path }) => isMarker(baseName(path)));
}

const nameIn = (scan: string, path: string): string => cleanJson(partsBelow(scan, path)?.join("/") ?? baseName(path));

interface Numbered {
  readonly number: number;
  readonly scan: SeenScan;
}

/** Scans whose names differ in their number alone, as `bg_00001_DIR` and `bg_00002_DIR`. */
class Series {
  readonly #byKey = new Map<string, { readonly byPath: Map<string, Numbered>; last: Numbered }>();

  /** @returns the scan that has a follower only now */
  put(scan: SeenScan): readonly SeenScan[] {
    const place = placeOf(scan.path);
    if (place === undefined) return [];
    const here: Numbered = { number: place.number, scan };
    const series = this.#byKey.get(place.key);
    if (series === undefined) {
      this.#byKey.set(place.key, { byPath: new Map([[scan.path, here]]), last: here });
      return [];
    }
    series.byPath.set(scan.path, here);
    const { last } = series;
    if (here.number < last.number) return [];
    series.last = here;
    return here.number === last.number ? [] : [last.scan];
  }

  drop(path: string): void {
    const place = placeOf(path);
    const series = place && this.#byKey.get(place.key);
    if (place === undefined || series?.byPath.delete(path) !== true) return;
    const [first, ...rest] = series.byPath.values();
    if (first === undefined) this.#byKey.delete(place.key);
    else series.last = rest.reduce((last, one) => (one.number > last.number ? one : last), first);
  }

  /** The last of those that have a higher number. */
  nextOf(path: string): string | undefined {
    const place = placeOf(path);
    const last = place && this.#byKey.get(place.key)?.last;
    return place !== undefined && last !== undefined && last.number > place.number ? last.scan.path : undefined;
  }
}

/** The number of a scan is the last run of digits in its name, before its extension: `a_2.h5` is the second. */
function placeOf(path: string): { readonly key: string; readonly number: number } | undefined {
  const name = baseName(path);
  const stem = name.replace(/(?<=.)\.[A-Za-z]\w*$/, "");
  const found = /\d+(?=\D*$)/.exec(stem);
  if (found === null) return undefined;
  const key = `${path.slice(0, -name.length)}${stem.slice(0, found.index)}#${name.slice(found.index + found[0].length)}`;
  return { key, number: Number(found[0]) };
}
