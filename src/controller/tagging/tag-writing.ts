/**
 * One pass over TomoScan's user PVs, and what is left when the pass ends early. During the pass, and after an early
 * end, the month is "Unknown". The month is read before each write: a restarted TomoScan may have restored an older
 * tag, and nothing is written on top of that. All PVs are read again before and after the month is written: another
 * program that writes at the same time makes a mixture that is no tag. Which text goes into which PV, user-pvs.ts
 * decides.
 */

import { merge, Observable, switchMap } from "rxjs";
import { cleanJson, oneLine, onePerLine, visible } from "../../base/clean-text.ts";
import { ActionError, CancelledError, clauseOf, messageOf, pieceOf } from "../../base/errors.ts";
import { NEVER_TAGGED } from "../experiment.ts";
import { type CallOptions, UnavailableError } from "../ports/call.ts";
import type { AnyTomoScanKey } from "../pvs/tomoscan.ts";
import type { RunContext } from "../run/action.ts";
import { emitsWithin } from "../run/within.ts";
import type { TomoScan } from "../tomoscan.ts";
import { PATIENCE_SECONDS, QUIET_SECONDS } from "./tag.ts";

/** A text as a PV holds it: one line. */
export const pvText = (text: string): string => oneLine(text).trim();

/** A text of which a PV holds the beginning only. */
interface Cut {
  readonly name: string;
  readonly text: string;
  readonly kept: string;
}

const cutLine = ({ name, text, kept }: Cut): string => `${name} holds only ${cleanJson(kept)} of ${cleanJson(text)}`;

/** A user PV does not hold what was written to it. */
class ConflictError extends ActionError {}

/** The PV of the time of tagging: two programs that write the same tag differ in this PV alone. */
const STAMP: AnyTomoScanKey = "infoUpdate";

export class TagWriting {
  readonly cut: Cut[] = [];
  readonly #tomoScan: TomoScan;
  readonly #texts: ReadonlyMap<AnyTomoScanKey, string>;
  readonly #context: RunContext;
  /** The texts that the PVs hold since they were written: as much of each as the PV has room for. */
  readonly #kept = new Map<AnyTomoScanKey, string>();

  /** @param texts what is to be written, the month among it */
  constructor(tomoScan: TomoScan, texts: ReadonlyMap<AnyTomoScanKey, string>, context: RunContext) {
    this.#tomoScan = tomoScan;
    this.#texts = texts;
    this.#context = context;
  }

  /** Writes one PV. @throws UnavailableError, and the signal's reason */
  async write(key: AnyTomoScanKey, text: string): Promise<void> {
    const { signal, publish } = this.#context;
    signal.throwIfAborted();
    const name = this.#tomoScan.nameOf(key);
    const kept = await this.#tomoScan.beamline.writeText(name, text, { signal });
    this.#kept.set(key, kept);
    if (kept !== text) this.cut.push({ name, text, kept });
    publish("TagTruncated", onePerLine(this.cut.map(cutLine)));
  }

  /** @throws ConflictError when the month's PV does not hold what was written last */
  checkMonth(): Promise<void> {
    return this.#check(["yearMonth"]);
  }
  /** @throws ConflictError naming the first PV that does not hold what was written last */
  checkAll(): Promise<void> {
    return this.#check([...this.#texts.keys()].filter((key) => key !== STAMP));
  }

