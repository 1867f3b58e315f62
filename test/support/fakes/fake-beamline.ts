/**
 * The controller's own PVs and the beamline's, in memory: a test reads back in order what the controller has written,
 * and makes puts from outside.
 */
import { BehaviorSubject, type Observable, Subject } from "rxjs";
import type { BeamlinePvs, BeamlineText } from "../../../src/controller/ports/beamline-pvs.ts";
import { UnavailableError } from "../../../src/controller/ports/call.ts";
import type { OutsidePut } from "../../../src/controller/ports/outside-put.ts";
import type { PvOutput, Pvs, PvValue } from "../../../src/controller/ports/pvs.ts";

export type PutVerdict = "taken" | "refused" | "absorbed";

/** The entry of a map, made where it is missing. */
function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key) ?? make();
  map.set(key, found);
  return found;
}

export class FakeControllerPvs implements Pvs {
  /** Every write by the program, in order, as `Suffix=value`; an ended command as `Suffix:ok` or `Suffix:error`. */
  readonly writes: string[] = [];
  /** The ended commands of `writes`, in order. */
  readonly ends: string[] = [];
  /** PVs whose next write throws. */
  readonly faulty = new Set<string>();
  /** Names of states, by PV, as they were given last. */
  readonly states = new Map<string, readonly string[]>();
  readonly #values = new Map<string, BehaviorSubject<PvValue>>();
  readonly #puts = new Map<string, Subject<OutsidePut>>();

  get(suffix: string): PvValue {
    return this.#value(suffix).value;
  }
  value$(suffix: string): Observable<PvValue> {
    return this.#value(suffix);
  }
  puts$(suffix: string): Observable<OutsidePut> {
    return entry(this.#puts, suffix, () => new Subject<OutsidePut>());
  }
  put(suffix: string, value: PvOutput): void {
    if (this.faulty.delete(suffix)) throw new TypeError(`a bug at ${suffix}`);
    const one = typeof value === "object" ? value.join(",") : value;
    this.writes.push(`${suffix}=${one}`);
    this.#value(suffix).next(one);
  }
  nameStates(suffix: string, names: readonly string[]): void {
    this.writes.push(`${suffix}: ${names.join("|")}`);
    this.states.set(suffix, names);
  }
  finish(suffix: string, succeeded: boolean): void {
    if (this.faulty.delete(suffix)) throw new TypeError(`a bug at ${suffix}`);
    const end = `${suffix}:${succeeded ? "ok" : "error"}`;
    this.writes.push(end);
    this.ends.push(end);
    this.#value(suffix).next(0);
  }
  /**
   * A client's put.
   * @param given the value as it was put, where the PV cannot hold it whole
   * @param room bytes that the PV holds
   */
  putFromOutside(suffix: string, value: PvValue, given = value, room = 255): PutVerdict {
    let verdict: PutVerdict = "taken";
    this.#puts.get(suffix)?.next({
      value,
      given,
      room,
      refuse: () => {
        verdict = "refused";
      },
      absorb: () => {
        verdict = "absorbed";
      },
    });
    if (verdict === "taken") this.#value(suffix).next(value);
    return verdict;
  }
  #value(suffix: string): BehaviorSubject<PvValue> {
    return entry(this.#values, suffix, () => new BehaviorSubject<PvValue>(""));
  }
}

export class FakeBeamline implements BeamlinePvs {
  readonly #texts = new Map<string, BehaviorSubject<BeamlineText>>();

  text$(name: string): Observable<BeamlineText> {
    return this.#text(name);
  }
  /** Every put, in order, as `name=text`. */
  readonly puts: string[] = [];
  /** Bytes that a PV holds, by its name; a PV that is not listed holds everything. */
  readonly room = new Map<string, number>();
  async writeText(name: string, text: string): Promise<string> {
    if (!this.#text(name).value.connected) throw new UnavailableError(`PV ${name} is not connected`);
    const kept = text.slice(0, this.room.get(name) ?? text.length);
    this.puts.push(`${name}=${kept}`);
    this.set(name, kept);
    return kept;
  }
  async readText(name: string): Promise<string | undefined> {
    return this.#text(name).value.text;
  }
  set(name: string, text: string): void {
    this.#text(name).next({ connected: true, text });
  }
  disconnect(name: string): void {
    this.#text(name).next({ connected: false, text: undefined });
  }
  #text(name: string): BehaviorSubject<BeamlineText> {
    return entry(this.#texts, name, () => new BehaviorSubject<BeamlineText>({ connected: false, text: undefined }));
  }
}
