/** What of the program's parts the settings leave off, and the watch that shows the health of the others. */
import { asSentence } from "../base/errors.ts";
import { triggerKindOf } from "../config/named-sections.ts";
import type { Settings } from "../config/settings.ts";
import type { HealthBook } from "../controller/health/health-book.ts";
import { watchHealth } from "../controller/health/health-watch.ts";
import type { HealthPart } from "../controller/pvs/health.ts";
import { TOMOSCAN_KEYS, TOMOSCAN_PVS } from "../controller/pvs/tomoscan.ts";
import type { Watch } from "../controller/run/watch.ts";
import type { TomoScan } from "../controller/tomoscan.ts";
import { GLOBUS_OFF } from "../controller/transfers/hold.ts";
import type { DmPart } from "./dm.ts";

export interface HealthParts {
  readonly settings: Settings;
  readonly dm: Pick<DmPart, "off">;
  readonly tomoScan: Pick<TomoScan, "nameOf">;
  /** Why there is no TomoScan, a sentence. */
  readonly tomoScanProblem?: string;
}

/** Also tells the book what is off. */
export function healthWatch(book: HealthBook, parts: HealthParts): Watch {
  for (const [part, why] of Object.entries(offOf(parts))) if (why !== undefined) book.turnOff(part as HealthPart, why);
  const needed = TOMOSCAN_KEYS.filter((key) => TOMOSCAN_PVS[key].required).map((key) => parts.tomoScan.nameOf(key));
  return watchHealth(book, needed);
}

/** Why a part is off, a sentence. */
function offOf({
  settings,
  dm,
  tomoScanProblem,
}: HealthParts): Readonly<Partial<Record<HealthPart, string | undefined>>> {
  const { local, email, destinations, triggers } = settings;
  const hasHosts = local.detector + local.analysis + local["data-host"] !== "";
  return {
    TomoScan: tomoScanProblem,
    DM: dm.off === undefined ? undefined : asSentence(dm.off),
    Globus: settings["globus-auth"]["client-id"] === "" ? GLOBUS_OFF : undefined,
    SSH:
      hasHosts || destinations.some(({ kind }) => kind === "ssh")
        ? undefined
        : "No host is reached over SSH: detector, analysis and data-host in the [local] section of globus.conf are empty, and no destination has kind ssh.",
    Mail:
      email["smtp-host"] === ""
        ? "There is no mail server: set smtp-host in the [email] section of globus.conf."
        : undefined,
    Watcher: triggers.some(watchesDirectories)
      ? undefined
      : "No directory is watched: no [trigger NAME] section of globus.conf has kind marker, count, quiet or next.",
  };
}

function watchesDirectories(trigger: Settings["triggers"][number]): boolean {
  const kind = triggerKindOf(trigger);
  return kind !== "tomoscan" && kind !== "pv";
}
