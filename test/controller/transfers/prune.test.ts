import { describe, expect, test } from "vitest";
import { ActionError, CancelledError } from "../../../src/base/errors.ts";
import { AccessDeniedError, UnavailableError } from "../../../src/controller/ports/call.ts";
import type { Pruned } from "../../../src/controller/transfers/prune.ts";
import { type FakeQueueLedger, type FakeTree, RULES } from "../../support/fakes/fake-transfers.ts";
import { type Bench, started } from "./transfers-fixture.ts";

const DAY_SECONDS = 86_400;
const FOLDER = "/data/2026-03/whole";

interface Told {
  readonly sums: Pruned;
  readonly lines: readonly string[];
}

async function pruned(
  bench: Bench,
  how: { isPlan?: boolean; days?: number; signal?: AbortSignal } = {},
): Promise<Told> {
  const { running } = bench.transfers;
  if (running === undefined) throw new Error("no queue yet");
  const { isPlan = false, days = 14, signal = new AbortController().signal } = how;
  const lines: string[] = [];
  const onLine = (line: string): void => void lines.push(line);
  const sums = await running.prune({ days, isPlan, signal, onLine, onSums: () => {} });
  return { sums, lines };
}

const bytesIn = ({ files }: FakeTree): number => [...files.values()].reduce((sum, { bytes }) => sum + bytes, 0);

/** Two files and a folder of three, proven at both destinations 15 days ago. */
async function withProven(change: (bench: Bench) => void = () => {}): Promise<Bench> {
  const bench = await started((one) => {
    one.rules = { ...RULES, mayPrune: true };
    change(one);
  });
  for (const name of ["a", "b"]) bench.announce(bench.scan(name));
  for (const name of ["x.tif", "y.tif", "meta/z.txt"]) bench.source.tree.put(`${FOLDER}/${name}`, 500);
  bench.announce(FOLDER);
  await bench.pass(60);
  bench.clock.advance(15 * DAY_SECONDS);
  await bench.pass(0);
  for (const scan of ["/data/2026-03/a.h5", "/data/2026-03/b.h5", FOLDER])
    expect(bench.stateOf(scan)).toEqual({ archive: "verified", petrel: "verified" });
  return bench;
}

const freedIn = async (ledger: FakeQueueLedger): Promise<readonly unknown[]> =>
  (await ledger.read()).scans.map(({ freed }) => freed);

test("scans that are proven everywhere are deleted, which stands in the ledger, and are gone once", async () => {
  const bench = await withProven();
  bench.source.tree.put("/data/2026-03/other.txt", 7);
  const plan = await pruned(bench, { isPlan: true });
  expect(plan.sums).toEqual({ scans: 3, files: 5, bytes: 3500, kept: 0 });
  expect(bytesIn(bench.source.tree)).toBe(3507);
  expect(await freedIn(bench.ledger)).toEqual([undefined, undefined, undefined]);

  const { sums, lines } = await pruned(bench);
  expect(sums).toEqual(plan.sums);
  expect([...bench.source.tree.files.keys()]).toEqual(["/data/2026-03/other.txt"]);
  expect(lines[0]).toBe("/data/2026-03/a.h5: deleted, 1 file, 1000 bytes");
  expect(await freedIn(bench.ledger)).toMatchObject([
    { isWhole: true, files: 1, bytes: 1000 },
    { isWhole: true, files: 1, bytes: 1000 },
    { isWhole: true, files: 3, bytes: 1500 },
  ]);
  expect((await pruned(bench)).sums).toEqual({ scans: 0, files: 0, bytes: 0, kept: 0 });
  expect(bench.copier.found.files.size).toBe(5);
});

test("what was deleted is not sent, looked for, or taken for lost later", async () => {
  const bench = await withProven();
  await pruned(bench);
  await bench.stop();
  await bench.start();
  await bench.pass(30);
  const sums = await bench.transfers.running?.reconcile({
    isEnqueued: true,
    signal: new AbortController().signal,
    onLine: () => {},
    onProgress: () => {},
  });
  expect(sums).toMatchObject({ found: 0, missing: 0, queued: 0 });
  expect(bench.copier.copies).toBe(3);
});

