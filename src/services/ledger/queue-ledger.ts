/**
 * The transfer queue in the ledger: records in a LevelDB of its own, each on disk before its promise resolves, and the
 * files of each scan in a file beside, so that the database stays small. It decides nothing.
 */
import type { QueueChange, QueueLedger } from "../../controller/ports/queue-ledger.ts";
import { QUEUE_DATABASE } from "./files.ts";
import { createManifestFiles } from "./manifest-files.ts";
import { openStore, unknownRecord } from "./opened-store.ts";
import type { LedgerOptions } from "./place.ts";
import type { QueueDoor } from "./queue-door.ts";
import { contentOf, keyOf } from "./queue-records.ts";
import type { LevelDatabase, LevelWrite } from "./store.ts";

const STOP_IT = "stop that IOC, or set another path in the [ledger] section of globus.conf";

export interface QueueLedgerOptions extends LedgerOptions {
  /** Where a person asks about the queue: open while this process has the ledger. */
  readonly door?: QueueDoor;
}

export function createQueueLedger(options: QueueLedgerOptions): QueueLedger {
  const { door } = options;
  const { run, close } = openStore(options, QUEUE_DATABASE, {
    advice: STOP_IT,
    ...(door !== undefined && { opened: () => door.open() }),
  });
  const manifests = createManifestFiles(options.path);
  return {
    read: () =>
      run(async (database) => contentOf(await entriesOf(database), (value) => unknownRecord(options.path, value))),
    put: async (changes) => {
      await run((database) => database.batch(changes.map(levelChange), { sync: true }));
      for (const change of changes) if ("forgetScan" in change) await manifests.forget(change.forgetScan);
    },
    keepManifest: (scan, manifest) => manifests.keep(scan, manifest),
    manifest: (scan) => manifests.read(scan),
    close: async () => {
      await door?.close();
      await close();
    },
  };
}

/** Read some at a time, so that the event loop turns. */
async function entriesOf(database: LevelDatabase): Promise<[string, string][]> {
  const iterator = database.iterator({});
  const entries: [string, string][] = [];
  try {
    for (let some = await iterator.nextv(SOME); some.length > 0; some = await iterator.nextv(SOME))
      entries.push(...some);
  } finally {
    await iterator.close();
  }
  return entries;
}

/** Records read in one turn. */
const SOME = 1000;

function levelChange(change: QueueChange): LevelWrite {
  const put = (key: string, record: object): LevelWrite => ({ type: "put", key, value: JSON.stringify(record) });
  if ("scan" in change) return put(keyOf("scan", change.scan.id), change.scan);
  if ("send" in change) return put(keyOf("send", change.send.scan, change.send.destination), change.send);
  if ("submission" in change) return put(keyOf("submission", change.submission.submission.id), change.submission);
  if ("step" in change)
    return put(keyOf("step", change.step.scan, change.step.destination, change.step.kind), change.step);
  if ("flowRun" in change) return put(keyOf("flowRun", change.flowRun.id), change.flowRun);
  if ("note" in change) return put(keyOf("note", change.note.id), change.note);
  if ("summary" in change) return put(keyOf("summary", ""), change.summary);
  if ("forgetScan" in change) return { type: "del", key: keyOf("scan", change.forgetScan) };
  if ("forgetSubmission" in change) return { type: "del", key: keyOf("submission", change.forgetSubmission) };
  if ("forgetFlowRun" in change) return { type: "del", key: keyOf("flowRun", change.forgetFlowRun) };
  return { type: "del", key: keyOf("note", change.forgetNote) };
}
