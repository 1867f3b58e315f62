/**
 * The parts of an IOC, started and stopped in the right order: database, Channel Access server, and what else registers
 * itself as a stage. It only starts and stops; commands, files and the shell are elsewhere. channel-access.md §5.4.
 */
import type { Clock } from "../base/clock.ts";
import { openFilesLimit, roomForClients } from "../base/descriptors.ts";
import { AppError, codeOf } from "../base/errors.ts";
import { Listeners } from "../base/listeners.ts";
import { createLog, type Log, teeLog } from "../base/log.ts";
import { Troubles } from "../base/troubles.ts";
import { type CaServerConfig, serverConfig } from "../ca/ca-config.ts";
import { addressOfHost, resolveHosts } from "../ca/host-names.ts";
import { DEFAULT_LIMITS, type ServerLimits } from "../ca/server/limits.ts";
import { CaServer } from "../ca/server/server.ts";
import { Database } from "../database/database.ts";
import type { ExternalLinks } from "../database/link-ends.ts";
import type { ShellEnvironment } from "../iocsh/shell-command.ts";
import type { Network } from "../net/transport.ts";
import { loadAccessFile } from "./access/access-file.ts";
import { AccessSecurity } from "./access/access-security.ts";
import { DatabaseSource } from "./database-source.ts";

/**
 * When a stage starts. `beforeDatabase`: records are loaded, none is initialized. `beforeProcessing`: they are
 * initialized, none has been processed. `beforeServer`: PINI=YES has run. `afterServer`: clients can connect and
 * records scan. `running`: "iocRun: All initialization complete" has been printed.
 */
export type StageTime = "beforeDatabase" | "beforeProcessing" | "beforeServer" | "afterServer" | "running";

/**
 * Something that runs as long as the IOC: started by iocInit in the order of registration, stopped in the opposite
 * order.
 */
export interface Stage {
  /** For messages. */
  readonly name: string;
  readonly start: () => void | Promise<void>;
  readonly stop?: () => void | Promise<void>;
}

export type IocState = "loading" | "starting" | "running" | "paused" | "stopped";

/** iocInit, iocRun or iocPause cannot be done now, or failed. */
export class IocError extends AppError {}

export interface IocOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly network: Network;
  /** Read at iocInit; RSRV_SERVER_PORT is set in it then. */
  readonly environment: ShellEnvironment;
  /** For "iocRun: All initialization complete" and its like. */
  readonly print: (line: string) => void;
  /** Instead of what the environment says. */
  readonly server?: CaServerConfig;
  readonly externalLinks?: ExternalLinks;
}

export class Ioc {
  readonly database: Database;
  /** Who may read and write what. */
  readonly access: AccessSecurity;
  /** What goes wrong in the background; it is on the console, and listeners hear of it. */
  readonly troubles = new Troubles();
  /** Told of each line of the IOC's log, for log servers. */
  readonly logLines = new Listeners<[line: string]>();
  readonly log: Log;
  readonly #options: IocOptions;
  readonly #stages: { readonly time: StageTime; readonly stage: Stage }[] = [];
  /** What has started, in this order. */
  readonly #started: Stage[] = [];
  #server: CaServer | undefined;
  #state: IocState = "loading";

  constructor(options: IocOptions) {
    const { clock, externalLinks } = options;
    this.#options = options;
    const log = this.heard("ioc", options.log);
    this.log = log;
    this.troubles.listen(({ sentence, isOver }) => (isOver ? log.info(sentence) : log.error(sentence)));
    this.database = new Database({ clock, log, ...(externalLinks === undefined ? {} : { externalLinks }) });
    const { database } = this;
    this.access = new AccessSecurity({ database, clock, log, load: loadAccessFile, resolve: addressOfHost });
  }
  get state(): IocState {
    return this.#state;
  }
  /** From iocInit on. */
  get server(): CaServer | undefined {
    return this.#server;
  }
  get environment(): ShellEnvironment {
    return this.#options.environment;
  }
  get clock(): Clock {
    return this.#options.clock;
  }
  get network(): Network {
    return this.#options.network;
  }

  /** The same log, whose lines `logLines` is told too. @param name as its lines begin */
  heard(name: string, log: Log): Log {
    return teeLog(
      log,
      createLog(name, (line) => this.logLines.notify(line)),
    );
  }

