import * as fs from "node:fs";
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { CancelledError } from "../../src/base/errors.ts";
import type { SeenScan, Sweep, TreeNews, TreeToWatch } from "../../src/controller/ports/scan-tree.ts";
import { createScanTrees, type ScanTreesOptions } from "../../src/services/tree/watch-tree.ts";
import { lacksDescriptors, openDescriptors } from "../support/descriptors.ts";
import { needPeers, ROOT } from "../support/peers/real-peers.ts";
import { mountSilently } from "../support/silent-mount.ts";

const PROGRAM = join(ROOT, "dist/services/tree/tree-program.js");
const RAW = "ue_251023_FXL/rawData";
const SCAN = `${RAW}/251023_bg_00001_DIR`;

const endings: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (let end = endings.pop(); end !== undefined; end = endings.pop()) await end();
});

/** A folder of its own, with files in it. */
function tree(...paths: string[]) {
  const root = mkdtempSync(join(tmpdir(), "tree-"));
  endings.push(() => rmSync(root, { recursive: true, force: true }));
  const put = (path: string, text = "x"): string => {
    const at = join(root, path);
    mkdirSync(dirname(at), { recursive: true });
    writeFileSync(at, text);
    return at;
  };
  for (const path of paths) put(path);
  return { root, put, at: (path: string) => join(root, path) };
}

const LAYOUT = {
  pattern: "{exp:ue_*|ms_*}/rawData/{scan:*_DIR}",
  exclude: ["scratch/"],
  markers: [".done", ".complete"],
  counted: ["*.h5"],
  restSeconds: [0.3],
};

interface Watching {
  readonly news: TreeNews[];
  readonly pids: number[];
  /** The first news, from the call on, that `find` finds something in. */
  next<T>(find: (news: TreeNews) => T | undefined): Promise<T>;
  stop(): Promise<void>;
}

function watching(root: string, asked: Partial<TreeToWatch> = {}, options: Partial<ScanTreesOptions> = {}): Watching {
  const news: TreeNews[] = [];
  const pids: number[] = [];
  const listeners = new Set<(news: TreeNews) => void>();
  const stopped = new AbortController();
  const trees = createScanTrees({
    clock: systemClock,
    program: PROGRAM,
    againSeconds: 0.05,
    onProcess: (pid) => pids.push(pid ?? 0),
    ...options,
  });
  const ended = trees.watch(
    { root, layouts: [LAYOUT], periodSeconds: 0.2, ...asked },
    (one) => {
      news.push(one);
      for (const listener of listeners) listener(one);
    },
    stopped.signal,
  );
  const stop = async (): Promise<void> => {
    stopped.abort(new CancelledError("The test is over."));
    await ended.catch(() => undefined);
  };
  endings.push(stop);
  const next = <T>(find: (news: TreeNews) => T | undefined): Promise<T> =>
    Promise.race([
      ended,
      new Promise<T>((resolve) => {
        const listener = (one: TreeNews): void => {
          const found = find(one);
          if (found === undefined) return;
          listeners.delete(listener);
          resolve(found);
        };
        listeners.add(listener);
      }),
    ]);
  return { news, pids, next, stop };
}

const sweep = (news: TreeNews): Sweep | undefined => (news.kind === "sweep" ? news.sweep : undefined);
const scan = (news: TreeNews): SeenScan | undefined => (news.kind === "scan" ? news.scan : undefined);
const marked = (path: string) => (news: TreeNews) =>
  scan(news)?.marks.some((mark) => mark.path === path) === true ? scan(news) : undefined;
const rested = (news: TreeNews) => ((scan(news)?.restedSeconds ?? 0) > 0 ? scan(news) : undefined);
/** Two whole sweeps from now on, of which the second began after the call. */
async function swept(watch: Watching): Promise<Sweep> {
  await watch.next(sweep);
  return watch.next(sweep);
}

