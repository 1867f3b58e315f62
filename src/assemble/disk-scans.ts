/** Which entries of a site's disk are scans: by [source], and by the triggers that watch directories. */
import { ActionError } from "../base/errors.ts";
import { triggerKindOf } from "../config/named-sections.ts";
import type { Settings } from "../config/settings.ts";
import { partsBelow } from "../controller/transfers/scan-path.ts";
import { TREE_KINDS, treeTrigger } from "../controller/transfers/triggers/trigger-settings.ts";
import type { ScanTree, WhichScans } from "../services/scans/scan-names.ts";

/** @param top of the source, as its host names it */
export function diskScans({ source, triggers }: Pick<Settings, "source" | "triggers">, top: string): WhichScans {
  const trees = triggers.flatMap((settings): ScanTree[] => {
    const root = settings.root || top;
    const kind = TREE_KINDS.find((one) => one === kindOf(settings));
    const below = partsBelow(top, root);
    if (kind === undefined || below === undefined) return [];
    const trigger = unlessRefused(() => treeTrigger(settings, { kind, root }));
    if (trigger === undefined) return [];
    const { pattern, exclude, complete } = trigger;
    const markers = complete.kind === "marker" ? complete.markers : [];
    return [{ below, pattern: pattern.text, exclude, markers }];
  });
  const isUsual = trees.length === 0 || triggers.some((settings) => kindOf(settings) === "tomoscan");
  return { names: source.scans.length > 0 ? source.scans : isUsual ? ["*.h5"] : [], trees };
}

const kindOf = (settings: Parameters<typeof triggerKindOf>[0]): string | undefined =>
  unlessRefused(() => triggerKindOf(settings));

/** What is wrong with a trigger is said where it is opened. */
function unlessRefused<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (thrown) {
    if (thrown instanceof ActionError) return undefined;
    throw thrown;
  }
}
