/** This host's IPv4 interfaces: where searches and beacons go when nobody says otherwise. */
import os from "node:os";

export interface Interface {
  readonly host: string;
  /** Equal to `host` where the netmask leaves no room for a broadcast address. */
  readonly broadcast: string;
  readonly loopback: boolean;
}

export function localInterfaces(): Interface[] {
  return Object.values(os.networkInterfaces())
    .flatMap((entries) => entries ?? [])
    .filter((entry) => entry.family === "IPv4")
    .map((entry) => ({
      host: entry.address,
      broadcast: broadcastOf(entry.address, entry.netmask),
      loopback: entry.internal,
    }));
}

/** Broadcast addresses of the interfaces that are up and not loopback, each once. */
export const broadcastAddresses = (interfaces: readonly Interface[] = localInterfaces()): string[] => [
  ...new Set(interfaces.filter((one) => !one.loopback).map((one) => one.broadcast)),
];

export function broadcastOf(address: string, netmask: string): string {
  const mask = netmask.split(".").map(Number);
  return address
    .split(".")
    .map((part, i) => (Number(part) | (~(mask[i] ?? 255) & 255)).toString())
    .join(".");
}
