/** Looks now and then whether the endpoint of Globus Compute is online, and shows it. */
import { of } from "rxjs";
import { asSentence, messageOf } from "../../base/errors.ts";
import type { ComputeEndpointReport } from "../ports/compute.ts";
import { COMPUTE_PV_STATES, type ComputePvState } from "../pvs/steps.ts";
import { pollWatch } from "../run/poll-watch.ts";
import type { Watch, WatchContext } from "../run/watch.ts";
import { COMPUTE_OFF, type ComputeSite } from "./compute-site.ts";

/** Seconds between two looks. */
const LOOK_SECONDS = 30;

/** @param site undefined: Compute is off */
export const watchCompute =
  (site: Pick<ComputeSite, "compute" | "endpoint"> | undefined): Watch =>
  (context) =>
    pollWatch<undefined, ComputeEndpointReport>(context, {
      followed$: of(undefined),
      makers: [],
      begin: () => {
        const show = shower(context);
        if (site === undefined) {
          show("Off", COMPUTE_OFF);
          return undefined;
        }
        const { compute, endpoint } = site;
        return {
          waitSeconds: LOOK_SECONDS,
          look: (signal) => compute.endpoint(endpoint, { signal }),
          seen: ({ isOnline, said, waiting }) =>
            isOnline
              ? show("Online", waiting === undefined || waiting === 0 ? "" : `${tasksText(waiting)} there.`)
              : show(
                  "Offline",
                  `The Compute endpoint ${endpoint} is ${said || "not online"}: start it on its host (globus-compute-endpoint start); its tasks and the steps behind scans wait.`,
                ),
          failed: (thrown) => show("Trouble", asSentence(messageOf(thrown))),
        };
      },
      reason: "The look at the Compute endpoint was cut short.",
    });

const tasksText = (count: number): string => (count === 1 ? "1 task waits" : `${count} tasks wait`);

/** Tells operators of each state that is another than the last. */
function shower({ pvs, journal }: WatchContext): (state: ComputePvState, message: string) => void {
  let last: ComputePvState = "Unknown";
  return (state, message) => {
    pvs.put("ComputeStatus", COMPUTE_PV_STATES.indexOf(state));
    pvs.put("ComputeMessage", message);
    const isBad = (one: ComputePvState): boolean => one === "Offline" || one === "Trouble";
    if (isBad(state) && state !== last) journal.say(message, "MAJOR");
    if (state === "Online" && isBad(last)) journal.say("The Compute endpoint is online again.");
    last = state;
  };
}
