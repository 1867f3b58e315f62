/** The check before beam time as the settings have it: what of the transfers is tried, and which disks. */
import { randomBytes } from "node:crypto";
import { CHECK_FILE } from "../base/own-files.ts";
import { FlightCheck } from "../controller/transfers/check/transfer-check.ts";
import type { TransferSite } from "../controller/transfers/rules.ts";
import { ledgerFolder } from "../services/ledger/files.ts";
import { createOwnDisk } from "../services/own-disk.ts";
import { flowSite } from "./flows.ts";
import type { GlobusPart } from "./globus.ts";
import type { PartOptions } from "./parts.ts";

export interface CheckPartOptions {
  readonly host: string;
  /** The prefix of the IOC's PVs; absent for the command line. */
  readonly prefix?: string;
  readonly globus: Pick<GlobusPart, "identity" | "tasks" | "flows">;
}

/** Globus tells of its tasks no more often than that is worth for one small file. */
const LEAST_POLL_SECONDS = 0.5;

/** Asks nobody yet. */
export function openCheck(options: PartOptions, site: TransferSite, about: CheckPartOptions): FlightCheck {
  const { settings, environment, clock } = options;
  const { transfers, general } = settings;
  const { tasks, identity } = about.globus;
  const flows = flowSite(options, about.globus);
  return new FlightCheck({
    clock,
    destinations: site.destinations,
    ...(site.destinations.length > 0 && { source: site.source }),
    ...(tasks !== undefined && { tasks, login: identity }),
    ...(settings.flows.flow !== "" && flows !== undefined && { flows }),
    ledger: createOwnDisk({ folder: ledgerFolder(settings.ledger.path, environment), what: "The ledger" }),
    ...(general["log-directory"] !== "" && {
      logs: createOwnDisk({ folder: general["log-directory"], what: "The log folder" }),
    }),
    enough: { destination: transfers["check-free-bytes"], own: transfers["check-own-free-bytes"] },
    fileName: fileName(about),
    pollSeconds: Math.max(LEAST_POLL_SECONDS, transfers["watch-seconds"]),
    randomText: (characters) => randomBytes(characters).toString("base64").slice(0, characters),
  });
}

/** Hidden, and no other's: an IOC and the command line may check at once. */
const fileName = ({ host, prefix = "command" }: CheckPartOptions): string =>
  `${CHECK_FILE}-${`${host}-${prefix}`.replace(/[^A-Za-z0-9.]+/g, "-").replace(/-$/, "")}`;