describe("a scan", () => {
  test("that was there before the watch is told with its experiment, files, bytes and markers", async () => {
    const { root, at } = tree(`${SCAN}/detector1/a.h5`, `${SCAN}/a.log`, `${SCAN}/.done`, "ue_1/dat/x_DIR/a.h5");
    const seen = await watching(root).next(scan);
    expect(seen).toMatchObject({
      path: at(SCAN),
      fields: { exp: "ue_251023_FXL", scan: "251023_bg_00001_DIR" },
      files: 2,
      bytes: 2,
      counts: [1],
      restedSeconds: 0,
    });
    expect(seen.marks.map(({ path }) => path)).toEqual([at(`${SCAN}/.done`)]);
  });

  test.each([
    ["with notifications", undefined],
    ["without notifications", 0],
  ])(
    "%s is told when its marker is created, moved in, touched, or lies in a new sub-folder: weakness 3, weakness 4",
    async (_, mostNotified) => {
      const { root, put, at } = tree(`${SCAN}/a.h5`);
      const watch = watching(root, { ...(mostNotified !== undefined && { mostNotified }) });
      await watch.next(sweep);
      for (const name of [".done", "detector1/x.done"]) {
        const created = watch.next(marked(at(`${SCAN}/${name}`)));
        put(`${SCAN}/${name}`);
        await created;
      }
      const moved = watch.next(marked(at(`${SCAN}/b.complete`)));
      renameSync(put(`${SCAN}/b.tmp`), at(`${SCAN}/b.complete`));
      await moved;
      const touched = watch.next((news) =>
        scan(news)?.marks.some(({ path, modified }) => path === at(`${SCAN}/.done`) && modified === 5000),
      );
      utimesSync(at(`${SCAN}/.done`), 5, 5);
      await touched;
    },
  );

  test("whose folder is moved in whole is told", async () => {
    const { root, put, at } = tree(`${SCAN}/a.h5`);
    const watch = watching(root);
    await watch.next(sweep);
    const there = watch.next((news) => (scan(news)?.path === at(`${RAW}/new_00002_DIR`) ? scan(news) : undefined));
    renameSync(dirname(put("aside/a.h5")), at(`${RAW}/new_00002_DIR`));
    expect(await there).toMatchObject({ files: 1 });
  });

  test("rests only once a growing file has stopped to grow", async () => {
    const { root, at } = tree(`${SCAN}/a.h5`);
    const watch = watching(root, { mostNotified: 0 });
    const first = await watch.next(scan);
    fs.appendFileSync(at(`${SCAN}/a.h5`), "more");
    const still = await watch.next(rested);
    expect(still.bytes).toBe(5);
    expect(still.content).not.toBe(first.content);
    const told = watch.news.filter((news) => scan(news)?.restedSeconds === 0);
    expect(told.length).toBeGreaterThan(1);
  });

  test("that is a file is told with markers beside it, and rests by itself", async () => {
    const { root, put, at } = tree("2026-03/exp/a_001.h5", "2026-03/exp/a_002.h5", "2026-03/exp/notes.txt");
    const layout = { ...LAYOUT, pattern: "{ym}/{exp}/{file:*.h5}" };
    const watch = watching(root, { layouts: [layout] });
    await watch.next(sweep);
    expect(watch.news.flatMap((news) => scan(news)?.path ?? []).sort()).toEqual([
      at("2026-03/exp/a_001.h5"),
      at("2026-03/exp/a_002.h5"),
    ]);
    for (const marker of ["a_001.h5.done", "a_002.done"]) {
      const seen = watch.next(marked(at(`2026-03/exp/${marker}`)));
      put(`2026-03/exp/${marker}`);
      expect((await seen).path).toBe(at(`2026-03/exp/${marker.slice(0, 5)}.h5`));
    }
    await watch.next(rested);
  });

  test("that vanishes is told as gone, and so is one whose experiment vanishes", async () => {
    const { root, at } = tree(`${SCAN}/a/b/c.h5`, "ms_1/rawData/x_DIR/a.h5");
    const watch = watching(root);
    await watch.next(sweep);
    const gone = (path: string) =>
      watch.next((news) => (news.kind === "gone" && news.path === at(path) ? true : undefined));
    const both = [gone(SCAN), gone("ms_1/rawData/x_DIR")];
    rmSync(at(SCAN), { recursive: true });
    renameSync(at("ms_1"), at("elsewhere"));
    await Promise.all(both);
    expect((await swept(watch)).scans).toBe(0);
  });
});

