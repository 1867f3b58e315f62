/**
 * Until when Globus keeps a flow: for 30 days from its creation where it has no subscription (globus.md §3.4), and for
 * ever with one.
 */
import { facilityIso } from "../../base/facility-time.ts";
import type { CallOptions } from "../ports/call.ts";
import type { FlowReport } from "../ports/flows.ts";
import type { FlowSite } from "./flow-site.ts";
import { chosenFlow } from "./named-flow.ts";

const DAY_MS = 86_400_000;
export const FREE_DAYS = 30;
/** Days before the end from which a person should know, and from which it is urgent. */
const EXPIRING_DAYS = 7;
const ENDING_DAYS = 1;

interface FlowExpiry {
  readonly state: "OK" | "Expiring" | "Ending";
  /** ISO 8601 with the facility's offset; empty: Globus keeps it. */
  readonly iso: string;
  /** What a person should know, a sentence; empty: nothing. */
  readonly message: string;
}

/** @param name what `globus-ioc flow deploy` takes @param now milliseconds since 1970 UTC */
export function flowExpiry(
  { created, subscription }: Pick<FlowReport, "created" | "subscription">,
  name: string,
  now: number,
): FlowExpiry {
  if (subscription !== undefined || !Number.isFinite(created)) return { state: "OK", iso: "", message: "" };
  const end = created + FREE_DAYS * DAY_MS;
  const iso = facilityIso(new Date(end));
  const days = (end - now) / DAY_MS;
  if (days > EXPIRING_DAYS) return { state: "OK", iso, message: "" };
  const when = days <= 0 ? `should be gone since ${iso}` : `goes on ${iso}`;
  return {
    state: days > ENDING_DAYS ? "Expiring" : "Ending",
    iso,
    message: `The flow ${name} has no subscription and ${when}: deploy it with --subscription-id, or delete it and deploy it anew (globus-ioc flow delete ${name}, globus-ioc flow deploy ${name}).`,
  };
}

export interface FlowStanding extends FlowExpiry {
  /** As a person, or the settings, name it. */
  readonly name: string;
  /** As it is called at Globus. */
  readonly title: string;
}

/**
 * How the flow stands that would be run.
 * @param named by a person; "": the site's
 * @param now milliseconds since 1970 UTC
 * @returns undefined where neither names one
 * @throws what keeps it from being run
 */
export async function flowStanding(
  site: FlowSite,
  named: string,
  now: () => number,
  options: CallOptions,
): Promise<FlowStanding | undefined> {
  const chosen = await chosenFlow(named, site);
  if (chosen === undefined) return undefined;
  const report = await site.flows.flow(chosen.id, options);
  return { ...flowExpiry(report, chosen.name, now()), name: chosen.name, title: report.title };
}
