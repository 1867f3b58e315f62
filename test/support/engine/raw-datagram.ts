/**
 * Datagrams from port 0, as no ordinary socket sends them. Needs Python, and the right to make raw sockets, which root
 * has.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { needPeers, peerPath, ROOT } from "../peers/real-peers.ts";
import { runPeer } from "../peers/spawn-peer.ts";

const SCRIPT = join(ROOT, "test/peers/raw_datagram.py");
/** The bit of CAP_NET_RAW in a set of capabilities. capabilities(7) */
const CAP_NET_RAW = 13n;

/** Whether datagrams from port 0 cannot be sent from here; says why at once. For `test.skipIf`. */
export function lacksRawSockets(): boolean {
  if (needPeers("python3").missing) return true;
  if (process.platform === "linux" && mayMakeRawSockets()) return false;
  process.stderr.write(
    "raw sockets are not allowed here (run as root on Linux): tests of datagrams from port 0 are skipped\n",
  );
  return true;
}

function mayMakeRawSockets(): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "0";
  return ((BigInt(`0x${effective}`) >> CAP_NET_RAW) & 1n) === 1n;
}

/**
 * Sends `bytes` to this port of 127.0.0.1 from port 0.
 * @throws Error with what Python said when the bytes cannot be sent
 */
export async function sendFromPortZero(bytes: Buffer, port: number): Promise<void> {
  const args = [SCRIPT, "0", String(port), bytes.toString("hex")];
  const { code, stderr } = await runPeer(peerPath("python3"), args);
  if (code !== 0) throw new Error(`raw_datagram.py ended with ${code}: ${stderr}`);
}