  /** Adds something that iocInit starts. @throws IocError after iocInit */
  addStage(time: StageTime, stage: Stage): void {
    if (this.#state !== "loading") throw new IocError(`${stage.name} comes too late: iocInit has run.`);
    this.#stages.push({ time, stage });
  }

  /**
   * Adds something that works already: it is stopped after all that iocInit starts, also where iocInit never comes, and
   * where it has come before.
   */
  addRunning(name: string, stop: () => Promise<void>): void {
    const stage = { name, start: () => {}, stop };
    if (this.#state === "loading") this.#started.push(stage);
    else this.#started.unshift(stage);
  }

  /** iocInit. @throws IocError when it has run before, or something cannot start; what has started is stopped then */
  async init(): Promise<void> {
    if (this.#state !== "loading") throw new IocError("iocInit runs once only; this IOC has been initialized.");
    this.#state = "starting";
    this.#options.print("Starting iocInit");
    try {
      await this.#startStages("beforeDatabase");
      await this.#start({
        name: "the database",
        start: () => this.database.initializeRecords(),
        stop: () => this.database.stop(),
      });
      await this.#startStages("beforeProcessing");
      await this.#start({ name: "access security", start: () => this.access.init() });
      this.database.processInitial();
      await this.#startStages("beforeServer");
      await this.#start({
        name: "the Channel Access server",
        start: () => this.#serve(),
        stop: () => this.#server?.close(),
      });
      this.database.start();
      await this.#startStages("afterServer");
      this.#state = "running";
      this.#options.print("iocRun: All initialization complete");
      await this.#startStages("running");
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Stops scanning; clients stay, and puts process. @throws IocError unless it runs */
  pause(): void {
    if (this.#state !== "running") throw new IocError(`iocPause: the IOC is ${this.#state}, not running.`);
    this.database.pause();
    this.#state = "paused";
    this.#options.print("iocPause: IOC suspended");
  }
  /** Goes on after `pause`. @throws IocError unless it is paused */
  resume(): void {
    if (this.#state !== "paused") throw new IocError(`iocRun: the IOC is ${this.#state}, not paused.`);
    this.database.start();
    this.#state = "running";
    this.#options.print("iocRun: IOC restarted");
  }

  /** Stops what has started, last first; each stage even if another cannot stop. Never throws. */
  async stop(): Promise<void> {
    this.#state = "stopped";
    for (const stage of this.#started.splice(0).toReversed()) {
      try {
        await stage.stop?.();
      } catch (error) {
        this.log.error(`${stage.name} did not stop in order: ${String(error)}`);
      }
    }
  }

  async #startStages(time: StageTime): Promise<void> {
    for (const { stage } of this.#stages.filter((one) => one.time === time)) await this.#start(stage);
  }
  async #start(stage: Stage): Promise<void> {
    this.#started.push(stage); // also when its start fails half-way
    try {
      await stage.start();
    } catch (error) {
      throw new IocError(`iocInit: ${stage.name} cannot start`, { cause: error });
    }
  }

  async #serve(): Promise<void> {
    const { log } = this;
    const { environment, network, clock } = this.#options;
    const config = this.#options.server ?? (await this.#serverConfig());
    const { database, access } = this;
    const source = new DatabaseSource({ database, clock, access });
    this.#server = await CaServer.start({ source, config, network, clock, log, limits: this.#limits() }).catch(
      (error: unknown) => {
        if (codeOf(error) !== "EADDRNOTAVAIL") throw error;
        const listed = config.interfaces.join(" ");
        throw new IocError(`an address in EPICS_CAS_INTF_ADDR_LIST (${listed}) is none of this host's`, {
          cause: error,
        });
      },
    );
    environment["RSRV_SERVER_PORT"] = String(this.#server.port);
  }
  async #serverConfig(): Promise<CaServerConfig> {
    const resolved = await resolveHosts("server", this.#options.environment);
    const { config, warnings } = serverConfig(resolved.environment);
    for (const warning of [...resolved.warnings, ...warnings]) this.log.warn(warning);
    return config;
  }
  /**
   * Clients must leave file descriptors for what the program has to open, and an address half of the rest for others.
   */
  #limits(): Partial<ServerLimits> {
    const { circuits, warning } = roomForClients(openFilesLimit(), DEFAULT_LIMITS.circuits);
    if (warning === undefined) return {};
    this.log.warn(warning);
    return { circuits, circuitsPerAddress: Math.ceil(circuits / 2) };
  }
}
