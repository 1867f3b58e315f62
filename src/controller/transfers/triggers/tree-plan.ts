/** Which trees are watched for a site's triggers: each tree once, whatever the number of triggers on it. Pure. */
import type { ScanLayout, TreeToWatch } from "../../ports/scan-tree.ts";
import type { TreeTrigger } from "./tree-trigger.ts";

export interface TreePlan {
  readonly root: string;
  readonly layouts: readonly PlannedLayout[];
}

/** Triggers that mean the same scans. */
export interface PlannedLayout {
  readonly pattern: string;
  readonly exclude: readonly string[];
  readonly triggers: readonly TreeTrigger[];
}

/** A scan that has left and goes on to change is complete again once nothing has changed for so long. */
const REST_SECONDS = 10;

export function planTrees(triggers: readonly TreeTrigger[]): readonly TreePlan[] {
  return grouped(triggers, ({ root }) => root).map((ofRoot) => ({
    root: ofRoot[0].root,
    layouts: grouped(ofRoot, ({ pattern, exclude }) => JSON.stringify([pattern.text, exclude])).map((same) => ({
      pattern: same[0].pattern.text,
      exclude: same[0].exclude,
      triggers: same,
    })),
  }));
}

function grouped(
  triggers: readonly TreeTrigger[],
  keyOf: (trigger: TreeTrigger) => string,
): readonly [TreeTrigger, ...TreeTrigger[]][] {
  const groups = new Map<string, [TreeTrigger, ...TreeTrigger[]]>();
  for (const trigger of triggers) {
    const group = groups.get(keyOf(trigger));
    if (group === undefined) groups.set(keyOf(trigger), [trigger]);
    else group.push(trigger);
  }
  return [...groups.values()];
}

/** What is asked of the watch. */
export const treeToWatch = (
  { root, layouts }: TreePlan,
  options: Omit<TreeToWatch, "root" | "layouts">,
): TreeToWatch => ({ ...options, root, layouts: layouts.map(layoutToWatch) });

function layoutToWatch({ pattern, exclude, triggers }: PlannedLayout): ScanLayout {
  const ways = triggers.map(({ complete }) => complete);
  const unique = <T>(items: readonly T[]): readonly T[] => [...new Set(items)];
  return {
    pattern,
    exclude,
    markers: unique(ways.flatMap((way) => (way.kind === "marker" ? way.markers : []))),
    counted: countedOf(triggers),
    restSeconds: unique([REST_SECONDS, ...ways.flatMap((way) => (way.kind === "quiet" ? way.seconds : []))]),
  };
}

/** The patterns of counted files of a layout, in the order of a scan's counts. */
export const countedOf = (triggers: readonly TreeTrigger[]): readonly string[] => [
  ...new Set(triggers.flatMap(({ complete }) => (complete.kind === "files" ? complete.counted : []))),
];