/** Each keeps every file that it is about; how it comes about, and what is said. */
const KEPT: readonly {
  readonly name: string;
  readonly make: (bench: Bench) => Promise<void> | void;
  readonly says: RegExp;
}[] = [
  {
    name: "a destination that does not answer",
    make: ({ copier }) => void (copier.listFailure = new UnavailableError("The archive is away.")),
    says: /archive: The archive is away$/,
  },
  {
    name: "a Globus that does not answer",
    make: ({ tasks }) => void (tasks.down = new UnavailableError("Globus is away.")),
    says: /petrel: Globus is away$/,
  },
  {
    name: "files that a destination no longer has",
    make: ({ copier }) => copier.found.files.clear(),
    says: /archive: \d files? (is|are) not as sent/,
  },
  {
    name: "files that were skipped at one destination",
    make: ({ tasks }) => {
      for (const path of tasks.destination.files.keys())
        if (/[ab]\.h5|z\.txt/.test(path)) tasks.destination.files.delete(path);
    },
    says: /petrel: 1 file is not as sent: \S+ is missing$/,
  },
  {
    name: "files that are shorter at a destination",
    make: ({ tasks }) => {
      for (const [path, { modified }] of tasks.destination.files) tasks.destination.put(path, 1, modified);
    },
    says: /petrel: .*has 1 bytes instead of/,
  },
  {
    name: "a destination whose folders have another name now",
    make: ({ copier }) => {
      const all = [...copier.found.files];
      for (const [path, { bytes, modified }] of all) {
        copier.found.files.delete(path);
        copier.found.put(path.replace("2026-03", "2026-04"), bytes, modified);
      }
    },
    says: /archive: \d files? (is|are) not as sent/,
  },
  {
    name: "a destination that globus.conf has under another name",
    make: async (bench) => {
      await bench.stop();
      bench.destinations = bench.destinations.map((row) => (row.name === "archive" ? { ...row, name: "attic" } : row));
      await bench.start();
    },
    says: /there is no \[destination archive\] in globus\.conf any more$/,
  },
  {
    name: "a destination that came later",
    make: async (bench) => {
      await bench.stop();
      const tape = {
        name: "tape",
        kind: "copy",
        template: "{rel}",
        copier: bench.tape,
        writesManifest: false,
      } as const;
      bench.destinations = [...bench.destinations, tape];
      await bench.start();
    },
    says: /it was never sent to tape$/,
  },
  {
    name: "a destination at which it was given up",
    make: async (bench) => {
      await bench.stop();
      const { sends } = await bench.ledger.read();
      const petrel = sends.filter(({ destination }) => destination === "petrel");
      await bench.ledger.put(petrel.map((send) => ({ send: { ...send, state: "dropped" } })));
      await bench.start();
    },
    says: /it is not proven at petrel: dropped$/,
  },
  {
    name: "files that were written since they were sent",
    make: ({ source }) => {
      for (const [path, { bytes }] of source.tree.files) source.tree.put(path, bytes, 2000);
    },
    says: /its files have changed since it was sent$/,
  },
  {
    name: "a destination that is the source itself",
    make: ({ copier, source }) => {
      copier.list = ({ manifest, parts }) => {
        const folder = `/data/${parts.join("/")}`;
        const all = [...source.tree.files]
          .filter(([path]) => path.startsWith(`${folder}/`))
          .map(([path, one]) => ({ path: path.slice(folder.length + 1), ...one }));
        const isOurs = (path: string): boolean => manifest.files.some((file) => file.path === path);
        return Promise.resolve(manifest.isFolder ? all : all.filter(({ path }) => isOurs(path)));
      };
    },
    says: /archive: (it shows the source itself|1 file is not as sent: ".mark")/,
  },
  {
    name: "a file at a destination that is a file of the source",
    make: ({ copier }) => {
      const list = copier.list.bind(copier);
      copier.list = async (parcel) => {
        const files = await list(parcel);
        const isLast = (path: string): boolean => path === files.at(-1)?.path;
        const identityOf = (path: string): string =>
          `${isLast(path) ? "source" : "copy"} ${parcel.manifest.folder}/${path}`;
        return files.map((one) => ({ ...one, identity: identityOf(one.path) }));
      };
    },
    says: /archive: it shows the source itself: "\S+" is the same file$/,
  },
  {
    name: "a manifest that is lost",
    make: async ({ ledger }) => {
      for (const { id } of (await ledger.read()).scans) ledger.loseManifest(id);
    },
    says: /there are no files of/,
  },
  {
    name: "a source that does not answer",
    make: ({ source }) => void (source.failure = new UnavailableError("The detector is away.")),
    says: /the detector is away$/,
  },
  {
    name: "a link on the way, and whatever else the source refuses",
    make: ({ disk }) => void (disk.failure = new ActionError("The folder is a link.")),
    says: /the folder is a link$/,
  },
  {
    name: "files that belong to somebody else",
    make: ({ disk }) => void (disk.failure = new AccessDeniedError("The detector does not let us.")),
    says: /the detector does not let us$/,
  },
  {
    name: "a source that goes away before the first file",
    make: ({ disk }) => void (disk.failure = new UnavailableError("The detector went away.")),
    says: /the detector went away$/,
  },
  {
    name: "scans that are not that old",
    make: ({ clock }) => clock.advance(-14 * DAY_SECONDS),
    says: /^$/,
  },
];

