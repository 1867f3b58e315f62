/**
 * What access security holds, as the lines that base's commands print: scripts and people read those. Changes nothing.
 * channel-access.md §7.2; epics-base: asLibRoutines.c asDumpFP and its companions, asCa.c ascarFP.
 */
import { RIGHT_READ } from "../../ca/wire/constants.ts";
import type { DbRecord } from "../../database/record.ts";
import type { AccessGroup, AccessRule } from "../../dbfile/acf.ts";
import { ACCESS_INPUTS } from "../../dbfile/tokens.ts";
import { claimedText } from "../claimed-text.ts";
import type { AccessSecurity, FieldGrant } from "./access-security.ts";
import type { ActiveGroup } from "./security-groups.ts";

const ACCESS_NAMES: Readonly<Record<number, string>> = { 0: "NONE", [RIGHT_READ]: "READ" };

/** `aspuag` and `asphag`. @param kind UAG or HAG @param name the group; absent: all */
export function groupLines(kind: "UAG" | "HAG", groups: readonly AccessGroup[], name?: string): readonly string[] {
  if (groups.length === 0) return [`No ${kind}s`];
  return groups
    .filter((group) => name === undefined || group.name === name)
    .map((group) => `${kind}(${group.name})${group.members.length === 0 ? "" : ` {${group.members.join(",")}}`}`);
}

/** `asprules`. @param shows validity of each input, not only what is invalid */
export function ruleLines(group: ActiveGroup, shows: "invalid" | "validity"): readonly string[] {
  const { name, inputs, rules } = group.group;
  if (inputs.length === 0 && rules.length === 0) return [`ASG(${name})`];
  return [
    `ASG(${name}) {`,
    ...inputs.map(({ index, pv }) => {
      const valid = shows === "validity" ? "   VALID" : "";
      const state = group.invalid.has(index) ? " INVALID" : valid;
      return `\t${ACCESS_INPUTS[index]}(${pv})${state} value=${(group.values[index] ?? 0).toFixed(6)}`;
    }),
    ...rules.flatMap((rule) => linesOfRule(group, rule)),
  ];
}

function linesOfRule(group: ActiveGroup, rule: AccessRule): readonly string[] {
  const head = `\tRULE(${rule.level},${rule.access},${trapText(rule.traps)})`;
  const list = (word: string, names: readonly string[]): string[] =>
    names.length === 0 ? [] : [`\t\t${word}(${names.join(",")})`];
  const conditions = [
    ...list("UAG", rule.userGroups),
    ...list("HAG", rule.hostGroups),
    ...list("METHOD", rule.methods),
    ...list("AUTHORITY", rule.authorities),
    ...list("PROTOCOL", rule.protocol === undefined ? [] : [rule.protocol]),
    ...(rule.calc === undefined ? [] : [`\t\tCALC("${rule.calc}") result=${group.holds(rule) ? "TRUE" : "FALSE"}`]),
  ];
  return conditions.length === 0 ? [head] : [`${head} {`, ...conditions, "\t}"];
}

/** Closes what `ruleLines` has opened. */
export const endOfRules = ({ group }: ActiveGroup): readonly string[] =>
  group.inputs.length === 0 && group.rules.length === 0 ? [] : ["}"];

/** The records of a group, with the clients of each where they are wanted. */
export function memberLines(
  access: AccessSecurity,
  members: readonly DbRecord[],
  withClients: boolean,
): readonly string[] {
  if (members.length === 0) return [];
  return [
    "\tMEMBERLIST",
    ...members.flatMap((record) => [
      `\t\t${record.textOf("ASG") || "<null>"} Record:${record.name}`,
      ...(withClients ? [...access.grantsOf(record)].map((grant) => clientLine(access, grant)) : []),
    ]),
  ];
}

function clientLine(access: AccessSecurity, { client, address, granted }: FieldGrant): string {
  const { user, host } = access.claimsOf(client);
  const who = `${claimedText(user)} ${claimedText(host)}`;
  return `			 ${who} ASL${address.level} ${ACCESS_NAMES[granted.rights] ?? "WRITE"} ${trapText(granted.traps)}`;
}

/** `asdbdump`: everything, with the records and their clients. */
export function dumpLines(access: AccessSecurity, records: Iterable<DbRecord>): readonly string[] {
  const { active } = access;
  if (active === undefined) return [];
  const members = membersByGroup(access, records);
  return [
    ...groupLines("UAG", active.file.userGroups),
    ...groupLines("HAG", active.hosts),
    ...[...active.groups.values()].flatMap((group) => [
      ...ruleLines(group, "validity"),
      ...memberLines(access, members.get(group) ?? [], true),
      ...endOfRules(group),
    ]),
  ];
}

export function membersByGroup(
  access: AccessSecurity,
  records: Iterable<DbRecord>,
): ReadonlyMap<ActiveGroup, readonly DbRecord[]> {
  const members = new Map<ActiveGroup, DbRecord[]>();
  for (const record of records) {
    const group = access.groupOf(record);
    if (group === undefined) continue;
    const known = members.get(group);
    if (known === undefined) members.set(group, [record]);
    else known.push(record);
  }
  return members;
}

/** `ascar`. @param level 1: inputs without a PV too; 2: every input */
export function inputLines({ active }: AccessSecurity, level: number): readonly string[] {
  if (active === undefined) return ["access security not started"];
  const { inputs } = active;
  const missing = inputs.filter(({ isConnected }) => !isConnected);
  const shown = level > 1 ? inputs : level === 1 ? missing : [];
  return [
    ...shown.map(({ input, isConnected }) =>
      isConnected
        ? `connected:yes    read:yes write:yes ${input.pv} this IOC`
        : `connected:never  read:no  write:no  ${input.pv} none of this IOC's`,
    ),
    `${inputs.length} channels ${missing.length} not connected`,
  ];
}

const trapText = (traps: boolean): string => (traps ? "TRAPWRITE" : "NOTRAPWRITE");
