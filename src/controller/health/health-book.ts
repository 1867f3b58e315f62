/**
 * Holds what the program has seen of its own health and of the services it works with. Whoever calls a service tells
 * how that ended; the watch shows it. It asks nobody.
 */
import type { Clock } from "../../base/clock.ts";
import type { ServiceUse } from "../ports/service-use.ts";
import type { HealthPart } from "../pvs/health.ts";
import { Connections } from "./connections.ts";
import { healthOfUses, type LastUse, type PartHealth, usedAgain } from "./part-health.ts";

export class HealthBook {
  readonly connections: Connections;
  readonly #clock: Pick<Clock, "now">;
  readonly #uses = new Map<HealthPart, Map<string, LastUse>>();
  readonly #off = new Map<HealthPart, string>();
  #fault: { readonly sentence: string; readonly since: number } | undefined;

  constructor(clock: Pick<Clock, "now">) {
    this.#clock = clock;
    this.connections = new Connections(() => clock.now());
  }

  /** The settings leave a part off. @param why a sentence */
  turnOff(part: HealthPart, why: string): void {
    this.#off.set(part, why);
  }
  /** Why a part is off. */
  offOf(part: HealthPart): string | undefined {
    return this.#off.get(part);
  }

  /** Takes how the uses of a part end. @param place one of several hosts or logins; their states do not mix */
  use(part: HealthPart, place = ""): ServiceUse {
    const uses = this.#uses.get(part) ?? new Map<string, LastUse>();
    this.#uses.set(part, uses);
    const end = (thrown?: unknown): void => {
      const last = usedAgain(uses.get(place), thrown, this.#clock.now());
      if (last !== undefined) uses.set(place, last);
    };
    const forget = (): void => {
      if (uses.get(place)?.state !== "OK") uses.delete(place);
    };
    return { succeeded: () => end(), failed: end, forget };
  }

  healthOf(part: HealthPart): PartHealth {
    return healthOfUses([...(this.#uses.get(part)?.values() ?? [])]);
  }

  /** A bug of ours. @param sentence what it was */
  faulted(sentence: string): void {
    this.#fault = { sentence, since: this.#clock.now() };
  }
  acknowledge(): void {
    this.#fault = undefined;
  }
  get fault(): { readonly sentence: string; readonly since: number } | undefined {
    return this.#fault;
  }
}
