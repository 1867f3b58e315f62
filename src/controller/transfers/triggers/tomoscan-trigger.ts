/** TomoScan as a trigger: its scans, when they end. */
import { map, type Observable } from "rxjs";
import type { TriggerState } from "../../pvs/triggers.ts";
import type { TomoScanNews, TomoScanPhase } from "../tomoscan-state.ts";
import type { TriggerNews, TriggerRow } from "./trigger.ts";

const STATES: Readonly<Record<TomoScanPhase, TriggerState>> = {
  off: "Off",
  disconnected: "Disconnected",
  idle: "Idle",
  scanning: "Scanning",
  closing: "Closing",
};

/** @param scans$ what TomoScan does, while the trigger is on */
export const tomoScanTrigger =
  (
    scans$: (isOn$: Observable<boolean>, context: Parameters<TriggerRow["news$"]>[1]) => Observable<TomoScanNews>,
  ): TriggerRow["news$"] =>
  (isOn$, context) =>
    scans$(isOn$, context).pipe(map(triggerNews));

function triggerNews(news: TomoScanNews): TriggerNews {
  if (news.kind === "said") return news;
  if (news.kind === "state") return { ...news, state: STATES[news.state] };
  const { file, isAborted, isObserved, why = "nobody knows why", copiesTo } = news.end;
  return {
    kind: "scan",
    scan: {
      file,
      ...(!isObserved && { mayBeOld: true as const }),
      ...(isAborted && { aborted: why }),
      ...(copiesTo !== undefined && { copiesTo }),
    },
  };
}
