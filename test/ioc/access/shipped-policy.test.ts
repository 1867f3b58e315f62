/** Who gets what by iocBoot/iocGlobus/globus.acf, for records of each of its groups and for a beamline's own. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createLog } from "../../../src/base/log.ts";
import { addressOfHost } from "../../../src/ca/host-names.ts";
import { AccessFileError } from "../../../src/dbfile/acf.ts";
import { parseAccessFile } from "../../../src/dbfile/acf-parser.ts";
import { AccessSecurity } from "../../../src/ioc/access/access-security.ts";
import { databaseOf } from "../../support/engine/test-database.ts";

const FILE = join(import.meta.dirname, "../../../iocBoot/iocGlobus/globus.acf");
const TEXT = readFileSync(FILE, "utf8");
const MACROS: Readonly<Record<string, string>> = { HOSTS: "console,127.0.0.1", MANAGERS: "olga" };

const WHO = {
  manager: { user: "olga", host: "console", peer: "127.0.0.1:4711" },
  operator: { user: "sam", host: "console", peer: "127.0.0.1:4712" },
  starter: { user: "web:start", host: "127.0.0.1", peer: "127.0.0.1:4714", isProven: true as const },
  "one who claims to be the starter": { user: "web:start", host: "console", peer: "127.0.0.1:4715" },
  stranger: { user: "olga", host: "laptop", peer: "127.0.0.2:4713" },
};
const [READ, BOTH] = [1, 3];
/** A record of each group, and a beamline's own. */
const RECORDS = {
  own: {},
  input: { ASG: "GLOBUS" },
  guarded: { ASG: "GLOBUS_MANAGED" },
  outcome: { ASG: "GLOBUS_RESULT" },
};
const FIELDS = ["VAL", "DESC", "OUT", "FLNK", "DISP", "SCAN", "ASG"] as const;

/** `pv who` → rights by this text. @throws AccessFileError */
async function rightsBy(text: string): Promise<ReadonlyMap<string, number>> {
  const file = parseAccessFile(text, FILE, (name) => MACROS[name]);
  const db = databaseOf(RECORDS);
  const { database, clock } = db;
  const log = createLog("as", () => {});
  const access = new AccessSecurity({ database, clock, log, load: () => file, resolve: async () => undefined });
  access.setFile(FILE);
  await access.init();
  const rights = new Map<string, number>();
  for (const record of Object.keys(RECORDS)) {
    for (const field of FIELDS) {
      for (const [who, client] of Object.entries(WHO))
        rights.set(
          `${record}.${field} ${who}`,
          access.grant(db.address(`${record}.${field}`), client, () => {}).rights,
        );
    }
  }
  return rights;
}

test.each<[keyof typeof RECORDS, keyof typeof WHO, number, number]>([
  ["own", "manager", BOTH, BOTH],
  ["own", "operator", BOTH, READ],
  ["own", "starter", BOTH, BOTH],
  ["guarded", "starter", BOTH, BOTH],
  ["guarded", "one who claims to be the starter", READ, READ],
  ["own", "stranger", READ, READ],
  ["input", "manager", BOTH, BOTH],
  ["input", "operator", BOTH, READ],
  ["input", "stranger", READ, READ],
  ["guarded", "manager", BOTH, BOTH],
  ["guarded", "operator", READ, READ],
  ["guarded", "stranger", READ, READ],
  ["outcome", "operator", READ, READ],
  ["outcome", "stranger", READ, READ],
])("of a record of %s, the %s gets %i on VAL, and %i on links and all else", async (record, who, value, others) => {
  const rights = await rightsBy(TEXT);
  const found = FIELDS.map((field) => rights.get(`${record}.${field} ${who}`));
  expect(found).toEqual(FIELDS.map((field) => (field === "VAL" ? value : others)));
});

test("a copy of the file that is cut short lets nobody do more than the whole file", async () => {
  const whole = await rightsBy(TEXT);
  const lines = TEXT.split("\n");
  let read = 0;
  for (let kept = 0; kept < lines.length; kept++) {
    const rights = await rightsBy(lines.slice(0, kept).join("\n")).catch((error: unknown) => {
      if (error instanceof AccessFileError) return new Map<string, number>();
      throw error;
    });
    if (rights.size > 0) read++;
    const wider = [...rights].filter(([pv, some]) => (some & ~(whole.get(pv) ?? 0)) !== 0);
    expect(wider, `${kept} lines`).toEqual([]);
  }
  expect(read).toBeGreaterThan(5);
});

test("a host that is named by its IPv6 address writes from there, and a token that MANAGERS names is a manager's", async () => {
  const macros: Readonly<Record<string, string>> = { HOSTS: "127.0.0.1,2001:db8::5", MANAGERS: "olga,web:alpha" };
  const file = parseAccessFile(TEXT, FILE, (name) => macros[name]);
  const db = databaseOf(RECORDS);
  const log = createLog("as", () => {});
  const { database, clock } = db;
  const access = new AccessSecurity({ database, clock, log, load: () => file, resolve: addressOfHost });
  access.checksAddress = true;
  access.setFile(FILE);
  await access.init();
  const rights = (token: string, address: string): number => {
    const client = { user: `web:${token}`, host: address, peer: `${address}:4711`, isProven: true as const };
    return access.grant(db.address("guarded"), client, () => {}).rights;
  };
  expect([rights("alpha", "2001:db8::5"), rights("beta", "2001:db8::5")]).toEqual([BOTH, READ]);
  expect([rights("alpha", "127.0.0.1"), rights("alpha", "2001:db8::6")]).toEqual([BOTH, READ]);
});
