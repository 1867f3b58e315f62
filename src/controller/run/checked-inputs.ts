/**
 * Refuses puts that an input PV cannot take, before anybody else hears of them. What a PV can take, input-check.ts
 * knows.
 */
import { filter, type Observable, share } from "rxjs";
import type { OutsidePut } from "../ports/outside-put.ts";
import type { Pvs } from "../ports/pvs.ts";
import { isRefused } from "./guards.ts";
import { inputProblem, WRITABLE } from "./input-check.ts";
import type { Journal } from "./journal.ts";

/**
 * The same PVs, whose inputs refuse what they cannot take: listeners hear only of the other puts.
 * @param journal is told of each refusal
 */
export function checkedInputs(pvs: Pvs, journal: Journal): Pvs {
  const checked: ReadonlyMap<string, Observable<OutsidePut>> = new Map(
    WRITABLE.map((name) => [
      name,
      pvs.puts$(name).pipe(
        filter((put) => !isRefused(put, inputProblem(name, put), journal)),
        share(),
      ),
    ]),
  );
  return {
    get: (name) => pvs.get(name),
    value$: (name) => pvs.value$(name),
    put: (name, value) => pvs.put(name, value),
    nameStates: (name, names) => pvs.nameStates(name, names),
    finish: (name, succeeded) => pvs.finish(name, succeeded),
    puts$: (name) => checked.get(name) ?? pvs.puts$(name),
  };
}
