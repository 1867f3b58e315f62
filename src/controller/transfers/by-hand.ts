/**
 * Scans that a person puts in by hand: through the door of the process that has the queue, or, while there is none,
 * through the drop folder, which is looked at as long as the transfers run. A scan is in the ledger before its file
 * goes, so that a kill in between finds it twice: the ledger sends one version of a scan once.
 */
import { cleanJson, isUnclean, visible } from "../../base/clean-text.ts";
import { type Clock, sleep } from "../../base/clock.ts";
import { directoryNameProblem } from "../../base/directory-name.ts";
import { ActionError, asSentence, messageOf } from "../../base/errors.ts";
import type { Drop, HandScan, ScanDrops } from "../ports/scan-drops.ts";
import type { Severity } from "../pvs/run.ts";
import type { AnnouncedScan } from "./announced-scan.ts";
import { topText } from "./remedies.ts";
import type { TransferSite } from "./rules.ts";
import { baseName, plainPath } from "./scan-path.ts";
import { liesBelow } from "./source-gate.ts";
import { noScanReason, scanOf } from "./triggers/scan-trees.ts";

/** The trigger of such scans. */
const BY_HAND = "by hand";
/** Between two looks into the drop folder. */
const LOOK_SECONDS = 2;

/** As the transfers take it: it may be of any experiment, and a person wants it whatever was decided before. */
export const byHand = (scan: HandScan): AnnouncedScan => ({
  ...scan,
  trigger: BY_HAND,
  mayBeOld: true,
  isAsked: true,
});

/** The scan that a person names, by itself or by anything in it; why it cannot be taken, a clause. */
export function scanByHand(named: HandScan, site: TransferSite): AnnouncedScan | string {
  const file = plainPath(named.file);
  return handProblem(named, site) ?? byHand({ ...named, file: scanOf(site.trees ?? [], file)?.scan ?? file });
}

function handProblem(scan: HandScan, site: TransferSite): string | undefined {
  const { source, destinations, trees = [] } = site;
  const { file } = scan;
  const parts = file.split("/").slice(1);
  if (!file.startsWith("/") || isUnclean(file) || parts.includes(".."))
    return `${visible(file)} is no absolute path without ".."`;
  if (parts.some((part) => part !== "" && part !== "." && directoryNameProblem(part) !== undefined))
    return `${visible(file)} has a part that is no name of a file`;
  if (destinations.length === 0) return "no scan is sent: there is no [destination …] section in globus.conf";
  const { top, name } = source.source;
  if (source.original !== undefined)
    return `scans are sent from TomoScan's copies on ${name} (host = analysis in [source]), and only TomoScan says where those are`;
  if (!liesBelow(top, file)) return `${visible(file)} does not lie below ${topText(site)}`;
  const known = destinations.map((one) => one.name);
  const unknown = scan.destinations?.find((one) => !known.includes(one));
  if (unknown !== undefined) return `there is no destination ${visible(unknown)}: name one of ${known.join(", ")}`;
  return scan.destinations?.length === 0 ? "no destination is named" : noScanReason(trees, plainPath(file));
}

export interface DropReaderOptions {
  readonly drops: ScanDrops;
  readonly site: TransferSite;
  readonly clock: Clock;
  /** Puts a scan into the ledger. @returns false where the ledger took nothing */
  readonly enter: (scan: AnnouncedScan) => Promise<boolean>;
  /** Tells operators. */
  readonly say: (sentence: string, severity?: Severity) => void;
}

/** Takes what lies in the drop folder. */
export class DropReader {
  readonly #options: DropReaderOptions;
  /** Files that could not be moved: they are done with. */
  readonly #done = new Set<string>();
  #trouble = "";

  constructor(options: DropReaderOptions) {
    this.#options = options;
  }

  /** Goes on until the signal is aborted. @throws the signal's reason; a bug of ours */
  async run(signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.#guarded(() => this.#look(signal));
      await sleep(this.#options.clock, LOOK_SECONDS, signal);
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    const drops = await this.#options.drops.look();
    this.#trouble = "";
    for (const drop of drops) {
      signal.throwIfAborted();
      if (!this.#done.has(drop.name)) await this.#take(drop);
    }
  }

  async #take(drop: Drop): Promise<void> {
    const { drops, site, enter, say } = this.#options;
    const scan = "problem" in drop ? drop.problem : scanByHand(drop.scan, site);
    if (typeof scan === "string") {
      await this.#moved(drop.name, async () => {
        const place = await drops.setAside(drop.name);
        say(
          `${cleanJson(drop.name)} of ${drops.folder} is not taken: ${scan}. It lies in ${cleanJson(place)}.`,
          "MINOR",
        );
      });
    } else if (await enter(scan)) {
      say(`globus-ioc trigger: ${baseName(scan.file)} is taken from ${drops.folder}.`);
      await this.#moved(drop.name, () => drops.remove(drop.name));
    }
  }

  /** A file that cannot go is not taken once more. */
  async #moved(name: string, move: () => Promise<void>): Promise<void> {
    await this.#guarded(async () => {
      this.#done.add(name);
      await move();
      this.#done.delete(name);
    });
  }

  /** The same failure is told once. */
  async #guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (thrown) {
      if (!(thrown instanceof ActionError)) throw thrown;
      const sentence = asSentence(messageOf(thrown));
      if (sentence !== this.#trouble) this.#options.say(sentence, "MAJOR");
      this.#trouble = sentence;
    }
  }
}
