/** The order in which an IOC starts and stops, with a server on loopback. */
import { expect, test } from "vitest";
import { silentLog } from "../../src/base/log.ts";
import { isolatedServer } from "../../src/ca/ca-config.ts";
import { Ioc, IocError, type Stage } from "../../src/ioc/ioc.ts";
import { nodeNetwork } from "../../src/net/node-network.ts";
import { FakeClock } from "../support/fakes/fake-clock.ts";

function newIoc() {
  const events: string[] = [];
  const environment: Record<string, string | undefined> = {};
  const ioc = new Ioc({
    clock: new FakeClock(),
    log: silentLog,
    network: nodeNetwork,
    environment,
    print: (line) => events.push(line),
    server: isolatedServer(),
  });
  const stage = (name: string, start?: () => void | Promise<void>): Stage => ({
    name,
    start: () => {
      const { database, server } = ioc;
      events.push(
        `${name} (${database.isInitialized ? "initialized" : "loaded"}, ${server === undefined ? "no server" : "server"})`,
      );
      return start?.();
    },
    stop: () => void events.push(`${name} stops`),
  });
  return { ioc, events, environment, stage };
}

test("stages start around database and server, and stop in the opposite order", async () => {
  const { ioc, events, environment, stage } = newIoc();
  ioc.addStage("afterServer", stage("after"));
  ioc.addStage("beforeServer", stage("before"));
  ioc.addStage("beforeProcessing", stage("values"));
  ioc.addStage("beforeDatabase", stage("restore"));
  await ioc.init();
  expect(environment["RSRV_SERVER_PORT"]).toBe(String(ioc.server?.port));
  await ioc.stop();
  await ioc.stop();
  expect(events).toEqual([
    "Starting iocInit",
    "restore (loaded, no server)",
    "values (initialized, no server)",
    "before (initialized, no server)",
    "after (initialized, server)",
    "iocRun: All initialization complete",
    "after stops",
    "before stops",
    "values stops",
    "restore stops",
  ]);
});

test.each(["beforeDatabase", "beforeProcessing", "beforeServer", "afterServer", "running"] as const)(
  "a stage %s that rejects later fails the start, which ends what has started",
  async (place) => {
    const { ioc, events, stage } = newIoc();
    ioc.addStage("beforeDatabase", stage("good"));
    ioc.addStage(
      place,
      stage("bad", async () => {
        await new Promise((resolve) => setImmediate(resolve));
        throw new Error("no disk");
      }),
    );
    await expect(ioc.init()).rejects.toThrow(new IocError("iocInit: bad cannot start"));
    expect([ioc.state, events.slice(-2)]).toEqual(["stopped", ["bad stops", "good stops"]]);
  },
);

test("a stage that cannot start stops what has started, and is named", async () => {
  const { ioc, events, stage } = newIoc();
  ioc.addStage("beforeServer", stage("good"));
  ioc.addStage(
    "afterServer",
    stage("bad", () => {
      throw new Error("no disk");
    }),
  );
  await expect(ioc.init()).rejects.toThrow(new IocError("iocInit: bad cannot start"));
  expect(events.slice(-2)).toEqual(["bad stops", "good stops"]);
  expect(ioc.state).toBe("stopped");
  expect(() => ioc.addStage("afterServer", stage("late"))).toThrow("late comes too late: iocInit has run.");
});

test("what was opened while files were loaded is closed behind all stages, the last opened first", async () => {
  const { ioc, events, stage } = newIoc();
  ioc.addRunning("a file", async () => void events.push("file closed"));
  ioc.addStage("beforeServer", stage("good"));
  ioc.addRunning("a socket", async () => void events.push("socket closed"));
  await ioc.init();
  await ioc.stop();
  expect(events.slice(-3)).toEqual(["good stops", "socket closed", "file closed"]);
});

test("what is opened while the IOC runs is closed behind all stages too", async () => {
  const { ioc, events, stage } = newIoc();
  ioc.addStage("beforeServer", stage("good"));
  await ioc.init();
  ioc.addRunning("a log", async () => void events.push("log closed"));
  await ioc.stop();
  expect(events.slice(-2)).toEqual(["good stops", "log closed"]);
});

test.each([
  ["fails", (ioc: Ioc) => ioc.init().catch(() => {})],
  ["never runs", (ioc: Ioc) => ioc.stop()],
])("what was opened is closed where iocInit %s", async (_what, end) => {
  const { ioc, stage } = newIoc();
  let closed = 0;
  ioc.addRunning("a file", async () => void closed++);
  ioc.addStage(
    "beforeDatabase",
    stage("bad", () => {
      throw new Error("no disk");
    }),
  );
  await end(ioc);
  expect(closed).toBe(1);
});
