import { expect, test } from "vitest";
import { UnavailableError } from "../../../src/controller/ports/call.ts";
import { findJob } from "../../../src/controller/workflows/start-job.ts";
import { failureOf } from "../../support/failure-of.ts";
import { FakeProcessing, jobOf } from "../../support/fakes/fake-processing.ts";
import { ImpatientClock } from "../../support/fakes/impatient-clock.ts";

const clock = (): ImpatientClock => new ImpatientClock();
const asked = (time: ImpatientClock) => ({ mark: "m", owner: "o", workflow: "tomo", about: "", since: time.now() });

test("a job with our mark is found at the first look", async () => {
  const [processing, time] = [new FakeProcessing(), clock()];
  processing.set(jobOf({ id: "other" }));
  processing.known.set("mine", jobOf({ id: "mine", mark: "m" }));
  expect(await findJob(processing, asked(time), { clock: time })).toMatchObject({ id: "mine" });
  expect(time.waits).toEqual([]);
});

test("that none comes is said after looks at 5 s and at 30 s only", async () => {
  const [processing, time] = [new FakeProcessing(), clock()];
  const run = asked(time);
  expect(await findJob(processing, run, { clock: time })).toBe("none");
  expect([time.waits, processing.count("jobs")]).toEqual([[5, 25], 3]);
  expect(await findJob(processing, run, { clock: time })).toBe("none");
  expect(processing.count("jobs"), "it is late already").toBe(4);
});

test("a job that appears late is found", async () => {
  const [processing, time] = [new FakeProcessing(), clock()];
  const found = findJob(processing, asked(time), { clock: time });
  time.after(4, () => processing.known.set("mine", jobOf({ id: "mine", mark: "m" })));
  expect(await found).toMatchObject({ id: "mine" });
});

test("a clock that was set back keeps nobody waiting", async () => {
  const [processing, time] = [new FakeProcessing(), clock()];
  const run = asked(time);
  time.step(-3600);
  expect(await findJob(processing, run, { clock: time })).toBe("none");
  expect(time.waits).toEqual([]);
});

test("where lists tell no marks, each job that may be it is asked for", async () => {
  const [processing, time] = [new FakeProcessing(), clock()];
  processing.isSilent = true;
  processing.known.set("old", jobOf({ id: "old", submitted: time.now() - 3_600_000 }));
  processing.known.set("near", jobOf({ id: "near", submitted: time.now() }));
  processing.known.set("mine", jobOf({ id: "mine", mark: "m", submitted: time.now() }));
  expect(await findJob(processing, asked(time), { clock: time })).toMatchObject({ id: "mine" });
  expect(processing.count("job")).toBeLessThanOrEqual(2);
});

test("where too many jobs may be it, or the list may lack some, nobody can say", async () => {
  const [many, time] = [new FakeProcessing(), clock()];
  many.isSilent = true;
  for (let i = 0; i < 30; i++) many.known.set(`j${i}`, jobOf({ id: `j${i}` }));
  expect(await findJob(many, asked(time), { clock: time })).toBe("unknown");
  const full = new FakeProcessing();
  for (let i = 0; i < 5000; i++) full.known.set(`j${i}`, jobOf({ id: `j${i}`, mark: `other ${i}` }));
  expect(await findJob(full, asked(time), { clock: time })).toBe("unknown");
});

test("a list that cannot be read says nothing about the job", async () => {
  const [processing, time] = [new FakeProcessing(), clock()];
  processing.failures.jobs = [new UnavailableError("down")];
  await failureOf(findJob(processing, asked(time), { clock: time }), UnavailableError);
});
