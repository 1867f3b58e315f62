/**
 * The sandbox and the IOC of iocBoot, as `npm start` runs them, but on private ports and with the services in the
 * test's own process.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { accountName } from "../../../src/base/account.ts";
import { type Beamline, loopbackEnvironment, startBeamline } from "../../../src/sandbox/beamline.ts";
import { PEOPLE, PROPOSAL } from "../../../src/sandbox/people.ts";
import { epicsVariables, freePort, inheritedEnvironment, randomPrefix } from "./epics-environment.ts";
import { TESTER } from "./our-client.ts";
import { ROOT } from "./real-peers.ts";
import { type PeerProcess, spawnPeer } from "./spawn-peer.ts";

const PROGRAM = join(ROOT, "dist/main.js");
const ST_CMD = join(ROOT, "iocBoot/iocGlobus/st.cmd");

export interface SimulatedBeamline extends AsyncDisposable {
  readonly beamline: Beamline;
  /** `t1234:Globus:` */
  readonly prefix: string;
  /** The name of the experiment that TomoScan's own tag names, unless `tag` is given another. */
  readonly experimentName: string;
  readonly ioc: PeerProcess;
  readonly iocPort: number;
  /** The folder in which the IOC's settings are saved. */
  readonly saveFolder: string;
  /** The environment for a client that is to find both IOCs. */
  readonly env: Readonly<Record<string, string>>;
  /**
   * Ends the IOC, by default as a crash does, and starts it again.
   * @param meanwhile called between the end and the start
   */
  restartIoc(meanwhile?: () => void, signal?: "SIGKILL" | "SIGTERM", other?: IocChanges): Promise<void>;
  stop(): Promise<void>;
}

/** Changes to the start of the beamline's IOC. */
export interface IocChanges {
  /** A start-up script instead of iocBoot's st.cmd. */
  readonly script?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** False: it is not waited for until it serves its PVs. */
  readonly isAwaited?: boolean;
}

export interface SimulatedBeamlineOptions {
  /**
   * Called before the IOC starts for the first time, to put something between the IOC and its services.
   * @returns the port on which the IOC is to look for TomoScan
   */
  readonly between?: (beamline: Beamline) => Promise<{ readonly tomoScanPort: number }>;
  /** Changes to the text of iocBoot's st.cmd. */
  readonly script?: (text: string) => string;
  /** Words before the IOC's command line: a program that runs it. */
  readonly runner?: readonly string[];
  /** Where the IOC serves its web page, 0: anywhere; absent: nowhere. */
  readonly webPort?: number;
  /** More environment for the IOC, asked for at each start. */
  readonly environment?: () => Readonly<Record<string, string>>;
}

/** Resolves when the IOC serves its PVs. @throws Error with all the IOC said when it does not start */
export async function startSimulatedBeamline(options: SimulatedBeamlineOptions = {}): Promise<SimulatedBeamline> {
  const [iocPort, tomoScanPort] = [await freePort(), await freePort()];
  const environment = inheritedEnvironment();
  const station = randomPrefix();
  const beamline = await startBeamline({
    iocCommand: [process.execPath, PROGRAM, "ioc"],
    tomoScanDatabase: join(ROOT, "db/sandbox_tomoscan.db"),
    tomoScanPort,
    environment,
    ownPrefix: station,
    ...(options.webPort !== undefined && { webPort: options.webPort }),
  });
  const saveFolder = join(dirname(beamline.configFile), "autosave");
  const prefix = `${station}Globus:`;
  let asked = tomoScanPort;
  const usual = options.script === undefined ? ST_CMD : join(dirname(beamline.configFile), "st.cmd");
  if (options.script !== undefined) writeFileSync(usual, options.script(readFileSync(ST_CMD, "utf8")));
  const start = ({ script = usual, env, isAwaited = true }: IocChanges = {}): Promise<PeerProcess> => {
    const [program, ...args] = [...(options.runner ?? []), process.execPath];
    return spawnPeer(program, [...args, PROGRAM, "ioc", "-S", script], {
      env: {
        ...environment,
        ...loopbackEnvironment(iocPort),
        EPICS_CA_ADDR_LIST: `127.0.0.1:${asked}`,
        EPICS_CA_AUTO_ADDR_LIST: "NO",
        EPICS_CA_REPEATER_PORT: String(iocPort + 1),
        TOP: ROOT,
        P: station,
        GLOBUS_CONF: beamline.configFile,
        GLOBUS_ACF: join(ROOT, "iocBoot/iocGlobus/globus.acf"),
        GLOBUS_MANAGERS: `${accountName(environment)},${TESTER}`,
        AUTOSAVE_DIR: saveFolder,
        ...options.environment?.(),
        ...env,
      },
      ...(isAwaited && { pv: { name: `${prefix}Status`, port: iocPort } }),
    });
  };
  let ioc: PeerProcess;
  try {
    if (options.between !== undefined) asked = (await options.between(beamline)).tomoScanPort;
    ioc = await start();
  } catch (error) {
    await beamline.close();
    throw error;
  }
  const stop = async (): Promise<void> => {
    await ioc.stop();
    await beamline.close();
  };
  return {
    beamline,
    prefix,
    experimentName: `${beamline.yearMonth}-${PEOPLE.pi.lastName}-${PROPOSAL.gupId}`,
    get ioc() {
      return ioc;
    },
    iocPort,
    saveFolder,
    env: { ...environment, ...epicsVariables(iocPort, tomoScanPort) },
    restartIoc: async (meanwhile, signal = "SIGKILL", other = {}) => {
      ioc.kill(signal);
      await ioc.exited;
      meanwhile?.();
      ioc = await start(other);
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
