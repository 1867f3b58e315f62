import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { createLog } from "../../../src/base/log.ts";
import { UnavailableError } from "../../../src/controller/ports/call.ts";
import type { ScanRecord, SendRecord } from "../../../src/controller/ports/queue-ledger.ts";
import type { Webhook, WebhookAnswer } from "../../../src/controller/ports/webhook.ts";
import { Courier } from "../../../src/controller/transfers/courier.ts";
import { lostNotes } from "../../../src/controller/transfers/notes.ts";
import { Road } from "../../../src/controller/transfers/road.ts";
import type { MailRoom, TransferRules } from "../../../src/controller/transfers/rules.ts";
import { ScanQueue } from "../../../src/controller/transfers/scan-queue.ts";
import { FakeClock } from "../../support/fakes/fake-clock.ts";
import { dropped, FakeMailer } from "../../support/fakes/fake-mail.ts";
import { FakeQueueLedger, FakeSource, RULES } from "../../support/fakes/fake-transfers.ts";
import { inZone } from "../../support/in-zone.ts";

class FakeWebhook implements Webhook {
  readonly taken: Record<string, unknown>[] = [];
  asked = 0;
  /** Instead of taking the line. */
  answer: (line: Record<string, unknown>) => WebhookAnswer | Error | undefined = () => undefined;
  async tell(text: string): Promise<WebhookAnswer> {
    this.asked++;
    const line = JSON.parse(text) as Record<string, unknown>;
    const answer = this.answer(line);
    if (answer instanceof Error) throw answer;
    if (answer === undefined) this.taken.push(line);
    return answer ?? { state: "taken" };
  }
  get scans(): unknown[] {
    return this.taken.map(({ scan }) => scan);
  }
}

/** Notes that may wait for a channel. */
const MOST_WAITING = 10_000;
const LATER: WebhookAnswer = { state: "later", reason: "The webhook is away." };
const VERIFIED = { state: "verified", bytes: 1000, seconds: 2.04 } as const;
const FAILED = { state: "failed", reason: "No space is left on /archive.", isFinal: true } as const;
const [ANNE, BOB] = ["anne@x.example", "bob@x.example"];

class Bench {
  readonly clock = new FakeClock(Date.UTC(2026, 2, 1, 12));
  readonly ledger = new FakeQueueLedger();
  readonly mailer = new FakeMailer();
  readonly webhook = new FakeWebhook();
  readonly said: string[] = [];
  readonly log: string[] = [];
  tells: TransferRules["tells"] = { webhook: true, mailFailed: true, mailVerified: true };
  room: Partial<MailRoom> = {};
  has = { mail: true, webhook: true };
  road!: Road;
  #abort = new AbortController();
  #ended: Promise<unknown> = Promise.resolve();
  #count = 0;

  async start(): Promise<void> {
    const mail: MailRoom = {
      mailer: this.mailer,
      from: "ioc@x.example",
      to: [ANNE, BOB],
      label: "2-BM",
      retry: "write 1 to 2bmb:Globus:QueueRetry",
      ...this.room,
    };
    this.road = new Road({
      queue: await ScanQueue.read(this.ledger),
      clock: this.clock,
      log: createLog("globus", (line) => this.log.push(line)),
      random: () => 0.5,
      say: (sentence, severity = "NO_ALARM") => this.said.push(`${severity} ${sentence}`),
      site: {
        ledger: this.ledger,
        source: { source: new FakeSource() },
        destinations: [],
        rules: { ...RULES, tells: this.tells },
        ...(this.has.mail && { mail }),
        ...(this.has.webhook && { webhook: this.webhook }),
      },
    });
    this.#abort = new AbortController();
    this.#ended = new Courier(this.road, []).run(this.#abort.signal).catch((thrown: unknown) => {
      if (!this.#abort.signal.aborted) throw thrown;
    });
    await turns();
  }
  async stop(): Promise<void> {
    this.#abort.abort(new Error("stopped"));
    await this.#ended;
  }
  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }
  async pass(seconds: number, step = 1): Promise<void> {
    await turns();
    for (let passed = 0; passed < seconds; passed += step) {
      this.clock.advance(step);
      await turns();
    }
  }
  /** A scan that is being sent. @returns its id */
  async scan(name: string, destinations: readonly string[] = ["archive"], more: Partial<ScanRecord> = {}) {
    const id = `id${String(++this.#count).padStart(6, "0")}`;
    const at = this.clock.now();
    const tags = { exp: "2026-03-Levy-1014288", ym: "2026-03", last: "Levy", gup: "1014288" };
    const file = `/data/${name}.h5`;
    const scan: ScanRecord = { id, file, state: "ready", seen: at, trigger: "tomoscan", tags, files: 2, bytes: 1000 };
    const sends = destinations.map(
      (destination): SendRecord => ({ scan: id, destination, state: "queued", attempts: 0, at }),
    );
    await this.road.change(() => [{ scan: { ...scan, state: "waiting" } }]);
    await this.road.change(() => [{ scan: { ...scan, ...more } }, ...sends.map((send) => ({ send }))]);
    return id;
  }
  async ends(name: string, end: typeof VERIFIED | typeof FAILED): Promise<void> {
    await this.road.ended(await this.scan(name), "archive", end);
  }
  get notes(): number {
    return this.road.queue.notes.size;
  }
}

