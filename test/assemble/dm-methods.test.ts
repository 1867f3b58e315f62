import { expect, test } from "vitest";
import { dmOf } from "../../src/assemble/dm-methods.ts";
import { OffError } from "../../src/controller/ports/call.ts";
import { failureOf } from "../support/failure-of.ts";
import { FakeDm } from "../support/fakes/fake-services.ts";

test("each method is called on the one that was chosen for the call, with all that it was given", async () => {
  const dm = new FakeDm();
  const { signal } = new AbortController();
  const chosenFor: unknown[] = [];
  const through = dmOf(async (call) => {
    chosenFor.push(call);
    return dm;
  });
  const { id } = await through.startDaq("2026-03-Staff-0", "/data/raw", {}, { signal });
  expect((await through.daqs({ signal })).map((one) => [one.id, one.experimentName, one.dataDirectory])).toEqual([
    [id, "2026-03-Staff-0", "/data/raw"],
  ]);
  expect(chosenFor).toEqual([{ signal }, { signal }]);
});

test("what the choice rejects with, every method rejects with", async () => {
  const off = dmOf(() => Promise.reject(new OffError("Data Management is off.")));
  const methods = Object.values<(...args: never[]) => Promise<unknown>>({ ...off });
  expect(methods).not.toEqual([]);
  for (const method of methods) await failureOf(method({} as never), OffError);
});
