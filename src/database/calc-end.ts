/**
 * A JSON link that computes: `{calc:{expr:"A+B", args:["rec.VAL", 5]}}`. It cannot be written. channel-access.md §5.3;
 * epics-base: lnkCalc.c.
 */
import { type CalcProgram, compileCalc, evaluateCalc } from "./calc.ts";
import { castArray, type ElementType } from "./convert/arrays.ts";
import { castNumber } from "./convert/numbers.ts";
import { DatabaseError } from "./database-error.ts";
import { type LinkOwner, raiseLink } from "./link-ends.ts";
import type { CalcLink } from "./links.ts";
import type { LinkEnd } from "./record.ts";
import type { ArrayValue, NumericFieldType } from "./record-type.ts";

/** A … L, as in base's calc links. */
const MAX_ARGUMENTS = 12;

export class CalcEnd implements LinkEnd {
  readonly kind = "local";
  readonly #owner: LinkOwner;
  readonly #program: CalcProgram;
  readonly #arguments: readonly (number | LinkEnd)[];
  readonly #inputs = new Float64Array(21);

  /** @throws DatabaseError for an expression that does not compile, or too many arguments */
  constructor(owner: LinkOwner, link: CalcLink, open: (pvName: string) => LinkEnd) {
    const compiled = compileCalc(link.expression);
    if ("error" in compiled) {
      throw new DatabaseError(`The calc link's expression "${link.expression}" is not valid: ${compiled.error}`);
    }
    if (link.arguments.length > MAX_ARGUMENTS) {
      throw new DatabaseError(
        `The calc link has ${link.arguments.length} arguments; at most ${MAX_ARGUMENTS} are possible.`,
      );
    }
    this.#owner = owner;
    this.#program = compiled;
    this.#arguments = link.arguments.map((argument) => (typeof argument === "number" ? argument : open(argument)));
  }

  readNumber(type: NumericFieldType): number | undefined {
    const result = this.#compute();
    return result === undefined ? undefined : castNumber(result, type);
  }
  readText(): string | undefined {
    return this.readArray("STRING")?.[0] as string | undefined;
  }
  readArray(type: ElementType): ArrayValue | undefined {
    const result = this.#compute();
    return result === undefined ? undefined : castArray({ values: [result], length: 1, type: "DOUBLE" }, type);
  }

  write(): void {
    raiseLink(this.#owner);
  }
  follow(): void {}
  close(): void {
    for (const argument of this.#arguments) if (typeof argument !== "number") argument.close();
  }

  #compute(): number | undefined {
    const inputs = this.#inputs;
    for (let i = 0; i < this.#arguments.length; i++) {
      const argument = this.#arguments[i]!;
      const value = typeof argument === "number" ? argument : argument.readNumber("DOUBLE");
      if (value === undefined) return undefined; // the argument has raised the alarm
      inputs[i] = value;
    }
    const result = evaluateCalc(this.#program, inputs, 0);
    if (result === undefined) raiseLink(this.#owner);
    return result;
  }
}
