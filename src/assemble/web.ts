/**
 * The web page of an IOC: the [web] section of globus.conf → a server on this IOC's PVs. What it serves is web/'s
 * matter.
 */
import { join } from "node:path";
import type { Clock } from "../base/clock.ts";
import { messageOf } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { PACKAGE_FOLDER } from "../base/package-folder.ts";
import type { Settings } from "../config/settings.ts";
import { createWebApp } from "../web/app.ts";
import { WEB_LIMITS } from "../web/limits.ts";
import { readPageFiles } from "../web/page-files.ts";
import { isLoopback } from "../web/peer.ts";
import type { CommandEnds, IocFigures, WebPvs } from "../web/ports.ts";
import { startWebServer, type WebServer } from "../web/server.ts";
import { FileTokens, newToken, START_TOKEN, startTokens, type Tokens } from "../web/tokens.ts";

const PAGE_FOLDER = join(PACKAGE_FOLDER, "dist", "web", "page");

export interface WebPartOptions {
  readonly settings: Settings;
  readonly pvs: WebPvs;
  readonly prefix: string;
  readonly version: string;
  readonly commandEnds: CommandEnds;
  readonly iocFigures: () => IocFigures | undefined;
  readonly clock: Clock;
  readonly log: Log;
  /** For who started the IOC, and for no log: the token is in it. */
  readonly tell: (line: string) => void;
}

/**
 * Serves the page, and says where. An address or a port that cannot be used is told in the log, and the IOC does
 * without the page.
 * @returns ends it
 */
export async function startWeb(options: WebPartOptions): Promise<() => Promise<void>> {
  const { settings, log, tell, prefix, version } = options;
  const { address, port, "tokens-file": file, names } = settings.web;
  const made = file === "" ? newToken() : undefined;
  const tokens: Tokens =
    made === undefined ? new FileTokens(file, (sentence) => log.warn(sentence)) : startTokens(made);
  const isOpen = isLoopback(address);
  let server: WebServer | undefined;
  const app = createWebApp({
    ...options,
    about: { prefix, version, tomoscan: settings.epics["ioc-prefix"] + settings.epics["tomoscan-prefix"] },
    files: readPageFiles(PAGE_FOLDER),
    tokens,
    isOpen,
    names: names.map((name) => name.toLowerCase()),
    port: () => server?.port ?? 0,
    limits: WEB_LIMITS,
  });
  try {
    server = await startWebServer({ app, address, port, limits: WEB_LIMITS });
  } catch (error) {
    log.warn(`There is no web page: ${messageOf(error)}; see port and address in the [web] section of globus.conf.`);
    app.close();
    return () => Promise.resolve();
  }
  const problem = await tokens.problem(); // FileTokens warns of it
  const shown = address.includes(":") ? `[${address}]` : address;
  tell(`The page of ${prefix} in a browser: http://${shown}:${server.port}/`);
  if (made !== undefined)
    tell(`Who writes there enters this token, of the name ${START_TOKEN}, until the IOC ends: ${made}`);
  else if (problem === undefined) tell(`Who writes there enters a token of ${file}.`);
  if (!isOpen)
    log.warn(
      `[web] address = ${address} is not this host's loopback: a token is needed for reading, too, and goes over the network in the clear; put a proxy with TLS in front of it.`,
    );
  const serving = server;
  return () => serving.close();
}
