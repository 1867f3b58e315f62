/**
 * What the log servers of an IOC share: the prefix before each line, and how a client of one is made and reported.
 * Which lines go there is others' matter. epics-base: logClient.c, iocLog.c.
 */
import { isUnclean, visible } from "../base/clean-text.ts";
import { AppError } from "../base/errors.ts";
import type { Ioc } from "./ioc.ts";
import { LogClient, type LogServer } from "./log-client.ts";

/** A server, a port or a prefix is none. */
class LogServerError extends AppError {}

export class LogServers {
  /** No line of the IOC's log is sent; base's variable iocLogDisable. */
  isDisabled = false;
  readonly #ioc: Ioc;
  #prefix = "";

  constructor(ioc: Ioc) {
    this.#ioc = ioc;
  }
  get prefix(): string {
    return this.#prefix;
  }
  /** Once. @throws LogServerError for another prefix, and for one that would break lines */
  setPrefix(prefix: string): void {
    if (this.#prefix !== "" && this.#prefix !== prefix)
      throw new LogServerError(`iocLogPrefix: the prefix is "${this.#prefix}", and stays: say it once only.`);
    if (isUnclean(prefix))
      throw new LogServerError(`iocLogPrefix: ${visible(prefix)} has a sign that ends a line: leave it out.`);
    this.#prefix = prefix;
  }

  open(server: LogServer): LogClient {
    const { network, clock, log, troubles } = this.#ioc;
    const trouble = troubles.of(`log server ${server.host}:${server.port}, ${server.setBy}`);
    return new LogClient({ server, prefix: () => this.#prefix, network, clock, log, trouble });
  }

  /** For iocLogShow and caPutLogShow: base's levels 0 to 2. */
  lines(client: LogClient, level: number): string[] {
    const { name, isConnected, connections, waiting, lost } = client;
    const lines = [`Log server ${name}: ${isConnected ? "connected" : "not connected"}`];
    if (this.#prefix !== "") lines.push(`Prefix of each line: "${this.#prefix}"`);
    if (level > 0) lines.push(`Connections made: ${connections}, lines lost: ${lost}`);
    if (level > 1) lines.push(`Lines that wait: ${waiting.length}`, ...waiting.map((line) => `  ${line.trimEnd()}`));
    return lines;
  }
}

/** `host`, or `host:port`. @throws LogServerError naming it and what names it */
export function parseLogServer(word: string, defaultPort: number, setBy: string): LogServer {
  const [host = "", digits, ...rest] = word.split(":");
  const port = digits === undefined ? defaultPort : portOf(digits);
  if (host === "" || port === undefined || rest.length > 0)
    throw new LogServerError(`${setBy}: ${visible(word)} is no log server: write host or host:port.`);
  return { host, port, setBy };
}

/** undefined for what is no port. */
export function portOf(digits: string): number | undefined {
  const port = /^\s*\d+\s*$/.test(digits) ? Number(digits) : 0;
  return port > 0 && port <= 0xffff ? port : undefined;
}
