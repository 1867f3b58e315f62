/** The watch over a directory tree in which scans appear: what is asked of it, and what it tells. Plain data. */

/** One kind of scans in a tree. */
export interface ScanLayout {
  /** Which folders or files are scans: base/path-pattern.ts, as all patterns here. */
  readonly pattern: string;
  readonly exclude: readonly string[];
  readonly markers: readonly string[];
  /** Of files that are counted. */
  readonly counted: readonly string[];
  /** Rests that are told: seconds without a change. At least one. */
  readonly restSeconds: readonly number[];
}

export interface TreeToWatch {
  /** Absolute. Links are followed as long as they stay below it; one to another scan is none of its own. */
  readonly root: string;
  readonly layouts: readonly ScanLayout[];
  /** Between the beginnings of two sweeps; a sweep that takes longer is followed by the next at once. */
  readonly periodSeconds: number;
  /** Every so many sweeps a folder is read again even where its time says that nothing has changed. */
  readonly readAgainSweeps?: number;
  /** Folders whose notifications are heeded, the newest; 0 where they mean nothing. */
  readonly mostNotified?: number;
  /** Folders below the root in each of which a sweep must see a file that the watch has just made there. */
  readonly canaries?: readonly string[];
}

/** A scan as it was seen. */
export interface SeenScan {
  /** Absolute. */
  readonly path: string;
  /** The parts that the pattern names, as `exp`. */
  readonly fields: Readonly<Record<string, string>>;
  /** Without markers. */
  readonly files: number;
  readonly bytes: number;
  /** Equal for the same names, sizes and times of files. Without markers. */
  readonly content: string;
  /** As many as `counted` of the layout. */
  readonly counts: readonly number[];
  readonly marks: readonly Mark[];
  /** The longest of `restSeconds` for which nothing has changed; 0: for none yet. */
  readonly restedSeconds: number;
}

/** A marker file. */
export interface Mark {
  /** Absolute. */
  readonly path: string;
  /** Milliseconds since 1970 UTC, as the file system has it. */
  readonly modified: number;
}

export interface Sweep {
  readonly seconds: number;
  readonly folders: number;
  /** In scans, as they were last looked at; without markers. */
  readonly files: number;
  readonly scans: number;
  readonly problems: number;
  /** The first of them, sentences. */
  readonly examples: readonly string[];
  /** Folders whose notifications bring the next look forward. */
  readonly notified: number;
  /** Whether the files that were made in the folders of canaries were seen; absent where there is none. */
  readonly canarySeen?: boolean;
}

export type TreeNews =
  /** @param layout its index */
  | { readonly kind: "scan"; readonly layout: number; readonly scan: SeenScan }
  | { readonly kind: "gone"; readonly layout: number; readonly path: string }
  /** A marker that lies in no scan. */
  | { readonly kind: "stray"; readonly layout: number; readonly mark: Mark }
  | { readonly kind: "sweep"; readonly sweep: Sweep }
  /** The watch has stood still, or goes on; a sentence. After `begun` all scans are told again. */
  | { readonly kind: "silent" | "answers" | "begun" | "ended"; readonly sentence: string };

export interface ScanTrees {
  /** Goes on until the signal is aborted. @throws the signal's reason; ActionError for what cannot be watched */
  watch(tree: TreeToWatch, told: (news: TreeNews) => void, signal: AbortSignal): Promise<never>;
}
