/** Transfers with a site in memory and in virtual time: two destinations, a folder and a Globus collection. */
import { afterEach } from "vitest";
import { silentLog } from "../../../src/base/log.ts";
import type { FlowFiles } from "../../../src/controller/ports/flow-files.ts";
import type { ScanDrops } from "../../../src/controller/ports/scan-drops.ts";
import type { Severity } from "../../../src/controller/pvs/run.ts";
import type { AnnouncedScan } from "../../../src/controller/transfers/announced-scan.ts";
import type { DestinationRow, SentTree, TransferRules, TransferSite } from "../../../src/controller/transfers/rules.ts";
import { Transfers } from "../../../src/controller/transfers/transfers.ts";
import { TransfersLook, type TransfersView } from "../../../src/controller/transfers/transfers-view.ts";
import { FakeClock } from "../../support/fakes/fake-clock.ts";
import { FakeFlows } from "../../support/fakes/fake-flows.ts";
import {
  FakeCopier,
  FakeDisk,
  FakeQueueLedger,
  FakeSource,
  FakeTasks,
  RULES,
} from "../../support/fakes/fake-transfers.ts";

export const TAGS = { exp: "2026-03-Levy-1014288", ym: "2026-03", last: "Levy", gup: "1014288" };

/** Transfers of a site in memory and in virtual time. */
export class Bench {
  readonly clock = new FakeClock();
  readonly source = new FakeSource();
  readonly disk = new FakeDisk(this.source);
  readonly copier = new FakeCopier(this.source);
  readonly tape = new FakeCopier(this.source);
  readonly tasks = new FakeTasks(this.clock, this.source);
  readonly flows = new FakeFlows(this.clock);
  /** Names of flows, with their ids. */
  readonly flowIds = new Map<string, string>();
  /** The site's own part of the input of each run. */
  flowInput: Readonly<Record<string, unknown>> = {};
  readonly flowFiles: FlowFiles = {
    read: async (name) => {
      const id = this.flowIds.get(name);
      return id === undefined ? undefined : { name, id, path: this.flowFiles.pathOf(name) };
    },
    names: async () => [...this.flowIds.keys()],
    pathOf: (name) => `/flows/${name}.json`,
  };
  ledger = new FakeQueueLedger();
  readonly said: string[] = [];
  rules: TransferRules = RULES;
  /** Where TomoScan writes, when scans are sent from a copy. */
  original: FakeSource | undefined;
  destinations: readonly DestinationRow[] = [
    { name: "archive", kind: "copy", template: "{rel}", copier: this.copier, writesManifest: false },
    { name: "petrel", kind: "globus", template: "{rel}", collection: "dest", top: "/2-BM" },
  ];
  transfers = this.#make();
  #abort = new AbortController();
  #ended: Promise<unknown> = Promise.resolve();
  #look: TransfersLook | undefined;

  isPausedAtStart = false;
  told: Pick<TransferSite, "mail" | "webhook" | "foreground" | "steps" | "stepKinds"> = {};
  drops: ScanDrops | undefined;
  trees: readonly SentTree[] = [];
  get site(): TransferSite {
    const { ledger, tasks, rules, destinations, original } = this;
    const source = { source: this.source, disk: this.disk, collection: { id: "src", path: "/data" } };
    return {
      ledger,
      tasks,
      flows: { flows: this.flows, files: this.flowFiles, input: async () => this.flowInput, pollSeconds: 1 },
      rules,
      source: { ...source, ...(original !== undefined && { original }) },
      destinations,
      trees: this.trees,
      ...this.told,
      ...(this.drops !== undefined && { drops: this.drops }),
    };
  }
  #make(): Transfers {
    const { clock, site } = this;
    const say = (sentence: string, severity: Severity = "NO_ALARM"): void => {
      this.said.push(`${severity} ${sentence}`);
    };
    return new Transfers({ clock, log: silentLog, random: () => 0.5, say, site });
  }
  async start(): Promise<void> {
    this.transfers = this.#make();
    if (this.isPausedAtStart) this.transfers.hold({ isPaused: true, isDry: false });
    this.#abort = new AbortController();
    this.#ended = this.transfers.run(this.#abort.signal).catch((thrown: unknown) => {
      if (!this.#abort.signal.aborted) throw thrown;
    });
    await this.pass(0);
    this.#look = undefined;
  }
  /** As a kill: nothing is waited for but what is in memory. */
  async stop(): Promise<void> {
    this.#abort.abort(new Error("stopped"));
    await this.#ended;
  }
  /** Lets time pass in steps, with whole turns of the event loop between them. */
  async pass(seconds: number): Promise<void> {
    for (let step = 0; step <= seconds; step++) {
      await turn();
      this.clock.advance(step === 0 ? 0 : 1);
      await turn();
    }
  }
  announce(file: string, more: Partial<AnnouncedScan> = {}): void {
    this.transfers.announce({ file, trigger: "tomoscan", tags: TAGS, ...more });
  }
  scan(name: string, bytes = 1000): string {
    const file = `/data/2026-03/${name}.h5`;
    this.source.tree.put(file, bytes);
    return file;
  }
  get view(): TransfersView {
    const { running } = this.transfers;
    if (running === undefined) throw new Error("no queue yet");
    this.#look ??= new TransfersLook(running);
    return this.#look.look(TAGS.exp);
  }
  stateOf(scan: string): Record<string, string> {
    const found = [...(this.transfers.running?.road.queue.scans.values() ?? [])].findLast(
      ({ scan: one }) => one.file === scan,
    );
    return Object.fromEntries([...(found?.sends.values() ?? [])].map(({ destination, state }) => [destination, state]));
  }
}

export async function turn(): Promise<void> {
  for (let i = 0; i < 8; i++) await new Promise((resolve) => setImmediate(resolve));
}

const benches: Bench[] = [];
/** A bench whose transfers run; it is stopped behind the test. */
export async function started(change: (bench: Bench) => void = () => {}): Promise<Bench> {
  const bench = new Bench();
  benches.push(bench);
  change(bench);
  await bench.start();
  return bench;
}
afterEach(async () => {
  for (const bench of benches.splice(0)) await bench.stop();
});
