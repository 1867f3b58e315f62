/** A site of transfers without disks and networks: a ledger, a source, copiers and Globus' tasks, all in memory. */
import { ActionError } from "../../../src/base/errors.ts";
import { orAbort } from "../../../src/base/or-abort.ts";
import {
  type CallOptions,
  NotFoundError,
  SourceChangedError,
  UnavailableError,
} from "../../../src/controller/ports/call.ts";
import type { CopiedFile, Copier, CopyOptions, FoundFile, Parcel } from "../../../src/controller/ports/destinations.ts";
import type { QueueChange, QueueContent, QueueLedger } from "../../../src/controller/ports/queue-ledger.ts";
import type { ScanTop, TopFound, TrialFile } from "../../../src/controller/ports/scan-top.ts";
import type {
  DiskScans,
  Manifest,
  MarkedScan,
  Removed,
  RemoveOptions,
  ScanDisk,
  ScanFile,
  ScanSource,
} from "../../../src/controller/ports/scans.ts";
import type { Submission, TaskReport, TransferTasks } from "../../../src/controller/ports/transfer-tasks.ts";
import type { TransferRules } from "../../../src/controller/transfers/rules.ts";
import type { FakeClock } from "./fake-clock.ts";

export const RULES: TransferRules = {
  settleSeconds: 5,
  giveUpSeconds: 3600,
  aborted: "mark",
  attempts: 4,
  batchScans: 50,
  batchBytes: 1e9,
  batchSeconds: 10,
  tasks: 3,
  deadlineHours: 24,
  stuckSeconds: 120,
  pollSeconds: 1,
  mayPrune: false,
  tells: { webhook: false, mailFailed: false, mailVerified: false },
};

type Files = Map<string, { bytes: number; modified: number }>;

/** Files by absolute path, as a host or a collection has them. */
export class FakeTree {
  readonly files: Files = new Map();
  put(path: string, bytes: number, modified = 1000): void {
    this.files.set(path, { bytes, modified });
  }
}

/** A top directory that takes everything. */
export class FakeTop implements ScanTop {
  readonly files = new Map<string, TrialFile>();
  /** What the host says of the time of a new file; undefined: as ours. */
  written: number | undefined;
  room: number | undefined = 1e12;
  /** Thrown by each call; of writing, by what would write. */
  failure: Error | undefined;
  writeFailure: Error | undefined;
  async look(): Promise<TopFound> {
    if (this.failure !== undefined) throw this.failure;
    return { room: this.room, written: undefined };
  }
  async tryWriting(): Promise<TopFound> {
    const found = await this.look();
    if (this.writeFailure !== undefined) throw this.writeFailure;
    return { ...found, written: this.written };
  }
  async put(file: TrialFile): Promise<void> {
    await this.tryWriting();
    this.files.set(file.name, file);
  }
  async find(name: string): Promise<{ bytes: number; modified: number } | undefined> {
    const file = this.files.get(name);
    return file === undefined ? undefined : { bytes: file.text.length, modified: file.modified };
  }
  async remove(name: string): Promise<void> {
    await this.look();
    this.files.delete(name);
  }
}

export class FakeSource implements ScanSource {
  readonly directory = new FakeTop();
  readonly name: string;
  readonly top = "/data";
  readonly tree = new FakeTree();
  /** Thrown by the next looks. */
  failure: Error | undefined;
  looks = 0;
  constructor(name = "detector") {
    this.name = name;
  }
  look(scan: string): Promise<Manifest> {
    this.looks++;
    if (this.failure !== undefined) return Promise.reject(this.failure);
    const file = this.tree.files.get(scan);
    const folder = scan.slice(0, scan.lastIndexOf("/"));
    if (file !== undefined) {
      const stem = scan.replace(/\.[^./]*$/, "");
      const files = [...this.tree.files]
        .filter(([path]) => path === scan || path === `${stem}.config` || path.startsWith(`${stem}_more/`))
        .map(([path, one]) => ({ path: path.slice(folder.length + 1), ...one }));
      return Promise.resolve({ folder, isFolder: false, files });
    }
    const below = [...this.tree.files].filter(([path]) => path.startsWith(`${scan}/`));
    if (below.length === 0) return Promise.reject(new NotFoundError(`There is no ${scan} on ${this.name}.`));
    const files = below.map(([path, one]) => ({ path: path.slice(scan.length + 1), ...one }));
    return Promise.resolve({ folder: scan, isFolder: true, files });
  }
}

