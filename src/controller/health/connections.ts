/** Which of TomoScan's PVs are connected, as those who follow them see it, and what that says of TomoScan. */
import { defer, finalize, tap } from "rxjs";
import { listed } from "../../base/word-list.ts";
import type { BeamlinePvs } from "../ports/beamline-pvs.ts";
import { type PartHealth, withTime } from "./part-health.ts";

interface FollowedPv {
  followers: number;
  isConnected: boolean;
  /** When it was followed first, or went away, milliseconds since 1970. */
  since: number;
  wasConnected: boolean;
}

/** Seconds that a PV may take to be found. */
const SEARCH_SECONDS = 10;
/** PVs that a sentence names. */
const MOST_NAMED = 4;
const REMEDY =
  "start TomoScan's IOC, or correct ioc-prefix and tomoscan-prefix in the [epics] section of globus.conf, or EPICS_CA_ADDR_LIST in this IOC's environment.";

export class Connections {
  readonly #byName = new Map<string, FollowedPv>();
  readonly #now: () => number;

  /** @param now milliseconds since 1970 */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** The same PVs, seen by this. */
  seen(pvs: BeamlinePvs): BeamlinePvs {
    return {
      ...pvs,
      text$: (name, form) =>
        defer(() => {
          const one = this.#begin(name);
          return pvs.text$(name, form).pipe(
            tap(({ connected }) => this.#see(one, connected)),
            finalize(() => this.#end(name, one)),
          );
        }),
    };
  }

  /**
   * A PV that is needed and is not connected is Down; another one that was connected and has gone away is Trouble.
   * @param needed names
   */
  health(needed: readonly string[]): PartHealth {
    const all = [...this.#byName];
    const missing = all.filter(([name, one]) => needed.includes(name) && !one.isConnected);
    const lost = all.filter(([name, one]) => !needed.includes(name) && !one.isConnected && one.wasConnected);
    if (missing.some(([, one]) => !this.#isSearched(one))) return { state: "Unknown", message: "" };
    if (missing.length > 0) return { state: "Down", message: sentence(missing) };
    if (lost.length > 0) return { state: "Trouble", message: sentence(lost) };
    return { state: all.some(([, { isConnected }]) => isConnected) ? "OK" : "Unknown", message: "" };
  }

  /** Whether it was looked for long enough to say that it is not there. */
  #isSearched = ({ wasConnected, since }: FollowedPv): boolean =>
    wasConnected || this.#now() - since >= SEARCH_SECONDS * 1000;

  #begin(name: string): FollowedPv {
    const one = this.#byName.get(name) ?? {
      followers: 0,
      isConnected: false,
      since: this.#now(),
      wasConnected: false,
    };
    one.followers++;
    this.#byName.set(name, one);
    return one;
  }
  #see(one: FollowedPv, isConnected: boolean): void {
    if (one.isConnected && !isConnected) one.since = this.#now();
    one.isConnected = isConnected;
    one.wasConnected ||= isConnected;
  }
  #end(name: string, one: FollowedPv): void {
    if (--one.followers === 0) this.#byName.delete(name);
  }
}

function sentence(missing: readonly (readonly [string, FollowedPv])[]): string {
  const names = missing.map(([name]) => name);
  const more = names.length - MOST_NAMED;
  const told = listed(more > 0 ? [...names.slice(0, MOST_NAMED), `${more} more`] : names);
  const since = Math.min(...missing.map(([, one]) => one.since));
  return withTime(`${told} ${names.length === 1 ? "is" : "are"} not connected: ${REMEDY}`, since);
}
