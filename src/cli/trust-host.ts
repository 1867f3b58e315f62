/**
 * `globus-ioc trust-host HOST`: shows the key that an SSH host has now and, when a person says so, adds it to
 * known_hosts (decision 0018). Never replaces a key: of a host whose key has changed both fingerprints are shown, and a
 * person removes the old line.
 */
import * as nodeFiles from "node:fs/promises";
import { dirname } from "node:path";
import type { Clock } from "../base/clock.ts";
import { ActionError, messageOf } from "../base/errors.ts";
import { makeFolder } from "../base/make-folder.ts";
import type { FileCalls } from "../base/replace-file.ts";
import { fetchHostKey, readKnownHosts } from "../services/ssh/connection.ts";
import { hostLabel } from "../services/ssh/errors.ts";
import {
  fingerprint,
  type HostKeyVerdict,
  judgeHostKey,
  keyTypeOf,
  knownHostsLine,
  knownHostsName,
  parseKnownHosts,
  SSH_PORT,
} from "../services/ssh/known-hosts.ts";
import { UsageError } from "./exit-status.ts";

export interface TrustRequest {
  /** `host`, `host:port` or `[IPv6]:port`. */
  readonly where: string;
  readonly knownHostsFile: string;
  /**
   * The fingerprint that the host must have, `SHA256:…`: the host is then trusted without a question, also in scripts.
   */
  readonly fingerprint?: string;
  /** Trusts the key that is shown without a question; at a terminal only, where somebody sees it. */
  readonly yes?: boolean;
}

/** The terminal, or what takes its place. */
export interface TrustTerminal {
  readonly isTerminal: boolean;
  readonly write: (line: string) => void;
  /** The answer to a question, without blanks around it; undefined at the end of the input. */
  readonly ask: (question: string) => Promise<string | undefined>;
}

/**
 * @returns true when the host is trusted afterwards, false when the person said no
 * @throws ActionError, UnavailableError, UsageError: nothing was added
 */
export async function trustHost(
  request: TrustRequest,
  dialogue: TrustTerminal,
  clock: Clock,
  signal?: AbortSignal,
): Promise<boolean> {
  const { host, port } = parseWhere(request.where);
  const { knownHostsFile: file } = request;
  requireWitness(request, dialogue);
  const text = await readKnownHosts(file);
  const label = hostLabel(host, port);
  const key = await fetchHostKey({ host, port }, clock, signal);
  dialogue.write(`${label} shows ${keyTypeOf(key) ?? "an unknown type"} ${fingerprint(key)}`);
  const judged = judgeHostKey(parseKnownHosts(text), host, port, key);
  if (judged.verdict === "trusted") {
    dialogue.write(`Line ${judged.line.lineNumber} of ${file} trusts it already.`);
    return true;
  }
  refuseChanged(judged, knownHostsName(host, port), file, key);
  if (!(await isAccepted(request, dialogue, label, key))) {
    dialogue.write("Nothing was added.");
    return false;
  }
  await appendKnownHost(file, text, knownHostsLine(host, port, key));
  dialogue.write(`Added to ${file}.`);
  return true;
}

/** @throws UsageError for anything else than a host with or without a port */
function parseWhere(where: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, digits] = /^(?:\[([^\]\s]+)\]|([^\s:[\]@,*?!|]+))(?::(\d{1,5}))?$/.exec(where) ?? [];
  const host = bracketed ?? plain ?? (/^[0-9a-fA-F:.]+$/.test(where) ? where : undefined);
  const port = digits === undefined ? SSH_PORT : Number(digits);
  if (host !== undefined && port >= 1 && port <= 65535) return { host, port };
  throw new UsageError(`${JSON.stringify(where)} is not a host: give HOST or HOST:PORT.`);
}

/** Without a terminal nobody sees the key: only a fingerprint that was given can then decide. */
function requireWitness(request: TrustRequest, dialogue: TrustTerminal): void {
  if (dialogue.isTerminal || request.fingerprint !== undefined) return;
  throw new UsageError(
    `Nobody can compare the key of ${request.where} without a terminal: run trust-host at a terminal, or give --fingerprint SHA256:….`,
  );
}

function refuseChanged(judged: HostKeyVerdict, name: string, file: string, key: Buffer): void {
  if (judged.verdict !== "changed" && judged.verdict !== "revoked") return;
  const { lineNumber } = judged.line;
  if (judged.verdict === "revoked") {
    throw new ActionError(`Line ${lineNumber} of ${file} revokes the key ${fingerprint(key)}: ask for a new host key.`);
  }
  throw new ActionError(
    `Line ${lineNumber} of ${file} has another key for this host, ${fingerprint(judged.line.key)}, than it shows now, ${fingerprint(key)}: ask its administrator; if the new key is right, run \`ssh-keygen -R '${name}' -f ${file}\` first.`,
  );
}

async function isAccepted(
  request: TrustRequest,
  dialogue: TrustTerminal,
  label: string,
  key: Buffer,
): Promise<boolean> {
  if (request.fingerprint !== undefined) {
    if (request.fingerprint === fingerprint(key)) return true;
    throw new ActionError(
      `${label} shows ${fingerprint(key)}, not the fingerprint that was given, ${request.fingerprint}.`,
    );
  }
  if (request.yes === true) return true;
  return isConfirmed(dialogue, "Does its administrator confirm this fingerprint (yes/no)? ");
}

/** Asks until the answer is yes or no; the end of the input is no. */
export async function isConfirmed(dialogue: TrustTerminal, question: string): Promise<boolean> {
  for (let asked = question; ; asked = "Please type yes or no: ") {
    const answer = (await dialogue.ask(asked))?.toLowerCase();
    if (answer === "yes") return true;
    if (answer === "no" || answer === undefined) return false;
  }
}

/**
 * Adds one line, also where the file's last line has no end; where only a part can be written, takes that part back.
 * @throws ActionError
 */
export async function appendKnownHost(file: string, before: string, line: string, files?: FileCalls): Promise<void> {
  const { open } = files ?? nodeFiles;
  try {
    await makeFolder(dirname(file), 0o700);
    const known = await open(file, "a", 0o600);
    try {
      const { size } = await known.stat();
      try {
        await known.appendFile(`${before === "" || before.endsWith("\n") ? "" : "\n"}${line}\n`);
        await known.sync();
      } catch (thrown) {
        await known.truncate(size).catch(() => {}); // the failure to tell is that of the write
        throw thrown;
      }
    } finally {
      await known.close();
    }
  } catch (thrown) {
    throw new ActionError(`The known hosts file ${file} cannot be written: ${messageOf(thrown, file)}.`, {
      cause: thrown,
    });
  }
}
