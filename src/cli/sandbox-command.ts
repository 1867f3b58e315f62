/**
 * `globus-ioc sandbox`, which `npm start` runs: the simulated beamline and the IOC on it, in one command, on loopback.
 * The only file that knows the sandbox.
 */
import path from "node:path";
import { type Beamline, loopbackEnvironment, startBeamline } from "../sandbox/beamline.ts";
import { freeTcpPort, keepPort } from "../sandbox/free-port.ts";
import { IOC_PREFIX } from "../sandbox/site-files.ts";

/**
 * Ports that are tried first, for the IOC, TomoScan and the web page; not EPICS' own, so that a real IOC of this host
 * is not disturbed.
 */
const PREFERRED_PORTS = { ioc: 5076, tomoScan: 5078, web: 8642 } as const;

/** Of the environment of a real beamline: whom these name is not who sits at the sandbox. */
const REAL_BEAMLINE = ["GLOBUS_HOSTS", "GLOBUS_MANAGERS"];

export interface SandboxCommandOptions {
  /** The package's folder, with db/ and iocBoot/. */
  readonly root: string;
  /** Command line that runs this program. */
  readonly program: readonly [string, ...string[]];
  readonly environment: Record<string, string | undefined>;
  readonly write: (line: string) => void;
  /** Whether somebody can type: Ctrl-C then ends the sandbox. */
  readonly isTerminal: boolean;
  /** Ends the sandbox, also while it starts. */
  readonly signal: AbortSignal;
  /**
   * Runs the IOC's start-up script until it ends; `ready` is called when its PVs are served.
   * @returns the exit status
   */
  readonly runIoc: (
    script: string,
    environment: Record<string, string | undefined>,
    ready: () => void,
  ) => Promise<number>;
}

/** Runs until the IOC ends. @returns the IOC's exit status */
export async function runSandbox(options: SandboxCommandOptions): Promise<number> {
  const ioc = await keepPort(PREFERRED_PORTS.ioc, options.write, "the IOC");
  try {
    const tomoScan = await keepPort(PREFERRED_PORTS.tomoScan, options.write, "TomoScan");
    try {
      return await runOn({ ioc: ioc.port, tomoScan: tomoScan.port }, options);
    } finally {
      tomoScan.release();
    }
  } finally {
    ioc.release();
  }
}

interface Ports {
  readonly ioc: number;
  readonly tomoScan: number;
}

async function runOn(ports: Ports, options: SandboxCommandOptions): Promise<number> {
  const { root, write, environment } = options;
  const [program, ...args] = options.program;
  const beamline = await startBeamline({
    iocCommand: [program, ...args, "ioc"],
    tomoScanDatabase: path.join(root, "db", "sandbox_tomoscan.db"),
    tomoScanPort: ports.tomoScan,
    webPort: await freeTcpPort(PREFERRED_PORTS.web),
    environment,
    signal: options.signal,
    onMail: ({ to, source }) => write(`(simulated mail server) ${to}: ${/^Subject: (.*)$/im.exec(source)?.[1] ?? ""}`),
  });
  try {
    for (const name of REAL_BEAMLINE) delete environment[name];
    const script = path.join(root, "iocBoot", "iocGlobus", "st.cmd");
    const iocEnvironment = Object.assign(environment, loopbackEnvironment(ports.ioc), {
      TOP: root,
      P: IOC_PREFIX, // not the prefix of a real beamline that the environment may have
      R: "Globus:",
      GLOBUS_CONF: beamline.configFile,
      GLOBUS_ACF: path.join(path.dirname(script), "globus.acf"),
      AUTOSAVE_DIR: path.join(path.dirname(beamline.configFile), "autosave"),
      EPICS_CA_ADDR_LIST: `127.0.0.1:${ports.tomoScan}`,
      EPICS_CA_AUTO_ADDR_LIST: "NO",
    });
    return await options.runIoc(script, iocEnvironment, () => {
      for (const line of guide(ports, beamline, options.isTerminal)) write(line);
    });
  } finally {
    await beamline.close();
  }
}

/** What to try next, in a second terminal. */
const guide = (ports: Ports, beamline: Beamline, isTerminal: boolean): readonly string[] => [
  "The simulated beamline is ready. In a second terminal:",
  `  export EPICS_CA_ADDR_LIST="127.0.0.1:${ports.ioc} 127.0.0.1:${ports.tomoScan}" EPICS_CA_AUTO_ADDR_LIST=NO`,
  "  caget -S 2bmb:TomoScan:UserLastName 2bmb:Globus:ExperimentName    # -S: long texts as text, not as numbers",
  "  caput -c -w 60 2bmb:Globus:Init 1          # creates the experiment and puts its users on it",
  "  caget -S 2bmb:Globus:InitMessage           # how that ended, in words",
  "  caput -c -w 60 2bmb:Globus:Dirs 1          # makes the directories on the detector and the analysis host",
  "  caput -c -w 60 2bmb:Globus:PreviewEmail 1  # shows the e-mail to users:",
  "  caget -S 2bmb:Globus:EmailPreview",
  "  caput 2bmb:Globus:EmailArm 1               # for 30 s,",
  "  caput -c -w 60 2bmb:Globus:Email 1         # what was shown may be sent",
  "  caput -c -w 60 2bmb:Globus:StartDaq 1      # moves what comes into the experiment's directory:",
  `                                             #   ${path.join(beamline.analysis.root, "data")} is /data of the analysis host`,
  "  caput -c -w 60 2bmb:TomoScan:StartScan 1   # runs a scan of TomoScan, whose file is then",
  "  caget -S 2bmb:TomoScan:FullFileName        # and leaves for two destinations, until it is proven there:",
  "  camonitor -S 2bmb:Globus:QueueState 2bmb:Globus:ArchiveMessage",
  "  caput -c -w 60 2bmb:Globus:WorkflowRun 1   # starts a workflow of Data Management for it:",
  "  camonitor -S 2bmb:Globus:WorkflowStatus 2bmb:Globus:WorkflowStage 2bmb:Globus:WorkflowMessage",
  "  caput -c -w 60 2bmb:Globus:FlowRun 1       # starts a run of a flow of Globus, which sends a file by itself:",
  "  camonitor -S 2bmb:Globus:RunStatus 2bmb:Globus:RunMessage",
  "  camonitor -S 2bmb:Globus:Status 2bmb:Globus:InitStatus 2bmb:Globus:DaqRawFilesDone",
  "Without EPICS tools: npx globus-ioc get|put --wait|monitor|info PV...",
  `The same from a terminal: export GLOBUS_CONF=${beamline.configFile}`,
  "  npx globus-ioc show, init, dirs, list-users, email --ioc, start-daq, daq-status, queue list, ...; npx globus-ioc --help",
  `${isTerminal ? "Ctrl-C" : `kill ${process.pid}`} ends it and leaves nothing behind.`,
];
