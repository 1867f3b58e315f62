/**
 * The way to an https service through a proxy: a tunnel by CONNECT, inside which the service proves who it is as it
 * would without. Says in words what is wrong with the proxy itself. Which proxy there is, is the caller's to know.
 */
import { type Dispatcher, ProxyAgent } from "undici";
import { oneLine } from "../base/clean-text.ts";
import { codeOf, messageOf } from "../base/errors.ts";

export interface TunnelOptions {
  /** `http://host:port` or `https://host:port`, perhaps with a user and a password. */
  readonly proxy: string;
  /** Seconds until a connection is given up. */
  readonly timeoutSeconds: number;
  /** PEM of the authority that signed the service's certificate; absent: whom the system's authorities vouch for. */
  readonly ca?: string | undefined;
  /** Name expected in the certificate, where it is not the host of the service's address. */
  readonly serverName?: string | undefined;
}

export function openTunnel({ proxy, timeoutSeconds, ca, serverName }: TunnelOptions): Dispatcher {
  // Said explicitly, or NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment would let anybody in
  const tls = { rejectUnauthorized: true, timeout: timeoutSeconds * 1000 };
  return new ProxyAgent({
    uri: proxy,
    proxyTls: tls,
    requestTls: {
      ...tls,
      ...(ca !== undefined && { ca }),
      ...(serverName !== undefined && { servername: serverName }),
    },
    headersTimeout: 0,
    bodyTimeout: 0,
  });
}

/** `host:port` of a proxy, without its user and password. */
function proxyAddress(proxy: string): string {
  const { hostname, port, protocol } = new URL(proxy);
  return `${hostname}:${port || (protocol === "https:" ? "443" : "80")}`;
}

const CONNECTING: Readonly<Record<string, string>> = {
  ECONNREFUSED: "refuses the connection; is it running, and is its port right?",
  ENOTFOUND: "is no host that is known; check HTTPS_PROXY",
  EAI_AGAIN: "is a name that cannot be looked up at the moment",
  EHOSTUNREACH: "cannot be reached: no route to the host",
  ENETUNREACH: "cannot be reached: no network",
  UND_ERR_CONNECT_TIMEOUT: "does not answer; is a firewall between?",
};

export interface TunnelProblem {
  readonly words: string;
  /** Another attempt may come through. */
  readonly mayPass: boolean;
}

/**
 * What is wrong with the way through the proxy, before anything was sent to the service.
 * @returns undefined where it is the service itself that failed
 */
export function tunnelProblem(error: Error, proxy: string): TunnelProblem | undefined {
  const name = `the proxy ${proxyAddress(proxy)}`;
  const status = /^Proxy response \((\d+)\)/.exec(error.message)?.[1];
  if (status === "407") {
    const words = `${name} wants a user name and a password: write HTTPS_PROXY as http://USER:PASSWORD@HOST:PORT`;
    return { words, mayPass: false };
  }
  if (status !== undefined) {
    const words = `${name} does not let it through (status ${status}); ask its administrator to allow this host`;
    return { words, mayPass: status.startsWith("5") };
  }
  const codes = [error, ...(error instanceof AggregateError ? (error.errors as unknown[]) : [])].map(codeOf);
  const known = codes.map((code) => CONNECTING[code ?? ""]).find((text) => text !== undefined);
  if (known !== undefined) return { words: `${name} ${known}`, mayPass: true };
  if (codeOf(error) !== "UND_ERR_SOCKET" && codeOf(error) !== "ECONNRESET") return undefined;
  return { words: `${name} ended the connection (${oneLine(messageOf(error))})`, mayPass: true };
}
