import { describe, expect, test } from "vitest";
import { createLog } from "../../../src/base/log.ts";
import { DbrSample } from "../../../src/ca/wire/dbr-codec.ts";
import { DBR, DBR_TYPES } from "../../../src/ca/wire/dbr-layout.ts";
import { ECA } from "../../../src/ca/wire/status.ts";
import type { AccessFile, AccessRule, SecurityGroup } from "../../../src/dbfile/acf.ts";
import { dumpLines } from "../../../src/ioc/access/access-dump.ts";
import { AccessSecurity } from "../../../src/ioc/access/access-security.ts";
import { DatabaseSource } from "../../../src/ioc/database-source.ts";
import { ruleOf as rule } from "../../support/engine/access-rule.ts";
import { databaseOf, type RecordTexts } from "../../support/engine/test-database.ts";

const group = (name: string, rules: readonly AccessRule[], inputs: readonly string[] = []): SecurityGroup => ({
  name,
  rules,
  inputs: inputs.map((pv, index) => ({ index, pv })),
});

const fileOf = (securityGroups: readonly SecurityGroup[], others: Partial<AccessFile> = {}): AccessFile => ({
  userGroups: [{ name: "ops", members: ["olga"] }],
  hostGroups: [{ name: "room", members: ["Console1", "console2"] }],
  securityGroups,
  warnings: [],
  ...others,
});

const CLIENT = { user: "olga", host: "console1", peer: "127.0.0.1:4711" };
const STRANGER = { user: "sam", host: "laptop", peer: "127.0.0.2:4712" };
const [NONE, READ, BOTH] = [0, 1, 3];

function securityOf(records: RecordTexts, addresses: Readonly<Record<string, string>> = {}) {
  const db = databaseOf(records);
  const read: { file: AccessFile | Error } = { file: fileOf([]) };
  const access = new AccessSecurity({
    database: db.database,
    clock: db.clock,
    log: createLog("as", (line) => db.lines.push(line)),
    load: () => {
      if (read.file instanceof Error) throw read.file;
      return read.file;
    },
    resolve: async (host) => addresses[host],
  });
  const init = async (file: AccessFile | Error): Promise<void> => {
    read.file = file;
    access.setFile("/x.acf");
    await access.init();
  };
  /** The rights as they were told, first to last. */
  const watch = (pv: string, client = CLIENT) => {
    const told: number[] = [];
    const grant = access.grant(db.address(pv), client, () => told.push(grant.rights));
    told.push(grant.rights);
    return { told, grant };
  };
  return { db, access, init, watch };
}

test("without a file everybody may do everything, and nothing is told to put logs", () => {
  const { watch } = securityOf({ A: {} });
  const { told, grant } = watch("A", STRANGER);
  expect([told, grant.traps]).toEqual([[BOTH], false]);
});

test("a client that is asked about stands where the rules look: on the host's name, or at its address", async () => {
  const { access, init } = securityOf({ A: {} }, { console1: "10.0.0.1" });
  expect(await access.clientOn("console1", "olga")).toEqual({ user: "olga", host: "console1", peer: "console1" });
  access.checksAddress = true;
  await init(fileOf([]));
  expect(await access.clientOn("console1", "olga")).toEqual({ user: "olga", host: "console1", peer: "10.0.0.1" });
  expect(await access.clientOn("nowhere", "olga")).toBeUndefined();
});

test("a client's claims are one line of a dump, whatever is in them", async () => {
  const { db, access, init, watch } = securityOf({ A: {} });
  await init(fileOf([group("DEFAULT", [rule("READ")])]));
  watch("A", { user: "sam\nUAG(x) {sam}", host: "\x1b[2J", peer: "127.0.0.2:1" });
  const lines = dumpLines(access, db.database.records());
  expect(lines).toContain("\t\t\t sam\\u000aUAG(x) {sam} \\u001b[2j ASL0 READ NOTRAPWRITE");
});

