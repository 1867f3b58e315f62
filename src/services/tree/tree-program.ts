/**
 * The program of a process that watches one tree (watch-tree.ts): sweeps, tells what it finds, and ends when nobody
 * listens any more. Its regular word fails to come when the file system does not answer.
 */
import { systemClock } from "../../base/clock.ts";
import { ActionError, CancelledError, stackOf } from "../../base/errors.ts";
import type { TreeNews, TreeToWatch } from "../../controller/ports/scan-tree.ts";
import { endWithListener } from "../process-apart.ts";
import { TreeSweeps } from "./tree-sweeps.ts";
import type { FromTree, ToTree } from "./tree-words.ts";

const BEAT_SECONDS = 1;
/** News that go in one message: more would hold up the event loop that reads them. */
const SLICE = 100;

const stopped = new AbortController();
const waiting: TreeNews[] = [];
let sending: Promise<void> | undefined;

endWithListener();
process.on("message", (message: ToTree) => {
  if ("stop" in message) stopped.abort(new CancelledError("The watch was called off."));
  else void watch(message.watch);
});

async function watch(tree: TreeToWatch): Promise<void> {
  try {
    const sweeps = new TreeSweeps(tree, tell);
    beat(sweeps);
    await sweeps.run(stopped.signal);
  } catch (thrown) {
    if (thrown instanceof ActionError) await send({ refused: thrown.message });
    else if (!(thrown instanceof CancelledError)) process.stderr.write(`${stackOf(thrown)}\n`);
  }
  await sending;
  process.exit(stopped.signal.aborted ? 0 : 1);
}

function beat(sweeps: TreeSweeps): void {
  systemClock.after(BEAT_SECONDS, () => {
    if (sweeps.isAnswered) void send({ beat: true });
    beat(sweeps);
  });
}

function tell(news: TreeNews): void {
  waiting.push(news);
  sending ??= sendAll();
}

async function sendAll(): Promise<void> {
  await new Promise<void>((resolve) => systemClock.soon(resolve));
  while (waiting.length > 0) await send({ news: waiting.splice(0, SLICE) });
  sending = undefined;
}

/** What cannot be sent has nobody to hear it: the process ends. */
const send = (message: FromTree): Promise<void> =>
  new Promise((resolve) => {
    process.send?.(message, undefined, undefined, () => resolve());
  });
