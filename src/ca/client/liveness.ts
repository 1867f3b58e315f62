/**
 * Whether the server at the other end of a circuit is alive. Silence for the connection timeout → ECHO; 5 s more →
 * unresponsive; when something is heard again → a second ECHO, whose answer makes the circuit responsive. It sends
 * nothing itself. channel-access.md §1.13.
 */
import type { Cancel, Clock } from "../../base/clock.ts";

/** Time a server has for the answer to an ECHO. libca: CA_ECHO_TIMEOUT */
const ECHO_SECONDS = 5;
/**
 * A circuit that has been unresponsive for so long is given up, so that a server which came back elsewhere is found.
 * libca waits for TCP, which may take a quarter of an hour or for ever.
 */
const GIVE_UP_SECONDS = 300;

export interface LivenessActions {
  /** Send ECHO. */
  probe(): void;
  unresponsive(): void;
  responsive(): void;
  giveUp(): void;
}

type State = "listening" | "probing" | "unresponsive" | "recovering";

export class Liveness {
  readonly #clock: Clock;
  readonly #timeoutSeconds: number;
  readonly #actions: LivenessActions;
  #state: State = "listening";
  #lastHeard = 0;
  /** ECHOs sent and not yet answered: a late answer to the first is no answer to the second. */
  #unanswered = 0;
  /** An ECHO has been answered since the recovery began. */
  #hasAnswered = false;
  #cancel: Cancel = () => {};
  #silentSince = 0;

  constructor(clock: Clock, timeoutSeconds: number, actions: LivenessActions) {
    this.#clock = clock;
    this.#timeoutSeconds = timeoutSeconds;
    this.#actions = actions;
  }

  start(): void {
    this.#lastHeard = this.#clock.monotonic();
    this.#listen();
  }
  stop(): void {
    this.#cancel();
  }

  /** Bytes came; called before they are read. */
  heard(): void {
    this.#lastHeard = this.#clock.monotonic();
    if (this.#state === "probing") this.#listen();
    else if (this.#state === "unresponsive") {
      this.#hasAnswered = false;
      // An answer, but not to every ECHO: an ECHO or its answer was lost on the way, and the server is alive.
      this.#probe("recovering", () => (this.#hasAnswered ? this.#recover() : this.#fallSilent()));
    }
  }

  /** An ECHO was answered. */
  echoed(): void {
    this.#unanswered = Math.max(0, this.#unanswered - 1);
    if (this.#state !== "recovering") return;
    this.#hasAnswered = true;
    if (this.#unanswered === 0) this.#recover();
  }

  /** A beacon of this server came at its normal time: as good as bytes, unless we have begun to doubt. */
  beacon(): void {
    if (this.#state === "listening") this.#lastHeard = this.#clock.monotonic();
  }

  /** Something happened to this server: ask at once. */
  suspect(): void {
    if (this.#state === "listening") this.#doubt();
  }

  /**
   * One timer for a whole timeout, however many bytes come meanwhile: when the timer fires, it is set anew from the
   * last bytes.
   */
  #listen(): void {
    this.#state = "listening";
    this.#cancel();
    const silent = this.#clock.monotonic() - this.#lastHeard;
    this.#cancel = this.#clock.after(Math.max(0, this.#timeoutSeconds - silent), () => {
      const elapsed = this.#clock.monotonic() - this.#lastHeard;
      if (elapsed >= this.#timeoutSeconds - 0.001) this.#doubt();
      else this.#listen();
    });
  }

  #doubt(): void {
    this.#probe("probing", () => {
      this.#silentSince = this.#clock.monotonic();
      this.#fallSilent();
      this.#actions.unresponsive();
    });
  }

  #probe(state: State, unanswered: () => void): void {
    this.#state = state;
    this.#unanswered++;
    this.#cancel();
    this.#cancel = this.#clock.after(ECHO_SECONDS, unanswered);
    this.#actions.probe();
  }

  #recover(): void {
    this.#unanswered = 0;
    this.#listen();
    this.#actions.responsive();
  }

  #fallSilent(): void {
    this.#state = "unresponsive";
    const left = this.#silentSince + GIVE_UP_SECONDS - this.#clock.monotonic();
    this.#cancel = this.#clock.after(Math.max(0, left), () => this.#actions.giveUp());
  }
}
