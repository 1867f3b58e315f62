import { Subject } from "rxjs";
import { beforeEach, expect, test } from "vitest";
import { Connections } from "../../../src/controller/health/connections.ts";
import type { BeamlinePvs, BeamlineText } from "../../../src/controller/ports/beamline-pvs.ts";

const AWAY: BeamlineText = { connected: false, text: undefined };
const HERE: BeamlineText = { connected: true, text: "Levy" };
const NEEDED = ["t:UserLastName", "t:ProposalNumber"];

let now: number;
let texts: Map<string, Subject<BeamlineText>>;
let connections: Connections;
let pvs: BeamlinePvs;
beforeEach(() => {
  now = Date.parse("2026-03-01T12:00:00Z");
  texts = new Map();
  connections = new Connections(() => now);
  pvs = connections.seen({
    text$: (name) => {
      const text$ = texts.get(name) ?? new Subject<BeamlineText>();
      texts.set(name, text$);
      return text$;
    },
    writeText: async () => "",
    readText: async () => undefined,
  });
});
const follow = (...names: string[]) => names.map((name) => pvs.text$(name).subscribe());
const post = (name: string, text: BeamlineText): void => texts.get(name)?.next(text);
const health = () => connections.health(NEEDED);

test("nobody knows before TomoScan was looked for long enough", () => {
  expect(health().state).toBe("Unknown");
  follow(...NEEDED);
  now += 9000;
  expect(health()).toEqual({ state: "Unknown", message: "" });
  now += 1000;
  expect(health().state).toBe("Down");
});

test("it is well when what is needed is connected, whatever else was never there", () => {
  follow(...NEEDED, "t:UserEmail");
  for (const name of NEEDED) post(name, HERE);
  post("t:UserEmail", AWAY);
  now += 60_000;
  expect(health()).toEqual({ state: "OK", message: "" });
});

test("the PV that is needed and not there is named, with what to do", () => {
  follow(...NEEDED);
  post("t:UserLastName", HERE);
  now += 60_000;
  expect(health().message).toMatch(/^t:ProposalNumber is not connected: start TomoScan's IOC, or correct ioc-prefix /);
});

test("what goes away is told at once, since when", () => {
  follow(...NEEDED);
  for (const name of NEEDED) post(name, HERE);
  now += 60_000;
  post("t:UserLastName", AWAY);
  now += 1000;
  expect(health().state).toBe("Down");
  expect(health().message).toMatch(/ Since 2026-03-01 \d\d:01:00\.$/);
  post("t:UserLastName", HERE);
  expect(health().state).toBe("OK");
});

test("a PV that is not needed, and was there, is trouble", () => {
  follow(...NEEDED, "t:ScanStatus");
  for (const name of [...NEEDED, "t:ScanStatus"]) post(name, HERE);
  post("t:ScanStatus", AWAY);
  expect(health()).toEqual({
    state: "Trouble",
    message: expect.stringMatching(/^t:ScanStatus is not connected/) as string,
  });
});

test("of many PVs a few are named", () => {
  const names = Array.from({ length: 8 }, (_, i) => `t:pv${i}`);
  follow(...names);
  for (const name of names) post(name, HERE);
  for (const name of names) post(name, AWAY);
  expect(health().message).toMatch(/^t:pv0, t:pv1, t:pv2, t:pv3 and 4 more are not connected/);
});

test("a PV that nobody follows any more is forgotten, one that another still follows is not", () => {
  const [first] = follow("t:ScanStatus");
  const [second] = follow("t:ScanStatus");
  post("t:ScanStatus", HERE);
  post("t:ScanStatus", AWAY);
  first?.unsubscribe();
  expect(health().state).toBe("Trouble");
  second?.unsubscribe();
  expect(health().state).toBe("Unknown");
});
