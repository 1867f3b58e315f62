/**
 * Looks now and then at the flow that FlowRun would start, and shows how it stands: whether it is there, whether this
 * login sees it, and until when Globus keeps it.
 */
import { distinctUntilChanged } from "rxjs";
import { ActionError, asSentence, messageOf } from "../../base/errors.ts";
import { UnavailableError } from "../ports/call.ts";
import { FLOW_PV_STATES, type FlowPvState } from "../pvs/flows.ts";
import { type Look, pollWatch } from "../run/poll-watch.ts";
import type { Watch, WatchContext } from "../run/watch.ts";
import { type FlowStanding, flowStanding } from "./flow-expiry.ts";
import type { FlowSite } from "./flow-site.ts";

/** Days are what counts. */
const LOOK_SECONDS = 3600;
/** After a look that failed: a person may be at it. */
const AGAIN_SECONDS = 60;

export const watchFlow =
  (site: FlowSite): Watch =>
  (context) => {
    let look: FlowLook | undefined;
    return pollWatch<unknown, FlowStanding | undefined>(context, {
      followed$: context.pvs.value$("FlowId").pipe(distinctUntilChanged()),
      makers: ["FlowRun"],
      begin: (flow) => {
        if (look?.flow !== flow) look = new FlowLook(site, context, String(flow));
        return look;
      },
      reason: "Another flow is looked at.",
    });
  };

class FlowLook implements Look<FlowStanding | undefined> {
  /** As FlowId has it. */
  readonly flow: string;
  waitSeconds: number | undefined;
  readonly #site: FlowSite;
  readonly #context: WatchContext;
  /** Whether Globus has told of it. */
  #isKnown = false;
  #told = "";

  constructor(site: FlowSite, context: WatchContext, flow: string) {
    this.#site = site;
    this.#context = context;
    this.flow = flow;
  }

  look(signal: AbortSignal): Promise<FlowStanding | undefined> {
    return flowStanding(this.#site, this.flow, () => this.#context.clock.now(), { signal });
  }

  seen(found: FlowStanding | undefined): void {
    this.waitSeconds = LOOK_SECONDS;
    if (found === undefined) {
      this.#show("None", { message: "No flow is chosen: write its name to FlowId, or set flow in [flows]." });
      return;
    }
    const { state, title, iso, message } = found;
    this.#isKnown = true;
    this.#show(state, { title, expires: iso, message });
    if (state !== "OK") this.#tell(state, message);
  }

  failed(thrown: unknown): void {
    if (!(thrown instanceof ActionError)) throw thrown;
    this.waitSeconds = AGAIN_SECONDS;
    if (thrown instanceof UnavailableError && this.#isKnown) return; // it stands as it stood
    const message = asSentence(messageOf(thrown));
    this.#show(thrown instanceof UnavailableError ? "Unknown" : "Trouble", { message });
    if (!(thrown instanceof UnavailableError)) this.#tell("Trouble", message);
  }

  /** Once for each state. */
  #tell(state: FlowPvState, message: string): void {
    const told = `${state} ${message}`;
    if (told !== this.#told) this.#context.journal.say(message, state === "Expiring" ? "MINOR" : "MAJOR");
    this.#told = told;
  }

  #show(
    state: FlowPvState,
    {
      title = "",
      expires = "",
      message,
    }: { readonly title?: string; readonly expires?: string; readonly message: string },
  ): void {
    const { pvs } = this.#context;
    pvs.put("FlowTitle", title);
    pvs.put("FlowExpires", expires);
    pvs.put("FlowMessage", message);
    pvs.put("FlowState", FLOW_PV_STATES.indexOf(state));
  }
}
