/** The operating system's network, as the interface that servers and clients are given. */
import { connectTcp, listenTcp } from "./tcp.ts";
import type { Network } from "./transport.ts";
import { openUdp } from "./udp.ts";

export const nodeNetwork: Network = { connect: connectTcp, listen: listenTcp, datagrams: openUdp };
