/**
 * Runs a foreign program for a test: collects its output, waits until the program is ready, and ends it with everything
 * it started. No process outlives the test file: each program has its own process group, which is ended after the
 * file's tests, when this process exits, and (Linux) when this process is killed.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll } from "vitest";
import { searchUntilAnswered } from "../../../tools/ca-search.mjs";
import { inheritedEnvironment } from "./epics-environment.ts";
import { PYTHON, ROOT } from "./real-peers.ts";

export interface SpawnOptions {
  /** The whole environment; default: `inheritedEnvironment()`. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Ready when standard output or error holds this pattern. */
  readonly line?: RegExp;
  /** Ready when this PV answers a search on this port. */
  readonly pv?: { readonly name: string; readonly port: number };
  /** Longest wait for readiness; default 20. */
  readonly timeoutSeconds?: number;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const TERM_SECONDS = 5;
const running = new Set<PeerProcess>();

/** A foreign program that runs. */
export class PeerProcess {
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcess;
  readonly #title: string;
  #stdout = "";
  #stderr = "";
  #watchers: (() => void)[] = [];

  /** For `spawnPeer` alone. */
  constructor(child: ChildProcess, title: string) {
    this.#child = child;
    this.#title = title;
    child.stdout?.setEncoding("utf8").on("data", (text: string) => this.#grow(() => (this.#stdout += text)));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => this.#grow(() => (this.#stderr += text)));
    child.stdin?.on("error", () => {}); // the program may end before it has read everything
    this.exited = new Promise((resolve) => {
      const end = (exit: Exit): void => {
        running.delete(this);
        this.#grow(() => undefined);
        resolve(exit);
      };
      child.once("error", (error) => {
        this.#stderr += String(error);
        end({ code: null, signal: null });
      });
      child.once("exit", () => this.#signalGroup("SIGKILL")); // the processes that the program started and left behind
      child.once("close", (code, signal) => end({ code, signal }));
    });
  }
  get pid(): number {
    return this.#child.pid ?? 0;
  }
  get stdout(): string {
    return this.#stdout;
  }
  get stderr(): string {
    return this.#stderr;
  }
  get hasExited(): boolean {
    return !running.has(this);
  }
  /** Writes to the program's standard input. */
  write(text: string): void {
    this.#child.stdin?.write(text);
  }
  endInput(): void {
    this.#child.stdin?.end();
  }
  /**
   * Resolves with the match once standard output and error together hold `pattern`.
   * @throws Error with all the program said, after `timeoutSeconds` or when the program ends
   */
  said(pattern: RegExp, timeoutSeconds = 20): Promise<RegExpExecArray> {
    return this.#until(
      () => pattern.exec(`${this.#stdout}\n${this.#stderr}`) ?? undefined,
      `say ${String(pattern)}`,
      timeoutSeconds,
    );
  }
  /** Resolves once this PV answers a search. @throws as `said` */
  async serves(pv: { readonly name: string; readonly port: number }, timeoutSeconds = 20): Promise<void> {
    let answered = false;
    const stop = searchUntilAnswered(pv.name, pv.port, () => this.#grow(() => (answered = true)));
    try {
      await this.#until(
        () => (answered ? true : undefined),
        `answer for ${pv.name} on port ${pv.port}`,
        timeoutSeconds,
      );
    } finally {
      stop();
    }
  }
  /** Sends a signal to the program and to all that it started. */
  kill(signal: NodeJS.Signals): void {
    if (!this.hasExited) this.#signalGroup(signal);
  }
  /** Sends SIGTERM, and 5 s later SIGKILL to processes that still run; resolves when the program is gone. */
  async stop(): Promise<Exit> {
    this.kill("SIGTERM");
    const timer = setTimeout(() => this.kill("SIGKILL"), TERM_SECONDS * 1000);
    const exit = await this.exited;
    clearTimeout(timer);
    return exit;
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
  #signalGroup(signal: NodeJS.Signals): void {
    try {
      if (this.pid > 0) process.kill(-this.pid, signal);
    } catch {
      // No process of the group is left.
    }
  }
  #until<T>(look: () => T | undefined, what: string, timeoutSeconds: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const settle = (act: () => void): void => {
        clearTimeout(timer);
        this.#watchers = this.#watchers.filter((one) => one !== check);
        act();
      };
      const fail = (why: string): void =>
        settle(() => reject(new Error(`${this.#title} ${why}, instead of: ${what}\n${this.#stdout}${this.#stderr}`)));
      const check = (): void => {
        const found = look();
        if (found !== undefined) settle(() => resolve(found));
        else if (this.hasExited) fail("ended");
      };
      const timer = setTimeout(() => fail(`was silent for ${timeoutSeconds} s`), timeoutSeconds * 1000);
      this.#watchers.push(check);
      check();
    });
  }
  #grow(change: () => void): void {
    change();
    for (const watcher of this.#watchers) watcher();
  }
}