  /**
   * Runs the pass.
   * @throws ActionError or CancelledError when the pass ends early: what is left, and that the month is "Unknown", or
   * could not be made so
   */
  async run(pass: () => Promise<void>): Promise<void> {
    try {
      await pass();
    } catch (thrown) {
      if (thrown instanceof ConflictError && (await this.#isAgreed())) return;
      throw await this.#stopped(thrown);
    }
  }

  async #check(keys: readonly AnyTomoScanKey[]): Promise<void> {
    const { signal } = this.#context;
    const texts = await this.#read(keys, { signal });
    signal.throwIfAborted();
    keys.forEach((key, index) => {
      const [name, text, kept] = [this.#tomoScan.nameOf(key), texts[index], this.#kept.get(key) ?? ""];
      if (text === undefined) throw new UnavailableError(`${name} does not answer any more`);
      if (text === kept) return;
      throw new ConflictError(
        `${name} is ${visible(text)} and not ${visible(kept)}: another program writes the user PVs too, or TomoScan was restarted`,
      );
    });
  }

  #read(keys: readonly AnyTomoScanKey[], call: CallOptions): Promise<readonly (string | undefined)[]> {
    const { beamline, nameOf } = this.#tomoScan;
    return Promise.all(keys.map((key) => beamline.readText(nameOf(key), call)));
  }

  /**
   * Whether another program has written the very texts of this pass: a tag that was asked for twice. Writes the month
   * again then.
   */
  async #isAgreed(): Promise<boolean> {
    if ((await this.#forgetMonth()) !== undefined) return false; // at once: no reader may take the PVs for a tag now
    try {
      await this.#untilQuiet();
      const keys = [...this.#texts.keys()].filter((key) => key !== STAMP && key !== "yearMonth");
      const texts = await this.#read(keys, { signal: this.#context.signal });
      if (!keys.every((key, index) => texts[index] === this.#texts.get(key))) return false;
      for (const [key, text] of this.#texts) this.#kept.set(key, text);
      await this.write("yearMonth", this.#texts.get("yearMonth") ?? NEVER_TAGGED);
      await this.checkAll();
      return true;
    } catch {
      return false; // the caller tells of the conflict, or of the abort
    }
  }

  /**
   * Resolves when the user PVs have been quiet for half of QUIET_SECONDS, before a reader takes the tag for settled; or
   * after PATIENCE_SECONDS.
   * @throws the signal's reason
   */
  async #untilQuiet(): Promise<void> {
    const { beamline, nameOf, clock } = this.#tomoScan;
    const changes$ = merge(...[...this.#texts.keys()].map((key) => beamline.text$(nameOf(key))));
    const wait$ = new Observable((subscriber) => clock.after(QUIET_SECONDS / 2, () => subscriber.next(undefined)));
    await emitsWithin(changes$.pipe(switchMap(() => wait$)), PATIENCE_SECONDS, clock, this.#context.signal);
  }

  /** What was thrown in mid-way, with what is left of the pass. */
  async #stopped(thrown: unknown): Promise<unknown> {
    const { signal } = this.#context;
    const left = await this.#left();
    if (signal.aborted) return new CancelledError(`${messageOf(signal.reason)} ${left}.`);
    return thrown instanceof ActionError ? new ActionError(`${pieceOf(thrown)}. ${left}`) : thrown;
  }

  /** What is left of the pass, a sentence without its full stop. */
  async #left(): Promise<string> {
    if (this.#kept.size === 0) return "Nothing more was written; tag again";
    const names = [...this.#kept.keys()].filter((key) => key !== "yearMonth").map((key) => this.#tomoScan.nameOf(key));
    const part = names.length === 0 ? "TomoScan's tag was taken away" : `Written were ${names.join(", ")} alone`;
    const month = this.#tomoScan.nameOf("yearMonth");
    const problem = await this.#forgetMonth();
    return problem === undefined
      ? `${part}, so ${month} is "${NEVER_TAGGED}" and nothing counts as tagged; tag again`
      : `${part}, and ${month} could not be set to "${NEVER_TAGGED}" (${problem}): do not trust the user PVs before they are tagged again`;
  }

  /** Makes the month "Unknown", also when the run was aborted. @returns why that failed */
  async #forgetMonth(): Promise<string | undefined> {
    const { beamline, nameOf } = this.#tomoScan;
    const month = nameOf("yearMonth");
    try {
      if ((await beamline.readText(month, {})) !== NEVER_TAGGED) await beamline.writeText(month, NEVER_TAGGED, {});
      return undefined;
    } catch (thrown) {
      return clauseOf(thrown);
    }
  }
}
