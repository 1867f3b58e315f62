/**
 * Scans that arrive while the program that sends them is killed at random moments and started again, with Globus at
 * fault: what has arrived at the destinations in the end.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { sleep, systemClock } from "../../../src/base/clock.ts";
import { type GlobusService, startGlobusService } from "../../../src/sandbox/globus/service.ts";
import type { HttpFaults } from "../../../src/sandbox/http-twin.ts";
import { makeTemporaryFolder } from "../../../src/sandbox/temporary-folder.ts";
import { repeats } from "../repeats.ts";
import { ROOT } from "./real-peers.ts";

export interface KillFigures {
  readonly kills: number;
  readonly scans: number;
  /** Files that are not at a destination, or not byte for byte. */
  readonly lost: readonly string[];
  /** Files that were submitted more than once, or that nobody sent. */
  readonly doubled: readonly string[];
}

/** What Globus does wrong between two kills. */
export const GLOBUS_FAULTS: readonly HttpFaults[] = [
  {},
  { on: "/transfer", answerLost: true, times: 1 },
  { on: "/submission_id", unavailable: { status: 503, times: 1, retryAfterSeconds: 0 } },
  { on: "/transfer", unavailable: { status: 502, times: 1 } },
  { on: "/transfer", down: "reset", times: 1 },
  { on: "/task_list", halfBody: true, times: 1 },
  { on: "/ls", htmlPage: { status: 502 }, times: 1 },
];
const SCANS_A_ROUND = 3;
/** From the start of the program to a proof, where nothing is wrong. */
const WAY_SECONDS = 1.5;
/** Until the last scan must be proven. */
const LAST_SECONDS = 120;

/** @param random from 0 to below 1: when the program is killed, what is wrong, how large the files are */
export async function killTransfers(rounds: number, random: () => number): Promise<KillFigures> {
  const place = await makeTemporaryFolder();
  const folder = place.path;
  const [source, archive, petrel] = ["source", "archive", "petrel"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  for (const one of [source, archive, petrel]) mkdirSync(one);
  const globus = await startGlobusService({
    clock: systemClock,
    queuedSeconds: 0.1,
    collections: [
      { name: "source", folder: source },
      { name: "petrel", folder: petrel },
    ],
  });
  try {
    const worker = new Worker(folder, globus, { source, archive });
    for (let round = 0; round < rounds; round++) {
      await globus.misbehave(GLOBUS_FAULTS[Math.floor(random() * GLOBUS_FAULTS.length)] ?? {});
      worker.start();
      for (let scan = 0; scan < SCANS_A_ROUND; scan++) worker.announce(writeScan(source, `s${round}_${scan}`, random));
      await sleep(systemClock, random() * WAY_SECONDS);
      await worker.kill();
    }
    await globus.misbehave({});
    worker.start();
    await worker.proven(rounds * SCANS_A_ROUND);
    await worker.kill();
    return { kills: rounds, ...arrived({ source, archive, petrel }, globus) };
  } finally {
    await globus.close();
    await place.remove();
  }
}

/** A file of some kilobytes to some hundreds, and its .config. @returns the file's path */
function writeScan(source: string, name: string, random: () => number): string {
  const folder = join(source, "2026-03", "2026-03-Levy-1014288");
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}.h5`);
  writeFileSync(file, Buffer.alloc(1000 + Math.floor(random() * 300_000), name));
  writeFileSync(join(folder, `${name}.config`), `{"scan": "${name}"}\n`);
  return file;
}

/** The program, told again of every scan that it has not said to be on disk: what a trigger does after a restart. */
class Worker {
  readonly #settings: string;
  readonly #open = new Set<string>();
  #child: ReturnType<typeof spawn> | undefined;
  #proven = 0;
  #onProven = (): void => {};
  readonly #said: string[] = [];

  constructor(folder: string, globus: GlobusService, places: { readonly source: string; readonly archive: string }) {
    const { clientId, secret } = globus.serviceAccount;
    const secretFile = join(folder, "secret");
    writeFileSync(secretFile, secret, { mode: 0o600 });
    this.#settings = JSON.stringify({
      ledger: join(folder, "ledger"),
      globusUrl: globus.url,
      clientId,
      secretFile,
      sourceTop: places.source,
      archive: places.archive,
      collections: { source: globus.collection("source").id, destination: globus.collection("petrel").id },
    });
  }

  start(): void {
    const program = join(ROOT, "tools/transfer-worker.mjs");
    const child = spawn(process.execPath, [program, this.#settings], { stdio: ["pipe", "pipe", "inherit"] });
    child.stdin.on("error", () => {}); // it has been killed
    createInterface({ input: child.stdout }).on("line", (line) => this.#heard(line));
    this.#child = child;
    for (const file of this.#open) child.stdin.write(`${file}\n`);
  }

  announce(file: string): void {
    this.#open.add(file);
    this.#child?.stdin?.write(`${file}\n`);
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    if (child.exitCode !== null) throw new Error(`the program has ended by itself: ${this.#said.join("\n")}`);
    const gone = once(child, "close");
    child.kill("SIGKILL");
    await gone;
  }

  /** Resolves when so many scans are proven. */
  async proven(count: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const giveUp = systemClock.after(LAST_SECONDS, () =>
        reject(new Error(`${this.#proven} of ${count} scans are proven:\n${this.#said.slice(-20).join("\n")}`)),
      );
      this.#onProven = () => {
        if (this.#proven < count) return;
        giveUp();
        resolve();
      };
      this.#onProven();
    });
  }

  #heard(line: string): void {
    const [word = "", ...rest] = line.split(" ");
    const text = rest.join(" ");
    if (word === "taken") this.#open.delete(text);
    else if (word === "proven") {
      this.#proven = Number(text);
      this.#onProven();
    } else this.#said.push(line);
  }
}

function arrived(
  places: Readonly<Record<"source" | "archive" | "petrel", string>>,
  globus: GlobusService,
): Omit<KillFigures, "kills"> {
  const from = filesBelow(places.source);
  const lost: string[] = [];
  const doubled: string[] = [];
  for (const name of ["archive", "petrel"] as const) {
    const there = filesBelow(places[name]);
    for (const [file, path] of from) {
      const copy = there.get(file);
      if (copy === undefined || !readFileSync(copy).equals(readFileSync(path))) lost.push(`${name}: ${file}`);
    }
    for (const file of there.keys()) if (!from.has(file)) doubled.push(`${name}: ${file}`);
  }
  doubled.push(...repeats(globus.transfers.flatMap(({ sources }) => sources)).map((one) => `petrel: ${one}`));
  return { scans: [...from.keys()].filter((file) => file.endsWith(".h5")).length, lost, doubled };
}

/** Files by their path from the folder on. */
export function filesBelow(folder: string): Map<string, string> {
  const found = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  return new Map(
    found.map((one) => {
      const path = join(one.parentPath, one.name);
      return [path.slice(folder.length + 1), path];
    }),
  );
}