/**
 * Starts a program in a process group of its own and waits until it is ready by `line` and `pv` (without both: at
 * once).
 * @throws Error with all the program said when it ends or is not ready in time; it is stopped then
 */
export async function spawnPeer(
  command: string,
  args: readonly string[],
  options: SpawnOptions = {},
): Promise<PeerProcess> {
  const [program = command, ...words] = leashed(command, args);
  const child = spawn(program, words, {
    cwd: options.cwd ?? ROOT,
    env: { ...(options.env ?? inheritedEnvironment()) },
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
  });
  const process = new PeerProcess(child, [command, ...args].join(" "));
  running.add(process);
  try {
    if (options.line !== undefined) await process.said(options.line, options.timeoutSeconds);
    if (options.pv !== undefined) await process.serves(options.pv, options.timeoutSeconds);
  } catch (error) {
    await process.stop();
    throw error;
  }
  return process;
}

export interface Finished extends Exit {
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program to its end, with `input` on its standard input.
 * @throws Error after `timeoutSeconds` (default 60); the program is stopped then
 */
export async function runPeer(
  command: string,
  args: readonly string[],
  options: Pick<SpawnOptions, "env" | "cwd" | "timeoutSeconds"> & { readonly input?: string } = {},
): Promise<Finished> {
  const { timeoutSeconds = 60, input = "", ...rest } = options;
  const process = await spawnPeer(command, args, rest);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    process.kill("SIGKILL");
  }, timeoutSeconds * 1000);
  process.write(input);
  process.endInput();
  const exit = await process.exited;
  clearTimeout(timer);
  const { stdout, stderr } = process;
  if (late) throw new Error(`${command} ${args.join(" ")} had not ended after ${timeoutSeconds} s\n${stdout}${stderr}`);
  return { ...exit, stdout, stderr };
}

/** Runs a program to its end. @throws Error with its standard error when its exit status is not 0 */
export async function succeed(program: string, args: readonly string[]): Promise<void> {
  const { code, stderr } = await runPeer(program, args);
  if (code !== 0) throw new Error(`${program} ${args.join(" ")}: ${stderr}`);
}

/**
 * Runs a script of test/peers (or an absolute path) in the peers' Python environment and returns its standard output.
 * @throws Error with the script's standard error when its exit status is not 0
 */
export async function runPython(
  script: string,
  args: readonly string[] = [],
  env?: Readonly<Record<string, string>>,
  timeoutSeconds?: number,
): Promise<string> {
  const path = join(ROOT, "test/peers", script);
  const program = script.startsWith("/") ? script : path;
  const finished = await runPeer(PYTHON, [program, ...args], {
    ...(env === undefined ? {} : { env }),
    ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
  });
  if (finished.code === 0) return finished.stdout;
  throw new Error(`${script} ended with ${finished.code ?? finished.signal}\n${finished.stdout}${finished.stderr}`);
}

/** As `runPython`, for a script whose last line of output is JSON. */
export async function runPythonJson(...request: Parameters<typeof runPython>): Promise<unknown> {
  const lines = (await runPython(...request)).trimEnd().split("\n");
  return JSON.parse(lines.at(-1) ?? "null") as unknown;
}

/** Lets the kernel kill the program when this process dies without a chance to do so (util-linux's setpriv). */
function leashed(command: string, args: readonly string[]): string[] {
  const setpriv = "/usr/bin/setpriv";
  return existsSync(setpriv) ? [setpriv, "--pdeathsig", "KILL", command, ...args] : [command, ...args];
}

function killAll(): void {
  for (const process of running) process.kill("SIGKILL");
}

process.once("exit", killAll);
process.once("SIGTERM", () => {
  killAll();
  process.exit(143);
});
afterAll(async () => {
  await Promise.all([...running].map((process) => process.stop()));
});
