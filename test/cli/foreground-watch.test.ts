/** What `globus-ioc watch` says of its sweeps, and to systemd, in virtual time. */
import { expect, onTestFinished, test } from "vitest";
import { ActionError } from "../../src/base/errors.ts";
import { EXIT } from "../../src/cli/exit-status.ts";
import { watchScans } from "../../src/cli/foreground-watch.ts";
import { TextScreen } from "../../src/cli/screen.ts";
import type { Sweep, TreeNews } from "../../src/controller/ports/scan-tree.ts";
import type { TransferSite } from "../../src/controller/transfers/rules.ts";
import { readTrigger } from "../../src/controller/transfers/triggers/tree-trigger.ts";
import { started, turn } from "../controller/transfers/transfers-fixture.ts";

const SWEEP: Sweep = { seconds: 1, folders: 3, files: 2, scans: 1, problems: 0, examples: [], notified: 0 };
const TRIGGER = { name: "watch", root: "/data", scans: "2026-03/{file:*.h5}", exclude: [], complete: "marker .done" };

interface Asked extends Pick<TransferSite, "foreground"> {
  readonly isOnce?: boolean;
}

/** A watch whose tree is this test's to tell. */
async function watching({ isOnce = false, foreground }: Asked = {}) {
  const bench = await started((one) => {
    if (foreground !== undefined) one.told = { foreground };
    one.rules = { ...one.rules, attempts: 1 };
  });
  const { clock } = bench;
  const said: string[] = [];
  const toSystemd: string[] = [];
  const stop = new AbortController();
  let tell: (news: TreeNews) => void = () => {};
  const screen = new TextScreen({
    out: (text) => void (text !== "" && said.push(text)),
    err: (text) => void said.push(`ERR ${text}`),
    isTerminal: false,
    hasColours: false,
    isVerbose: true,
  });
  const ended = watchScans(
    bench.transfers.running!,
    { kind: "watch", trigger: readTrigger(TRIGGER), sweepSeconds: 30, isOnce },
    {
      clock,
      signal: stop.signal,
      screen,
      works: (status) => toSystemd.push(status),
      stuck: (status) => toSystemd.push(`STUCK ${status}`),
      trees: {
        watch: (_tree, told, signal) =>
          new Promise((_, reject) => {
            tell = told;
            signal.addEventListener("abort", () => reject(signal.reason as Error));
          }),
      },
    },
  );
  ended.catch(() => undefined); // ended by the test
  onTestFinished(() => stop.abort(new Error("the test is over")));
  await turn();
  const pass = async (seconds: number): Promise<void> => {
    await clock.advanceAsync(seconds);
    await turn();
  };
  return { bench, said, toSystemd, ended, pass, tell: (news: TreeNews) => tell(news) };
}

test("a sweep that is overdue is said once, and when sweeps end again; systemd is told as long as there is hope", async () => {
  const watch = await watching();
  watch.tell({ kind: "sweep", sweep: SWEEP });
  watch.tell({ kind: "silent", sentence: "The disk does not answer." });
  await watch.pass(90);
  expect(watch.said).toEqual(["ERR The disk does not answer.\n"]);
  await watch.pass(600);
  expect(watch.said.slice(1)).toEqual([
    expect.stringMatching(/^ERR No sweep of \/data has ended for 9\d s: look at the disk\.\n$/),
  ]);
  expect(watch.toSystemd).toEqual(["1 scan in 3 folders below /data."]);
  watch.tell({ kind: "sweep", sweep: SWEEP });
  await watch.pass(1);
  expect(watch.said.slice(2)).toEqual(["A sweep of /data has ended: the watch goes on.\n"]);
  await watch.pass(100);
  expect(watch.said.slice(3)).toEqual([expect.stringMatching(/^ERR No sweep of /)]);
});

