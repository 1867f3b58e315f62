/**
 * The foreign programs that the tests meet: what each program is, where it is looked for and how to get it. Where a
 * peer is missing its tests are skipped, with a sentence; with CI=true they fail. Starts nothing: processes are
 * spawn-peer.ts's, private ports epics-environment.ts's.
 */
import { existsSync, readdirSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";

/** The repository's folder. */
export const ROOT = resolve(import.meta.dirname, "../../..");
/** The Python environment that `npm run peers` makes. */
export const VENV = join(ROOT, ".peers");
/** Globus' command line, in an environment of its own for its own version of the SDK. */
const GLOBUS_CLI = join(ROOT, ".peers-cli/bin/globus");
/** The interpreter of the environment that has globus-compute-sdk. */
const COMPUTE_PYTHON = join(ROOT, ".peers-compute/bin/python");
/** The interpreter of VENV: runs softioc.py and every script under test/peers. */
export const PYTHON = join(VENV, "bin/python");

interface Peer {
  /** The path that proves that the peer is there; undefined when it is missing. */
  readonly find: () => string | undefined;
  /** Ends the sentence "… is missing: ". */
  readonly get: string;
}

const BY_NPM = "run `npm run peers`";
const debian = (...packages: string[]): string => `install the Debian package ${packages.join(" ")}`;

/** The one table of peers. */
const PEERS = {
  /** EPICS base's own IOC: the interpreter of test/peers/softioc.py. */
  softIoc: { find: () => inVenv("epicscorelibs"), get: BY_NPM },
  pyepics: { find: () => inVenv("epics"), get: BY_NPM },
  caproto: { find: () => inVenv("caproto"), get: BY_NPM },
  "globus-sdk": { find: () => inVenv("globus_sdk"), get: BY_NPM },
  "globus-cli": { find: () => found([GLOBUS_CLI]), get: BY_NPM },
  "globus-compute-sdk": { find: () => found([COMPUTE_PYTHON]), get: BY_NPM },
  /** EPICS base's folder of .dbd files. */
  dbd: { find: () => inVenv("epicscorelibs/dbd"), get: BY_NPM },
  /** Any Python 3 of this host; no package is needed. */
  python3: { find: () => onPath("python3"), get: debian("python3") },
  gcc: { find: () => onPath("gcc"), get: debian("gcc", "libc6-dev") },
  /** Debian's build of EPICS base's client library, with the link that a linker needs. */
  libca: { find: () => inLibraries("libca.so"), get: debian("libca4.13.5", "libca-dev", "libcom-dev") },
  sshd: { find: () => onPath("sshd"), get: debian("openssh-server") },
  ssh: { find: () => onPath("ssh"), get: debian("openssh-client") },
  /** Sets a process's limits from outside. */
  prlimit: { find: () => onPath("prlimit"), get: debian("util-linux") },
  /** Takes rights from a process. */
  setpriv: { find: () => onPath("setpriv"), get: debian("util-linux") },
  /** Mounting a small disk, or one disk over another. */
  root: { find: () => (process.getuid?.() === 0 ? onPath("mount") : undefined), get: "run the tests as root" },
  chromium: { find: () => onPath("chromium"), get: debian("chromium") },
} as const satisfies Record<string, Peer>;

export type PeerName = keyof typeof PEERS;

/**
 * Says at the top of a test file which peers it needs: `describe.skipIf(needPeers("softIoc").missing)("…", …)`. Prints
 * one sentence for each peer that is missing.
 * @throws Error with the sentences when CI=true, which fails the file
 */
export function needPeers(...names: readonly PeerName[]): { readonly missing: boolean } {
  const sentences = names.filter((name) => PEERS[name].find() === undefined).map(whyMissing);
  if (sentences.length > 0 && isCi()) throw new Error(sentences.join("\n"));
  for (const sentence of sentences) announce(`${sentence} (its tests are skipped)`);
  return { missing: sentences.length > 0 };
}

/** As `needPeers`, for one peer, and with its path; `path()` is for use inside a test or hook only. */
export function peer(name: PeerName): { readonly missing: boolean; readonly path: () => string } {
  return { missing: needPeers(name).missing, path: () => peerPath(name) };
}

/** The peer's path. @throws Error that tells how to get the peer when it is missing */
export function peerPath(name: PeerName): string {
  const path = PEERS[name].find();
  if (path === undefined) throw new Error(whyMissing(name));
  return path;
}

/** EPICS base's folder of .dbd files. */
export const dbdFolder = (): string => peerPath("dbd");

function whyMissing(name: PeerName): string {
  return `peer ${name} is missing: ${PEERS[name].get}`;
}

const announced = new Set<string>();
function announce(sentence: string): void {
  if (announced.has(sentence)) return;
  announced.add(sentence);
  process.stderr.write(`${sentence}\n`);
}

const isCi = (): boolean => ["true", "1"].includes(process.env["CI"] ?? "");

function inVenv(entry: string): string | undefined {
  if (!existsSync(PYTHON)) return undefined;
  return found(folders(join(VENV, "lib")).map((python) => join(python, "site-packages", entry)));
}

function onPath(program: string): string | undefined {
  const listed = (process.env["PATH"] ?? "").split(delimiter);
  return found([...listed, "/usr/sbin", "/sbin"].map((folder) => join(folder, program)));
}

function inLibraries(file: string): string | undefined {
  return found(["/usr/lib", ...folders("/usr/lib"), "/usr/local/lib"].map((folder) => join(folder, file)));
}

const found = (candidates: readonly string[]): string | undefined => candidates.find((path) => existsSync(path));

function folders(of: string): string[] {
  if (!existsSync(of)) return [];
  const entries = readdirSync(of, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join(of, entry.name));
}
