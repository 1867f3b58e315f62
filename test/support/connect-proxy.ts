/** A proxy on loopback that makes tunnels by CONNECT, whatever the host, to one port of this machine. */
import { createServer, type IncomingMessage } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { onTestFinished } from "vitest";

export interface ConnectProxy {
  /** `http://127.0.0.1:port`. */
  readonly url: string;
  /** `host:port` of each tunnel that was asked for. */
  readonly asked: readonly string[];
  /** What it answers to who asks; 200 opens the tunnel. */
  status: number;
}

/** @param login `user:password` that it wants, if any */
export async function startConnectProxy(port: number, login?: string): Promise<ConnectProxy> {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer();
  const wanted = login === undefined ? undefined : `Basic ${Buffer.from(login).toString("base64")}`;
  const proxy = { url: "", asked, status: 200 };
  server.on("connect", (request: IncomingMessage, socket: Socket) => {
    asked.push(request.url ?? "");
    sockets.add(socket);
    socket.on("error", () => {});
    const status = wanted !== undefined && request.headers["proxy-authorization"] !== wanted ? 407 : proxy.status;
    if (status !== 200) return void socket.end(`HTTP/1.1 ${status} No\r\n\r\n`);
    const through = connect(port, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      socket.pipe(through).pipe(socket);
    });
    sockets.add(through);
    through.on("error", () => socket.destroy());
    through.on("close", () => socket.destroy());
    socket.on("close", () => through.destroy());
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((closed) => server.close(closed));
  });
  proxy.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return proxy;
}
