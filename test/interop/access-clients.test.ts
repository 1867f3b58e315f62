/**
 * Rights as users' programs see them: pyepics, with the client library it brings and with Debian's, and caproto, each
 * as two users, at softIoc and at our IOC with the same access security file.
 */
import { describe, expect, test } from "vitest";
import type { Facts } from "../support/engine/both-iocs.ts";
import { startOurIoc } from "../support/peers/our-ioc.ts";
import { needPeers, peerPath } from "../support/peers/real-peers.ts";
import { type IocOptions, type RunningIoc, startSoftIoc } from "../support/peers/soft-ioc.ts";
import { runPythonJson } from "../support/peers/spawn-peer.ts";

const GROUPS = { free: "RULE(1,WRITE)", look: "RULE(1,READ)", ops: "RULE(1,READ) RULE(1,WRITE){UAG(ops)}", shut: "" };
const RECORDS = Object.keys(GROUPS);
const DB = RECORDS.map((name) => `record(ao, "$(P)${name}") { field(ASG, "${name}") field(PINI, "YES") }`).join("\n");
const ACF = `UAG(ops) {nobody, olga}\n${Object.entries(GROUPS)
  .map(([name, rules]) => `ASG(${name})${rules === "" ? "" : ` {${rules}}`}`)
  .join("\n")}\n`;

/** Account that every Unix has, to which root can change: libca says the name of its account. */
const NOBODY = 65_534;

interface Client {
  readonly program: "pyepics" | "caproto";
  readonly missing: boolean;
  readonly env: () => Readonly<Record<string, string>>;
  /** The second is in the group, the first is not. */
  readonly users: readonly { readonly args: readonly string[]; readonly env: Readonly<Record<string, string>> }[];
}

const asAccount = { args: [], env: {} };
const asNobody = { args: ["--uid", String(NOBODY)], env: {} };
const isRoot = !needPeers("root").missing;
const accounts = isRoot ? [asAccount, asNobody] : [asAccount];
const named = (name: string) => ({ args: [], env: { LOGNAME: name, USER: name } });

const CLIENTS: readonly (readonly [string, Client])[] = [
  [
    "pyepics with its own libca",
    { program: "pyepics", missing: needPeers("softIoc", "pyepics").missing, env: () => ({}), users: accounts },
  ],
  [
    "pyepics with Debian's libca",
    {
      program: "pyepics",
      missing: needPeers("softIoc", "pyepics", "libca").missing,
      env: () => ({ PYEPICS_LIBCA: peerPath("libca") }),
      users: accounts,
    },
  ],
  [
    "caproto",
    {
      program: "caproto",
      missing: needPeers("softIoc", "caproto").missing,
      env: () => ({}),
      users: [named("sam"), named("olga")],
    },
  ],
];

async function seenBy({ program, env, users }: Client, start: (options: IocOptions) => Promise<RunningIoc>) {
  await using ioc = await start({ db: DB, prefix: "as:", acf: ACF });
  const seen: Facts[] = [];
  for (const user of users) {
    const args = [program, ioc.prefix, ...RECORDS, ...user.args];
    const facts = await runPythonJson("access_exercise.py", args, { ...ioc.env, ...env(), ...user.env });
    seen.push(facts as Facts);
  }
  return seen;
}

describe.each(CLIENTS)("by %s", (_, client) => {
  test.skipIf(client.missing)("rights, reads and writes are those of softIoc", { timeout: 60_000 }, async () => {
    const [reference, ours] = [await seenBy(client, startSoftIoc), await seenBy(client, startOurIoc)];
    expect(new Set(reference.map(({ ops }) => JSON.stringify(ops))).size).toBe(client.users.length);
    expect(reference.map(({ shut }) => JSON.stringify(shut))).not.toContain(JSON.stringify(reference[0]?.["free"]));
    expect(ours).toEqual(reference);
  });
});