async function turns(): Promise<void> {
  for (let i = 0; i < 12; i++) await new Promise((resolve) => setImmediate(resolve));
}

const benches: Bench[] = [];
async function started(change: (bench: Bench) => void = () => {}): Promise<Bench> {
  const bench = new Bench();
  benches.push(bench);
  change(bench);
  await bench.start();
  return bench;
}
afterEach(async () => {
  for (const bench of benches.splice(0)) await bench.stop();
});

/** Without mail, so that nothing but the webhook takes notes. */
const webhookOnly = (bench: Bench): void => {
  bench.has = { mail: false, webhook: true };
  bench.tells = { webhook: true, mailFailed: false, mailVerified: false };
};
const mailOnly = (bench: Bench): void => {
  bench.has = { mail: true, webhook: false };
  bench.tells = { webhook: false, mailFailed: true, mailVerified: true };
};

describe("the log", () => {
  test("has one line of JSON for each end of a transfer, a failed attempt too, whoever else is told", async () => {
    const bench = await started((one) => {
      one.has = { mail: false, webhook: false };
      one.tells = { webhook: false, mailFailed: false, mailVerified: false };
    });
    const id = await bench.scan("a\u202e1\n", ["archive"], { aborted: "an operator has aborted it" });
    await bench.road.ended(id, "archive", { state: "failed", reason: "Line\ntwo.", missing: { count: 3, names: [] } });
    await bench.road.ended(id, "archive", { ...VERIFIED, task: "t1" });
    const lines = bench.log.filter((line) => line.startsWith("globus: {"));
    expect(lines.join("")).not.toMatch(/[\n\u202e]/);
    const [failed, verified] = lines.map((line) => JSON.parse(line.slice("globus: ".length)) as unknown);
    const common = {
      event: "transfer",
      scan: "a\u202e1\n",
      id,
      file: "/data/a\u202e1\n.h5",
      experiment: "2026-03-Levy-1014288",
      aborted: "an operator has aborted it",
      destination: "archive",
      files: 2,
      bytes: 1000,
    };
    expect(failed).toMatchObject({ ...common, state: "failed", attempts: 1, reason: "Line\ntwo.", missing: 3 });
    expect(verified).toMatchObject({ ...common, state: "verified", attempts: 2, seconds: 2, task: "t1" });
    expect(bench.notes).toBe(0);
  });
});

test("docs/notify.md describes every field of a line, and no other", async () => {
  const bench = await started(webhookOnly);
  const id = await bench.scan("a1", ["archive"], { aborted: "an operator has aborted it" });
  const proof = { count: 1, names: [] };
  await bench.road.ended(id, "archive", { state: "failed", reason: "Nobody is there.", missing: proof, task: "t1" });
  await bench.road.ended(id, "archive", VERIFIED);
  const scan = bench.road.queue.scans.get(id)?.scan as ScanRecord;
  await bench.road.change(() => lostNotes(scan, "it is gone", bench.road.told));
  await bench.pass(1);
  const logged = bench.log.flatMap((line) =>
    line.startsWith("globus: {") ? [JSON.parse(line.slice(8)) as object] : [],
  );
  const told = new Set([...bench.webhook.taken, ...logged].flatMap((line) => Object.keys(line)));
  const page = readFileSync(join(import.meta.dirname, "../../../docs/notify.md"), "utf8");
  const [, table = ""] = page.split("| field | |");
  const described = [
    ...table
      .split("\n\n", 1)
      .join("")
      .matchAll(/^\| `(\w+)` \|/gm),
  ].map(([, name]) => name);
  expect(told).toEqual(new Set(described));
});

