/** A process that mails people about transfers, killed between the message and the mail server's answer. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import type { NoteRecord, QueueLedger } from "../../src/controller/ports/queue-ledger.ts";
import { startSmtpSink } from "../../src/sandbox/smtp-sink.ts";
import { createQueueLedger } from "../../src/services/ledger/queue-ledger.ts";
import { ROOT } from "../support/peers/real-peers.ts";
import { type PeerProcess, spawnPeer } from "../support/peers/spawn-peer.ts";

const PEOPLE = ["anne@x.example", "bob@x.example", "carol@x.example"];
const moduleOf = (file: string): string => JSON.stringify(pathToFileURL(join(ROOT, "dist", file)).href);

/** Tells what waits in the ledger, says what an operator would read, and `nothing waits` in the end. */
const program = (path: string, port: number): string => `
  import { systemClock } from ${moduleOf("base/clock.js")};
  import { silentLog } from ${moduleOf("base/log.js")};
  import { Courier } from ${moduleOf("controller/transfers/courier.js")};
  import { Road } from ${moduleOf("controller/transfers/road.js")};
  import { ScanQueue } from ${moduleOf("controller/transfers/scan-queue.js")};
  import { createQueueLedger } from ${moduleOf("services/ledger/queue-ledger.js")};
  import { createSmtpMailer } from ${moduleOf("services/mail/smtp-mailer.js")};
  const ledger = createQueueLedger({ path: ${JSON.stringify(path)}, owner: { pid: process.pid, host: "child" } });
  const mailer = createSmtpMailer({ host: "127.0.0.1", port: ${port}, security: "none", timeoutSeconds: 30, clock: systemClock });
  const mail = { mailer, from: "ioc@x.example", to: ${JSON.stringify(PEOPLE)}, label: "2-BM", retry: "press QueueRetry" };
  const say = (sentence) => console.log(sentence);
  const queue = await ScanQueue.read(ledger);
  const road = new Road({ queue, clock: systemClock, log: silentLog, random: Math.random, say, site: { ledger, mail } });
  new Courier(road, []).run(new AbortController().signal);
  const look = () => (queue.notes.size === 0 ? console.log("nothing waits") : setTimeout(look, 10));
  look();
`;

test("a kill -9 between the message and its answer mails nobody twice, and the others once", async () => {
  const folder = mkdtempSync(join(tmpdir(), "courier-"));
  const sink = await startSmtpSink({ clock: systemClock });
  onTestFinished(async () => {
    await sink.close();
    rmSync(folder, { recursive: true });
  });
  const note: NoteRecord = {
    id: "n1",
    at: Date.now() - 120_000,
    kind: "failed",
    line: { scan: "a1", text: "a1 is not proven at archive: no space." },
    mail: "due",
  };
  const open = (): QueueLedger => createQueueLedger({ path: folder, owner: { pid: process.pid, host: "test" } });
  const ledger = open();
  const summary = { days: ["2026-03-01"], at: 1000 };
  await ledger.put([{ note }, { summary }]);
  await ledger.close();
  const start = (line?: RegExp): Promise<PeerProcess> =>
    spawnPeer(process.execPath, ["--input-type=module", "-e", program(folder, sink.port)], { ...(line && { line }) });

  for (let kill = 1; kill < PEOPLE.length; kill++) {
    sink.misbehave({ hold: true });
    const child = await start();
    await sink.whenRead(kill);
    child.kill("SIGKILL");
    await child.exited;
  }
  sink.misbehave({});
  const last = await start(/nothing waits/);
  expect(sink.read).toEqual(PEOPLE);
  expect(last.stdout).toContain(
    "Nobody knows whether bob@x.example got the e-mail about a1, which is not repeated: the IOC ended while it was being sent.",
  );
  await last.stop();
  const left = open();
  expect(await left.read()).toMatchObject({ notes: [], summaries: [summary] });
  await left.close();
});
