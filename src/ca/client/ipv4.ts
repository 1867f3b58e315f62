/** IPv4 addresses as the protocol carries them: one 32-bit number. */

/** `127.0.0.1` for 0x7f000001. */
export const ipv4Text = (address: number): string =>
  [address >>> 24, (address >>> 16) & 255, (address >>> 8) & 255, address & 255].join(".");

/** 0x7f000001 for `127.0.0.1`; 0 for anything that is not dotted. */
export function ipv4Number(host: string): number {
  const parts = host.split(".").map(Number);
  if (parts.length !== 4 || parts.some((part) => !Number.isInteger(part) || part < 0 || part > 255)) return 0;
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}

/** Neither 0.x.x.x nor multicast, reserved or broadcast. */
export function mayBeHost(host: string): boolean {
  const first = ipv4Number(host) >>> 24;
  return first > 0 && first < 224;
}
