/**
 * The known_hosts file: which key each SSH host may show. Reads what OpenSSH writes (plain and hashed names, patterns,
 * [host]:port, several keys a host, @revoked), judges a key, and makes a new line. It opens no file and no connection.
 * @cert-authority lines are passed over: host certificates are not supported. Source: sshd(8), SSH_KNOWN_HOSTS FILE
 * FORMAT.
 */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";

/** The port whose hosts are written without a port. */
export const SSH_PORT = 22;

/** One usable line. */
export interface KnownHost {
  /** From 1, as an editor counts. */
  readonly lineNumber: number;
  readonly revoked: boolean;
  /** The names field as written: a comma list of patterns, or one hashed name. */
  readonly names: string;
  /** Key type as in the key itself, e.g. `ssh-ed25519`. */
  readonly keyType: string;
  /** The public key as it goes over the wire. */
  readonly key: Buffer;
}

/** What the file says of a key that a host has shown. */
export type HostKeyVerdict =
  | { readonly verdict: "trusted" | "revoked"; readonly line: KnownHost }
  /** Other keys of this type are on file for the host. */
  | { readonly verdict: "changed"; readonly line: KnownHost }
  /** No key of this type is; `others` are keys of other types. */
  | { readonly verdict: "unknown"; readonly others: readonly KnownHost[] };

/**
 * The lines of a file that can be used. Comments, other markers and ill-formed lines are passed over, as OpenSSH does.
 */
export function parseKnownHosts(text: string): readonly KnownHost[] {
  return text.split(/\r?\n/).flatMap((line, index) => parseLine(line, index + 1) ?? []);
}

function parseLine(line: string, lineNumber: number): KnownHost | undefined {
  const words = line.trim().split(/[ \t]+/);
  const marker = words[0]?.startsWith("@") === true ? words.shift() : undefined;
  const [names, keyType, base64] = words;
  if (names === undefined || names.startsWith("#") || keyType === undefined || base64 === undefined) return undefined;
  if (marker !== undefined && marker !== "@revoked") return undefined;
  const key = Buffer.from(base64, "base64");
  if (keyTypeOf(key) !== keyType) return undefined;
  return { lineNumber, revoked: marker === "@revoked", names, keyType, key };
}

/** The type that a wire-format public key names in its first field; undefined when it is cut short. */
export function keyTypeOf(key: Buffer): string | undefined {
  if (key.length < 4) return undefined;
  const length = key.readUInt32BE(0);
  return length === 0 || key.length < 4 + length ? undefined : key.toString("latin1", 4, 4 + length);
}

/** A key's fingerprint as OpenSSH prints it: `SHA256:` and 43 characters. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}`;
}

/** A host's name in the file: the name itself, or `[name]:port` where the port is not 22. */
export function knownHostsName(host: string, port: number): string {
  const name = host.toLowerCase();
  return port === SSH_PORT ? name : `[${name}]:${port}`;
}

/** A line that trusts `key` for this host, without a line end. */
export function knownHostsLine(host: string, port: number, key: Buffer): string {
  return `${knownHostsName(host, port)} ${keyTypeOf(key) ?? ""} ${key.toString("base64")}`;
}

/** The lines that speak of a host, by the very name that `knownHostsName` gives. */
export function linesFor(lines: readonly KnownHost[], host: string, port: number): readonly KnownHost[] {
  const name = knownHostsName(host, port);
  return lines.filter((line) => namesMatch(line.names, name));
}

/**
 * Judges the key that a host has shown. A port other than 22 that has no line of its own is trusted when the host's
 * plain name has this very key, as OpenSSH does (sshconnect.c check_host_key).
 */
export function judgeHostKey(lines: readonly KnownHost[], host: string, port: number, key: Buffer): HostKeyVerdict {
  const exact = judge(linesFor(lines, host, port), key);
  if (port === SSH_PORT || exact.verdict === "revoked") return exact;
  const plain = judge(linesFor(lines, host, SSH_PORT), key);
  if (plain.verdict === "revoked" || (exact.verdict === "unknown" && plain.verdict === "trusted")) return plain;
  return exact;
}

function judge(lines: readonly KnownHost[], key: Buffer): HostKeyVerdict {
  const same = lines.filter((line) => line.key.equals(key));
  const revoked = same.find((line) => line.revoked);
  if (revoked !== undefined) return { verdict: "revoked", line: revoked };
  const [trusted] = same;
  if (trusted !== undefined) return { verdict: "trusted", line: trusted };
  const valid = lines.filter((line) => !line.revoked);
  const changed = valid.find((line) => line.keyType === keyTypeOf(key));
  return changed === undefined ? { verdict: "unknown", others: valid } : { verdict: "changed", line: changed };
}

/**
 * Whether a names field covers `name`. A negated pattern that matches excludes the host, even if other patterns match.
 */
function namesMatch(names: string, name: string): boolean {
  if (names.startsWith("|")) return hashMatches(names, name);
  const patterns = names.toLowerCase().split(",");
  const matching = patterns.filter((pattern) => patternMatches(pattern.replace(/^!/, ""), name));
  return matching.length > 0 && !matching.some((pattern) => pattern.startsWith("!"));
}

/** `|1|salt|HMAC-SHA1(salt, name)`, both in base64. */
function hashMatches(hashed: string, name: string): boolean {
  const [, magic, salt, hash, ...rest] = hashed.split("|");
  if (magic !== "1" || salt === undefined || hash === undefined || rest.length > 0) return false;
  const expected = createHmac("sha1", Buffer.from(salt, "base64")).update(name).digest();
  const given = Buffer.from(hash, "base64");
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** `*` stands for any text, `?` for one character; everything else for itself. Linear in time for each star. */
function patternMatches(pattern: string, name: string): boolean {
  let at = 0;
  let p = 0;
  let star = -1;
  let resume = 0;
  while (at < name.length) {
    const wanted = pattern[p];
    if (wanted === "*") {
      star = p++;
      resume = at;
    } else if (wanted === "?" || wanted === name[at]) {
      p++;
      at++;
    } else if (star >= 0) {
      p = star + 1;
      at = ++resume;
    } else return false;
  }
  return /^\**$/.test(pattern.slice(p));
}
