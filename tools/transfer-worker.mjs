/**
 * The transfers of a site as a program of their own, to be killed: the ledger, a folder as the source, a folder and a
 * Globus collection as destinations. Takes one JSON line of settings as its argument, and the path of one scan a line
 * on its standard input; says `taken PATH` when a scan is on disk, and `proven COUNT` while it counts them.
 */
import { createInterface } from "node:readline";

const from = (file) => import(new URL(`../dist/${file}`, import.meta.url));
const { systemClock } = await from("base/clock.js");
const { silentLog } = await from("base/log.js");
const { Transfers } = await from("controller/transfers/transfers.js");
const { isProven } = await from("controller/transfers/scan-queue.js");
const { createServiceAccount } = await from("services/globus/auth.js");
const { createGlobusCall } = await from("services/globus/call.js");
const { createTransferTasks } = await from("services/globus/transfer-tasks.js");
const { createGlobusTransport, globusServiceUrls } = await from("services/globus/transport.js");
const { createQueueLedger } = await from("services/ledger/queue-ledger.js");
const { createFolderCopier } = await from("services/scans/copiers.js");
const { createMountedSource } = await from("services/scans/sources.js");

const { ledger, globusUrl, clientId, secretFile, sourceTop, archive, collections } = JSON.parse(process.argv[2]);
const clock = systemClock;
Object.assign(
  process.env,
  globusServiceUrls({ auth: globusUrl, transfer: globusUrl, flows: globusUrl, compute: globusUrl }),
);
const transport = createGlobusTransport({ clock });
const login = createServiceAccount({ clientId, secretFile }, transport);
const tasks = createTransferTasks({
  call: createGlobusCall(login, transport),
  tokens: login,
  login: { clientId, isServiceAccount: true },
  nameOf: (id) => id,
  encrypt: false,
});
const source = createMountedSource({ name: "detector", top: sourceTop, belongs: ["{stem}.config"] }, clock);
const transfers = new Transfers({
  clock,
  log: silentLog,
  random: Math.random,
  say: (sentence, severity = "NO_ALARM") => process.stdout.write(`said ${severity} ${sentence}\n`),
  site: {
    ledger: createQueueLedger({ path: ledger, owner: { pid: process.pid, host: "test" } }),
    source: { source, collection: { id: collections.source, path: "/" } },
    destinations: [
      { name: "archive", kind: "copy", template: "{rel}", copier: createFolderCopier({ top: archive, source }, clock) },
      { name: "petrel", kind: "globus", template: "{rel}", collection: collections.destination, top: "/" },
    ],
    tasks,
    rules: {
      settleSeconds: 0.1,
      giveUpSeconds: 3600,
      aborted: "mark",
      attempts: 100,
      batchScans: 5,
      batchBytes: 1e9,
      batchSeconds: 0.1,
      tasks: 3,
      deadlineHours: 1,
      stuckSeconds: 60,
      pollSeconds: 0.1,
      tells: { webhook: false, mailFailed: false, mailVerified: false },
    },
  },
});

transfers.tags = { exp: "", ym: "", last: "", gup: "" };
createInterface({ input: process.stdin }).on("line", (file) => transfers.announce({ file, trigger: "test" }));
const taken = new Set();
let proven = -1;
function tell() {
  const scans = [...(transfers.running?.road.queue.scans.values() ?? [])];
  for (const { scan } of scans)
    if (!taken.has(scan.file)) {
      taken.add(scan.file);
      process.stdout.write(`taken ${scan.file}\n`);
    }
  const now = scans.filter(isProven).length;
  if (now !== proven) process.stdout.write(`proven ${now}\n`);
  proven = now;
  clock.after(0.02, tell);
}
tell();
await transfers.run(new AbortController().signal);
