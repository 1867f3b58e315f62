/**
 * The same access security file and records in softIoc and in our IOC, asked by the same clients: equal in rights, in
 * what is pushed when they change, in the answers to what is refused, and in the dumps.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { doubles, maskPayload, RawCircuit } from "../support/engine/raw-circuit.ts";
import { connectFrom } from "../support/engine/socket-stream.ts";
import { startOurIoc } from "../support/peers/our-ioc.ts";
import { needPeers } from "../support/peers/real-peers.ts";
import { type IocOptions, type RunningIoc, startSoftIoc } from "../support/peers/soft-ioc.ts";

const DB = `
record(ao, "$(P)free") {}
record(ao, "$(P)level") { field(ASG, "level") }
record(ao, "$(P)users") { field(ASG, "users") }
record(ao, "$(P)hosts") { field(ASG, "hosts") }
record(ao, "$(P)both") { field(ASG, "both") }
record(ao, "$(P)calc") { field(ASG, "calc") }
record(ao, "$(P)hidden") { field(ASG, "hidden") }
record(ao, "$(P)first") { field(ASG, "first") }
record(ao, "$(P)none") { field(ASG, "none") }
record(ao, "$(P)unknown") { field(ASG, "nosuch") }
record(ao, "$(P)gate") { field(ASG, "open") field(VAL, "0") field(PINI, "YES") }
record(ao, "$(P)other") { field(ASG, "open") field(VAL, "1") field(PINI, "YES") }
`;

const ACF = `
UAG(ops) {olga, "otto o"}
UAG(all) {olga, sam}
HAG(room) {Console1, console2}
HAG(near) {127.0.0.1}
ASG(DEFAULT) { RULE(1,READ) RULE(1,WRITE,TRAPWRITE){UAG(ops)} }
ASG(open) { RULE(1,WRITE) }
ASG(level) { RULE(1,READ) RULE(0,WRITE) }
ASG(users) { RULE(1,READ){UAG(all)} RULE(1,WRITE){UAG(ops)} }
ASG(hosts) { RULE(0,READ) RULE(1,WRITE){HAG(room,near)} }
ASG(both) { RULE(1,READ) RULE(1,WRITE){UAG(ops) HAG(room)} }
ASG(calc) { INPA($(P)gate) INPB($(P)other) RULE(1,READ) RULE(1,WRITE){CALC("A=1&&B#5")} RULE(1,WRITE){UAG(ops) CALC("A>1")} }
ASG(hidden) { INPA($(P)gate) RULE(1,WRITE){CALC("A=1")} }
ASG(first) { RULE(1,NONE) RULE(1,READ) RULE(1,WRITE,TRAPWRITE) RULE(1,WRITE) }
ASG(none)
`;

/** Who asks: a name, a host as it is said, and the address that it comes from. */
const CLIENTS = [
  { user: "olga", host: "console1", address: "127.0.0.1" },
  { user: "olga", host: "CONSOLE2", address: "127.0.0.2" },
  { user: "otto o", host: "elsewhere", address: "127.0.0.1" },
  { user: "sam", host: "console1", address: "127.0.0.2" },
  { user: "OLGA", host: "", address: "127.0.0.1" },
  { user: undefined, host: undefined, address: "127.0.0.2" },
  { user: "o".repeat(500), host: "h".repeat(500), address: "127.0.0.1" },
] as const;
interface Client {
  readonly user: string | undefined;
  readonly host: string | undefined;
  readonly address: string;
}
const STRANGER: Client = { user: "sam", host: "laptop", address: "127.0.0.2" };

const RECORDS = ["free", "level", "users", "hosts", "both", "calc", "hidden", "first", "none", "unknown", "gate"];
const FIELDS = ["VAL", "DESC", "ASG", "NAME"];
const ACCESS_RIGHTS = 22;
const CREATE_CHAN = 18;
const DOUBLE = 6;

async function circuitOf(ioc: RunningIoc, { user, host, address }: Client): Promise<RawCircuit> {
  const circuit = await new RawCircuit(await connectFrom(address, ioc.port)).begin();
  if (user !== undefined) circuit.send("clientName", {}, user);
  if (host !== undefined && host !== "") circuit.send("hostName", {}, host);
  return circuit;
}

const nameOf = ({ user, host, address }: Client): string => `${user ?? "nobody"}@${host ?? "nowhere"} from ${address}`;

async function rightsOf(circuit: RawCircuit, name: string, cid: number): Promise<{ rights: number; sid: number }> {
  circuit.send("createChan", { cid, minor: 13 }, name);
  const first = await circuit.next();
  expect(first.command).toBe(ACCESS_RIGHTS);
  const created = await circuit.next();
  expect(created.command).toBe(CREATE_CHAN);
  return { rights: first.p2, sid: created.p2 };
}