test("a marker outside of every scan is told once, as lying in none", async () => {
  const { root, put, at } = tree(`${SCAN}/a.h5`, `${RAW}/.done`);
  const watch = watching(root);
  await swept(watch);
  const stray = watch.next((news) => (news.kind === "stray" ? news.mark.path : undefined));
  put("ue_251023_FXL/.complete", ""); // with a text it could be seen before its text, with another time
  expect(await stray).toBe(at("ue_251023_FXL/.complete"));
  put(`${RAW}/251023_bg_00002_DIR/a.h5`);
  await swept(watch);
  expect(watch.news.flatMap((news) => (news.kind === "stray" ? news.mark.path : []))).toEqual([
    at(`${RAW}/.done`),
    at("ue_251023_FXL/.complete"),
  ]);
  expect(watch.news.flatMap((news) => scan(news)?.marks ?? [])).toEqual([]);
});

test("a tree that goes away and comes back as it was has its scans again", async () => {
  const { root, at } = tree(`${SCAN}/a/b/c.h5`, "ms_1/rawData/x_DIR/a.h5");
  endings.push(() => rmSync(`${root}.away`, { recursive: true, force: true }));
  utimesSync(root, 1000, 1000);
  for (const path of ["ms_1", "ms_1/rawData", RAW, SCAN]) utimesSync(at(path), 1000, 1000);
  const [watch, notified] = [watching(root, { mostNotified: 0 }), watching(root)];
  for (let sweeps = 0; sweeps < 20; sweeps++) await watch.next(sweep); // until the times are believed
  const gone = (path: string) =>
    watch.next((news) => (news.kind === "gone" && news.path === at(path) ? true : undefined));
  const lost = gone(SCAN);
  renameSync(root, `${root}.away`);
  await lost;
  for (const one of [watch, notified]) {
    const { examples } = await swept(one);
    expect(examples).toEqual([
      expect.stringMatching(/^The watched directory cannot be looked at: .*; is it mounted\?$/),
    ]);
  }
  const back = watch.next((news) => (scan(news)?.path === at(SCAN) ? true : undefined));
  renameSync(`${root}.away`, root);
  await back;
  expect((await swept(watch)).scans).toBe(2);
});

test("a scan whose folder alone goes away and comes back is there again, though its parent's time stands still", async () => {
  const { root, at } = tree(`${SCAN}/a.h5`, "scan/live_00007_DIR/b.h5");
  const [real, link] = [at("scan/live_00007_DIR"), at(`${RAW}/live_00007_DIR`)];
  symlinkSync(real, link);
  utimesSync(at(RAW), 1000, 1000);
  const watch = watching(root, { mostNotified: 0, readAgainSweeps: 100_000 });
  for (let sweeps = 0; sweeps < 20; sweeps++) await watch.next(sweep); // until the times are believed
  const lost = watch.next((news) => (news.kind === "gone" && news.path === link ? true : undefined));
  renameSync(real, `${real}.away`);
  utimesSync(at("scan"), 1000, 1000);
  await lost;
  const back = watch.next((news) => (scan(news)?.path === link ? true : undefined));
  renameSync(`${real}.away`, real);
  await back;
});

test("what vanishes while it is swept, again and again, leaves the watch right", async () => {
  const { root, put, at } = tree(`${SCAN}/a.h5`);
  const watch = watching(root, { periodSeconds: 0.01 });
  await watch.next(sweep);
  for (let round = 0; round < 100; round++) {
    for (let child = 0; child < 5; child++) put(`${RAW}/r${round}_DIR/d${child}/a.h5`);
    await new Promise<void>((resolve) => setImmediate(resolve));
    rmSync(at(`${RAW}/r${round}_DIR`), { recursive: true });
  }
  // Sweeps of before may be on their way yet
  const end = watch.next((news) => (scan(news)?.path === at(`${RAW}/end_DIR`) ? true : undefined));
  put(`${RAW}/end_DIR/a.h5`);
  await end;
  const last = await swept(watch);
  expect(last).toMatchObject({ scans: 2, files: 2, folders: 5, problems: 0 });
});

