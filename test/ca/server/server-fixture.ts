/** A server in memory, its PVs, its clock, and raw clients for it. */
import { createLog } from "../../../src/base/log.ts";
import { type CaServerConfig, isolatedServer } from "../../../src/ca/ca-config.ts";
import { DEFAULT_LIMITS, type ServerLimits } from "../../../src/ca/server/limits.ts";
import { CaServer } from "../../../src/ca/server/server.ts";
import { MemoryNetwork, type MemoryStream } from "../../support/engine/memory-network.ts";
import { RawCircuit } from "../../support/engine/raw-circuit.ts";
import { FakeClock } from "../../support/fakes/fake-clock.ts";
import { type FakePv, FakePvs } from "../../support/fakes/fake-pvs.ts";

export interface ServerFixture extends AsyncDisposable {
  readonly server: CaServer;
  readonly clock: FakeClock;
  readonly network: MemoryNetwork;
  readonly pvs: FakePvs;
  /** Lines that the server logged. */
  readonly logged: readonly string[];
  /** A new circuit; nothing has been said on it. */
  readonly connect: () => Promise<RawCircuit & { readonly stream: MemoryStream }>;
  /** A new circuit after VERSION. */
  readonly client: () => Promise<RawCircuit & { readonly stream: MemoryStream }>;
}

export async function startServer(
  pvs: Readonly<Record<string, FakePv>> = {},
  options: {
    readonly limits?: Partial<ServerLimits>;
    readonly config?: Partial<CaServerConfig>;
    /** TCP ports that others hold. */
    readonly takenPorts?: readonly number[];
  } = {},
): Promise<ServerFixture> {
  const clock = new FakeClock();
  const network = new MemoryNetwork(clock);
  for (const port of options.takenPorts ?? []) network.takenPorts.add(port);
  const source = new FakePvs(pvs);
  const logged: string[] = [];
  const log = createLog("ca", (line) => logged.push(line));
  const config = { ...isolatedServer(), ...options.config };
  const server = await CaServer.start({ source, config, network, clock, log, limits: options.limits ?? {} });
  const connect = async (): Promise<RawCircuit & { readonly stream: MemoryStream }> => {
    const stream = await network.connect({ host: "127.0.0.1", port: server.port });
    return new RawCircuit(stream, () => clock.settle()) as RawCircuit & { readonly stream: MemoryStream };
  };
  return {
    server,
    clock,
    network,
    pvs: source,
    logged,
    connect,
    client: async () => {
      const circuit = await connect();
      await circuit.begin();
      return circuit;
    },
    [Symbol.asyncDispose]: async () => {
      const closed = server.close();
      clock.advance(DEFAULT_LIMITS.farewellSeconds);
      await closed;
    },
  };
}
