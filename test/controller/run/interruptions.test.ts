import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { CancelledError, messageOf } from "../../../src/base/errors.ts";
import { silentLog } from "../../../src/base/log.ts";
import { UnavailableError } from "../../../src/controller/ports/call.ts";
import type { BegunCommand, UnderWay } from "../../../src/controller/ports/under-way.ts";
import {
  COMMAND_NAMES,
  COMMAND_STATES,
  COMMANDS,
  type CommandName,
  type CommandRow,
} from "../../../src/controller/pvs/commands.ts";
import { tomoScanSuffix } from "../../../src/controller/pvs/tomoscan.ts";
import type { FreeAction, Server } from "../../../src/controller/run/action.ts";
import { startController } from "../../../src/controller/wiring.ts";
import { FakeBeamline, FakeControllerPvs } from "../../support/fakes/fake-beamline.ts";
import { FakeClock } from "../../support/fakes/fake-clock.ts";
import { noIdentity } from "../../support/fakes/fake-services.ts";
import { FakeVisitSite } from "../../support/fakes/fake-visit.ts";

const EXPERIMENT = "2026-03-Noether-1014288";
const TEXTS = {
  ExperimentYearMonth: "2026-03",
  UserLastName: "Noether",
  ProposalNumber: "1014288",
  ProposalTitle: "Invariants",
};

/** A file in memory. */
class FakeUnderWay implements UnderWay {
  commands: readonly BegunCommand[] = [];
  problem: string | undefined;
  /** What the next writes do instead. */
  failure: Promise<never> | undefined;
  /** What the next writes wait for. */
  slowness: Promise<unknown> | undefined;
  writes = 0;
  left(): ReturnType<UnderWay["left"]> {
    return { commands: this.commands, ...(this.problem !== undefined && { problem: this.problem }) };
  }
  async keep(commands: readonly BegunCommand[]): Promise<void> {
    this.writes++;
    await this.failure;
    await this.slowness;
    this.commands = commands;
  }
  get names(): readonly string[] {
    return this.commands.map(({ command }) => command);
  }
}

/** One process of an IOC: each command says something and ends when it is told to. */
class Process {
  readonly pvs = new FakeControllerPvs();
  readonly beamline = new FakeBeamline();
  readonly clock = new FakeClock();
  readonly stop: () => Promise<void>;
  /** The commands whose action runs. */
  readonly acting = new Map<CommandName, () => void>();
  readonly says = new Map<CommandName, (sentence: string) => void>();
  /** What a command says of itself behind the reason when it is stopped. */
  stopped = "";

  constructor(underWay: UnderWay, inputs: Readonly<Record<string, number>> = {}) {
    for (const [suffix, value] of Object.entries(inputs)) this.pvs.put(suffix, value);
    const actionOf = (name: CommandName): FreeAction => ({
      plan: () => ["would do something"],
      run: ({ say, signal }) => {
        say(`${name} has done a part.`);
        this.says.set(name, say);
        return new Promise((resolve, reject) => {
          this.acting.set(name, () => resolve({ state: "Done", message: "It is done." }));
          signal.addEventListener("abort", () =>
            reject(new CancelledError(`${messageOf(signal.reason)}${this.stopped}`)),
          );
        });
      },
    });
    const server: Server = {
      name: "voyager",
      kind: "dm",
      actions: Object.fromEntries(COMMAND_NAMES.map((name) => [name, actionOf(name)])),
      dataLink: () => "",
    };
    this.stop = startController({
      pvs: this.pvs,
      beamline: this.beamline,
      tomoScanName: tomoScanSuffix,
      servers: [server],
      actions: {},
      arms: {},
      watches: [],
      directories: [],
      auth: { dm: noIdentity, globus: noIdentity },
      visit: new FakeVisitSite(),
      version: "1.2.3",
      hostname: "testhost",
      clock: this.clock,
      log: silentLog,
      underWay,
    });
  }
  async tag(): Promise<void> {
    for (const [suffix, text] of Object.entries(TEXTS)) this.beamline.set(suffix, text);
    await vi.advanceTimersByTimeAsync(1600);
  }
  async start(name: CommandName): Promise<void> {
    this.pvs.putFromOutside(name, 1);
    await vi.advanceTimersByTimeAsync(1);
  }
  async end(name: CommandName): Promise<void> {
    this.acting.get(name)?.();
    await vi.advanceTimersByTimeAsync(2000); // until the tag is at rest
  }
  state(name: CommandName): string | undefined {
    return COMMAND_STATES[Number(this.pvs.get(`${name}Status`))];
  }
}