test("of two readings the one that was asked for last holds, however long the hosts of the first are looked for", async () => {
  let found = (_address: string): void => {};
  const slow = new Promise<string>((resolve) => (found = resolve));
  const files = [fileOf([group("DEFAULT", [rule("WRITE")])]), fileOf([group("DEFAULT", [rule("READ")])])];
  const db = databaseOf({ A: {} });
  const security = new AccessSecurity({
    database: db.database,
    clock: db.clock,
    log: createLog("as", () => {}),
    load: () => files.shift()!,
    resolve: () => slow,
  });
  security.setFile("/x.acf");
  security.checksAddress = true;
  const first = security.init();
  await Promise.resolve();
  security.checksAddress = false;
  const second = security.init();
  found("127.0.0.1");
  await Promise.all([first, second]);
  const grant = security.grant(db.address("A"), CLIENT, () => {});
  expect([grant.rights, security.active?.checksAddress]).toEqual([READ, false]);
});

test("a file that cannot be used leaves all as it was, at the start and later", async () => {
  const { init, watch, access } = securityOf({ A: {} });
  const { told } = watch("A");
  await expect(init(new Error("line 3: no group"))).rejects.toThrow("line 3");
  expect(access.active).toBeUndefined();
  await init(fileOf([group("DEFAULT", [rule("READ")])]));
  await expect(init(new Error("line 3: no group"))).rejects.toThrow("line 3");
  expect(told).toEqual([BOTH, READ]);
});

test.each<[string, AccessRule[], number]>([
  ["no rule", [], NONE],
  ["a rule that grants nothing", [rule("NONE")], NONE],
  ["read", [rule("READ")], READ],
  ["write, which includes read", [rule("WRITE")], BOTH],
  ["RPC, which includes write", [rule("RPC")], BOTH],
  ["another user's rule", [rule("READ"), rule("WRITE", { userGroups: ["nobody"] })], READ],
  ["the user's rule", [rule("READ"), rule("WRITE", { userGroups: ["nobody", "ops"] })], BOTH],
  ["the host's rule, whatever its capitals", [rule("WRITE", { hostGroups: ["room"] })], BOTH],
  ["user and host together", [rule("WRITE", { userGroups: ["ops"], hostGroups: ["far"] })], NONE],
  ["a rule for VAL and its like alone", [rule("WRITE", { level: 0 })], BOTH],
  ["a method that the client has", [rule("WRITE", { methods: ["x509", "ca"] })], BOTH],
  ["a method that the client has not", [rule("WRITE", { methods: ["x509"] })], NONE],
  ["an authority", [rule("WRITE", { authorities: ["lab"] })], NONE],
  ["TCP", [rule("WRITE", { protocol: "TCP" })], BOTH],
  ["TLS", [rule("WRITE", { protocol: "TLS" })], NONE],
])("a client gets what its rules grant: %s", async (_, rules, expected) => {
  const { init, watch } = securityOf({ A: {} });
  const others = [
    { name: "nobody", members: [] },
    { name: "ops", members: ["olga"] },
  ];
  const hosts = [
    { name: "room", members: ["Console1"] },
    { name: "far", members: ["elsewhere"] },
  ];
  await init(fileOf([group("DEFAULT", rules)], { userGroups: others, hostGroups: hosts }));
  expect(watch("A", { ...CLIENT, host: "CONSOLE1" }).told).toEqual([expected]);
});

test("fields of level 1 are for rules of level 1 alone", async () => {
  const { init, watch } = securityOf({ A: {} });
  await init(fileOf([group("DEFAULT", [rule("READ"), rule("WRITE", { level: 0 })])]));
  expect([watch("A").told, watch("A.DESC").told]).toEqual([[BOTH], [READ]]);
});

test("the trap is that of the rule that granted last", async () => {
  const { init, watch } = securityOf({ A: {}, B: { ASG: "QUIET" } });
  const quiet = group("QUIET", [rule("READ", { traps: true }), rule("WRITE")]);
  await init(fileOf([group("DEFAULT", [rule("READ"), rule("WRITE", { traps: true }), rule("RPC")]), quiet]));
  expect([watch("A").grant.traps, watch("B").grant.traps]).toEqual([true, false]);
});

