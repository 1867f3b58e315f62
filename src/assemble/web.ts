/**
 * The web page of an IOC: the [web] section of globus.conf → a server on this IOC's PVs. What it serves is web/'s
 * matter.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../base/clock.ts";
import { openFilesLimit } from "../base/descriptors.ts";
import type { Environment } from "../base/environment.ts";
import { codeOf, messageOf, pieceOf } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { PACKAGE_FOLDER } from "../base/package-folder.ts";
import { writePrivateFile } from "../base/private-file.ts";
import type { Settings } from "../config/settings.ts";
import { ledgerFolder } from "../services/ledger/files.ts";
import { createWebApp } from "../web/app.ts";
import { WEB_LIMITS, type WebLimits } from "../web/limits.ts";
import { readPageFiles } from "../web/page-files.ts";
import { isLoopback } from "../web/peer.ts";
import type { CommandEnds, IocFigures, WebPvs } from "../web/ports.ts";
import { startWebServer, type WebServer } from "../web/server.ts";
import { FileTokens, newToken, START_TOKEN, startTokens, type Tokens } from "../web/tokens.ts";

const PAGE_FOLDER = join(PACKAGE_FOLDER, "dist", "web", "page");

export interface WebPartOptions {
  readonly settings: Settings;
  readonly environment: Environment;
  readonly pvs: WebPvs;
  readonly prefix: string;
  readonly version: string;
  /** This host's name. */
  readonly host: string;
  readonly commandEnds: CommandEnds;
  readonly iocFigures: () => IocFigures | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly starter: Starter;
}

/** Who started the IOC: what is told here goes to no log of the IOC's. */
export interface Starter {
  readonly tell: (line: string) => void;
  /** Whether what is told is kept where others may read it: no token is told then. */
  readonly isKept: boolean;
}

/** What ends a part, once. */
type End = () => Promise<void>;

/**
 * Serves the page, and says where. What keeps it from that is told in the log, and the IOC does without the page.
 * @returns ends it
 */
export async function startWeb(options: WebPartOptions): Promise<End> {
  const { log, settings } = options;
  const { address, port } = settings.web;
  try {
    return await serve(options);
  } catch (error) {
    log.warn(`There is no web page: ${problemOf(error, address, port)}`);
    return () => Promise.resolve();
  }
}

/** @throws the system's error when it cannot listen, or the page's files cannot be read */
async function serve(options: WebPartOptions): Promise<End> {
  const { settings, log, prefix, version, host } = options;
  const { address, port, "tokens-file": file, names } = settings.web;
  const made = file === "" ? newToken() : undefined;
  const tokens = made === undefined ? new FileTokens(file, (sentence) => log.warn(sentence)) : startTokens(made);
  const isOpen = isLoopback(address);
  const limits = limitsFor(openFilesLimit());
  let server: WebServer | undefined;
  const app = createWebApp({
    ...options,
    about: { prefix, version, tomoscan: settings.epics["ioc-prefix"] + settings.epics["tomoscan-prefix"] },
    files: readPageFiles(PAGE_FOLDER),
    tokens,
    isOpen,
    names: [...names, ...(isOpen ? [] : ownNames(host))].map((name) => name.toLowerCase()),
    port: () => server?.port ?? 0,
    limits,
  });
  try {
    server = await startWebServer({ app, address, port, limits });
  } catch (error) {
    app.close();
    throw error;
  }
  const forget = await tellOf(options, server.port, { made, tokens });
  const serving = server;
  return async () => {
    await Promise.all([serving.close(), forget()]);
  };
}

/** Connections leave room for the descriptors that the IOC has to open for itself. */
function limitsFor(openFiles = Number.POSITIVE_INFINITY): WebLimits {
  const connections = Math.min(WEB_LIMITS.connections, Math.floor(openFiles / 16));
  const pages = Math.min(WEB_LIMITS.pages, Math.floor(connections / 2));
  return { ...WEB_LIMITS, connections, pages, pagesPerAddress: Math.min(WEB_LIMITS.pagesPerAddress, pages) };
}

/** Why the server cannot listen, and what to do. */
function problemOf(error: unknown, address: string, port: number): string {
  const where = `port ${port} of ${address}`;
  const code = codeOf(error);
  if (code === "EADDRINUSE")
    return `${where} is taken; set another port in the [web] section of globus.conf, or 0 for any.`;
  if (code === "EADDRNOTAVAIL")
    return `${address} is no address of this host; correct address in the [web] section of globus.conf.`;
  if (code === "EACCES")
    return `${where} is not for this user; set a port above 1023 in the [web] section of globus.conf.`;
  return `${messageOf(error)} (${where}); see the [web] section of globus.conf.`;
}

/** An address that stands for all of this host's. */
const ANY = ["0.0.0.0", "::"];

/** What a browser asks for. @param host its name */
function urlOf(address: string, port: number, host: string): string {
  const shown = ANY.includes(address) ? host : address.includes(":") ? `[${address}]` : address;
  return `http://${shown}:${port}/`;
}

/** Names under which the server is asked for where other hosts reach it. */
const ownNames = (host: string): readonly string[] => [host, host.split(".", 1)[0] ?? ""];

interface Entrance {
  /** The token that was made for this start. */
  readonly made: string | undefined;
  readonly tokens: Tokens;
}

/** Tells where the page is, and by which token a person writes there. @returns takes away what only this start needs */
async function tellOf(options: WebPartOptions, port: number, { made, tokens }: Entrance): Promise<End> {
  const { settings, prefix, log, starter } = options;
  const { address, "tokens-file": file } = settings.web;
  const tell = (line: string): void => starter.tell(line);
  tell(`The page of ${prefix} in a browser: ${urlOf(address, port, options.host)}`);
  if (!isLoopback(address))
    log.warn(
      `[web] address = ${address} is not this host's loopback: a token is needed for reading, too, and goes over the network in the clear; put a proxy with TLS in front of it.`,
    );
  if (made !== undefined && starter.isKept) return keepToken(options, made);
  if (made !== undefined) tell(`Who writes there enters this token, named ${START_TOKEN}, until the IOC ends: ${made}`);
  else if ((await tokens.problem()) === undefined) tell(`Who writes there enters a token of ${file}.`);
  return () => Promise.resolve();
}

/** Puts the token where only who runs the IOC can read it, beside the ledger. @returns takes it away */
async function keepToken({ settings, environment, prefix, log, starter }: WebPartOptions, made: string): Promise<End> {
  const path = join(ledgerFolder(settings.ledger.path, environment), `web-token-${encodeURIComponent(prefix)}`);
  try {
    await writePrivateFile(path, `${made}\n`, "token of the web page");
    starter.tell(`Who writes there enters the token in ${path}, named ${START_TOKEN}, until the IOC ends.`);
  } catch (error) {
    log.warn(`${pieceOf(error)}; nobody can write through the web page until the IOC is started again.`);
  }
  return () => rm(path, { force: true }).catch((error: unknown) => log.warn(`${path} stays: ${messageOf(error)}.`));
}
