import { expect, test } from "vitest";
import { createServiceManager } from "../../src/services/service-manager.ts";
import { FakeClock } from "../support/fakes/fake-clock.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("the program is told to work, and again three times in the time of the watchdog, until it ends", async () => {
  const clock = new FakeClock();
  const said: string[][] = [];
  const manager = createServiceManager({
    socket: "@/org/x",
    watchdog: "30000000",
    path: undefined,
    clock,
    warn: () => {},
    send: (words) => {
      said.push([...words]);
      return Promise.resolve();
    },
  });
  expect(clock.pending).toBe(0);
  manager.ready("watches");
  manager.ready("sends");
  await turn();
  for (let second = 0; second < 20; second++) {
    clock.advance(1);
    await turn();
  }
  expect(said).toEqual([
    ["READY=1", "STATUS=watches", "WATCHDOG=1"],
    ["READY=1", "STATUS=sends", "WATCHDOG=1"],
    ["READY=1", "STATUS=sends", "WATCHDOG=1"],
  ]);
  manager.stopping();
  await turn();
  clock.advance(100);
  expect(said.at(-1)).toEqual(["STOPPING=1"]);
  expect(clock.pending).toBe(0);
  manager.ready("after the end");
  manager.stopping();
  expect(said).toHaveLength(4);
});

test("a program that is stuck says what is wrong, and does not say that it lives, until it works again", async () => {
  const clock = new FakeClock();
  const said: string[][] = [];
  const manager = createServiceManager({
    socket: "@/org/x",
    watchdog: "30000000",
    path: undefined,
    clock,
    warn: () => {},
    send: (words) => {
      said.push([...words]);
      return Promise.resolve();
    },
  });
  const later = async (): Promise<void> => {
    await turn();
    clock.advance(10);
    await turn();
  };
  manager.ready("watches");
  manager.stuck("reads nothing");
  await later();
  manager.ready("watches again");
  await later();
  expect(said.slice(1)).toEqual([
    ["READY=1", "STATUS=reads nothing"],
    ["READY=1", "STATUS=watches again", "WATCHDOG=1"],
  ]);
});

test("without a socket nothing is said; where nothing can be said that is told once", async () => {
  const clock = new FakeClock();
  const warned: string[] = [];
  const options = {
    watchdog: undefined,
    path: "/nowhere",
    clock,
    warn: (sentence: string) => void warned.push(sentence),
  };
  createServiceManager({ ...options, socket: undefined }).ready("x");
  expect(clock.pending).toBe(0);
  const manager = createServiceManager({
    ...options,
    socket: "/run/x",
    send: () => Promise.reject(new Error("there is no systemd-notify")),
  });
  manager.ready("x");
  for (let second = 0; second < 60; second++) {
    await turn();
    clock.advance(1);
  }
  expect(warned).toEqual([
    "systemd cannot be told that this program works: there is no systemd-notify; install systemd-notify, or write Type=exec without WatchdogSec into the unit.",
  ]);
});