test("a record of an unknown group is in DEFAULT, and a put to ASG moves it at once", async () => {
  const { db, init, watch } = securityOf({ A: { ASG: "GONE" } });
  await init(fileOf([group("DEFAULT", [rule("READ")]), group("OPEN", [rule("WRITE")])]));
  const { told } = watch("A");
  db.put("A.ASG", "OPEN");
  db.put("A.ASG", "");
  expect(told).toEqual([READ, BOTH, READ]);
});

test("groups that records name and the file has not are told, for their records are in DEFAULT", async () => {
  const { db, init } = securityOf({ A: { ASG: "GONE" }, B: { ASG: "GONE" }, C: { ASG: "OPEN" }, D: {} });
  await init(fileOf([group("DEFAULT", []), group("OPEN", [rule("WRITE")])]));
  expect(db.lines).toEqual([
    expect.stringMatching(
      /\/x\.acf has no ASG\(GONE\), which A and 1 more name: what names it is in DEFAULT; add the group, or correct ASG/,
    ),
  ]);
});

test("a file whose inputs cannot be followed changes nothing", async () => {
  const { db, access, init, watch } = securityOf({ A: { ASG: "OPEN" }, X: {} });
  db.put("X", 1);
  await init(fileOf([group("DEFAULT", []), group("OPEN", [rule("READ")])]));
  const { told } = watch("A");
  const before = access.active;
  db.database.subscribe = () => {
    throw new Error("no more monitors");
  };
  const wider = fileOf([group("DEFAULT", []), group("OPEN", [rule("WRITE", { calc: "A=1" })], ["X"])]);
  await expect(init(wider)).rejects.toThrow("no more monitors");
  expect([access.active, watch("A").told, told]).toEqual([before, [READ], [READ]]);
});

describe("a rule with an expression", () => {
  const file = fileOf([group("DEFAULT", [rule("READ"), rule("WRITE", { calc: "A=1" })], ["X"])]);

  test("follows its input; changes in one turn are told once", async () => {
    const { db, init, watch } = securityOf({ A: {}, X: { VAL: "0", UDF: "0" } });
    db.database.putInternal(db.address("X"), 0);
    await init(file);
    const { told } = watch("A");
    for (const value of [1, 0, 1, 0, 1]) db.put("X", value);
    expect(told).toEqual([READ]);
    db.clock.settle();
    expect(told).toEqual([READ, BOTH]);
    for (const value of [0, 1]) db.put("X", value);
    db.clock.settle();
    expect(told).toEqual([READ, BOTH]);
  });

  test("does not hold while its input is INVALID", async () => {
    const { db, init, watch } = securityOf({ A: {}, X: { VAL: "1", UDF: "0" } });
    db.put("X", 1);
    await init(file);
    const { told } = watch("A");
    db.put("X.RAIS", 3);
    db.put("X", 1);
    db.clock.settle();
    db.put("X.RAIS", 0);
    db.put("X", 1);
    db.clock.settle();
    expect(told).toEqual([BOTH, READ, BOTH]);
  });

  test("does not hold where its input is no PV of this IOC, and that is said", async () => {
    const { db, init, watch } = securityOf({ A: {} });
    await init(file);
    expect(watch("A").told).toEqual([READ]);
    expect(db.lines).toEqual([expect.stringMatching(/INPA\(X\) of ASG\(DEFAULT\) is no PV of this IOC/)]);
  });

  test.each(["1", "B=0"])("that uses no input that is there does not hold, as in base: %s", async (calc) => {
    const { db, init, watch } = securityOf({ A: {}, X: {} });
    db.put("X", 1);
    await init(fileOf([group("DEFAULT", [rule("READ"), rule("WRITE", { calc })], ["X", "gone"])]));
    expect(watch("A").told).toEqual([READ]);
  });

  test("of a file that was replaced judges nobody any more", async () => {
    const { db, init, watch } = securityOf({ A: {}, X: {} });
    db.put("X", 1);
    await init(file);
    const { told } = watch("A");
    db.put("X", 0);
    await init(fileOf([group("DEFAULT", [rule("WRITE")])]));
    db.clock.settle();
    db.put("X", 1);
    db.clock.settle();
    expect(told).toEqual([BOTH]);
  });
});

