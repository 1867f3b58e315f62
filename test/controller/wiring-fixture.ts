import { tap } from "rxjs";
import { vi } from "vitest";
import { silentLog } from "../../src/base/log.ts";
import { Troubles } from "../../src/base/troubles.ts";
import { HealthBook } from "../../src/controller/health/health-book.ts";
import { tomoScanSuffix } from "../../src/controller/pvs/tomoscan.ts";
import type { Server } from "../../src/controller/run/action.ts";
import type { Watch } from "../../src/controller/run/watch.ts";
import { initOnGlobus } from "../../src/controller/setup/init-globus.ts";
import { type DirectoryTarget, makeDirectories } from "../../src/controller/setup/make-directories.ts";
import { startController } from "../../src/controller/wiring.ts";
import { FakeBeamline, FakeControllerPvs } from "../support/fakes/fake-beamline.ts";
import { FakeClock } from "../support/fakes/fake-clock.ts";
import { FakeTree, noIdentity } from "../support/fakes/fake-services.ts";
import { FakeVisitSite } from "../support/fakes/fake-visit.ts";

const TAG = {
  ExperimentYearMonth: "2026-03",
  UserLastName: "Noether",
  ProposalNumber: "1014288",
  ProposalTitle: "Invariants",
};

/** A controller over fakes; vitest's fake timers drive RxJS, `clock` drives the services. */
export class Bench {
  readonly pvs = new FakeControllerPvs();
  readonly beamline = new FakeBeamline();
  readonly clock = new FakeClock();
  readonly detector = new FakeTree("det", this.clock);
  readonly analysis = new FakeTree("ana", this.clock);
  readonly collection = new FakeTree("petrel", this.clock);
  /** The experiments that a watch was told of. */
  readonly watched: (string | undefined)[] = [];
  readonly troubles = new Troubles();
  readonly health = new HealthBook(this.clock);
  /** What the program's log has of errors. */
  readonly errors: string[] = [];
  readonly stop: () => Promise<void>;

  /** @param watches beside the one that fills `watched` */
  constructor(watches: readonly Watch[] = []) {
    const server: Server = {
      name: "petrel",
      kind: "globus",
      actions: { Init: initOnGlobus({ tree: this.collection, template: "{ym}/{exp}" }) },
      dataLink: (experiment) => `link to ${experiment.name}`,
    };
    const directories: DirectoryTarget[] = [
      { tree: this.detector, template: "{exp}", statePv: "DirsDetector", pathPv: "DetectorDir" },
      { tree: this.analysis, template: "{exp}", statePv: "DirsAnalysis", pathPv: "AnalysisDir" },
    ];
    this.stop = startController({
      pvs: this.pvs,
      beamline: this.beamline,
      tomoScanName: tomoScanSuffix,
      servers: [server, { ...server, name: "eagle" }],
      actions: {
        Dirs: makeDirectories(directories, {
          beamline: this.beamline,
          nameOf: tomoScanSuffix,
          clock: this.clock,
        }),
        // Someone's name, and nothing else.
        Tag: {
          plan: () => [],
          run: async () => {
            this.beamline.set("UserLastName", "Curie");
            return { state: "Done", message: "TomoScan is tagged." };
          },
        },
      },
      arms: {},
      watches: [
        ({ experiment$ }) => experiment$.pipe(tap((experiment) => this.watched.push(experiment?.name))),
        ...watches,
      ],
      directories,
      auth: { dm: noIdentity, globus: noIdentity },
      visit: new FakeVisitSite(),
      health: this.health,
      prefix: "2bmb:Globus:",
      version: "1.2.3",
      hostname: "testhost",
      clock: this.clock,
      log: { ...silentLog, error: (sentence) => void this.errors.push(sentence) },
      troubles: this.troubles,
    });
  }
  /** Tags TomoScan and waits until the tag has settled. */
  async tag(changes: Partial<typeof TAG> = {}): Promise<void> {
    for (const [suffix, text] of Object.entries({ ...TAG, ...changes })) this.beamline.set(suffix, text);
    await vi.advanceTimersByTimeAsync(1600);
  }
  async wait(seconds: number): Promise<void> {
    await this.clock.advanceAsync(seconds);
    await vi.advanceTimersByTimeAsync(seconds * 1000);
  }
  /** What was written since the last call, without the signs of life, the log and the halves of sentences. */
  writes(): string[] {
    const writes = this.pvs.writes.splice(0);
    return writes.filter(
      (one) =>
        !/^\w*(Message|LastError|Reason|Mismatch)[01]=/.test(one) &&
        !/^(Heartbeat|Uptime|RequestId|Watchdog|Log|Auth|Token|Visit|NextStep|Message(Severity)?=(?!$))/.test(one),
    );
  }
}
