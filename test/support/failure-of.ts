/** The error of a call that must fail. */
import { expect } from "vitest";

/** The error that `call` rejects with. Fails the test when it succeeds, or fails with another class. */
export async function failureOf<E extends Error>(
  call: Promise<unknown>,
  kind: abstract new (...args: never[]) => E,
): Promise<E> {
  const outcome = await call.then(
    (value: unknown) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if (!("error" in outcome)) throw new Error(`succeeded with ${JSON.stringify(outcome.value)}`);
  expect(outcome.error).toBeInstanceOf(kind);
  return outcome.error as E;
}