test("a channel that is closed is judged no more", async () => {
  const { init, watch } = securityOf({ A: {} });
  const { told, grant } = watch("A");
  grant.close();
  await init(fileOf([group("DEFAULT", [])]));
  expect(told).toEqual([BOTH]);
});

test("with asCheckClientIP hosts are addresses: what the client says is not asked, and a name without one lets nobody in", async () => {
  const { db, access, init, watch } = securityOf({ A: {} }, { console: "127.0.0.1" });
  access.checksAddress = true;
  const hostGroups = [{ name: "room", members: ["console", "lost"] }];
  await init(fileOf([group("DEFAULT", [rule("WRITE", { hostGroups: ["room"] })])], { hostGroups }));
  expect(watch("A", { ...CLIENT, host: "elsewhere" }).told).toEqual([BOTH]);
  expect(watch("A", { ...STRANGER, host: "console" }).told).toEqual([NONE]);
  expect(watch("A", { ...STRANGER, host: "lost" }).told).toEqual([NONE]);
  expect(db.lines).toEqual([expect.stringMatching(/The host lost .* has no address/)]);
});

test("a bound of the program's own holds for everybody, with and without a file", async () => {
  const { db, access, init, watch } = securityOf({ A: {} });
  const { told } = watch("A");
  access.bound(db.record("A"), ({ field }) => (field === "DESC" ? BOTH : READ));
  expect([told, watch("A.DESC").told]).toEqual([[BOTH, READ], [BOTH]]);
  await init(fileOf([group("DEFAULT", [rule("WRITE")])]));
  expect(told).toEqual([BOTH, READ]);
  await init(fileOf([group("DEFAULT", [])]));
  expect(told).toEqual([BOTH, READ, NONE]);
});

test("a put through a rule with TRAPWRITE is told to put logs, with what the field held before", async () => {
  const { db, access, init } = securityOf({ A: {} });
  const told: unknown[] = [];
  db.database.putTrapped.add(({ address, value, before }) => told.push([address.name, value, before]));
  const source = new DatabaseSource({ database: db.database, clock: db.clock, access });
  const sample = new DbrSample();
  sample.setNumber(7);
  const write = (): number => source.open("A", CLIENT)!.write(DBR_TYPES[DBR["DOUBLE"]!]!, sample);
  write();
  await init(fileOf([group("DEFAULT", [rule("WRITE")])]));
  write();
  await init(fileOf([group("DEFAULT", [rule("WRITE", { traps: true })])]));
  expect([write(), told.length]).toEqual([ECA.NORMAL, 1]);
});

test("a file is read again while thousands of channels are open: each is judged, those that closed are not", async () => {
  const { init, watch } = securityOf({ A: {}, B: { ASG: "OPEN" } });
  await init(fileOf([group("DEFAULT", [rule("READ")]), group("OPEN", [rule("WRITE")])]));
  const channels = Array.from({ length: 5000 }, (_, index) => watch(index % 2 === 0 ? "A" : "B"));
  for (const { grant } of channels.slice(0, 1000)) grant.close();
  await init(fileOf([group("DEFAULT", [rule("WRITE")]), group("OPEN", [rule("READ")])]));
  const told = channels.map((channel) => channel.told.join());
  expect(new Set(told.slice(0, 1000))).toEqual(new Set(["1", "3"]));
  expect(new Set(told.slice(1000))).toEqual(new Set(["1,3", "3,1"]));
});
