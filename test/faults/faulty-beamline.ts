/**
 * The simulated beamline with a gate before each of its services, so that the IOC can be killed at any call, and each
 * service be harmed on its way.
 */
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Beamline } from "../../src/sandbox/beamline.ts";
import { DM_ROUTES, type DmRoute } from "../../src/services/dm/routes.ts";
import { operatorOf, type PvOperator } from "../support/peers/pv-operator.ts";
import {
  type SimulatedBeamline,
  type SimulatedBeamlineOptions,
  startSimulatedBeamline,
} from "../support/peers/simulated-beamline.ts";
import { configure } from "../support/peers/site-conf.ts";
import { Gate, type GateOptions, WELL } from "./gate.ts";
import { Trap } from "./trap.ts";

/** Seconds until a service is given up: an operator's minute would only make the suite long. */
export const TIMEOUT_SECONDS = 2;
export const SERVICES = [
  "ds",
  "daq",
  "proc",
  "apsDb",
  "schedule",
  "globus",
  "detector",
  "analysis",
  "mail",
  "tomoscan",
] as const;
export type ServiceName = (typeof SERVICES)[number];

export interface FaultyBeamline extends AsyncDisposable {
  readonly site: SimulatedBeamline;
  readonly pvs: PvOperator;
  /** Works TomoScan's own PVs, past the gate. */
  readonly tomoScan: PvOperator;
  readonly gates: Readonly<Record<ServiceName, Gate>>;
  readonly trap: Trap;
}

export interface FaultyBeamlineOptions extends Omit<SimulatedBeamlineOptions, "between"> {
  /** More lines of globus.conf, by section; called before the IOC starts. */
  readonly settings?: (beamline: Beamline) => Readonly<Record<string, readonly string[]>>;
}

export async function startFaultyBeamline(options: FaultyBeamlineOptions = {}): Promise<FaultyBeamline> {
  const trap = new Trap();
  let gates: Readonly<Record<ServiceName, Gate>> | undefined;
  const between = async (beamline: Beamline): Promise<{ readonly tomoScanPort: number }> => {
    gates = await openGates(beamline, trap);
    await leadThrough(beamline, gates);
    await configure(beamline.configFile, options.settings?.(beamline) ?? {});
    return { tomoScanPort: gates.tomoscan.port };
  };
  const site = await startSimulatedBeamline({ ...options, between });
  if (gates === undefined) throw new Error("the beamline has started without its gates");
  const opened = gates;
  const pvs = operatorOf(() => site);
  const tomoScan = operatorOf(() => ({
    iocPort: site.beamline.tomoScanPort,
    prefix: site.beamline.tomoScanPrefix,
  }));
  return {
    site,
    pvs,
    tomoScan,
    gates,
    trap,
    [Symbol.asyncDispose]: async () => {
      await pvs.close();
      await tomoScan.close();
      await site.stop();
      for (const gate of Object.values(opened)) await gate.close();
    },
  };
}

/** Makes every gate pass everything. */
export async function heal({ gates }: FaultyBeamline): Promise<void> {
  for (const gate of Object.values(gates)) await gate.harm(WELL);
}

const portOf = (url: string): number => Number(new URL(url).port);

async function openGates(beamline: Beamline, trap: Trap): Promise<Readonly<Record<ServiceName, Gate>>> {
  const { dm, scheduling, globus, detector, analysis, mail, tomoScanPort } = beamline;
  const kinds: Readonly<Record<ServiceName, Pick<GateOptions, "target" | "protocol">>> = {
    ds: { target: portOf(dm.urls.ds), protocol: "http" },
    daq: { target: portOf(dm.urls.daq), protocol: "http" },
    proc: { target: portOf(dm.urls.proc), protocol: "http" },
    apsDb: { target: portOf(dm.urls.apsDb), protocol: "http" },
    schedule: { target: portOf(scheduling.url), protocol: "http" },
    globus: { target: portOf(globus.url), protocol: "http" },
    detector: { target: detector.port, protocol: "ssh" },
    analysis: { target: analysis.port, protocol: "ssh" },
    mail: { target: mail.port, protocol: "smtp" },
    tomoscan: { target: tomoScanPort, protocol: "ca" },
  };
  const opened = await Promise.all(
    SERVICES.map(async (name) => [name, await Gate.open({ name, trap, ...kinds[name] })] as const),
  );
  return Object.fromEntries(opened) as Record<ServiceName, Gate>;
}

/**
 * Lets globus.conf and known_hosts name the gates instead of the services, allows everything, and gives services up
 * early.
 */
async function leadThrough(
  { configFile, ...beamline }: Beamline,
  gates: Readonly<Record<ServiceName, Gate>>,
): Promise<void> {
  const ports: readonly (readonly [number, Gate])[] = [
    [portOf(beamline.dm.urls.ds), gates.ds],
    [portOf(beamline.dm.urls.daq), gates.daq],
    [portOf(beamline.dm.urls.proc), gates.proc],
    [portOf(beamline.dm.urls.apsDb), gates.apsDb],
    [portOf(beamline.scheduling.url), gates.schedule],
    [portOf(beamline.globus.url), gates.globus],
    [beamline.detector.port, gates.detector],
    [beamline.analysis.port, gates.analysis],
    [beamline.mail.port, gates.mail],
  ];
  const names = new Map(ports.map(([port, gate]) => [String(port), String(gate.port)]));
  for (const file of [configFile, join(dirname(configFile), "known_hosts")]) {
    const text = await readFile(file, "utf8");
    await writeFile(
      file,
      text.replace(/(?<=[:= ])\d{4,5}\b/g, (port) => names.get(port) ?? port),
    );
  }
  await hurry(join(dirname(configFile), "dm-routes.json"));
  const timeout = `timeout = ${TIMEOUT_SECONDS}`;
  await configure(configFile, {
    dm: ["allow-delete = True", timeout],
    scheduling: [timeout],
    "globus-auth": [timeout],
    ssh: [timeout],
    email: [timeout],
  });
}

/**
 * Data Management's long lists have a minute and more of their own, whatever `[dm] timeout` says: as long as the others
 * here.
 */
async function hurry(routesFile: string): Promise<void> {
  const routes = JSON.parse(await readFile(routesFile, "utf8")) as Record<string, object>;
  const slow = Object.entries<DmRoute>(DM_ROUTES).filter(([, route]) => route.timeoutSeconds !== undefined);
  const sped = slow
    .filter(([operation, route]) => operation in routes || route.enabled)
    .map(([operation]) => [operation, { ...routes[operation], timeoutSeconds: TIMEOUT_SECONDS }]);
  await writeFile(routesFile, JSON.stringify({ ...routes, ...Object.fromEntries(sped) }));
}