describe("the webhook", () => {
  test("gets a line for each transfer that has ended, and for each scan that is proven everywhere", async () => {
    const bench = await started(webhookOnly);
    const id = await bench.scan("a1", ["archive", "petrel"]);
    await bench.road.ended(id, "archive", { state: "failed", reason: "Nobody is there." });
    await bench.road.ended(id, "petrel", VERIFIED);
    await bench.road.ended(id, "archive", VERIFIED);
    await bench.pass(1);
    expect(bench.webhook.taken.map(({ event, text }) => [event, text])).toEqual([
      ["transfer", "a1 is proven at petrel."],
      ["transfer", "a1 is proven at archive."],
      ["scan", "a1 is proven at archive and petrel."],
    ]);
    expect(new Set(bench.webhook.taken.map(({ message }) => message)).size).toBe(3);
    expect(bench.notes).toBe(0);
  });

  test("that is down for an hour gets all lines in their order, asked seldom, and is told of once", async () => {
    const bench = await started(webhookOnly);
    bench.webhook.answer = () => LATER;
    for (let scan = 0; scan < 60; scan++) {
      await bench.ends(`a${scan}`, VERIFIED);
      await bench.pass(60, 10);
    }
    expect(bench.webhook.asked).toBeLessThan(15);
    await bench.restart();
    bench.webhook.answer = () => undefined;
    await bench.pass(900, 10);
    const wanted = Array.from({ length: 60 }, (_, scan) => [`a${scan}`, `a${scan}`]).flat();
    expect(bench.webhook.scans).toEqual(wanted);
    expect(bench.said.filter((one) => one.includes("webhook"))).toEqual([
      "MINOR The webhook takes nothing now: The webhook is away.",
    ]);
    expect(bench.notes).toBe(0);
  });

  test("is told again with the same message when its answer got lost, also by a kill", async () => {
    const bench = await started(webhookOnly);
    const seen: unknown[] = [];
    bench.webhook.answer = ({ message, event }) => {
      if (event === "transfer") seen.push(message);
      return seen.length < 3 ? new UnavailableError("no answer", { mayHaveHappened: true }) : undefined;
    };
    await bench.ends("a1", VERIFIED);
    await bench.pass(1);
    await bench.restart();
    await bench.pass(60);
    expect(seen).toHaveLength(3);
    expect(new Set(seen).size).toBe(1);
  });

  test("that took a line which the ledger cannot put down is not told again while the process lives", async () => {
    const bench = await started(webhookOnly);
    bench.webhook.answer = () => {
      bench.ledger.failure = new UnavailableError("The ledger failed: no space is left.");
      return undefined;
    };
    const id = await bench.scan("a1", ["archive", "petrel"]);
    await bench.road.ended(id, "archive", VERIFIED);
    await bench.pass(60);
    expect(bench.webhook.taken).toHaveLength(1);
    bench.ledger.failure = undefined;
    await bench.pass(60);
    expect(bench.webhook.taken).toHaveLength(1);
    expect(bench.notes).toBe(0);
  });

  test("that refuses lines is told of once, and gets the lines behind them", async () => {
    const bench = await started(webhookOnly);
    bench.webhook.answer = ({ scan }) =>
      scan === "a3" ? undefined : { state: "refused", reason: 'status 422 with "no such sample"' };
    for (const name of ["a1", "a2", "a3"]) await bench.ends(name, FAILED);
    await bench.pass(1);
    expect(bench.webhook.scans).toEqual(["a3"]);
    expect(bench.said.filter((one) => one.includes("refused"))).toEqual([
      'MINOR The webhook has refused a line, which is not sent again: status 422 with "no such sample"',
    ]);
  });

  test("is waited for as long as it asks, but no longer than an hour", async () => {
    const bench = await started(webhookOnly);
    bench.webhook.answer = () => ({ ...LATER, afterSeconds: bench.webhook.asked === 1 ? 120 : 1e9 });
    await bench.ends("a1", FAILED);
    await bench.pass(115, 5);
    expect(bench.webhook.asked).toBe(1);
    await bench.pass(10, 5);
    expect(bench.webhook.asked).toBe(2);
    await bench.pass(3600, 30);
    expect(bench.webhook.asked).toBe(3);
  });

  test("is asked at once where the clock was set back by years", async () => {
    const bench = await started(webhookOnly);
    bench.webhook.answer = () => LATER;
    await bench.ends("a1", FAILED);
    await bench.pass(1);
    const [note] = bench.road.queue.notes.values();
    if (note === undefined) throw new Error("there is no note");
    await bench.road.change(() => [{ note: { ...note, next: bench.clock.now() + 1e12 } }]);
    bench.webhook.answer = () => undefined;
    await bench.pass(1);
    expect(bench.webhook.scans).toEqual(["a1"]);
  });

  test("that fails by a bug of ours holds up nobody, and is told again", async () => {
    const bench = await started();
    bench.webhook.answer = () => (bench.webhook.asked === 1 ? new TypeError("x is undefined") : undefined);
    await bench.ends("a1", FAILED);
    await bench.pass(61);
    expect(bench.webhook.scans).toEqual(["a1"]);
    expect(bench.mailer.accepted).toHaveLength(2);
    expect(bench.log.join("\n")).toContain("TypeError: x is undefined");
  });

  test("loses the oldest lines where more wait than there is room for, which is said once", async () => {
    const bench = await started(webhookOnly);
    bench.webhook.answer = () => LATER;
    const at = bench.clock.now();
    const notes = Array.from({ length: MOST_WAITING + 20 }, (_, index) => {
      const id = `n${String(index).padStart(6, "0")}`;
      return { note: { id, at, kind: "task" as const, line: { scan: id }, webhook: "due" as const } };
    });
    await bench.road.change(() => notes.slice(0, MOST_WAITING + 10));
    await bench.pass(1);
    await bench.road.change(() => notes.slice(MOST_WAITING + 10));
    await bench.pass(1);
    expect(bench.notes).toBe(MOST_WAITING);
    expect([...bench.road.queue.notes.keys()][0]).toBe("n000020");
    expect(bench.said.filter((one) => one.includes("dropped"))).toEqual([
      "MINOR More than 10000 notes wait for the webhook: the oldest are dropped untold.",
    ]);
  });

  test("that is no more in the settings leaves nothing behind", async () => {
    const bench = await started(webhookOnly);
    bench.webhook.answer = () => LATER;
    await bench.ends("a1", FAILED);
    bench.has = { mail: false, webhook: false };
    await bench.restart();
    expect(bench.notes).toBe(0);
    expect(bench.said.at(-1)).toBe(
      "NO_ALARM 1 notes are dropped untold: webhook-url in the [notify] section is not set any more.",
    );
  });
});

