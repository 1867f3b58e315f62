/**
 * A server that stands where DM's services would be: one port of 127.0.0.1 for each, success and nothing to everything,
 * and a note of what was asked. Of a login it notes only that it happened. For learning routes (learning.ts); it
 * contacts nobody (data-management.md §9.2).
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { DM_SERVICES, type DmServiceKey } from "../routes.ts";

/** One request as it was sent. */
export interface RecordedRequest {
  readonly service: DmServiceKey;
  readonly method: string;
  /** Raw path and query. */
  readonly target: string;
  readonly hasBody: boolean;
}

export interface DmRecorder {
  readonly urls: Readonly<Record<DmServiceKey, string>>;
  readonly ports: readonly number[];
  /** Whether anybody has come at all, for a login or anything else. */
  readonly wasReached: boolean;
  /**
   * The requests since the last time, logins left out.
   * @param answer what the next requests are answered with, as JSON
   */
  take(answer: "{}" | "[]"): readonly RecordedRequest[];
  close(): Promise<void>;
}

/** Longest body that is looked at. */
const MOST_BYTES = 1024 * 1024;

/** @throws the system's error when a port cannot be opened; no port is open then */
export async function startDmRecorder(): Promise<DmRecorder> {
  const notes = new Notes();
  const servers = await openServers((service, request, response) => notes.answer(service, request, response));
  const portOf = (server: Server): number => (server.address() as AddressInfo).port;
  return {
    urls: Object.fromEntries(
      [...servers].map(([service, server]) => [service, `http://127.0.0.1:${portOf(server)}`]),
    ) as DmRecorder["urls"],
    ports: [...servers.values()].map(portOf),
    get wasReached() {
      return notes.wasReached;
    },
    take: (answer) => notes.take(answer),
    close: () => closeServers(servers),
  };
}

type Answer = (service: DmServiceKey, request: IncomingMessage, response: ServerResponse) => void;

/** What was asked, and what is answered. */
class Notes {
  wasReached = false;
  #requests: RecordedRequest[] = [];
  #next: "{}" | "[]" = "{}";

  answer(service: DmServiceKey, request: IncomingMessage, response: ServerResponse): void {
    this.wasReached = true;
    const { method = "", url: target = "/" } = request;
    const isLogin = target.split("?")[0] === "/dm/login";
    let bytes = 0;
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MOST_BYTES) request.destroy();
    });
    request.once("end", () => {
      if (!isLogin) this.#requests.push({ service, method, target, hasBody: bytes > 0 });
      response.writeHead(200, {
        "Content-Type": "application/json",
        "Dm-Status-Code": "0",
        "Set-Cookie": "session_id=recorder; Path=/",
      });
      response.end(isLogin ? "{}" : this.#next);
    });
  }

  take(next: "{}" | "[]"): readonly RecordedRequest[] {
    const taken = this.#requests;
    this.#requests = [];
    this.#next = next;
    return taken;
  }
}

type OpenServers = ReadonlyMap<DmServiceKey, Server>;

/** @throws the system's error when a port cannot be opened; no port is open then */
async function openServers(answer: Answer): Promise<OpenServers> {
  const servers = new Map<DmServiceKey, Server>();
  try {
    for (const service of Object.keys(DM_SERVICES) as DmServiceKey[]) {
      const server = createServer((request, response) => answer(service, request, response));
      servers.set(service, server);
      await new Promise<void>((resolve, reject) => {
        server.on("error", reject); // later errors, of a client that cannot be accepted, concern nobody
        server.listen(0, "127.0.0.1", resolve);
      });
    }
  } catch (thrown) {
    await closeServers(servers);
    throw thrown;
  }
  return servers;
}

async function closeServers(servers: OpenServers): Promise<void> {
  for (const server of servers.values()) {
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
}