describe("nothing is deleted because of", () => {
  test.each(KEPT)("$name", async ({ make, says }) => {
    const bench = await withProven();
    await make(bench);
    const before = bytesIn(bench.source.tree);
    const { sums, lines } = await pruned(bench);
    expect(bytesIn(bench.source.tree)).toBe(before);
    expect(before).toBe(3500);
    expect(sums).toMatchObject({ scans: 0, files: 0, bytes: 0 });
    expect(await freedIn(bench.ledger)).toEqual([undefined, undefined, undefined]);
    for (const line of lines) expect(line).toMatch(says);
    expect(lines).toHaveLength(says.source === "^$" ? 0 : 3);
  });

  test("a setting that does not allow it", async () => {
    const bench = await withProven((one) => {
      one.rules = RULES;
    });
    await expect(pruned(bench)).rejects.toThrow("set allow-prune = True in the [source] section");
    expect(bytesIn(bench.source.tree)).toBe(3500);
    expect((await pruned(bench, { isPlan: true })).sums.scans).toBe(3);
  });

  test("a dry run", async () => {
    const bench = await withProven();
    bench.transfers.hold({ isPaused: false, isDry: true });
    await expect(pruned(bench)).rejects.toThrow("Testing is Yes: nothing is deleted");
    expect(bytesIn(bench.source.tree)).toBe(3500);
  });

  test("a ledger that takes nothing", async () => {
    const bench = await withProven();
    bench.ledger.failure = new ActionError("The disk is full.");
    await expect(pruned(bench)).rejects.toThrow("The disk is full.");
    bench.ledger.failure = undefined;
    expect(bytesIn(bench.source.tree)).toBe(3500);
  });

  test("a version that is written while it waits, and a scan inside of it that is not proven", async () => {
    const bench = await withProven();
    bench.copier.failure = new UnavailableError("down");
    bench.announce(bench.scan("a", 2000));
    bench.source.tree.put(`${FOLDER}/late.h5`, 10);
    bench.announce(`${FOLDER}/late.h5`);
    await bench.pass(3);
    const { sums, lines } = await pruned(bench);
    expect(sums).toMatchObject({ scans: 1, bytes: 1000 });
    expect(bench.source.tree.files.has("/data/2026-03/b.h5")).toBe(false);
    expect(lines).toEqual([
      "/data/2026-03/a.h5: kept, it was written again",
      `${FOLDER}: kept, a scan that is not proven lies in its folder`,
      "/data/2026-03/b.h5: deleted, 1 file, 1000 bytes",
    ]);
    expect(bytesIn(bench.source.tree)).toBe(3510);
  });
});

test("a folder inside of a scan that is at a destination, by a mount, the source's own keeps the scan", async () => {
  const bench = await withProven();
  const list = bench.copier.list.bind(bench.copier);
  const below = "meta/";
  bench.copier.list = async (parcel) => {
    const found = (await list(parcel)).filter(({ path }) => !path.startsWith(below));
    if (!parcel.manifest.isFolder) return found;
    const source = [...bench.source.tree.files].map(([path, one]) => ({ path: path.slice(FOLDER.length + 1), ...one }));
    return [...found, ...source.filter(({ path }) => path.startsWith(below))];
  };
  expect((await pruned(bench)).lines.at(-1)).toMatch(/whole: kept, archive: it shows the source itself/);
  expect([...bench.source.tree.files.keys()].sort()).toEqual(
    ["meta/z.txt", "x.tif", "y.tif"].map((path) => `${FOLDER}/${path}`),
  );
});