let underWay: FakeUnderWay;
const stops: (() => Promise<void>)[] = [];
const start = (inputs?: Readonly<Record<string, number>>): Process => {
  const process = new Process(underWay, inputs);
  stops.push(process.stop);
  return process;
};
beforeEach(() => {
  vi.useFakeTimers();
  underWay = new FakeUnderWay();
});
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
  vi.useRealTimers();
});

describe.each(COMMAND_NAMES)("%s", (name) => {
  test("that was under way when the IOC was killed is Failed after the restart, with a sentence", async () => {
    const before = start();
    await before.tag();
    await before.start(name);
    expect(underWay.names).toEqual([name]);
    const after = start();
    const message = after.pvs.get("LastError");
    const row: CommandRow = COMMANDS[name];
    const about = COMMANDS[name].needs === "tag" ? ` for ${EXPERIMENT}` : "";
    expect(message).toMatch(
      new RegExp(
        `^${name} was interrupted on 2026-03-01 06:00:00: the IOC ended while it worked${about} on voyager; the last it said was "${name} has done a part";? ?.*; ${row.afterwards ?? "run it again"}\\.$`,
      ),
    );
    expect(after.state(name)).toBe("Failed");
    if (name !== "Tag") expect(after.pvs.get(`${name}Message`)).toBe(message); // TagMessage tells of the tag, too
    expect(after.pvs.get(`${name}Time`)).toMatch(/^2026-03-01T/);
  });

  test("that has ended is not told of", async () => {
    const before = start();
    await before.tag();
    await before.start(name);
    await before.end(name);
    expect([before.state(name), underWay.names]).toEqual(["Done", []]);
    expect(start().state(name)).toBe("Idle");
  });

  test("that was a dry run is not told of", async () => {
    const before = start({ Testing: 1 });
    await before.tag();
    const keep = vi.spyOn(underWay, "keep");
    await before.start(name);
    expect(keep).not.toHaveBeenCalled();
    expect(before.state(name)).toBe("Done");
  });
});

test("several at once are all told of, in LastError too", async () => {
  const before = start();
  await before.tag();
  for (const name of ["Init", "StartDaq", "Upload"] as const) await before.start(name);
  const after = start();
  for (const name of ["Init", "StartDaq", "Upload"] as const) {
    expect(after.state(name)).toBe("Failed");
    expect(after.pvs.get("LastError")).toContain(`${name} was interrupted on `);
  }
  expect(after.state("Dirs")).toBe("Idle");
});

test("one of several that has ended is not told of", async () => {
  const before = start();
  await before.tag();
  await before.start("Init");
  await before.start("StartDaq");
  await before.end("Init");
  expect(underWay.names).toEqual(["StartDaq"]);
});

test("a command that waits for TomoScan's user PVs to come to rest counts as not begun", async () => {
  const before = start();
  await before.tag();
  before.beamline.set("UserLastName", "Curie");
  await before.start("Init");
  expect([before.state("Init"), underWay.names]).toEqual(["Running", []]);
});

test("is told at each start until the command runs again, or an operator acknowledges", async () => {
  underWay.commands = ["Init", "Dirs"].map((command) => ({ command, at: "2026-03-01T12:00:00Z", server: "voyager" }));
  const second = start();
  expect(second.state("Init")).toBe("Failed");
  await second.tag();
  await second.start("Init");
  await second.end("Init");
  expect(underWay.names).toEqual(["Dirs"]);
  const third = start();
  expect([third.state("Init"), third.state("Dirs")]).toEqual(["Idle", "Failed"]);
  third.pvs.putFromOutside("ErrorAck", 1);
  await vi.advanceTimersByTimeAsync(1);
  expect(underWay.names).toEqual([]);
});