describe("people", () => {
  test("get one message each for what failed within a minute, with the reasons and what to do", async () => {
    const bench = await started(mailOnly);
    await bench.ends("a\n1", FAILED);
    await bench.pass(30);
    await bench.ends("a2", FAILED);
    await bench.pass(29);
    expect(bench.mailer.accepted).toEqual([]);
    await bench.pass(2);
    expect(bench.mailer.acceptedBy).toEqual([ANNE, BOB]);
    const [mail] = bench.mailer.accepted;
    expect(mail).toMatchObject({ from: "ioc@x.example", subject: "2-BM: a 1 and 1 more failed" });
    expect(mail?.text).toContain("a 1 is not proven at archive (attempt 1): No space is left on /archive.\n");
    expect(mail?.text).toContain("a2 is not proven at archive (attempt 1): No space is left on /archive.\n");
    expect(mail?.text).toContain("Mend the cause, then write 1 to 2bmb:Globus:QueueRetry.\n");
    expect(new Set(bench.mailer.accepted.map(({ messageId }) => messageId)).size).toBe(2);
    expect(bench.notes).toBe(0);
  });

  test("get what is proven in a message of its own", async () => {
    const bench = await started(mailOnly);
    bench.room = { to: [ANNE] };
    await bench.restart();
    await bench.ends("a1", VERIFIED);
    await bench.ends("a2", FAILED);
    await bench.pass(70);
    expect(bench.mailer.accepted.map(({ subject }) => subject)).toEqual(["2-BM: a1 proven", "2-BM: a2 failed"]);
    expect(bench.mailer.accepted[0]?.text).toContain("a1 is proven at archive.\n  File: /data/a1.h5\n");
  });

  test("get at most one message, whenever the process is killed", async () => {
    for (const kill of [ANNE, BOB]) {
      const bench = await started(mailOnly);
      const send = bench.ledger.put.bind(bench.ledger);
      // From the message to this address on, nothing gets into the ledger any more: as a kill then leaves it.
      bench.mailer.during = (address) => {
        if (address === kill) bench.ledger.put = () => new Promise(() => {});
      };
      await bench.ends("a1", FAILED);
      await bench.pass(61);
      const before = [...bench.mailer.tried];
      bench.mailer.during = () => {};
      bench.ledger.put = send;
      await bench.start(); // the killed process does nothing more
      await bench.pass(120);
      expect(before).toEqual(kill === ANNE ? [ANNE] : [ANNE, BOB]);
      expect(bench.mailer.tried, `killed while ${kill} was mailed`).toEqual([ANNE, BOB]);
      expect(bench.said).toEqual([
        expect.stringContaining("a1 is not sent to archive any more"),
        `MINOR Nobody knows whether ${kill} got the e-mail about a1, which is not repeated: the IOC ended while it was being sent.`,
      ]);
      expect(bench.notes).toBe(0);
    }
  });

  test("are mailed once the mail server is back, and it is told of once", async () => {
    const bench = await started(mailOnly);
    bench.mailer.down = new UnavailableError("The mail server cannot be used.");
    await bench.ends("a1", FAILED);
    await bench.pass(1800, 5);
    bench.mailer.down = undefined;
    await bench.pass(900, 5);
    expect(bench.mailer.tried).toEqual([ANNE, BOB]);
    expect(bench.said.slice(1)).toEqual([
      "MINOR The mail server takes nothing now: The mail server cannot be used.",
      "NO_ALARM The mail server works again.",
    ]);
  });

  test("whose message certainly did not go are mailed again, and nobody before them", async () => {
    const bench = await started(mailOnly);
    bench.mailer.answers.set(BOB, dropped(false));
    await bench.ends("a1", FAILED);
    await bench.pass(61);
    expect(bench.mailer.acceptedBy).toEqual([ANNE]);
    await bench.restart();
    await bench.pass(60);
    expect(bench.mailer.tried).toEqual([ANNE, BOB, BOB]);
    expect(bench.mailer.acceptedBy).toEqual([ANNE, BOB]);
  });

  test("whose message may have gone are not mailed again; the others are", async () => {
    const bench = await started(mailOnly);
    bench.mailer.answers.set(ANNE, dropped(true));
    await bench.ends("a1", FAILED);
    await bench.pass(120);
    expect(bench.mailer.tried).toEqual([ANNE, BOB]);
    expect(bench.said.slice(1)).toEqual([
      `MINOR Nobody knows whether ${ANNE} got the e-mail about a1, which is not repeated: the connection to the mail server dropped.`,
    ]);
  });

  test("whom the server refuses are named, and do not keep it from the others", async () => {
    const bench = await started(mailOnly);
    bench.mailer.answers.set(ANNE, { accepted: false, reason: "550 no such user" });
    await bench.ends("a1", FAILED);
    await bench.pass(61);
    expect(bench.mailer.acceptedBy).toEqual([BOB]);
    expect(bench.said.at(-1)).toBe(
      `MINOR The e-mail to ${ANNE} about a1 was refused, and is not repeated: 550 no such user.`,
    );
    expect(bench.notes).toBe(0);
  });

  test("get one message for a thousand failures, which names some and counts the others", async () => {
    const bench = await started(mailOnly);
    for (let scan = 0; scan < 300; scan++) await bench.ends(`a${scan}`, FAILED);
    await bench.pass(61);
    expect(bench.mailer.accepted).toHaveLength(2);
    const { subject, text = "" } = bench.mailer.accepted[0] ?? {};
    expect(subject).toBe("2-BM: a0 and 299 more failed");
    expect(text).toContain("And 250 more.");
    expect(text.length).toBeLessThan(20_000);
  });

  test("are not told in a dry run, and hear of it when it is over", async () => {
    const bench = await started();
    bench.road.isDry = true;
    await bench.ends("a1", FAILED);
    await bench.pass(300, 10);
    expect([bench.mailer.tried, bench.webhook.asked]).toEqual([[], 0]);
    bench.road.isDry = false;
    bench.road.wakeAll();
    await bench.pass(1);
    expect([bench.mailer.tried, bench.webhook.scans]).toEqual([[ANNE, BOB], ["a1"]]);
  });
});