test("a scan that two triggers sent to a destination each is looked at in both", async () => {
  const bench = await started((one) => {
    one.rules = { ...RULES, mayPrune: true };
  });
  const [file, content] = [bench.scan("a"), "as seen"];
  bench.announce(file, { destinations: ["archive"], content });
  await bench.pass(60);
  bench.announce(file, { destinations: ["petrel"], content, trigger: "other" });
  await bench.pass(60);
  expect(bench.stateOf(file)).toEqual({ archive: "verified", petrel: "verified" });
  bench.tasks.destination.files.clear();
  bench.clock.advance(15 * DAY_SECONDS);
  await bench.pass(0);
  expect((await pruned(bench)).lines).toEqual([`${file}: kept, petrel: 1 file is not as sent: "a.h5" is missing`]);
  expect(bytesIn(bench.source.tree)).toBe(1000);
});

test("an older ledger's scan is looked at wherever it was sent", async () => {
  const bench = await withProven();
  await bench.stop();
  const { scans } = await bench.ledger.read();
  await bench.ledger.put(scans.map((scan) => ({ scan: { ...scan, destinations: ["archive"] } })));
  await bench.start();
  bench.tasks.destination.files.clear();
  expect((await pruned(bench)).sums).toEqual({ scans: 0, files: 0, bytes: 0, kept: 3 });
  expect(bytesIn(bench.source.tree)).toBe(3500);
});

test("a scan of which the ledger has a new version or a further send by the time it is looked at is kept", async () => {
  const bench = await withProven();
  const list = bench.tasks.list.bind(bench.tasks);
  let isOver = false;
  bench.tasks.list = async (...asked) => {
    if (!isOver) bench.announce("/data/2026-03/a.h5");
    isOver = true;
    await bench.pass(0);
    return await list(...asked);
  };
  expect((await pruned(bench)).lines[0]).toBe(
    "/data/2026-03/a.h5: kept, it is another in the ledger than a moment ago",
  );
  expect(bench.source.tree.files.has("/data/2026-03/a.h5")).toBe(true);
});

test("a scan is as old as its newest file, whenever it was seen", async () => {
  const bench = await started((one) => {
    one.rules = { ...RULES, mayPrune: true };
  });
  const file = bench.scan("late");
  bench.source.tree.put(file, 1000, bench.clock.now() + 10 * DAY_SECONDS * 1000);
  bench.announce(file);
  await bench.pass(60);
  bench.clock.advance(15 * DAY_SECONDS);
  await bench.pass(0);
  expect((await pruned(bench)).lines).toEqual([`${file}: kept, its files are not that old`]);
  expect(bytesIn(bench.source.tree)).toBe(1000);
});

test("a file that several scans may share stays until all of them are proven", async () => {
  const bench = await started((one) => {
    one.rules = { ...RULES, mayPrune: true };
    const look = one.source.look.bind(one.source);
    one.source.look = async (path) => {
      const found = await look(path);
      return { ...found, files: [{ path: "baa.h5", bytes: 70, modified: 1000 }, ...found.files] };
    };
  });
  bench.source.tree.put("/data/2026-03/baa.h5", 70);
  bench.announce(bench.scan("a"));
  await bench.pass(60);
  bench.copier.failure = new UnavailableError("down");
  bench.announce(bench.scan("b"));
  await bench.pass(20);
  bench.clock.advance(15 * DAY_SECONDS);
  await bench.pass(0);
  const before = bytesIn(bench.source.tree);
  expect((await pruned(bench)).lines).toEqual([
    expect.stringMatching(/b\.h5: kept, it is not proven at archive: /),
    "/data/2026-03/a.h5: kept, it shares files with /data/2026-03/b.h5, which is not proven wherever it goes",
  ]);
  expect(bytesIn(bench.source.tree)).toBe(before);
});

const SHARED = ["c.config", "c.h5", "c.hdf"].map((name) => `/data/2026-03/${name}`);

