/** A client and a scripted server joined in memory, driven by a fake clock. */
import { createLog } from "../../../src/base/log.ts";
import { type CaClientConfig, isolatedClient } from "../../../src/ca/ca-config.ts";
import { type CaClient, createCaClient } from "../../../src/ca/client/client.ts";
import type { ByteStream } from "../../../src/net/transport.ts";
import { MemoryNetwork } from "../../support/engine/memory-network.ts";
import { ScriptedServer, type Served } from "../../support/engine/scripted-server.ts";
import { FakeClock } from "../../support/fakes/fake-clock.ts";

export const PORT = 6000;

export interface Scene {
  readonly clock: FakeClock;
  readonly network: MemoryNetwork;
  readonly server: ScriptedServer;
  readonly client: CaClient;
  /** Lines of the log. */
  readonly lines: string[];
  /** Lets everything happen that needs no time, and `seconds` of it. */
  readonly pass: (seconds?: number) => Promise<void>;
}

export interface SceneOptions {
  readonly config?: Partial<CaClientConfig>;
  readonly adapt?: (stream: ByteStream) => void;
}

export const DOUBLE: Served = { native: 6, count: 1 };

export async function scene(pvs: Readonly<Record<string, Served>>, options: SceneOptions = {}): Promise<Scene> {
  const clock = new FakeClock();
  const network = new MemoryNetwork(clock);
  const server = await ScriptedServer.start(network, pvs, PORT, options.adapt);
  const lines: string[] = [];
  const client = createCaClient({
    network,
    clock,
    config: { ...isolatedClient(PORT), ...options.config },
    user: "op1",
    host: "ws1",
    log: createLog("ca", (line) => lines.push(line)),
  });
  const pass = async (seconds = 0.001): Promise<void> => {
    await clock.advanceAsync(seconds);
    await clock.advanceAsync(0);
  };
  await pass(0);
  return { clock, network, server, client, lines, pass };
}