/** The disk of a fake source: what the port promises, over its tree. */
export class FakeDisk implements ScanDisk {
  readonly #source: FakeSource;
  /** Names that are scans. */
  pattern = /\.h5$/;
  problems: readonly string[] = [];
  /** Called before each file goes. */
  beforeFile: (path: string) => void = () => {};
  /** Thrown by remove before anything is deleted. */
  failure: Error | undefined;
  lists = 0;
  constructor(source: FakeSource) {
    this.#source = source;
  }
  async scans(): Promise<DiskScans> {
    this.lists++;
    const scans = [...this.#source.tree.files.keys()].filter((path) => this.pattern.test(path)).sort();
    return { scans, problems: this.problems };
  }
  async mark({ folder, files }: Manifest): Promise<MarkedScan> {
    const folders = new Set(files.map(({ path }) => path.slice(0, path.lastIndexOf("/") + 1)));
    const marks = [...folders.add("")].map((below) => `${below}.mark`);
    for (const path of marks) this.#source.tree.put(`${folder}/${path}`, 0);
    return { marks, identities: files.map(({ path }) => `source ${folder}/${path}`) };
  }
  async unmark({ folder }: Manifest): Promise<void> {
    for (const path of this.#source.tree.files.keys())
      if (path.startsWith(`${folder}/`) && path.endsWith("/.mark")) this.#source.tree.files.delete(path);
  }
  async remove({ folder, isFolder, files }: Manifest, { isPlan, mayLack }: RemoveOptions): Promise<Removed> {
    if (this.failure !== undefined) throw this.failure;
    const { files: tree } = this.#source.tree;
    const isSame = ({ path, bytes, modified }: ScanFile): boolean => {
      const now = tree.get(`${folder}/${path}`);
      return now === undefined ? mayLack : now.bytes === bytes && now.modified === modified;
    };
    const other = files.find((file) => !isSame(file));
    if (other !== undefined) throw new SourceChangedError(`${other.path} is not as it was.`);
    const wanted = new Set(files.map(({ path }) => `${folder}/${path}`));
    const extra = isFolder && [...tree.keys()].find((path) => path.startsWith(`${folder}/`) && !wanted.has(path));
    if (typeof extra === "string") throw new SourceChangedError(`${extra} is none of the scan's files.`);
    let [count, bytes] = [0, 0];
    for (const file of files) {
      const path = `${folder}/${file.path}`;
      if (!tree.has(path)) continue;
      if (!isPlan) {
        this.beforeFile(path);
        if (!isSame(file)) return { files: count, bytes, problem: `${file.path} was written meanwhile.` };
        tree.delete(path);
      }
      count++;
      bytes += file.bytes;
    }
    return { files: count, bytes };
  }
}

export class FakeCopier implements Copier {
  readonly place = "/archive";
  readonly directory = new FakeTop();
  readonly arrived = new Map<string, number>();
  readonly found = new FakeTree();
  failure: Error | undefined;
  /** Thrown for the scans whose files have such names. */
  poison: RegExp | undefined;
  /** Bytes that are lost of each file. */
  loses = 0;
  /** Copies under way wait for it. */
  gate: Promise<void> | undefined;
  copies = 0;
  lists = 0;
  /** Thrown by list. */
  listFailure: Error | undefined;
  readonly #source: FakeSource;
  constructor(source: FakeSource) {
    this.#source = source;
  }
  async copy({ manifest, parts }: Parcel, _options: CopyOptions = {}): Promise<readonly CopiedFile[]> {
    this.copies++;
    await this.gate;
    if (this.failure !== undefined) throw this.failure;
    for (const file of manifest.files) {
      if (this.poison?.test(file.path) === true) throw new ActionError(`${file.path} cannot be written.`);
      const now = this.#source.tree.files.get(`${manifest.folder}/${file.path}`);
      if (now?.bytes !== file.bytes) throw new SourceChangedError(`${file.path} has changed.`);
      const at = ["", ...parts, file.path].join("/");
      this.found.put(at, file.bytes - this.loses, file.modified);
      this.arrived.set(at, (this.arrived.get(at) ?? 0) + 1);
    }
    return manifest.files.map((file) => ({ ...file, sha256: "0".repeat(64) }));
  }
  list({ manifest, parts }: Parcel): Promise<readonly FoundFile[]> {
    this.lists++;
    if (this.listFailure !== undefined) return Promise.reject(this.listFailure);
    const folder = ["", ...parts].join("/");
    const all = filesBelow(this.found, folder);
    return Promise.resolve(
      manifest.isFolder ? all : all.filter(({ path }) => manifest.files.some((file) => file.path === path)),
    );
  }
  readonly written = new Map<string, string>();
  write(parts: readonly string[], name: string, text: string): Promise<void> {
    this.written.set(["", ...parts, name].join("/"), text);
    this.found.put(["", ...parts, name].join("/"), text.length);
    return Promise.resolve();
  }
}

const filesBelow = (tree: FakeTree, folder: string): ScanFile[] =>
  [...tree.files]
    .filter(([path]) => path.startsWith(`${folder.replace(/\/$/, "")}/`))
    .map(([path, one]) => ({ path: path.slice(folder.replace(/\/$/, "").length + 1), ...one }));

interface FakeTask {
  readonly submission: Submission;
  readonly at: number;
  end?: number;
  report: Partial<TaskReport>;
}

const NEVER = new AbortController().signal;

/** Globus Transfer: a submission id makes one task; a task takes `seconds`. */
export class FakeTasks implements TransferTasks {
  readonly taskById = new Map<string, FakeTask>();
  readonly destination = new FakeTree();
  readonly arrivals = new Map<string, number>();
  readonly requests: string[] = [];
  login = "me";
  seconds = 5;
  /** Thrown by submit: before it takes effect, or behind it. */
  refuses: Error | undefined;
  losesAnswer = 0;
  /** Files of such names do not arrive. */
  loses: RegExp | undefined;
  /** Files of such names are there already with an equal checksum. */
  keeps: RegExp | undefined;
  /** A task that is cancelled goes on for a while. */
  cancelsLater = false;
  #held: Promise<void> | undefined;
  /** Thrown by every request. */
  down: Error | undefined;
  readonly #clock: FakeClock;
  readonly #source: FakeSource;
  #count = 0;
  constructor(clock: FakeClock, source: FakeSource) {
    this.#clock = clock;
    this.#source = source;
  }
  #ask(what: string): void {
    this.requests.push(what);
    if (this.down !== undefined) throw this.down;
  }
  /** Submissions get no answer before the function is called that it gives. */
  holdAnswer(): () => void {
    let answer = (): void => {};
    this.#held = new Promise((resolve) => {
      answer = resolve;
    });
    return () => answer();
  }
  async owner(): Promise<string> {
    return this.login;
  }
  async submissionId(): Promise<string> {
    this.#ask("submission id");
    return `s${++this.#count}`;
  }
  async submit(submission: Submission, { signal = NEVER }: CallOptions = {}): Promise<string> {
    this.#ask("submit");
    await orAbort(this.#held ?? Promise.resolve(), signal);
    if (this.refuses !== undefined) throw this.refuses;
    const id = `task-${submission.id}`;
    if (!this.taskById.has(id)) this.taskById.set(id, { submission, at: this.#clock.now(), report: {} });
    if (this.losesAnswer > 0) {
      this.losesAnswer--;
      throw new UnavailableError("Globus gave no answer.", { mayHaveHappened: true });
    }
    return id;
  }
  async cancel(taskId: string): Promise<boolean> {
    this.#ask("cancel");
    const task = this.taskById.get(taskId);
    if (task === undefined || task.end !== undefined) return false;
    if (this.cancelsLater) return true;
    task.end = this.#clock.now();
    task.report = { state: "FAILED", fatal: { code: "CANCELED", description: "canceled" } };
    return true;
  }
  async pauseMessage(): Promise<string> {
    this.#ask("pause message");
    return "maintenance";
  }
  async arrived(taskId: string): Promise<readonly { readonly destination: string }[]> {
    this.#ask("arrived");
    const task = this.taskById.get(taskId);
    const moved = task?.submission.items.flatMap((item) => this.#moved(item)) ?? [];
    return moved.flatMap(([from, to]) => (this.keeps?.test(from) === true ? [] : [{ destination: to }]));
  }
  async typeOf(_collection: string, path: string): Promise<"file" | "folder"> {
    return path.endsWith("/") ? "folder" : "file";
  }
  async list(_collection: string, folder: string, isDeep: boolean): Promise<readonly FoundFile[]> {
    this.#ask("list");
    return filesBelow(this.destination, folder).filter(({ path }) => isDeep || !path.includes("/"));
  }
  glance = async (): Promise<void> => this.#ask("glance");
  find = async (): Promise<never> => {
    throw new NotFoundError("There is no such file.");
  };
  remove = async (): Promise<never> => {
    throw new ActionError("Nothing is removed.");
  };
  heard = (): undefined => undefined;
  refusal = async (): Promise<string | undefined> => undefined;
  #moved({ source, destination, isFolder }: Submission["items"][number]): [string, string][] {
    if (!isFolder) return [[source, destination]];
    return [...this.#source.tree.files.keys()]
      .filter((path) => path.startsWith(source))
      .map((path) => [path, destination + path.slice(source.length)]);
  }
  #settle(): void {
    for (const task of this.taskById.values()) {
      if (task.end !== undefined || task.report.isOk === false || task.report.isPaused === true) continue;
      if (this.#clock.now() < task.at + this.seconds * 1000) continue;
      task.end = this.#clock.now();
      let filesSkipped = 0;
      for (const item of task.submission.items)
        for (const [from, to] of this.#moved(item)) {
          const file = this.#source.tree.files.get(from);
          if (this.keeps?.test(from) === true && this.destination.files.has(to)) {
            filesSkipped++;
            continue;
          }
          if (file === undefined || this.loses?.test(from) === true) continue;
          this.destination.put(to, file.bytes, file.modified);
          this.arrivals.set(to, (this.arrivals.get(to) ?? 0) + 1);
        }
      task.report = { state: "SUCCEEDED", filesSkipped, ...task.report };
    }
  }
  tasks(ids: readonly string[]): Promise<ReadonlyMap<string, TaskReport>> {
    this.#ask("tasks");
    this.#settle();
    const found = new Map<string, TaskReport>();
    for (const id of ids) {
      const task = this.taskById.get(id);
      if (task === undefined) continue;
      found.set(id, {
        id,
        state: "ACTIVE",
        label: task.submission.label,
        niceStatus: "OK",
        description: "",
        isOk: true,
        isPaused: false,
        faults: 0,
        files: 0,
        filesTransferred: 0,
        filesSkipped: 0,
        bytesTransferred: 0,
        bytesPerSecond: 0,
        skippedErrors: 0,
        ahead: 0,
        ...task.report,
      });
    }
    return Promise.resolve(found);
  }
}

/** The ledger: what is put survives the queue that is read from it. */
export class FakeQueueLedger implements QueueLedger {
  readonly #records = new Map<string, string>();
  readonly #manifests = new Map<string, string>();
  failure: Error | undefined;
  puts = 0;
  async read(): Promise<QueueContent> {
    if (this.failure !== undefined) throw this.failure;
    const of = <T>(letter: string): T[] =>
      [...this.#records]
        .filter(([key]) => key.startsWith(letter))
        .sort(([one], [other]) => (one < other ? -1 : 1))
        .map(([, value]) => JSON.parse(value) as T);
    return {
      scans: of("s"),
      sends: of("d"),
      submissions: of("u"),
      steps: of("p"),
      flowRuns: of("r"),
      notes: of("n"),
      summaries: of("y"),
    };
  }
  async put(changes: readonly QueueChange[]): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    this.puts++;
    for (const change of changes) this.#put(change);
  }
  #put(change: QueueChange): void {
    const set = (key: string, value: unknown): void => void this.#records.set(key, JSON.stringify(value));
    if ("scan" in change) set(`s${change.scan.id}`, change.scan);
    else if ("send" in change) set(`d${change.send.scan} ${change.send.destination}`, change.send);
    else if ("submission" in change) set(`u${change.submission.submission.id}`, change.submission);
    else if ("step" in change) set(`p${change.step.scan} ${change.step.destination} ${change.step.kind}`, change.step);
    else if ("flowRun" in change) set(`r${change.flowRun.id}`, change.flowRun);
    else if ("note" in change) set(`n${change.note.id}`, change.note);
    else if ("summary" in change) set("y", change.summary);
    else if ("forgetScan" in change) this.#records.delete(`s${change.forgetScan}`);
    else if ("forgetSubmission" in change) this.#records.delete(`u${change.forgetSubmission}`);
    else if ("forgetFlowRun" in change) this.#records.delete(`r${change.forgetFlowRun}`);
    else this.#records.delete(`n${change.forgetNote}`);
  }
  async keepManifest(scan: string, manifest: Manifest): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    this.#manifests.set(scan, JSON.stringify(manifest));
  }
  loseManifest(scan: string): void {
    this.#manifests.delete(scan);
  }
  async manifest(scan: string): Promise<Manifest> {
    const text = this.#manifests.get(scan);
    if (text === undefined) throw new SourceChangedError(`There are no files of ${scan}.`);
    return JSON.parse(text) as Manifest;
  }
  async close(): Promise<void> {}
}