/** c.h5, proven everywhere 15 days ago, and `change`, which announces c.hdf: `{stem}.config` belongs to both. */
async function withShared(change: (bench: Bench, hdf: string) => Promise<void>): Promise<Bench> {
  const bench = await started((one) => {
    one.rules = { ...RULES, mayPrune: true };
  });
  const [config = "", h5 = "", hdf = ""] = SHARED;
  for (const path of [config, h5, hdf]) bench.source.tree.put(path, 100);
  bench.announce(h5);
  await bench.pass(60);
  await change(bench, hdf);
  bench.clock.advance(15 * DAY_SECONDS);
  await bench.pass(0);
  expect(bench.stateOf(h5)).toEqual({ archive: "verified", petrel: "verified" });
  return bench;
}

const lineOf = (told: Told, scan = "c.h5"): string | undefined =>
  told.lines.find((line) => line.startsWith(`/data/2026-03/${scan}:`));

test.each<readonly [string, (bench: Bench, hdf: string) => Promise<void>]>([
  [
    "failed at one of its destinations",
    async (bench, hdf) => {
      bench.copier.failure = new ActionError("A folder is in the way.");
      bench.announce(hdf);
      await bench.pass(60);
    },
  ],
  [
    "was given up at one of its destinations",
    async (bench, hdf) => {
      bench.announce(hdf);
      await bench.pass(60);
      await bench.stop();
      const { sends } = await bench.ledger.read();
      const last = sends.filter(({ destination }) => destination === "petrel").slice(-1);
      await bench.ledger.put(last.map((send) => ({ send: { ...send, state: "dropped" } })));
      await bench.start();
    },
  ],
  [
    "waits for its source",
    async (bench, hdf) => {
      bench.announce(hdf);
      await bench.pass(0);
    },
  ],
])("a file of two scans with one stem stays while the other one %s", async (_, change) => {
  const bench = await withShared(change);
  const told = await pruned(bench);
  expect(lineOf(told)).toBe(
    "/data/2026-03/c.h5: kept, it shares files with /data/2026-03/c.hdf, which is not proven wherever it goes",
  );
  expect([...bench.source.tree.files.keys()].sort()).toEqual(SHARED);
});

test("a scan of which nobody can say what belongs to it keeps those beside it, and one elsewhere does not", async () => {
  const bench = await withShared(async (one, hdf) => {
    one.source.tree.put("/data/2026-04/d.h5", 100);
    one.announce("/data/2026-04/d.h5");
    await one.pass(60);
    one.copier.failure = new ActionError("A folder is in the way.");
    one.announce(hdf);
    await one.pass(60);
  });
  const hdf = bench.transfers.running?.road.queue.ofFile(SHARED[2] ?? "").at(-1)?.scan;
  bench.ledger.loseManifest(hdf?.id ?? "");
  const look = bench.source.look.bind(bench.source);
  bench.source.look = async (path) => {
    if (path === hdf?.file) throw new AccessDeniedError("The detector does not let us.");
    return await look(path);
  };
  const told = await pruned(bench);
  expect(told.sums).toMatchObject({ scans: 1, files: 1, bytes: 100 });
  expect(lineOf(told)).toBe(
    "/data/2026-03/c.h5: kept, nobody can say whether it shares files with /data/2026-03/c.hdf, which is not proven: the detector does not let us",
  );
  expect([...bench.source.tree.files.keys()].sort()).toEqual(SHARED);
});

test.each<readonly [string, (bench: Bench, hdf: string) => Promise<void>]>([
  [
    "is proven, too",
    async (bench, hdf) => {
      bench.announce(hdf);
      await bench.pass(60);
    },
  ],
  [
    "is proven in its newest version",
    async (bench, hdf) => {
      bench.announce(hdf);
      await bench.pass(60);
      bench.source.tree.put(hdf, 110);
      bench.announce(hdf);
      await bench.pass(60);
      expect(bench.transfers.running?.road.queue.ofFile(hdf)).toHaveLength(2);
    },
  ],
  [
    "was deleted, and is wanted nowhere any more",
    async (bench, hdf) => {
      bench.announce(hdf);
      await bench.pass(60);
      await bench.stop();
      const freed = { at: bench.clock.now(), isWhole: true, files: 1, bytes: 100 };
      const { scans, sends } = await bench.ledger.read();
      const petrel = sends.filter(({ destination }) => destination === "petrel").slice(-1);
      await bench.ledger.put(scans.slice(-1).map((scan) => ({ scan: { ...scan, freed } })));
      await bench.ledger.put(petrel.map((send) => ({ send: { ...send, state: "dropped" } })));
      await bench.start();
    },
  ],
])("a scan goes with a file that another one shares, which %s", async (_, change) => {
  const bench = await withShared(change);
  expect(lineOf(await pruned(bench))).toBe("/data/2026-03/c.h5: deleted, 2 files, 200 bytes");
});