/** What has come until the server has answered an echo: `rights 1 of 7`, or the command with its words. */
async function heard(circuit: RawCircuit): Promise<readonly string[]> {
  circuit.send("echo", { word3: 0 });
  const lines: string[] = [];
  for (;;) {
    const { command, p1, p2, dataType, dataCount, payload } = await circuit.next();
    if (command === 23) return lines;
    if (command === ACCESS_RIGHTS) lines.push(`rights ${p2} of ${p1}`);
    else if (command === 1)
      lines.push(`update status ${p1} value ${payload.length < 8 ? "none" : payload.readDoubleBE(0)}`);
    else if (command === 11) lines.push(`error ${p2} on ${p1}`);
    else lines.push(`command ${command} type ${dataType} count ${dataCount} p1 ${p1} p2 ${p2}`);
  }
}

/** Waits until rights are pushed to `circuit`, which is sure to come. */
async function pushed(circuit: RawCircuit, count: number): Promise<readonly string[]> {
  const lines: string[] = [];
  while (lines.filter((line) => line.startsWith("rights")).length < count) lines.push(...(await heard(circuit)));
  return lines;
}

/** Rights of everybody on everything. */
async function table(ioc: RunningIoc): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const client of CLIENTS) {
    const circuit = await circuitOf(ioc, client);
    let cid = 1;
    for (const record of RECORDS) {
      const rights: number[] = [];
      for (const field of FIELDS) {
        rights.push((await rightsOf(circuit, `${ioc.prefix}${record}.${field}`, cid++)).rights);
      }
      lines.push(`${nameOf(client)} ${record} ${rights.join(" ")}`);
    }
    circuit.stream.destroy();
  }
  return lines;
}

/** As `table`, with hosts judged by their addresses. */
async function tableByAddress(ioc: RunningIoc): Promise<readonly string[]> {
  for (const line of ["var asCheckClientIP 1", "asInit", "asphag near", "echo by-address"]) ioc.type(line);
  await ioc.process.said(/by-address/);
  return await table(ioc);
}

/** What a client without rights gets for its attempts. */
async function refusals(ioc: RunningIoc): Promise<readonly string[]> {
  const circuit = await circuitOf(ioc, STRANGER);
  const { sid } = await rightsOf(circuit, `${ioc.prefix}both`, 1);
  const hidden = await rightsOf(circuit, `${ioc.prefix}none`, 2);
  const lines: string[] = [];
  const ask = async (send: () => void): Promise<void> => {
    send();
    lines.push(...(await heard(circuit)), "—");
  };
  await ask(() => circuit.send("write", { dbr: DOUBLE, count: 1, sid, cid: 7 }, doubles(5)));
  await ask(() => circuit.send("writeNotify", { dbr: DOUBLE, count: 1, sid, ioid: 8 }, doubles(5)));
  await ask(() => circuit.send("readNotify", { dbr: DOUBLE, count: 1, sid, ioid: 9 }));
  await ask(() => circuit.send("write", { dbr: DOUBLE, count: 1, sid: hidden.sid, cid: 10 }, doubles(5)));
  await ask(() => circuit.send("readNotify", { dbr: DOUBLE, count: 1, sid: hidden.sid, ioid: 11 }));
  await ask(() =>
    circuit.send("eventAdd", { dbr: DOUBLE, count: 1, sid: hidden.sid, subscriptionId: 12 }, maskPayload(1)),
  );
  await ask(() => circuit.send("clientName", {}, "olga")); // too late
  await ask(() => circuit.send("write", { dbr: DOUBLE, count: 1, sid, cid: 13 }, doubles(5)));
  circuit.stream.destroy();
  return lines;
}

