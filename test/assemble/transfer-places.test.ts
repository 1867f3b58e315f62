import { expect, test } from "vitest";
import { collectionRealm, hostRealm, placeProblem, THIS_HOST } from "../../src/assemble/transfer-places.ts";

const ROW = {
  name: "one",
  kind: "folder",
  host: "",
  port: 22,
  collection: "",
  top: "/mnt/archive",
  path: "{rel}",
} as const;
const OTHER = { ...ROW, name: "other" };
const GATEWAY = { ...ROW, kind: "ssh", host: "gw.example.org", port: 2201 } as const;
const SOURCES = [
  { realm: THIS_HOST, path: "/data/" },
  { realm: hostRealm("detector.example.org", 22), path: "/raw" },
  { realm: collectionRealm("6C54CADE-bde5-45c1-bdea-f4bd71dba2cc"), path: "/data" },
];
const COLLECTION = "6c54cade-bde5-45c1-bdea-f4bd71dba2cc";
const isOwn = (host: string): boolean => host === "localhost";

test.each([
  ["two folders", [ROW, { ...OTHER, top: "/mnt/tape" }], undefined],
  ["one folder and one below it", [ROW, { ...OTHER, top: "/mnt/archive/b" }], undefined],
  ["one folder with two templates", [ROW, { ...OTHER, path: "{exp}" }], undefined],
  ["one folder of two hosts", [ROW, { ...OTHER, kind: "ssh", host: "tape.example.org" }], undefined],
  ["a folder beside the source", [{ ...ROW, top: "/database" }], undefined],
  ["a folder above the source", [{ ...ROW, top: "/", path: "archive/{rel}" }], undefined],
  ["the source's name on another host", [{ ...ROW, kind: "ssh", host: "tape.example.org", top: "/data" }], undefined],
  ["one folder behind two ports of a gateway", [GATEWAY, { ...GATEWAY, name: "other", port: 2202 }], undefined],
  ["one folder behind one port", [GATEWAY, { ...GATEWAY, name: "other" }], "same place"],
  ["two names of one folder", [ROW, { ...OTHER, top: "/mnt/x/../archive//" }], "one and other are the same place"],
  ["one folder by its top and by its path", [ROW, { ...OTHER, top: "/mnt", path: "archive/{rel}" }], "same place"],
  ["one folder here and behind SSH", [ROW, { ...OTHER, kind: "ssh", host: "localhost" }], "same place"],
  [
    "one place of a collection, by Transfer and through a flow",
    [
      { ...ROW, kind: "globus", collection: "abc" },
      { ...OTHER, kind: "flow", collection: "abc" },
    ],
    "same place",
  ],
  [
    "one collection in two spellings",
    [
      { ...ROW, kind: "globus", collection: "ABC" },
      { ...OTHER, kind: "globus", collection: "abc" },
    ],
    "same place",
  ],
  [
    "the source itself",
    [{ ...ROW, top: "/data" }],
    "the destination one lies in the source: /data is /data/ of this host",
  ],
  ["a folder in the source", [{ ...ROW, top: "/data/archive" }], "lies in the source"],
  ["a folder in the source by its path", [{ ...ROW, top: "/", path: "data/archive/{rel}" }], "lies in the source"],
  [
    "a folder in the source on its host",
    [{ ...ROW, kind: "ssh", host: "Detector.example.org", top: "/raw/x" }],
    "lies in",
  ],
  ["the source's collection", [{ ...ROW, kind: "globus", collection: COLLECTION, top: "/data" }], "lies in the source"],
] as const)("%s", (_what, rows, problem) => {
  const found = placeProblem(rows, SOURCES, isOwn);
  if (problem === undefined) expect(found).toBeUndefined();
  else expect(found).toContain(problem);
});