test("scans are kept whose files lie in one another's folders, and one is not proven", async () => {
  const [outer, file, folder] = ["/data/2026-03/e.h5", "/data/2026-03/e_more/f.h5", "/data/2026-03/e_more"];
  for (const [proven, other] of [
    [outer, file],
    [file, outer],
    [outer, folder],
  ] as const) {
    const bench = await started((one) => {
      one.rules = { ...RULES, mayPrune: true };
    });
    for (const path of [outer, file]) bench.source.tree.put(path, 100);
    bench.announce(proven);
    await bench.pass(60);
    bench.copier.failure = new ActionError("A folder is in the way.");
    bench.announce(other);
    await bench.pass(60);
    bench.clock.advance(15 * DAY_SECONDS);
    await bench.pass(0);
    expect((await pruned(bench)).lines).toContain(
      `${proven}: kept, it shares files with ${other}, which is not proven wherever it goes`,
    );
    expect(bench.source.tree.files.size).toBe(2);
  }
});

test("a scan in the folder of one that is looked at, announced meanwhile, keeps that", async () => {
  const bench = await withProven();
  const list = bench.tasks.list.bind(bench.tasks);
  bench.tasks.list = async (...asked) => {
    const late = `${FOLDER}/x.tif`;
    if (bench.transfers.running?.road.queue.ofFile(late).length === 0) bench.announce(late);
    await bench.pass(0);
    return await list(...asked);
  };
  expect((await pruned(bench)).lines.find((line) => line.startsWith(FOLDER))).toBe(
    `${FOLDER}: kept, it shares files with ${FOLDER}/x.tif, which is not proven wherever it goes`,
  );
});

test("a file that is written in the middle of a deletion ends it, and the ledger says what is gone", async () => {
  const bench = await withProven();
  bench.disk.beforeFile = (path) => {
    if (path.endsWith("y.tif")) bench.source.tree.put(path, 600, 5000);
  };
  const { sums, lines } = await pruned(bench);
  expect(sums).toEqual({ scans: 2, files: 3, bytes: 2500, kept: 1 });
  expect([...bench.source.tree.files.keys()]).not.toContain(`${FOLDER}/x.tif`);
  expect(bench.source.tree.files.get(`${FOLDER}/y.tif`)?.bytes).toBe(600);
  expect((await freedIn(bench.ledger)).at(-1)).toMatchObject({ isWhole: false, files: 1, bytes: 500 });
  expect(lines.at(-1)).toMatch(/deleted in part, 1 file, 500 bytes\. y\.tif was written meanwhile\.$/);
  bench.disk.beforeFile = () => {};
  expect((await pruned(bench)).lines).toEqual([`${FOLDER}: kept, "y.tif" is not as it was sent`]);
  expect(bench.source.tree.files.get(`${FOLDER}/y.tif`)?.bytes).toBe(600);
});

test("a kill in the middle leaves the truth in the ledger, and the next one goes on", async () => {
  const bench = await withProven();
  let left = 2;
  bench.disk.beforeFile = () => {
    if (left-- === 0) throw new UnavailableError("The process was ended.", { mayHaveHappened: true });
  };
  await pruned(bench);
  expect(await freedIn(bench.ledger)).toMatchObject([
    { isWhole: true },
    { isWhole: true },
    { isWhole: false, files: 0 },
  ]);
  await bench.stop();
  await bench.start();
  bench.disk.beforeFile = () => {};
  bench.source.tree.files.delete(`${FOLDER}/x.tif`);
  expect((await pruned(bench)).sums).toEqual({ scans: 1, files: 2, bytes: 1000, kept: 0 });
  expect(bench.source.tree.files.size).toBe(0);
  expect((await freedIn(bench.ledger)).at(-1)).toMatchObject({ isWhole: true, files: 3, bytes: 1500 });
});

