/** Starts EPICS base's own IOC, the reference, on a private port of 127.0.0.1. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { epicsEnvironment, freePort, randomPrefix } from "./epics-environment.ts";
import { PYTHON, ROOT } from "./real-peers.ts";
import { type PeerProcess, spawnPeer } from "./spawn-peer.ts";

export interface IocOptions {
  /** Text of a .db file; `$(P)` is the prefix. */
  readonly db: string;
  /** Default: a random prefix. */
  readonly prefix?: string;
  /** Default: a free port; give the old port to start an IOC again where it was. */
  readonly port?: number;
  /** More macros, as `A=1,B=2`. */
  readonly macros?: string;
  /** Text of an access security file. */
  readonly acf?: string;
  /** Variables beside or instead of the private EPICS variables. */
  readonly env?: Readonly<Record<string, string>>;
}

/** An IOC that runs until `stop`, `await using`, or the end of the test file. */
export interface RunningIoc extends AsyncDisposable {
  readonly prefix: string;
  readonly port: number;
  /** The environment for a client that is to find only this IOC. */
  readonly env: Readonly<Record<string, string>>;
  readonly process: PeerProcess;
  /** Writes a line to the IOC's shell. */
  readonly type: (line: string) => void;
  readonly stop: () => Promise<void>;
}

/**
 * Runs softIoc with these records; resolves when softIoc answers for them. Its shell reads what `type` writes.
 * @throws Error with all softIoc said when it does not start
 */
export const startSoftIoc = (options: IocOptions): Promise<RunningIoc> =>
  startIoc([PYTHON, join(ROOT, "test/peers/softioc.py")], options);

/**
 * Runs an IOC program that takes softIoc's options. The name of the first record of the text must begin with the
 * prefix: that record proves that the IOC is up.
 */
export async function startIoc(command: readonly [string, ...string[]], options: IocOptions): Promise<RunningIoc> {
  const prefix = options.prefix ?? randomPrefix();
  const port = options.port ?? (await freePort());
  const folder = mkdtempSync(join(tmpdir(), "globus-ioc-test-"));
  const db = join(folder, "test.db");
  writeFileSync(db, options.db);
  const access = options.acf === undefined ? [] : ["-a", join(folder, "test.acf")];
  if (options.acf !== undefined) writeFileSync(join(folder, "test.acf"), options.acf);
  const macros = [`P=${prefix}`, ...(options.macros === undefined ? [] : [options.macros])].join(",");
  const env = { ...epicsEnvironment(port), ...options.env };
  const [program, ...args] = [...command, ...access, "-m", macros, "-d", db];
  const first = /record\s*\(\s*\w+\s*,\s*"?\$[({]P[)}]([^")]*)/.exec(options.db)?.[1] ?? "";
  try {
    const process = await spawnPeer(program, args, { env, pv: { name: prefix + first, port }, cwd: folder });
    const stop = async (): Promise<void> => {
      await process.stop();
      rmSync(folder, { recursive: true, force: true });
    };
    void process.exited.then(() => rmSync(folder, { recursive: true, force: true }));
    return {
      prefix,
      port,
      env,
      process,
      type: (line) => process.write(`${line}\n`),
      stop,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}
