import { expect, test } from "vitest";
import { countTree, type TreeCountOptions, type TreeEntry } from "../../src/base/tree-count.ts";

const file = (name: string, bytes = 1): TreeEntry => ({ name, kind: "file", bytes });
const directory = (name: string): TreeEntry => ({ name, kind: "directory", bytes: 0 });

class Denied extends Error {}

const count = (tree: Readonly<Record<string, readonly TreeEntry[]>>, changes: Partial<TreeCountOptions> = {}) =>
  countTree({
    list: async function* (path) {
      const entries = tree[path];
      if (entries === undefined) throw new Denied(path);
      yield entries;
    },
    isLocal: (thrown) => thrown instanceof Denied,
    limits: { entries: 100, depth: 2 },
    late: new AbortController().signal,
    ...changes,
  });

test("counts the files of all levels, and their bytes, but no links", async () => {
  const tree = {
    "": [file("a", 5), directory("scan"), { name: "link", kind: "other", bytes: 9 } as const],
    scan: [directory("tiff"), file("b", 7)],
    "scan/tiff": [file("c", 11)],
  };
  await expect(count(tree)).resolves.toEqual({ files: 3, bytes: 23, complete: true });
});

test("stops at the limit of entries, and says that there is more", async () => {
  const entries = Array.from({ length: 150 }, (_, i) => file(`f${i}`));
  await expect(count({ "": entries })).resolves.toEqual({ files: 100, bytes: 100, complete: false });
});

test("goes no deeper than allowed", async () => {
  const tree = { "": [directory("a")], a: [directory("b")], "a/b": [directory("c"), file("f")], "a/b/c": [file("g")] };
  await expect(count(tree)).resolves.toEqual({ files: 1, bytes: 1, complete: false });
});

test("stops when its time is over", async () => {
  const late = new AbortController();
  let batches = 0;
  const list = async function* (): AsyncGenerator<readonly TreeEntry[]> {
    for (;;) {
      if (++batches === 3) late.abort();
      yield [file("f")];
    }
  };
  await expect(count({}, { late: late.signal, list })).resolves.toMatchObject({ files: 2, complete: false });
});

/** Lists one file, and then says nothing more. */
async function* stuck(): AsyncGenerator<readonly TreeEntry[]> {
  yield [file("f")];
  await new Promise(() => {});
}

test("does not wait for a list that says nothing more once its time is over", async () => {
  const late = new AbortController();
  const counting = count({}, { late: late.signal, list: stuck });
  setImmediate(() => late.abort());
  await expect(counting).resolves.toEqual({ files: 1, bytes: 1, complete: false });
});

test("fails when nothing was listed before its time was over", async () => {
  const late = new AbortController();
  const list = () => ({ [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }) });
  const counting = count({}, { late: late.signal, list });
  late.abort(new Error("nothing came"));
  await expect(counting).rejects.toThrow("nothing came");
});

test("a directory below that cannot be listed is left out, the first one is a failure", async () => {
  await expect(count({ "": [file("a"), directory("closed")] })).resolves.toEqual({
    files: 1,
    bytes: 1,
    complete: false,
  });
  await expect(count({})).rejects.toThrow(Denied);
});

test("a failure that is not the directory's own ends the count", async () => {
  await expect(count({ "": [directory("a")] }, { isLocal: () => false })).rejects.toThrow(Denied);
});

test("does not wait for a list that says nothing more once it is called off", async () => {
  const abort = new AbortController();
  const counting = count({}, { signal: abort.signal, list: stuck });
  setImmediate(() => abort.abort(new Error("called off")));
  await expect(counting).rejects.toThrow("called off");
});

test("ends when it is called off", async () => {
  await expect(count({ "": [file("a")] }, { signal: AbortSignal.abort(new Error("called off")) })).rejects.toThrow(
    "called off",
  );
});
