/** TomoScan and its file plugin in memory and in virtual time, as their IOCs' events come. */
import { BehaviorSubject } from "rxjs";
import { TestScheduler } from "rxjs/testing";
import { tomoScanSuffix } from "../../../src/controller/pvs/tomoscan.ts";
import { tomoScanScans$ } from "../../../src/controller/transfers/tomoscan-scans.ts";
import type { ScanEnd, TomoScanNews } from "../../../src/controller/transfers/tomoscan-state.ts";
import { FakeBeamline } from "../../support/fakes/fake-beamline.ts";
import { FakeClock } from "../../support/fakes/fake-clock.ts";

const P = "2bmb:TomoScan:";
const HDF = "2bmbSP1:HDF1:";
export const OTHER_HDF = "2bmbSP2:HDF1:";
export const OLD = "/data/2026-03/Noether/old_001.h5";
export const FILE = "/data/2026-03/Noether/scan_002.h5";
export const NEXT = "/data/2026-03/Noether/scan_003.h5";
export const EPOCH = Date.UTC(2026, 2, 1, 12);

type Texts = Readonly<Record<string, string>>;
const TOMOSCAN_AT_REST = {
  StartScan: "0",
  AbortScan: "0",
  ScanStatus: "Scan complete",
  ImagesSaved: "10/10",
  CopyToAnalysisDir: "0",
  RemoteAnalysisDir: "Unknown",
  FilePluginPVPrefix: HDF,
  FullFileName: OLD,
};
const PLUGIN_AT_REST = { FullFileName_RBV: OLD, NumCapture: "10", NumCaptured_RBV: "10", WriteStatus: "0" };

export class Scene {
  readonly isOn$ = new BehaviorSubject(true);
  readonly beamline = new FakeBeamline();
  #hdf = HDF;

  tomoScan(texts: Texts): void {
    for (const [suffix, text] of Object.entries(texts)) this.beamline.set(P + suffix, text);
  }
  plugin(texts: Texts): void {
    for (const [suffix, text] of Object.entries(texts)) this.beamline.set(this.#hdf + suffix, text);
  }
  /** TomoScan's IOC has restarted, or begins. */
  tomoScanComes(texts: Texts = {}): void {
    this.tomoScan({ ...TOMOSCAN_AT_REST, FilePluginPVPrefix: this.#hdf, ...texts });
  }
  tomoScanGoes(): void {
    for (const suffix of Object.keys(TOMOSCAN_AT_REST)) this.beamline.disconnect(P + suffix);
  }
  pluginComes(texts: Texts = {}): void {
    this.plugin({ ...PLUGIN_AT_REST, ...texts });
  }
  pluginGoes(): void {
    for (const suffix of Object.keys(PLUGIN_AT_REST)) this.beamline.disconnect(this.#hdf + suffix);
  }
  /** mctOptics has selected another camera. */
  switchCamera(prefix: string): void {
    this.tomoScan({ FilePluginPVPrefix: prefix });
    this.#hdf = prefix;
  }
  /** A scan up to the end of its capture. */
  begin(file = FILE, captured = "10"): void {
    this.tomoScan({ StartScan: "1", ScanStatus: "Beginning scan" });
    this.plugin({ NumCaptured_RBV: "0", FullFileName_RBV: file });
    this.tomoScan({ ScanStatus: "Collecting projections", ImagesSaved: "5/10" });
    this.plugin({ NumCaptured_RBV: captured });
  }
  /** Its end, but for FullFileName. */
  end(): void {
    this.tomoScan({ ScanStatus: "Scan complete", StartScan: "0" });
  }
  scan(file = FILE, captured = "10"): void {
    this.begin(file, captured);
    this.end();
    this.tomoScan({ FullFileName: file });
  }
}

export interface Played {
  /** Scans and sentences, each with the second at which it was told where that is not when the scan ended. */
  readonly told: readonly string[];
  /** Phases in their order. */
  readonly phases: readonly string[];
  readonly ends: readonly ScanEnd[];
  readonly messages: readonly string[];
}

type Script = (scene: Scene, at: (seconds: number, action: () => void) => void) => void;

/** Plays a script from the start of the program; what it does at once is there at the start. */
export function playFromStart(script: Script): Played {
  const news: { readonly one: TomoScanNews; readonly at: number }[] = [];
  const scheduler = new TestScheduler(() => {});
  scheduler.run(({ flush }) => {
    const clock = Object.assign(new FakeClock(), {
      now: () => EPOCH + scheduler.now(),
      monotonic: () => scheduler.now() / 1000,
    });
    const scene = new Scene();
    script(scene, (seconds, action) => void scheduler.schedule(action, seconds * 1000));
    const { beamline, isOn$ } = scene;
    const nameOf = (key: Parameters<typeof tomoScanSuffix>[0]): string => P + tomoScanSuffix(key);
    tomoScanScans$({ beamline, nameOf, clock, scheduler, isOn$ }).subscribe((one) =>
      news.push({ one, at: scheduler.now() / 1000 }),
    );
    flush();
  });
  return {
    told: news.flatMap(({ one, at }) => textOf(one, at)),
    phases: news.flatMap(({ one }) => (one.kind === "state" ? [one.state] : [])),
    ends: news.flatMap(({ one }) => (one.kind === "scan" ? [one.end] : [])),
    messages: news.flatMap(({ one }) => (one.kind === "state" ? [one.message] : [])),
  };
}

/** Plays a script behind a start at which TomoScan and its plugin are at rest; tells nothing of the start. */
export function play(script: Script): Played {
  const { told, phases, ends, messages } = playFromStart((scene, at) => {
    scene.tomoScanComes();
    scene.pluginComes();
    script(scene, at);
  });
  return { told: told.slice(1), phases: phases.slice(2), ends: ends.slice(1), messages: messages.slice(2) };
}

function textOf(one: TomoScanNews, at: number): readonly string[] {
  if (one.kind === "state") return [];
  if (one.kind === "said") return [`${one.severity}: ${one.sentence}`];
  const { file, isObserved, why } = one.end;
  const ended = (one.end.at - EPOCH) / 1000;
  return [
    `${isObserved ? "" : "perhaps "}${file}${why === undefined ? "" : ` (${why})`}${ended === at ? "" : ` at ${at}`}`,
  ];
}
