/**
 * Finds a port of loopback for a Channel Access server that is started later, and keeps it until then. Such servers
 * share a UDP port without a word, and clients then reach any of them.
 */
import { AppError } from "../base/errors.ts";
import { nodeNetwork } from "../net/node-network.ts";
import type { StreamServer } from "../net/transport.ts";

const HOST = "127.0.0.1";
/** Ports that are tried where the preferred one is taken. */
const ATTEMPTS = 20;

export interface KeptPort {
  readonly port: number;
  /** Another sandbox may have it. */
  release(): void;
}

/** The preferred port if nobody on loopback has it for TCP or UDP, else any; says so when it had to move. */
export async function keepPort(preferred: number, write: (line: string) => void, who: string): Promise<KeptPort> {
  const own = await keep(preferred);
  if (own !== undefined) return own;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const other = await keep(await anyPort());
    if (other === undefined) continue;
    write(`Port ${preferred} is taken; ${who} uses ${other.port}.`);
    return other;
  }
  throw new AppError(`There is no free port on ${HOST}.`);
}

/** Who listens on the port above keeps the port, on which the server cannot listen yet. */
async function keep(port: number): Promise<KeptPort | undefined> {
  let claim: StreamServer | undefined;
  const release = (): void => claim?.close();
  try {
    claim = await listen(port + 1);
    (await listen(port)).close();
    (await nodeNetwork.datagrams({ host: HOST, port })).close();
    return { port, release };
  } catch {
    release();
    return undefined;
  }
}

async function anyPort(): Promise<number> {
  const server = await listen(0);
  server.close();
  return server.address.port;
}

const listen = (port: number): Promise<StreamServer> =>
  nodeNetwork.listen({ host: HOST, port }, (stream) => stream.destroy());

/** The preferred TCP port if nobody on loopback has it, else 0 for any. */
export async function freeTcpPort(preferred: number): Promise<number> {
  try {
    (await listen(preferred)).close();
    return preferred;
  } catch {
    return 0;
  }
}