test("a watch that reads nothing for half an hour leaves systemd without a word, until its tree is read again", async () => {
  const watch = await watching();
  watch.tell({ kind: "silent", sentence: "The disk does not answer." });
  await watch.pass(1790);
  expect(watch.toSystemd).toEqual([]);
  await watch.pass(20);
  expect(watch.toSystemd).toEqual([expect.stringMatching(/^STUCK Nothing of \/data has been read for 180\d s\.$/)]);
  expect(watch.said.at(-1)).toMatch(/^ERR Nothing of .*: a systemd that watches this command starts it anew\.\n$/);
  watch.tell({ kind: "answers", sentence: "The disk answers again." });
  await watch.pass(60);
  expect(watch.toSystemd.slice(1)).toEqual(["/data is read again."]);
});

test("a sweep that does not see what was just made is said once, unless something else is wrong", async () => {
  const watch = await watching();
  const tell = (sweep: Partial<Sweep>): void => watch.tell({ kind: "sweep", sweep: { ...SWEEP, ...sweep } });
  tell({ canarySeen: false, problems: 1, examples: ["The canary cannot be made."] });
  tell({ canarySeen: true });
  tell({ canarySeen: false });
  tell({ canarySeen: false });
  expect(watch.said).toEqual([
    "ERR The canary cannot be made.\n",
    "ERR A sweep of /data did not see the file that was just made there: look at the mount.\n",
  ]);
});

test("one scan is told as one", async () => {
  const watch = await watching({ isOnce: true });
  const file = watch.bench.scan("a");
  watch.bench.announce(file, { trigger: "watch" });
  await watch.bench.pass(120);
  watch.tell({ kind: "sweep", sweep: SWEEP });
  await watch.pass(1);
  expect(await watch.ended).toEqual({ state: "Done", message: "1 scan is proven.", exitStatus: EXIT.done });
});

test.each([
  [0, "Failed", EXIT.failed, ""],
  [1, "Partial", EXIT.partial, " 1 scan is proven."],
] as const)("a sweep that has not seen all is not Done, with %i proven", async (proven, state, exitStatus, more) => {
  const watch = await watching({ isOnce: true });
  if (proven > 0) watch.bench.announce(watch.bench.scan("a"), { trigger: "watch" });
  await watch.bench.pass(120);
  watch.tell({
    kind: "sweep",
    sweep: { ...SWEEP, problems: 3, examples: ["/data/x cannot be read.", "/data/y neither."] },
  });
  await watch.pass(1);
  const message = `/data/x cannot be read. Not all of /data was seen for this and 2 more problems.${more}`;
  expect(await watch.ended).toEqual({ state, message, exitStatus });
});

test("what a person decides is told with the command that shows it, of this ledger", async () => {
  const watch = await watching({ isOnce: true, foreground: { ledger: "/var/x" } });
  watch.bench.copier.failure = new ActionError("No space is left on /archive.");
  watch.bench.announce(watch.bench.scan("a"), { trigger: "watch" });
  await watch.bench.pass(120);
  watch.tell({ kind: "sweep", sweep: SWEEP });
  await watch.pass(1);
  const message = "1 scan failed and a person decides (globus-ioc queue list --ledger /var/x).";
  expect(await watch.ended).toEqual({ state: "Failed", message, exitStatus: EXIT.failed });
});

test("a scan whose files cannot be sent does not keep --once from its end, which names it", async () => {
  const watch = await watching({ isOnce: true });
  watch.bench.announce(watch.bench.scan("a"), { trigger: "watch" });
  await watch.bench.pass(120);
  watch.bench.source.failure = new ActionError("/data/2026-03/b.h5 is a link in a circle.");
  for (const name of ["b", "c"]) watch.bench.announce(watch.bench.scan(name), { trigger: "watch" });
  watch.tell({ kind: "sweep", sweep: SWEEP });
  await watch.pass(60);
  const message =
    "b.h5 is not sent: /data/2026-03/b.h5 is a link in a circle; and 1 scan more waits. 1 scan is proven.";
  expect(await watch.ended).toEqual({ state: "Partial", message, exitStatus: EXIT.partial });
});
