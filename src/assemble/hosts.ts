/**
 * The beamline's hosts as the settings have them: the directory trees of Dirs, and the host on which DAQs find their
 * data.
 */
import { ActionError } from "../base/errors.ts";
import { listed } from "../base/word-list.ts";
import type { DataHost } from "../controller/ports/data-host.ts";
import type { DirectoryTree } from "../controller/ports/directories.ts";
import type { DirectoryTarget } from "../controller/setup/make-directories.ts";
import { createLocalDataHost } from "../services/local-data-host.ts";
import { createSshDataHost } from "../services/ssh/data-host.ts";
import { createSshTree } from "../services/ssh/directories.ts";
import { hostLabel, type SshSettings } from "../services/ssh/errors.ts";
import { SSH_PORT } from "../services/ssh/known-hosts.ts";
import type { PartOptions } from "./parts.ts";
import { watchedPort } from "./watched-ports.ts";

/** The two hosts of Dirs. */
const SIDES = [
  { side: "detector", statePv: "DirsDetector", pathPv: "DetectorDir" },
  { side: "analysis", statePv: "DirsAnalysis", pathPv: "AnalysisDir" },
] as const;

export function directoryTargets(options: PartOptions): DirectoryTarget[] {
  const { settings, clock } = options;
  const { local, ssh } = settings;
  return SIDES.map(({ side, statePv, pathPv }) => {
    const [host, user, top] = [local[side], local[`${side}-user-name`], local[`${side}-top-dir`]];
    const at =
      unknownPlace({ [side]: host, [`${side}-user-name`]: user, [`${side}-top-dir`]: top }) ??
      sshSettings(options, { host, user, port: ssh[`${side}-port`] });
    const tree =
      typeof at === "string"
        ? treeWithout(at, { name: local[side] || `(no ${side} host)`, top })
        : watchedPort(options, sshPlace(at), createSshTree({ ...at, top, mode: ssh["directory-mode"] }, clock), [
            "makeDirectories",
          ]);
    return { tree, template: ssh["directory-template"], statePv, pathPv };
  });
}

/** Names of this machine for itself. */
const LOOPBACK = ["localhost", "127.0.0.1"];

/**
 * The host on which DAQs find their data: this machine itself where the host's name is its own and the port the usual
 * one; else over SSH.
 * @param ownName this machine's name
 */
export function dataHost(options: PartOptions, ownName: string): DataHost {
  const { settings, clock } = options;
  const { local, ssh } = settings;
  const top = local["data-top-dir"] || local["analysis-top-dir"];
  const host = dataHostName(settings);
  const at = {
    host,
    port: local["data-host"] === "" ? ssh["analysis-port"] : ssh["data-port"],
    user: local["data-user-name"] || local["analysis-user-name"],
  };
  if (isOwnHost(host, at.port, ownName) && top !== "") return createLocalDataHost({ name: host, top }, clock);
  const found =
    unknownPlace({ "data-host": host, "data-user-name": at.user, "data-top-dir": top }) ?? sshSettings(options, at);
  if (typeof found !== "string") {
    const { part, place } = sshPlace(found);
    const use = options.health?.use(part, place);
    return createSshDataHost({ ...found, top, ...(use !== undefined && { use }) }, clock);
  }
  return {
    name: host || "(no data host)",
    top,
    inspect: async () => ({ state: "UNKNOWN", files: 0, bytes: 0, remark: found }),
  };
}

/** Whether a host is this machine itself, and not another behind a port of it. @param ownName this machine's name */
export const isOwnHost = (host: string, port: number, ownName: string): boolean =>
  port === SSH_PORT && (LOOPBACK.includes(host) || unqualified(host) === unqualified(ownName));

/** The data host's name in the settings, and in what Data Management is told. */
export const dataHostName = ({ local }: PartOptions["settings"]): string => local["data-host"] || local.analysis;

/**
 * Which settings of a host of [local] are missing, or undefined.
 * @param keys with their values; the host's key first
 */
export function unknownPlace(keys: Readonly<Record<string, string>>): string | undefined {
  const missing = Object.entries(keys).flatMap(([key, text]) => (text === "" ? [key] : []));
  if (missing.length === 0) return undefined;
  const set = `set ${listed(missing)} in the [local] section of the configuration file`;
  return missing[0] === Object.keys(keys)[0] ? `no host is set: ${set}` : set;
}

/** The name without its domain: `store1` and `store1.example.org` are one machine. An address stays as it is. */
const unqualified = (host: string): string =>
  /^[\d.]+$/.test(host) ? host : (host.split(".")[0] as string).toLowerCase();

/** @returns how to get into the host, or the sentence that says why there is no way */
export function sshSettings(
  { settings: { ssh }, environment }: PartOptions,
  at: { readonly host: string; readonly port: number; readonly user: string },
): SshSettings | string {
  const agentSocket = environment["SSH_AUTH_SOCK"] ?? "";
  const identityFile = ssh["identity-file"];
  if (identityFile === "" && agentSocket === "")
    return `there is no SSH key for ${at.host}: set identity-file in the [ssh] section of globus.conf, or start an SSH agent`;
  return {
    ...at,
    login: identityFile === "" ? { agentSocket } : { identityFile },
    knownHostsFile: ssh["known-hosts-file"],
    connectTimeoutSeconds: ssh.timeout,
    stepTimeoutSeconds: ssh.timeout,
  };
}

/** Where the health of a host that is reached over SSH is kept. */
export const sshPlace = ({ host, port = SSH_PORT }: Pick<SshSettings, "host" | "port">) =>
  ({ part: "SSH", place: hostLabel(host, port) }) as const;

/** Stands in for a tree that cannot be reached as configured. */
export const treeWithout = (
  sentence: string,
  { name, top }: { readonly name: string; readonly top: string },
): DirectoryTree => ({
  name,
  top,
  makeDirectories: () => Promise.reject(new ActionError(sentence)),
});
