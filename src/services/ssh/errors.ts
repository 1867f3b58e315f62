/**
 * What can go wrong on the way into an SSH host, each as its own sentence: the host's key, the login, the network. Also
 * the settings that the sentences name. It opens nothing: connection.ts does.
 */
import ssh2 from "ssh2";
import { ActionError, asSentence, clauseOf, codeOf } from "../../base/errors.ts";
import { AccessDeniedError, UnavailableError } from "../../controller/ports/call.ts";
import { fingerprint, judgeHostKey, type KnownHost, keyTypeOf, knownHostsName, SSH_PORT } from "./known-hosts.ts";

/** How we prove who we are: one private key without passphrase, or an agent that holds keys. */
export type SshLogin = { readonly identityFile: string } | { readonly agentSocket: string };

export interface SshSettings {
  readonly host: string;
  /** 22 unless said otherwise. */
  readonly port?: number;
  readonly user: string;
  readonly login: SshLogin;
  readonly knownHostsFile: string;
  /** For TCP, key exchange and login together; 15 unless said otherwise. */
  readonly connectTimeoutSeconds?: number;
  /** For each request after that; 30 unless said otherwise. */
  readonly stepTimeoutSeconds?: number;
}

/** A host as the sentences and `trust-host` name it: `host`, or `host:port` where the port is not 22. */
export function hostLabel(host: string, port: number): string {
  if (port === SSH_PORT) return host;
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** What is wrong with the key that a host has shown; undefined: it is trusted. */
export function hostKeyFailure(
  known: readonly KnownHost[],
  settings: SshSettings,
  key: Buffer,
): ActionError | undefined {
  const { host, port = SSH_PORT, knownHostsFile: file } = settings;
  const label = hostLabel(host, port);
  const judged = judgeHostKey(known, host, port, key);
  const shown = `${keyTypeOf(key) ?? "unknown type"} ${fingerprint(key)}`;
  switch (judged.verdict) {
    case "trusted":
      return undefined;
    case "unknown": {
      const other = judged.others.length === 0 ? "" : ` (only ${judged.others.map((line) => line.keyType).join(", ")})`;
      return new ActionError(
        `No host key of ${label} is in ${file}${other}: compare its key ${shown} with what its administrator says, then run \`globus-ioc trust-host ${label}\`.`,
      );
    }
    case "changed":
      return new ActionError(
        `The host key of ${label} has changed: it shows ${shown}, but line ${judged.line.lineNumber} of ${file} has ${fingerprint(judged.line.key)}; if its administrator confirms the new key, run \`ssh-keygen -R '${knownHostsName(host, port)}' -f ${file}\` and \`globus-ioc trust-host ${label}\`, otherwise somebody may be listening in between.`,
      );
    case "revoked":
      return new ActionError(
        `The host key of ${label}, ${shown}, is revoked in line ${judged.line.lineNumber} of ${file}: ask its administrator for a new host key.`,
      );
  }
}

/** `level` is how ssh2 tells where a failure arose. */
function levelOf(error: unknown): unknown {
  return (error as { level?: unknown }).level;
}

/** The error for a refused login; undefined for any other failure of ssh2. */
export function loginFailure(error: unknown, label: string, user: string, login: SshLogin): ActionError | undefined {
  const level = levelOf(error);
  const agent = "agentSocket" in login ? login.agentSocket : undefined;
  if (agent !== undefined && level === "agent") {
    return new ActionError(`The SSH agent at ${agent} does not answer: start it, or name an identity file.`, {
      cause: error,
    });
  }
  if (level !== "client-authentication") return undefined;
  const shown =
    "agentSocket" in login ? `the keys of the agent at ${login.agentSocket}` : `the key ${login.identityFile}`;
  const advice = `add its public half to ~${user}/.ssh/authorized_keys there, or correct the user or the key`;
  return new AccessDeniedError(`${label} refuses ${user} with ${shown}: ${advice}.`, { cause: error });
}

/** What the system says of an address that cannot be reached, in an operator's words. */
const SOCKET_FAILURES: Readonly<Record<string, string>> = {
  ECONNREFUSED: "refuses the SSH connection: is sshd running there, and is the port right",
  ENOTFOUND: "is a host name that nobody knows: is it spelt right",
  EAI_AGAIN: "cannot be looked up: does the name server answer",
  EHOSTUNREACH: "cannot be reached: is it on, and is there a route to it",
  ENETUNREACH: "cannot be reached: is there a route to it",
  ETIMEDOUT: "does not answer: is it on, and does a firewall let SSH through",
  ECONNRESET: "broke off the SSH connection: is sshd overloaded, or does it refuse this host",
};

/** The error for a connection that did not come about or broke. */
export function socketFailure(error: unknown, label: string): UnavailableError {
  const known = SOCKET_FAILURES[codeOf(error) ?? ""];
  const sentence =
    known === undefined ? asSentence(`${label} cannot be used over SSH: ${clauseOf(error)}`) : `${label} ${known}?`;
  return new UnavailableError(sentence, { cause: error });
}

/** SFTP statuses (draft-ietf-secsh-filexfer-02 §7). */
export const SFTP_STATUS: Readonly<
  Record<"EOF" | "NO_SUCH_FILE" | "PERMISSION_DENIED" | "FAILURE" | "BAD_MESSAGE", number>
> = ssh2.utils.sftp.STATUS_CODE;

/** The SFTP status of an answer, or undefined for every other failure. */
export function sftpStatusOf(thrown: unknown): number | undefined {
  const code = (thrown as { code?: unknown } | undefined)?.code;
  return typeof code === "number" ? code : undefined;
}