test("a change that a folder's time does not show is found when the folder is read again", async () => {
  const { root, put, at } = tree(`${SCAN}/a.h5`, `${SCAN}/detector1/a.h5`);
  const hide = (folder: string, change: () => void): void => {
    const { atime, mtime } = fs.statSync(at(folder));
    change();
    utimesSync(at(folder), atime, mtime);
  };
  for (const folder of [RAW, SCAN, `${SCAN}/detector1`]) utimesSync(at(folder), 5, 5);
  const watch = watching(root, { mostNotified: 0, readAgainSweeps: 4 });
  // Longer than times have to stand still
  for (let sweeps = 0; sweeps < 16; sweeps++) await watch.next(sweep);
  const found = watch.next((news) => (scan(news)?.path === at(`${RAW}/new_00002_DIR`) ? true : undefined));
  hide(RAW, () => put(`${RAW}/new_00002_DIR/a.h5`));
  await found;
  const more = watch.next((news) => (scan(news)?.files === 3 ? true : undefined));
  hide(`${SCAN}/detector1`, () => put(`${SCAN}/detector1/b.h5`));
  await more;
});

test("links are followed, but neither in circles, nor out of the tree, nor to what is seen without them", async () => {
  const outside = tree("x_DIR/a.h5");
  const { root, at, put } = tree(`${SCAN}/a.h5`, "scan/live_00007_DIR/b.h5", "scan/detector/c.h5");
  symlinkSync(at("scan/live_00007_DIR"), at(`${RAW}/live_00007_DIR`));
  symlinkSync(at("scan/detector"), at(`${SCAN}/detector2`));
  symlinkSync(put("scan/d.h5", "long"), at(`${SCAN}/d.h5`));
  symlinkSync(outside.at("x_DIR"), at(`${RAW}/x_DIR`));
  symlinkSync(at(RAW), at(`${SCAN}/circle`));
  symlinkSync("nowhere", at(`${RAW}/broken_DIR`));
  symlinkSync(at(SCAN), at(`${RAW}/latest_DIR`));
  symlinkSync(at("ue_251023_FXL"), at("ue_current"));
  for (const other of [`${RAW}/readme`, "scratch", "ue_251023_FXL/scratch", "passing"])
    symlinkSync("nowhere", at(other));
  const watch = watching(root);
  const found = await watch.next(sweep);
  expect(found).toMatchObject({ scans: 2, files: 4, problems: 2 });
  const text = found.examples.join("\n");
  expect(text).toContain(`"x_DIR", which leads to ${JSON.stringify(outside.at("x_DIR"))}, outside of the watched`);
  expect(text).toContain('"circle", which leads in a circle; it is not followed: remove it.');
  expect(text).toContain('"broken_DIR", which leads nowhere');
  for (const word of ["readme", "scratch", "passing", "latest", "current"]) expect(text).not.toContain(word);
  const seen = watch.news.flatMap((news) => scan(news) ?? []);
  expect([...new Set(seen.map(({ path }) => path))].sort()).toEqual([at(SCAN), at(`${RAW}/live_00007_DIR`)].sort());
  expect(seen.find(({ path }) => path === at(SCAN))).toMatchObject({ files: 3, bytes: 6, counts: [3] });
});

test("what is excluded is no scan and leads to none; in a scan it is looked at, but not counted", async () => {
  const { root, put, at } = tree(`${SCAN}/a.h5`, `${SCAN}/a.h5.tmp`, `${SCAN}/scratch/b.h5`, `${RAW}/old_DIR/a.h5`);
  put("ue_251023_FXL/scratch/x_DIR/a.h5");
  const layout = { ...LAYOUT, exclude: ["scratch/", "*.tmp", "old*"], counted: ["*"] };
  const watch = watching(root, { layouts: [layout] });
  const seen = await watch.next(scan);
  expect(seen).toMatchObject({ path: at(SCAN), files: 3, bytes: 3, counts: [1] });
  const grown = watch.next((news) => (scan(news)?.bytes === 6 ? scan(news) : undefined));
  put(`${SCAN}/a.h5.tmp`, "more");
  expect(await grown).toMatchObject({ path: at(SCAN), counts: [1] });
  const marks = watch.next(marked(at(`${SCAN}/scratch/.done`)));
  put(`${SCAN}/scratch/.done`);
  await marks;
  expect((await swept(watch)).scans).toBe(1);
});