describe("the daily summary", () => {
  const daily = (bench: Bench): void => {
    bench.tells = { webhook: false, mailFailed: false, mailVerified: false };
    bench.room = { to: [ANNE], summaryAt: "07:00" };
  };
  const subjects = ({ mailer }: Bench): string[] => mailer.accepted.map(({ subject }) => subject);

  test("says what was proven, what failed and why, and what waits", () =>
    inZone("UTC", async () => {
      const bench = await started(daily);
      await bench.pass(600, 60);
      await bench.ends("a1", VERIFIED);
      await bench.ends("a2", FAILED);
      await bench.scan("a3", ["archive", "petrel"], { bytes: 3_500_000_000 });
      await bench.pass(86_400, 300);
      expect(subjects(bench)).toEqual([
        "2-BM: transfers until 2026-03-01 12:00",
        "2-BM: transfers until 2026-03-02 07:00",
      ]);
      expect(bench.mailer.accepted[1]?.text).toBe(`From 2026-03-01 12:00 to 2026-03-02 07:00:

New scans: 3
Proven at all their destinations: 1, 1.0 kB
  archive: 1, 1.0 kB
  petrel: 0, 0 B
Waiting or on their way: 1, 3.5 GB
  the oldest: a3, since 2026-03-01 12:10
Failed, for a person to decide about: 1
  a2 is not proven at archive: No space is left on /archive.
`);
    }));

  test("comes once a day, over restarts and clocks that are set back and forth", () =>
    inZone("UTC", async () => {
      const bench = await started(daily);
      for (let hour = 0; hour < 48; hour++) {
        await bench.pass(3600, 600);
        await bench.restart();
      }
      expect(subjects(bench).map((one) => one.slice(-16))).toEqual([
        "2026-03-01 12:00",
        "2026-03-02 07:00",
        "2026-03-03 07:00",
      ]);
      const days = [-2, 400, -1, 0, 1].map((by) => by * 86_400_000);
      const now = bench.clock.now.bind(bench.clock);
      for (const by of days) {
        bench.clock.now = () => now() + by;
        await bench.pass(1200, 600);
      }
      bench.clock.now = now;
      // Noon of the third: the days before have theirs, the day in the next year and the day to come had none.
      expect(subjects(bench).slice(3)).toEqual([
        expect.stringContaining("until 2027-04-07"),
        expect.stringContaining("until 2026-03-04"),
      ]);
    }));

  test("is not made twice where it could not be mailed, and goes when it can", () =>
    inZone("UTC", async () => {
      const bench = await started((one) => {
        daily(one);
        one.mailer.down = new UnavailableError("The mail server cannot be used.");
      });
      await bench.pass(7200, 60);
      await bench.restart();
      bench.mailer.down = undefined;
      await bench.pass(7200, 60);
      expect(subjects(bench)).toEqual(["2-BM: transfers until 2026-03-01 12:00"]);
    }));

  test("keeps to the facility's time", () =>
    inZone("America/Chicago", async () => {
      const bench = await started(daily); // at 06:00 in Chicago
      await bench.pass(3540, 60);
      expect(subjects(bench)).toEqual([]);
      await bench.pass(60);
      expect(subjects(bench)).toEqual(["2-BM: transfers until 2026-03-01 07:00"]);
    }));
});
