/** What a transfer would do, told without doing it: a look at a folder of this machine, and nothing else. */
import type { ScanTags } from "../controller/ports/queue-ledger.ts";
import { baseName, placeOf } from "../controller/transfers/scan-path.ts";
import { createMountedSource } from "../services/scans/sources.ts";
import type { Ending } from "./ending.ts";
import { EXIT } from "./exit-status.ts";
import type { ForegroundPlan } from "./foreground-plan.ts";
import { dryWatch, type TreeContext } from "./foreground-watch.ts";

export interface DryRunContext extends TreeContext {
  readonly tagsOf: (file: string) => ScanTags;
}

/** @throws ActionError for what cannot be looked at */
export async function dryRun(plan: ForegroundPlan, context: DryRunContext): Promise<Ending> {
  const done = { state: "Done", message: "A dry run: nothing was sent.", exitStatus: EXIT.done };
  const { work, settings, as } = plan;
  if (work.kind === "asked") {
    const { sourceCollection, sourcePath, destinationCollection, destinationPath } = work.transfer;
    const who = work.flow === undefined ? "Globus" : `the flow ${work.flow}`;
    context.screen.say(
      `Would ask ${who} to transfer ${sourceCollection}:${sourcePath} to ${destinationCollection}:${destinationPath}.`,
    );
    return done;
  }
  if (work.kind === "watch") {
    const unseen = await dryWatch(plan, work, context).catch((thrown: unknown) => {
      if (!context.signal.aborted) throw thrown;
    });
    return unseen === undefined
      ? done
      : { state: "Failed", message: `${unseen} Nothing was sent.`, exitStatus: EXIT.failed };
  }
  const { top } = settings.source;
  const source = createMountedSource({ name: "this host", top, belongs: [] }, context.clock);
  const manifest = await source.look(work.file, { signal: context.signal });
  const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
  const what = `${baseName(work.file)} (${manifest.files.length} files, ${bytes} bytes)`;
  for (const { collection, top: base, path } of settings.destinations) {
    const parts = placeOf(path, top, { file: work.file, tags: context.tagsOf(work.file), manifest }, as);
    context.screen.say(
      `Would send ${what} to ${collection === "" ? "" : `${collection}:`}${[base.replace(/\/$/, ""), ...parts].join("/")}.`,
    );
  }
  return done;
}
