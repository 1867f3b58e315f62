import { NEVER, Subject, type Subscription } from "rxjs";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { silentLog } from "../../../src/base/log.ts";
import { HealthBook } from "../../../src/controller/health/health-book.ts";
import { watchHealth } from "../../../src/controller/health/health-watch.ts";
import { UnavailableError } from "../../../src/controller/ports/call.ts";
import { seen } from "../../../src/controller/ports/service-use.ts";
import { HEALTH_STATES, type HealthPart } from "../../../src/controller/pvs/health.ts";
import { ANSWERS } from "../../../src/controller/pvs/row.ts";
import { Journal } from "../../../src/controller/run/journal.ts";
import { FakeControllerPvs } from "../../support/fakes/fake-beamline.ts";
import { FakeClock } from "../../support/fakes/fake-clock.ts";

let clock: FakeClock;
let pvs: FakeControllerPvs;
let book: HealthBook;
let watching: Subscription;
beforeEach(() => {
  vi.useFakeTimers();
  clock = new FakeClock();
  pvs = new FakeControllerPvs();
  book = new HealthBook(clock);
  book.turnOff("Globus", "Globus is off: set client-id in the [globus-auth] section of globus.conf.");
  const context = {
    pvs,
    journal: new Journal({ clock, log: silentLog, pvs }),
    experiment$: NEVER,
    isRunning: () => false,
    ended$: new Subject<never>(),
    clock,
  };
  watching = watchHealth(book, [])(context).subscribe();
});
afterEach(() => {
  watching.unsubscribe();
  vi.useRealTimers();
});
/** Half a second at a time, as long as a tick. */
async function wait(seconds: number): Promise<void> {
  for (let i = 0; i < seconds * 2; i++) {
    clock.advance(0.5);
    await vi.advanceTimersByTimeAsync(500);
  }
}
const state = (part: HealthPart | ""): string | undefined => HEALTH_STATES[Number(pvs.get(`Health${part}`))];

test("a part is Unknown before its first use, and Off with what to set where it is off", () => {
  expect([state("DM"), state("Globus"), state("Mail")]).toEqual(["Unknown", "Off", "Unknown"]);
  expect(pvs.get("HealthGlobusMessage")).toContain("set client-id");
});

test("a service is Down with its sentence when its last use failed, and OK once it has answered after", async () => {
  let answer = (): Promise<string> => Promise.reject(new UnavailableError("DM at dm.example.org does not answer"));
  const port = seen({ ask: () => answer(), name: "dm" }, ["ask"], book.use("DM"));
  expect(port.name).toBe("dm");
  await expect(port.ask()).rejects.toThrow("does not answer");
  await wait(1);
  expect([state("DM"), state("")]).toEqual(["Down", "Down"]);
  expect(pvs.get("HealthDMMessage")).toMatch(/^DM at dm\.example\.org does not answer\. Since /);
  expect(pvs.get("HealthMessage")).toMatch(/^DM: DM at dm\.example\.org does not answer\./);
  answer = () => Promise.resolve("here");
  expect(await port.ask()).toBe("here");
  await wait(1);
  expect([state("DM"), pvs.get("HealthDMMessage"), pvs.get("HealthMessage")]).toEqual(["OK", "", ""]);
});

test("one host that answers does not hide another one that does not", async () => {
  book.use("SSH", "det").failed(new UnavailableError("det does not answer"));
  book.use("SSH", "ana").succeeded();
  await wait(1);
  expect(state("SSH")).toBe("Down");
  book.use("SSH", "det").forget();
  await wait(1);
  expect(state("SSH")).toBe("OK");
});

test("the watch over directories is as well as it says", async () => {
  pvs.put("WatchMessage", "The canary was not seen.");
  pvs.put("WatchAlive", ANSWERS.indexOf("No"));
  await wait(1);
  expect([state("Watcher"), pvs.get("HealthWatcherMessage")]).toEqual(["Down", "The canary was not seen."]);
  pvs.put("WatchAlive", ANSWERS.indexOf("Yes"));
  await wait(1);
  expect(state("Watcher")).toBe("OK");
});

test("the lag of the event loop is shown, and a stall is told", async () => {
  expect(pvs.get("EventLoopLag")).toBe(-1);
  await wait(10);
  expect([pvs.get("EventLoopLag"), state("IOC")]).toEqual([0, "OK"]);
  clock.advance(2);
  await wait(5);
  expect(pvs.get("EventLoopLag")).toBe(2000);
  expect([state("IOC"), pvs.get("HealthIOCMessage")]).toEqual([
    "Trouble",
    expect.stringMatching(/^The program did nothing for 2\.0 s/) as string,
  ]);
});

test("a fault of ours is told until somebody writes to ErrorAck", async () => {
  book.faulted("A watch: Internal error: x is undefined.");
  await wait(1);
  expect([state("IOC"), state("")]).toEqual(["Trouble", "Trouble"]);
  pvs.putFromOutside("ErrorAck", 1);
  await wait(1);
  expect(state("IOC")).toBe("OK");
});

test("what does not change is not written again", async () => {
  await wait(10);
  pvs.writes.splice(0);
  await wait(20);
  expect(pvs.writes).toEqual([]);
});
