/** A trigger: what tells that a scan has ended. Several may be on at once, each with its own destinations. */
import type { Observable } from "rxjs";
import type { Severity } from "../../pvs/run.ts";
import type { TriggerState } from "../../pvs/triggers.ts";
import type { WatchContext } from "../../run/watch.ts";
import type { AnnouncedScan } from "../announced-scan.ts";

export type TriggerNews =
  | { readonly kind: "state"; readonly state: TriggerState; readonly message: string }
  | { readonly kind: "scan"; readonly scan: Omit<AnnouncedScan, "trigger" | "destinations"> }
  | { readonly kind: "said"; readonly sentence: string; readonly severity: Severity };

export const OFF = {
  kind: "state",
  state: "Off",
  message: "The trigger is off: no scan is seen.",
} as const satisfies TriggerNews;

export interface TriggerRow {
  readonly name: string;
  /** Where its scans go; absent: to every destination. */
  readonly destinations?: readonly string[];
  /** The state now and at each change, and the scans. Never ends by itself; off it follows nothing. */
  readonly news$: (isOn$: Observable<boolean>, context: WatchContext) => Observable<TriggerNews>;
}