test("what was deleted in part is looked for by Reconcile, and kept when a destination, or what is left, is another", async () => {
  const bench = await withProven();
  bench.disk.beforeFile = (path) => {
    if (path.endsWith("y.tif")) bench.source.tree.put(path, 600, 5000);
  };
  await pruned(bench);
  bench.disk.beforeFile = () => {};
  bench.source.tree.put(`${FOLDER}/y.tif`, 500);
  const reconciled = async (): Promise<readonly [unknown, readonly string[]]> => {
    const lines: string[] = [];
    const { signal } = new AbortController();
    const onLine = (line: string): void => void lines.push(line);
    const more = { isEnqueued: true, onProgress: () => {} };
    const sums = await bench.transfers.running?.reconcile({ ...more, signal, onLine });
    return [sums, lines];
  };
  expect(await reconciled()).toMatchObject([{ found: 1, proven: 1, queued: 0 }, []]);
  bench.source.tree.put(`${FOLDER}/late.tif`, 7);
  expect((await pruned(bench)).lines).toEqual([`${FOLDER}: kept, "late.tif" is not as it was sent`]);
  bench.source.tree.files.delete(`${FOLDER}/late.tif`);
  bench.tasks.destination.files.clear();
  const [sums, lines] = await reconciled();
  expect(sums).toMatchObject({ found: 1, missing: 1, queued: 0 });
  expect(lines[0]).toMatch(/whole: Prune has deleted some of its files; petrel: 3 files are not as sent/);
  expect((await pruned(bench)).lines[0]).toMatch(/whole: kept, petrel: 3 files are not as sent/);
});

test("what a deletion left is no new version, whoever announces it, and the next one goes on with it", async () => {
  const bench = await withProven();
  bench.disk.beforeFile = (path) => {
    if (path.endsWith("y.tif")) bench.source.tree.put(path, 600, 5000);
  };
  await pruned(bench);
  bench.disk.beforeFile = () => {};
  bench.source.tree.put(`${FOLDER}/y.tif`, 500);
  const { copies } = bench.copier;
  for (const told of [{ content: "the rest" }, { mayBeOld: true } as const, {}]) {
    bench.announce(FOLDER, told);
    await bench.pass(60);
  }
  const versions = (): readonly unknown[] => bench.transfers.running?.road.queue.ofFile(FOLDER) ?? [];
  expect(versions()).toHaveLength(1);
  expect(bench.copier.copies).toBe(copies);
  expect(bench.said.at(-1)).toBe(
    "NO_ALARM whole is not sent again: it is proven, and Prune has deleted some of its files.",
  );
  await bench.stop();
  await bench.start();
  const { looks } = bench.source;
  bench.announce(FOLDER, { content: "the rest" });
  await bench.pass(60);
  expect(bench.source.looks).toBe(looks);
  expect((await pruned(bench)).sums).toEqual({ scans: 1, files: 2, bytes: 1000, kept: 0 });

  bench.source.tree.put(`${FOLDER}/x.tif`, 500);
  bench.announce(FOLDER);
  await bench.pass(60);
  expect(versions()).toHaveLength(2);
});

test("Testing that is set while it deletes ends it before the next scan, and one that is looked at is kept", async () => {
  for (const at of ["deletion", "look"]) {
    const bench = await withProven();
    const hold = (): void => bench.transfers.hold({ isPaused: false, isDry: true });
    if (at === "deletion") bench.disk.beforeFile = hold;
    else {
      const list = bench.copier.list.bind(bench.copier);
      bench.copier.list = (parcel) => {
        hold();
        return list(parcel);
      };
    }
    const [gone, bytes] =
      at === "deletion" ? ["1 scan was deleted (1 file, 1000 bytes)", 2500] : ["0 scans were", 3500];
    await expect(pruned(bench)).rejects.toThrow(`Ended, since Testing is Yes: ${gone}`);
    expect(bytesIn(bench.source.tree)).toBe(bytes);
    await expect(pruned(bench)).rejects.toThrow("Testing is Yes: nothing is deleted; set it to No.");
  }
});

test("a cancellation ends it between two scans, and says what was deleted", async () => {
  const bench = await withProven();
  const abort = new AbortController();
  bench.disk.beforeFile = () => abort.abort(new CancelledError("Aborted."));
  await expect(pruned(bench, { signal: abort.signal })).rejects.toThrow(
    "Aborted. 1 scan was deleted (1 file, 1000 bytes), and 0 kept.",
  );
  expect(bytesIn(bench.source.tree)).toBe(2500);
});
