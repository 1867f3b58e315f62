/**
 * Where scans come from and go to, compared before anything is sent: two destinations that are one place would write
 * each other's files, and a destination in the source would take a scan for its own proof. Pure; links are not seen.
 */
import { posix } from "node:path";
import type { DestinationSettings } from "../config/settings.ts";
import { hostLabel } from "../services/ssh/errors.ts";

/** A directory in a realm: a host, or a Globus collection. */
export interface ScanPlace {
  readonly realm: string;
  readonly path: string;
}

export const THIS_HOST = "this host";
export const hostRealm = (name: string, port: number): string => `host ${hostLabel(name.toLowerCase(), port)}`;
export const collectionRealm = (id: string): string => `collection ${id.toLowerCase()}`;

type Row = Pick<DestinationSettings, "name" | "kind" | "host" | "port" | "collection" | "top" | "path">;

/** Whether a host is this machine. */
type IsOwn = (host: string, port: number) => boolean;

/** Up to the first level that is not the same for all scans; `rest` is what follows. */
function placeOf(
  { kind, host, port, collection, top, path }: Row,
  isOwn: IsOwn,
): ScanPlace & { readonly rest: string } {
  const levels = path.split("/").filter((level) => level !== "" && level !== ".");
  const first = levels.findIndex((level) => level.includes("{"));
  const fixed = first < 0 ? levels : levels.slice(0, first);
  const here = kind === "folder" || isOwn(host, port) ? THIS_HOST : hostRealm(host, port);
  return {
    realm: kind === "globus" || kind === "flow" ? collectionRealm(collection) : here,
    path: posix.resolve("/", top, ...fixed),
    rest: levels.slice(fixed.length).join("/"),
  };
}

/**
 * What is wrong with the places, a clause; undefined: nothing.
 * @param sources every place at which the scans are seen
 */
export function placeProblem(
  destinations: readonly Row[],
  sources: readonly ScanPlace[],
  isOwn: IsOwn,
): string | undefined {
  const places = destinations.map((one) => ({ name: one.name, ...placeOf(one, isOwn) }));
  for (const [index, one] of places.entries()) {
    const source = sources.find(({ realm, path }) => realm === one.realm && isWithin(path, one.path));
    if (source !== undefined)
      return `the destination ${one.name} lies in the source: ${one.path} is ${source.path} of ${source.realm} or below it ([source] in globus.conf); give it another top or path`;
    const twin = places
      .slice(0, index)
      .find(({ realm, path, rest }) => realm === one.realm && path === one.path && rest === one.rest);
    if (twin !== undefined)
      return `the destinations ${twin.name} and ${one.name} are the same place: give one of them another top or path`;
  }
  return undefined;
}

const isWithin = (top: string, path: string): boolean => {
  const above = posix.resolve("/", top);
  return path === above || path.startsWith(above === "/" ? "/" : `${above}/`);
};
