/**
 * The simulated TomoScan server: it keeps its watchdog alive, says whether the detector host has FilePath, and runs a
 * scan when StartScan is set. Its PVs are served by an IOC of its own, which may go away and come back; a scan goes on
 * meanwhile, as the real server's does. What a scan does is in scan.ts.
 */
import { access, mkdir } from "node:fs/promises";
import path from "node:path";
import { type Clock, sleep } from "../../base/clock.ts";
import { CancelledError } from "../../base/errors.ts";
import type { CaClient } from "../../ca/client/client.ts";
import { FilePlugin } from "./file-plugin.ts";
import { PvGroup } from "./pvs.ts";
import { CONFIG_SUFFIXES, runScan, type ScanFaults, type ScanPlan } from "./scan.ts";
import { copyAsScp } from "./scan-file.ts";

/** The watchdog gets WATCHDOG_COUNTS every WATCHDOG_SECONDS; it counts down once a second. */
const WATCHDOG_SECONDS = 3;
const WATCHDOG_COUNTS = 5;
const SUFFIXES = [
  "StartScan",
  "AbortScan",
  "ScanStatus",
  "FrameType",
  "ImagesCollected",
  "ImagesSaved",
  "ElapsedTime",
  "RemainingTime",
  "FilePathExists",
  "Watchdog",
  ...CONFIG_SUFFIXES,
];
const USUAL_PLAN: ScanPlan = { seconds: 3, bytes: 300_000 };

export interface TomoScanServerOptions {
  readonly client: CaClient;
  readonly clock: Clock;
  /** TomoScan's prefix. */
  readonly prefix: string;
  /** The file plugins' prefixes, one for each camera. */
  readonly filePlugins: readonly string[];
  /** Folder that the detector host shows as its `/`. */
  readonly root: string;
  /** Folder that the analysis host shows as its `/`. */
  readonly analysisRoot: string;
  /** Folder of the detector host in which each experiment has its own, where nobody has set another. */
  readonly top: string;
  /** How long a scan takes and how much it writes; default: 3 s, 300 kB. */
  readonly plan?: ScanPlan | undefined;
}

export interface TomoScanFaults extends ScanFaults {
  /** The copy to the analysis host ends in the middle. */
  cutsCopy: boolean;
  /** Seconds that the copy to the analysis host takes. */
  copySeconds: number;
}

export interface TomoScanTwin {
  readonly faults: TomoScanFaults;
  /** Changes how long the next scans take and how much they write. */
  plan: ScanPlan;
  /** Kills the server: a scan stays as it is. */
  kill(): Promise<void>;
  /** Starts the server after `kill`. */
  start(): void;
  /** As mctOptics does; a scan that runs keeps its camera. @param index of the file plugins' prefixes */
  switchCamera(index: number): Promise<void>;
  close(): Promise<void>;
}

export function startTomoScanServer(options: TomoScanServerOptions): TomoScanTwin {
  const twin = new TomoScanServer(options);
  twin.start();
  return twin;
}

class TomoScanServer implements TomoScanTwin {
  readonly faults: TomoScanFaults = {
    growsAfterEndSeconds: 0,
    writesNoFile: false,
    cutsCopy: false,
    copySeconds: 0.5,
  };
  plan: ScanPlan;
  readonly #options: TomoScanServerOptions;
  readonly #tomoScan: PvGroup;
  readonly #plugins: readonly FilePlugin[];
  #camera = 0;
  /** Aborted when the server dies. */
  #dead = new AbortController();
  #abort = new AbortController();
  #isScanning = false;
  /** The FilePath that the server has set last by itself. */
  #ownPath = "";
  /** Looks in turn: an older look must not have the last word. */
  #looking = Promise.resolve();
  /** What goes on by itself: the scan, the copies, the watchdog. */
  readonly #running = new Set<Promise<void>>();