/** Rights and monitors while an input and an ASG field change. */
async function changes(ioc: RunningIoc): Promise<readonly string[]> {
  const manager = await circuitOf(ioc, CLIENTS[0]);
  const gate = await rightsOf(manager, `${ioc.prefix}gate`, 1);
  const group = await rightsOf(manager, `${ioc.prefix}gate.ASG`, 2);
  const severity = await rightsOf(manager, `${ioc.prefix}gate.HIGH`, 3);
  const hhsv = await rightsOf(manager, `${ioc.prefix}gate.HSV`, 4);
  const watcher = await circuitOf(ioc, CLIENTS[3]);
  const hidden = await rightsOf(watcher, `${ioc.prefix}hidden`, 5);
  const calc = await rightsOf(watcher, `${ioc.prefix}calc`, 6);
  const watched = await rightsOf(watcher, `${ioc.prefix}gate`, 7);
  const lines = [`at first ${hidden.rights} ${calc.rights} ${watched.rights}`];
  // softIoc's updates come from another thread than its rights: their order tells nothing
  const told = async (what: string, count: number): Promise<void> => {
    const both = [...(await pushed(watcher, count)), ...(await heard(watcher))];
    lines.push(what, ...both.sort());
  };
  watcher.send("eventAdd", { dbr: DOUBLE, count: 1, sid: hidden.sid, subscriptionId: 50 }, maskPayload(1));
  lines.push(...(await heard(watcher)));
  const put = async (sid: number, value: number): Promise<void> => {
    manager.send("writeNotify", { dbr: DOUBLE, count: 1, sid, ioid: 1 }, doubles(value));
    await manager.next();
  };
  await put(gate.sid, 1);
  await told("open", 2);
  await put(gate.sid, 0);
  await told("closed", 2);
  await put(gate.sid, 1);
  await told("open again", 2);
  await put(severity.sid, 1);
  await put(hhsv.sid, 3);
  await put(gate.sid, 1);
  await told("INVALID", 2);
  manager.send("writeNotify", { dbr: 0, count: 1, sid: group.sid, ioid: 1 }, "none");
  await told("moved", 1);
  // The manager has lost its own rights on the group's field
  lines.push(...(await pushed(manager, 4)).filter((line) => line.startsWith("rights")).sort());
  manager.stream.destroy();
  watcher.stream.destroy();
  return lines;
}

type Start = (options: IocOptions) => Promise<RunningIoc>;

async function factsOf(start: Start, ask: (ioc: RunningIoc) => Promise<readonly string[]>): Promise<readonly string[]> {
  const prefix = "as:";
  await using ioc = await start({ db: DB, prefix, acf: ACF.replaceAll("$(P)", prefix) });
  return await ask(ioc);
}

describe.skipIf(needPeers("softIoc").missing)("access security as softIoc has it", () => {
  test.each([
    ["rights of seven clients on every group", table, 77],
    ["rights of the same, by address", tableByAddress, 77],
    ["what is refused", refusals, 12],
    ["what is pushed", changes, 10],
  ] as const)("%s", { timeout: 60_000 }, async (_, ask, least) => {
    const [reference, ours] = [await factsOf(startSoftIoc, ask), await factsOf(startOurIoc, ask)];
    expect(reference.length).toBeGreaterThanOrEqual(least);
    expect(ours).toEqual(reference);
  });

  test("the dumps, and a file that is read again at run time", { timeout: 60_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), "globus-ioc-access-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const [good, wrong] = [join(folder, "good.acf"), join(folder, "wrong.acf")];
    writeFileSync(good, "UAG(ops) {sam}\nASG(DEFAULT) { RULE(1,READ) RULE(1,WRITE){UAG(ops)} }\nASG(level)\n");
    writeFileSync(wrong, "ASG(DEFAULT) { RULE(1,WRITE){UAG(nobody)} }\n");
    const ask = async (ioc: RunningIoc): Promise<readonly string[]> => {
      const dumps = ["asdbdump", "aspuag", "aspuag ops", "asphag", "asphag none", "asprules", "asprules calc"];
      for (const line of [...dumps, "aspmem level 1", "ascar 0", "echo end-1"]) ioc.type(line);
      await ioc.process.said(/end-1/);
      const sam = await circuitOf(ioc, CLIENTS[3]);
      await rightsOf(sam, `${ioc.prefix}free`, 1);
      for (const line of [`asSetFilename ${wrong}`, "asInit", "echo end-2"]) ioc.type(line);
      await ioc.process.said(/end-2/);
      const unchanged = await heard(sam);
      for (const line of [`asSetFilename ${good}`, "asInit", "asphag", "asprules", "echo end-3"]) ioc.type(line);
      await ioc.process.said(/end-3/);
      const changed = await pushed(sam, 1);
      sam.stream.destroy();
      return [...dumpOf(ioc.process.stdout), "after a wrong file", ...unchanged, "after a good one", ...changed];
    };
    const [reference, ours] = [await factsOf(startSoftIoc, ask), await factsOf(startOurIoc, ask)];
    expect(reference.length).toBeGreaterThan(100);
    expect(ours).toEqual(reference);
  });
});

/** The lines of dumps in what a shell has printed; of MEMBERLISTs the records in the order of their names. */
function dumpOf(stdout: string): readonly string[] {
  const escape = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, "g");
  const lines = stdout
    .replace(escape, "")
    .split("\n")
    .map((line) => line.replace(/^(epics> )+/, ""))
    .filter((line) => /^(UAG|HAG|ASG|\t|}|No |\d+ channels)/.test(line));
  const sorted: string[] = [];
  let members: string[] = [];
  for (const line of [...lines, ""]) {
    if (line.startsWith("\t\t") && line.includes(" Record:")) members.push(line);
    else {
      sorted.push(...members.sort());
      members = [];
      if (line !== "") sorted.push(line);
    }
  }
  return sorted;
}
