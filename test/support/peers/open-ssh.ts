/**
 * OpenSSH's own server for a test: a child on a private port of 127.0.0.1, with keys made by ssh-keygen in a temporary
 * folder, for the one user that the server runs as. For root the server runs as `nobody`, so that permissions mean
 * something.
 */
import { chmod, chown, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { freePort } from "./epics-environment.ts";
import { peerPath } from "./real-peers.ts";
import { type PeerProcess, runPeer, spawnPeer } from "./spawn-peer.ts";

const NOBODY = 65_534;

export interface OpenSsh {
  readonly port: number;
  readonly user: string;
  /** A folder in which the user may write. */
  readonly folder: string;
  readonly identityFile: string;
  /** Public host keys, by type: `ed25519`, `rsa`, `ecdsa`. */
  hostKey(type: string): Promise<string>;
  readonly process: PeerProcess;
  stop(): Promise<void>;
}

/** Makes a key pair; the public half is `path`.pub. */
export async function makeKey(path: string, type: string): Promise<void> {
  await keygen("-q", "-t", type, "-N", "", "-C", "", "-f", path);
}

/** Runs ssh-keygen. @throws Error with what ssh-keygen said when it fails */
export async function keygen(...args: readonly string[]): Promise<string> {
  const finished = await runPeer("ssh-keygen", args);
  if (finished.code !== 0) throw new Error(`ssh-keygen ${args.join(" ")}: ${finished.stderr}`);
  return finished.stdout;
}

/** @param options `sftp`: arguments of internal-sftp, e.g. `-u 0077`; undefined: no SFTP at all */
export async function startOpenSsh(
  options: { readonly keyTypes?: readonly string[]; readonly sftp?: string | undefined } = {},
): Promise<OpenSsh> {
  const { keyTypes = ["ed25519"], sftp } = options;
  const isRoot = process.getuid?.() === 0;
  const base = await mkdtemp(join(tmpdir(), "openssh-"));
  const [folder, identityFile, port] = [join(base, "data"), join(base, "id"), await freePort()];
  await mkdir(folder);
  for (const type of keyTypes) await makeKey(join(base, `host_${type}`), type);
  await makeKey(identityFile, "ed25519");
  await writeFile(join(base, "authorized_keys"), await readFile(`${identityFile}.pub`));
  const hostKeys = keyTypes.map((type) => `HostKey ${join(base, `host_${type}`)}`);
  await writeFile(
    join(base, "sshd_config"),
    [
      `Port ${port}`,
      "ListenAddress 127.0.0.1",
      ...hostKeys,
      `AuthorizedKeysFile ${join(base, "authorized_keys")}`,
      "StrictModes no",
      "PasswordAuthentication no",
      "KbdInteractiveAuthentication no",
      "PidFile none",
      "UsePAM yes", // else a server that is not root takes every account for locked
      ...(sftp === undefined ? [] : [`Subsystem sftp internal-sftp ${sftp}`]),
      "",
    ].join("\n"),
  );
  if (isRoot) {
    await chmod(base, 0o755);
    for (const path of [folder, ...keyTypes.map((type) => join(base, `host_${type}`))])
      await chown(path, NOBODY, NOBODY);
  }
  const command = [peerPath("sshd"), "-D", "-e", "-f", join(base, "sshd_config")];
  const asNobody = ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"];
  const [program = "", ...args] = isRoot ? [...asNobody, ...command] : command;
  const child = await spawnPeer(program, args, { line: /Server listening on/ });
  return {
    port,
    user: isRoot ? "nobody" : userInfo().username,
    folder,
    identityFile,
    hostKey: async (type) => (await readFile(join(base, `host_${type}.pub`), "utf8")).trim(),
    process: child,
    stop: async () => {
      await child.stop();
      await rm(base, { recursive: true, force: true });
    },
  };
}