  constructor(options: TomoScanServerOptions) {
    const { client, prefix, filePlugins, root } = options;
    this.#options = options;
    this.plan = options.plan ?? USUAL_PLAN;
    this.#tomoScan = new PvGroup(client, prefix, SUFFIXES);
    this.#plugins = filePlugins.map((one) => new FilePlugin(client, one, root));
    this.#tomoScan.monitor("FilePath", (wanted) => {
      this.#looking = this.#looking.then(() => this.#look(wanted));
    });
    this.#tomoScan.monitor("StartScan", (state) => void (state === "Acquire" && this.#scan()));
    this.#tomoScan.monitor("AbortScan", (state) => void (state === "Yes" && this.#abort.abort()));
  }

  start(): void {
    this.#dead = new AbortController();
    const { signal } = this.#dead;
    this.#run(async () => {
      await this.#tomoScan.connected(signal);
      await this.#tomoScan.put("StartScan", 0);
      await this.#tomoScan.put("AbortScan", 0);
      for (; ; await sleep(this.#options.clock, WATCHDOG_SECONDS, signal))
        await this.#tomoScan.put("Watchdog", WATCHDOG_COUNTS);
    });
  }

  async kill(): Promise<void> {
    this.#dead.abort(new CancelledError("TomoScan's server was killed."));
    await Promise.all(this.#running);
  }

  async switchCamera(index: number): Promise<void> {
    if (this.#isScanning) return;
    this.#camera = index;
    await this.#tomoScan.put("FilePluginPVPrefix", this.#plugin.prefix);
    await this.#tomoScan.put("CameraPVPrefix", this.#plugin.prefix.replace(/[^:]+:$/, ""));
  }

  async close(): Promise<void> {
    await this.kill();
    this.#tomoScan.close();
    await this.#looking;
    for (const plugin of this.#plugins) await plugin.close();
  }

  get #plugin(): FilePlugin {
    const plugin = this.#plugins[this.#camera];
    if (plugin === undefined) throw new TypeError(`there is no camera ${this.#camera}`);
    return plugin;
  }

  #scan(): void {
    if (this.#isScanning || this.#dead.signal.aborted) return;
    this.#isScanning = true;
    this.#abort = new AbortController();
    const { clock } = this.#options;
    const { plan, faults } = this;
    const plugin = this.#plugin;
    this.#run(async () => {
      try {
        await runScan({
          tomoScan: this.#tomoScan,
          plugin,
          clock,
          plan,
          faults,
          abort: this.#abort.signal,
          dead: this.#dead.signal,
          beginCopy: (file, way) => this.#copy(file, way),
          filePath: () => this.#filePath(),
        });
      } finally {
        this.#isScanning = false;
      }
      await this.#growOn(plugin);
    });
  }

  /** Sets FilePath as 2-BM's TomoScan does, or by the experiment where DetectorTopDir says nothing. */
  async #filePath(): Promise<string> {
    const [ym = "", last = "", gup = "", top = "", now = ""] = await Promise.all(
      ["ExperimentYearMonth", "UserLastName", "ProposalNumber", "DetectorTopDir", "FilePath"].map((suffix) =>
        this.#tomoScan.text(suffix),
      ),
    );
    if (top !== "" && top !== "Unknown") {
      const wanted = `${top}${ym}/${last}/`;
      await this.#tomoScan.put("FilePath", wanted);
      return wanted;
    }
    if (now !== "" && now !== this.#ownPath) return now;
    this.#ownPath = `${this.#options.top}/${ym}-${last}-${gup}`;
    await mkdir(this.#plugin.placeOf(this.#ownPath), { recursive: true });
    await this.#tomoScan.put("FilePath", this.#ownPath);
    return this.#ownPath;
  }

  async #look(wanted: string): Promise<void> {
    const exists = wanted !== "" && (await isThere(this.#plugin.placeOf(wanted)));
    await this.#plugin.usePath(wanted, exists);
    await this.#tomoScan.put("FilePathExists", exists ? 1 : 0);
  }

  /** To RemoteAnalysisDir and below it: with scp, the last two folders; with fdt, the path below DetectorTopDir. */
  #copy(file: string, way: "fdt" | "scp"): void {
    const { clock, analysisRoot } = this.#options;
    const { signal } = this.#dead;
    this.#run(async () => {
      const [, top] = /:(.*)$/.exec(await this.#tomoScan.text("RemoteAnalysisDir")) ?? [];
      if (top === undefined) return;
      const folder = path.posix.dirname(file);
      const below =
        way === "scp"
          ? folder.split("/").slice(-2).join("/")
          : `/${path.posix.relative(await this.#tomoScan.text("DetectorTopDir"), folder)}`;
      const to = path.join(analysisRoot, path.normalize(`/${top}${below}/${path.posix.basename(file)}`));
      const { copySeconds: seconds, cutsCopy: isCut } = this.faults;
      await copyAsScp(this.#plugin.placeOf(file), to, { clock, signal, seconds, isCut });
    });
  }

  async #growOn(plugin: FilePlugin): Promise<void> {
    const { clock } = this.#options;
    const end = clock.monotonic() + this.faults.growsAfterEndSeconds;
    while (clock.monotonic() < end) {
      await plugin.append(1000);
      await sleep(clock, 0.2, this.#dead.signal);
    }
  }

  /** Runs until its end; what it meets at its own death, or on a disk, is nobody's matter. */
  #run(work: () => Promise<void>): void {
    const running = work()
      .catch(() => undefined)
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }
}

const isThere = (place: string): Promise<boolean> =>
  access(place).then(
    () => true,
    () => false,
  );