describe("what the IOC's stop in order cuts short", () => {
  test("is told after the restart, with how far it came", async () => {
    const before = start();
    await before.tag();
    await before.start("Init");
    await before.stop();
    expect(start().pvs.get("InitMessage")).toBe(
      `Init was interrupted on 2026-03-01 06:00:00: the IOC was stopped while it worked for ${EXPERIMENT} on voyager; the last it said was "Init has done a part"; what was done stays, and is not done twice; run it again.`,
    );
  });

  test("is told in its own words where it has any: an upload that was stopped does not go on", async () => {
    const before = start();
    await before.tag();
    before.stopped = " 5 of 20 files were moved.";
    await before.start("Upload");
    await before.stop();
    expect(start().pvs.get("UploadMessage")).toBe(
      `Upload was interrupted on 2026-03-01 06:00:00: the IOC was stopped while it worked for ${EXPERIMENT} on voyager; it ended with "5 of 20 files were moved"; run it again.`,
    );
  });

  test("is not told where it had not begun: the disk was still to remember it", async () => {
    const before = start();
    await before.tag();
    let written = (): void => {};
    underWay.failure = new Promise((resolve) => {
      written = () => resolve(undefined as never);
    });
    await before.start("Init");
    const stopping = before.stop();
    written();
    await stopping;
    expect(start().state("Init")).toBe("Idle");
  });
});

test("the stop waits for the disk, which is to hold what was cut short", async () => {
  const before = start();
  await before.tag();
  before.stopped = " 5 of 20 files were moved.";
  await before.start("Upload");
  let written = (): void => {};
  underWay.slowness = new Promise<void>((resolve) => (written = resolve));
  const ended = vi.fn();
  const stopping = before.stop().then(ended);
  await vi.advanceTimersByTimeAsync(100);
  expect(ended).not.toHaveBeenCalled();
  written();
  await stopping;
  expect(underWay.commands).toMatchObject([{ command: "Upload", ended: "5 of 20 files were moved." }]);
});

test("however much a command says while the disk is slow, one write waits, and it holds the last", async () => {
  const process = start();
  await process.tag();
  await process.start("Upload");
  let written = (): void => {};
  underWay.slowness = new Promise<void>((resolve) => (written = resolve));
  const before = underWay.writes;
  process.says.get("Upload")?.("0 files were moved.");
  await vi.advanceTimersByTimeAsync(1);
  for (let i = 1; i <= 100; i++) process.says.get("Upload")?.(`${i} files were moved.`);
  await vi.advanceTimersByTimeAsync(1);
  written();
  await vi.advanceTimersByTimeAsync(1);
  expect(underWay.writes - before).toBe(2);
  expect(underWay.commands).toMatchObject([{ command: "Upload", said: "100 files were moved." }]);
});

test("a command of another version is told of, though it has no PVs here", () => {
  underWay.commands = [{ command: "Paint", at: "2026-03-01T12:00:00Z", server: "voyager" }];
  expect(start().pvs.get("LastError")).toBe(
    "Paint was interrupted on 2026-03-01 06:00:00: the IOC ended while it worked on voyager; run it again.",
  );
});

describe("a memory that fails", () => {
  test("at the start is told", () => {
    underWay.problem = "The file is damaged.";
    expect(start().pvs.get("LastError")).toBe("The file is damaged.");
  });

  test("is told once, and keeps no command from running", async () => {
    const process = start();
    await process.tag();
    underWay.failure = Promise.reject(new UnavailableError("/state/under-way.json cannot be written: ENOSPC"));
    underWay.failure.catch(() => {});
    await process.start("Dirs");
    await process.end("Dirs");
    expect(process.state("Dirs")).toBe("Done");
    const told = process.pvs.writes.filter((write) => write.startsWith("LastError="));
    expect(told).toEqual([
      "LastError=/state/under-way.json cannot be written: ENOSPC: should the IOC be killed now, nobody is told of what it did.",
    ]);
  });

  test("in a way that nobody foresaw is told, too, and ends nothing", async () => {
    const process = start();
    await process.tag();
    underWay.failure = Promise.reject(new TypeError("commands is not iterable"));
    underWay.failure.catch(() => {});
    await process.start("Dirs");
    await process.end("Dirs");
    expect(process.state("Dirs")).toBe("Done");
    expect(process.pvs.get("LastError")).toMatch(/^commands is not iterable: should the IOC be killed now/);
  });

  test("by never answering holds a command up for two seconds alone", async () => {
    const process = start();
    await process.tag();
    underWay.failure = new Promise(() => {});
    await process.start("Dirs");
    expect(process.acting.has("Dirs")).toBe(false);
    await process.clock.advanceAsync(2);
    await vi.advanceTimersByTimeAsync(1);
    expect(process.acting.has("Dirs")).toBe(true);
    const stopping = process.stop(); // which waits no longer
    await vi.advanceTimersByTimeAsync(1);
    await process.clock.advanceAsync(2);
    await stopping;
  });
});