test("a scan that is a link: what is put behind the link is news of the scan, with its markers", async () => {
  const { root, at, put } = tree("ue_1/rawData/keep", "scan/live_00007_DIR/b.h5");
  const link = at("ue_1/rawData/live_00007_DIR");
  symlinkSync(at("scan/live_00007_DIR"), link);
  const watch = watching(root);
  await watch.next((news) => (scan(news)?.path === link ? true : undefined));
  const marks = watch.next(marked(join(link, ".done")));
  put("scan/live_00007_DIR/.done");
  expect(await marks).toMatchObject({ path: link, files: 1, fields: { exp: "ue_1", scan: "live_00007_DIR" } });
});

test("a scan that is a link to a file is at rest when that file is", async () => {
  const { root, at, put } = tree("raw/a.h5.part", "ue_1/keep");
  symlinkSync(at("raw/a.h5.part"), at("ue_1/a.h5"));
  const watch = watching(root, { layouts: [{ ...LAYOUT, pattern: "{exp:ue_*}/{file:*.h5}" }] });
  await watch.next(scan);
  const grown = watch.next((news) => (scan(news)?.bytes === 5 ? true : undefined));
  put("raw/a.h5.part", "grown");
  await grown;
});

test("names that are no UTF-8 are named, counted and skipped", async () => {
  const { root, at } = tree(`${SCAN}/a.h5`, `${SCAN}/real \ufffd.h5`);
  for (const name of ["b\xff.h5", "c\xfe.h5"])
    writeFileSync(Buffer.concat([Buffer.from(at(`${SCAN}/`)), Buffer.from(name, "latin1")]), "");
  const found = await watching(root).next(sweep);
  expect(found).toMatchObject({ files: 2, problems: 1 });
  expect(found.examples[0]).toMatch(/_DIR" holds 2 names that are no UTF-8, as ".\ufffd\.h5"; they are not seen/);
  const one = tree(`${SCAN}/a.h5`);
  writeFileSync(Buffer.concat([Buffer.from(one.at(`${SCAN}/`)), Buffer.from("b\xff.h5", "latin1")]), "");
  expect((await watching(one.root).next(sweep)).examples[0]).toMatch(
    /_DIR" holds a name that is no UTF-8, ".\ufffd\.h5"; it is not seen: rename it\./,
  );
});

/** What permissions forbid is nothing for root, so that the watch runs as nobody then. */
const isRoot = process.getuid?.() === 0;

test("a folder without permission is named and counted, and read as soon as that is given", async () => {
  const { root, at } = tree(`${SCAN}/a.h5`, `${RAW}/secret_DIR/a.h5`);
  fs.chmodSync(root, 0o755);
  fs.chmodSync(at(`${RAW}/secret_DIR`), 0o000);
  const watch = watching(root, {}, isRoot ? { program: asNobody() } : {});
  const found = await watch.next(sweep);
  expect(found).toMatchObject({ problems: 1, files: 1 });
  expect(found.examples[0]).toBe(
    `"${at(`${RAW}/secret_DIR`)}" cannot be read: permission is denied (EACCES); what is in it is not seen: let the user of this program read it, or leave it out with exclude.`,
  );
  const open = watch.next((news) => (scan(news)?.path === at(`${RAW}/secret_DIR`) ? true : undefined));
  fs.chmodSync(at(`${RAW}/secret_DIR`), 0o755);
  await open;
  expect((await swept(watch)).problems).toBe(0);
});

test("a scan whose files cannot be looked at is named and not told, and told as soon as they can be", async () => {
  const { root, at } = tree(`${SCAN}/a.h5`, `${RAW}/listed_DIR/a.h5`);
  fs.chmodSync(root, 0o755);
  fs.chmodSync(at(`${RAW}/listed_DIR`), 0o444);
  const watch = watching(root, {}, isRoot ? { program: asNobody() } : {});
  expect((await watch.next(sweep)).examples).toEqual([
    `"${at(`${RAW}/listed_DIR/a.h5`)}" cannot be looked at: permission is denied (EACCES); its scan is not seen: let the user of this program read it, or leave it out with exclude.`,
  ]);
  expect(watch.news.flatMap((news) => scan(news)?.path ?? [])).toEqual([at(SCAN)]);
  const open = watch.next((news) => (scan(news)?.path === at(`${RAW}/listed_DIR`) ? true : undefined));
  fs.chmodSync(at(`${RAW}/listed_DIR`), 0o755);
  await open;
  expect((await swept(watch)).problems).toBe(0);
});

/** A program that drops root's rights and is then the one that watches. */
function asNobody(): string {
  const folder = mkdtempSync(join(tmpdir(), "nobody-"));
  endings.push(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "program.mjs");
  writeFileSync(path, `process.setgid(65534); process.setuid(65534); await import(${JSON.stringify(PROGRAM)});\n`);
  return path;
}

test("a root that is not there is a problem in a sentence, and is watched as soon as it comes", async () => {
  const { root, put } = tree();
  const watch = watching(join(root, "mount"));
  const first = await watch.next(sweep);
  expect(first).toMatchObject({ problems: 1, scans: 0 });
  expect(first.examples[0]).toContain("cannot be looked at: there is no such file or folder (ENOENT)");
  const seen = watch.next(scan);
  put(`mount/${SCAN}/a.h5`);
  await seen;
});

test("a canary is seen by each sweep, and leaves nothing behind", async () => {
  const { root, at } = tree(`${SCAN}/a.h5`);
  mkdirSync(at("canary"));
  const watch = watching(root, { canaries: [at("canary")] });
  for (let round = 0; round < 15; round++) expect(await watch.next(sweep)).toMatchObject({ canarySeen: true });
  await watch.stop();
  expect(fs.readdirSync(at("canary"))).toEqual([]);
  const blind = watching(root, { canaries: [at("not there")] });
  expect(await blind.next(sweep)).toMatchObject({
    canarySeen: false,
    examples: [
      expect.stringMatching(/^The canary's folder ".*not there" cannot be written: there is no such .*, or none for /),
    ],
  });
});

test("watches with one canary's folder leave each other's files alone, and remove only what is a day old", async () => {
  const { root, at, put } = tree(`${SCAN}/a.h5`);
  const other = put("canary/.globus-ioc-canary-0123456789ab-7");
  const left = put("canary/.globus-ioc-canary-0123456789ab-6");
  const dayBefore = fs.statSync(left).mtimeMs / 1000 - 90_000;
  utimesSync(left, dayBefore, dayBefore);
  const watch = watching(root, { canaries: [at("canary")] });
  expect(await swept(watch)).toMatchObject({ canarySeen: true });
  await watch.stop();
  expect(fs.readdirSync(at("canary"))).toEqual([basename(other)]);
});

test("of several canaries each must be seen", async () => {
  const { root, at } = tree(`${SCAN}/a.h5`);
  mkdirSync(at("canary"));
  const both = watching(root, { canaries: [at("canary"), at("ue_251023_FXL")] });
  expect(await both.next(sweep)).toMatchObject({ canarySeen: true });
  const blind = watching(root, { canaries: [at("canary"), at("not there")] });
  expect(await blind.next(sweep)).toMatchObject({ canarySeen: false });
});

test("files of this program are no scans and belong to none, not even beside the scans of a canary's folder", async () => {
  const { root, put, at } = tree(`${SCAN}/a.h5`, `${SCAN}/a.h5.0123abcd.part`, "ue_1/a.h5", "ue_1/a.h5.part");
  for (const name of [".globus-ioc-check-host-2bm", ".globus-ioc-check-host-2bm-empty", "b.h5.0123abcd.part"])
    put(`ue_1/${name}`);
  const files = { ...LAYOUT, pattern: "ue_1/{file}", exclude: [] };
  const watch = watching(root, { layouts: [LAYOUT, files], canaries: [at("ue_1")] });
  expect(await swept(watch)).toMatchObject({ canarySeen: true, scans: 3, files: 3 });
  const seen = new Set(watch.news.flatMap((news) => scan(news)?.path ?? []));
  expect([...seen].sort()).toEqual([at("ue_1/a.h5"), at("ue_1/a.h5.part"), at(SCAN)]);
});

test("a tree that stands still is told, keeps no other from being watched, and is told when it answers", async () => {
  const hung = tree(`${SCAN}/a.h5`);
  const other = tree(`${SCAN}/a.h5`);
  const [watch, beside] = [watching(hung.root, {}, { silentSeconds: 2 }), watching(other.root)];
  await Promise.all([watch.next(sweep), beside.next(sweep)]);
  process.kill(watch.pids[0] as number, "SIGSTOP");
  const silent = await watch.next((news) => (news.kind === "silent" ? news.sentence : undefined));
  expect(silent).toBe(
    `The file system of "${hung.root}" has not answered for 2 s, and no scan there is seen: is its file server up?`,
  );
  const seen = beside.next(marked(other.at(`${SCAN}/.done`)));
  other.put(`${SCAN}/.done`);
  await seen;
  const answers = watch.next((news) => (news.kind === "answers" ? news.sentence : undefined));
  process.kill(watch.pids[0] as number, "SIGCONT");
  expect(await answers).toBe(`The file system of "${hung.root}" answers again.`);
});

test("a process that stands still for too long, or is killed, is begun again and tells all scans again", async () => {
  const { root, at } = tree(`${SCAN}/a.h5`, `${SCAN}/.done`);
  const watch = watching(root, {}, { silentSeconds: 1, giveUpSeconds: 2 });
  await watch.next(sweep);
  for (const signal of ["SIGKILL", "SIGSTOP"] as const) {
    const ended = watch.next((news) => (news.kind === "ended" ? news.sentence : undefined));
    const again = watch.next((news) => (news.kind === "begun" ? watch.next(marked(at(`${SCAN}/.done`))) : undefined));
    process.kill(watch.pids.at(-1) as number, signal);
    expect(await ended).toBe(
      `The process that watches "${root}" was ended by SIGKILL; it is begun again: where that comes again, see whether this host has memory left.`,
    );
    await again;
  }
  expect(watch.pids).toHaveLength(3);
});

test.skipIf(needPeers("root").missing)(
  "on a mount without notifications a marker is found by the next sweep, made, moved in or touched",
  async () => {
    const { root, put, at } = tree(`${SCAN}/a.h5`, `${SCAN}/detector1/a.h5`);
    const mount = await mountSilently(root);
    endings.push(() => mount.remove());
    const notified = (folder: string): readonly string[] => {
      const names: string[] = [];
      const watcher = fs.watch(folder, (_, name) => names.push(name ?? ""));
      endings.push(() => watcher.close());
      return names;
    };
    const [above, beneath] = [notified(join(mount.path, SCAN)), notified(at(SCAN))];
    const watch = watching(mount.path, { periodSeconds: 0.5 });
    await watch.next(sweep);
    const changes: readonly (readonly [marker: string, change: () => void, modified?: number])[] = [
      [".done", () => void put(`${SCAN}/.done`, "")],
      ["detector1/b.complete", () => renameSync(put(`${SCAN}/b.tmp`), at(`${SCAN}/detector1/b.complete`))],
      [".done", () => utimesSync(at(`${SCAN}/.done`), 5, 5), 5000],
    ];
    for (const [marker, change, wanted] of changes) {
      const told = watch.news.length;
      const path = join(mount.path, SCAN, marker);
      const seen = watch.next((news) =>
        scan(news)?.marks.some((mark) => mark.path === path && (wanted ?? mark.modified) === mark.modified),
      );
      change();
      await seen;
      // One may have been under way already
      expect(watch.news.slice(told).flatMap((news) => sweep(news) ?? []).length).toBeLessThanOrEqual(1);
    }
    await expect.poll(() => beneath).toContain(".done");
    expect(above).toEqual([]);
  },
);

test("a pattern that is none is refused in a sentence, and so is a root that is not absolute", async () => {
  const { root } = tree();
  await expect(watching(root, { layouts: [{ ...LAYOUT, pattern: "x" }] }).next(sweep)).rejects.toThrow(
    'The path pattern "x" does not end in {scan} or {file}',
  );
  await expect(watching("data").next(sweep)).rejects.toThrow('The data directory "data"');
});

test.skipIf(lacksDescriptors())(
  "no descriptor is left open, neither while it watches nor when it has stopped",
  async () => {
    const { root, put } = tree(`${SCAN}/a.h5`);
    const own = openDescriptors();
    const watch = watching(root);
    await watch.next(sweep);
    const before = openDescriptors(watch.pids[0]);
    for (let number = 0; number < 50; number++) put(`${RAW}/${number}_DIR/detector/a.h5`);
    await swept(watch);
    expect(openDescriptors(watch.pids[0])).toBe(before);
    await watch.stop();
    expect(fs.existsSync(`/proc/${watch.pids[0]}`)).toBe(false);
    expect(openDescriptors()).toBe(own);
  },
);
