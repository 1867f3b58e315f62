/** The web page of an IOC that runs, as its start tells of it. */
import type { PeerProcess } from "./spawn-peer.ts";

export interface WebPage {
  /** Without a slash at its end. */
  readonly url: string;
  /** The one that the start has made. */
  readonly token: string;
}

/** Resolves once the IOC has said where its page is. @throws as `said` of PeerProcess */
export async function webPageOf(ioc: PeerProcess): Promise<WebPage> {
  const [, url = ""] = await ioc.said(/in a browser: (http:\S+)\//);
  const [, token = ""] = await ioc.said(/until the IOC ends: (\S+)/);
  return { url, token };
}
