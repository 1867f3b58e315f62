/**
 * What the rules of an access security file come to for a client: pure, but for the inputs' values, which others set.
 * Reads no file, follows no PV (access-inputs.ts) and knows no channel (access-security.ts). channel-access.md §6.2;
 * epics-base: asLibRoutines.c asComputePvt.
 */
import { RIGHT_READ, RIGHT_WRITE } from "../../ca/wire/constants.ts";
import { type CalcProgram, compileCalc, evaluateCalc } from "../../database/calc.ts";
import { CALC_VARIABLES } from "../../database/calc-elements.ts";
import type { AccessFile, AccessGroup, AccessRule, SecurityGroup } from "../../dbfile/acf.ts";
import type { Granted } from "../database-source.ts";

/** What rules judge a client by. */
export interface Claims {
  readonly user: string;
  /** In lower case; with asCheckClientIP the numeric address of the peer. */
  readonly host: string;
  /** How the client has proved who it is: "ca" where it only says so. */
  readonly method: string;
  /** Who vouches for it; empty: nobody. */
  readonly authority: string;
  readonly protocol: "TCP" | "TLS";
}

/** Who may write may read. */
export const EVERYTHING: Granted = { rights: RIGHT_READ | RIGHT_WRITE, traps: false };
const NOTHING: Granted = { rights: 0, traps: false };
const RIGHTS: Readonly<Record<AccessRule["access"], number>> = {
  NONE: 0,
  READ: RIGHT_READ,
  WRITE: EVERYTHING.rights,
  RPC: EVERYTHING.rights,
};

interface CompiledRule extends Granted {
  readonly rule: AccessRule;
  readonly users: ReadonlySet<string> | undefined;
  readonly hosts: ReadonlySet<string> | undefined;
  readonly program: CalcProgram | undefined;
}

/** One ASG with the values of its inputs. */
export class ActiveGroup {
  readonly group: SecurityGroup;
  readonly values = new Float64Array(CALC_VARIABLES.length);
  /** Inputs, by index, without a valid value: rules that use one do not hold. */
  readonly invalid = new Set<number>();
  /** Inputs that have been heard of, valid or not: as in base, a rule that uses none of them does not hold. */
  readonly heard = new Set<number>();
  readonly #rules: readonly CompiledRule[];
  /** Of each rule with a CALC, whether its expression is 1. */
  readonly #holds = new Map<AccessRule, boolean>();

  constructor(group: SecurityGroup, members: GroupMembers) {
    this.group = group;
    for (const { index } of group.inputs) this.invalid.add(index);
    this.#rules = group.rules.map((rule) => ({
      rule,
      rights: RIGHTS[rule.access],
      traps: rule.traps,
      users: membersOf(rule.userGroups, members.users),
      hosts: membersOf(rule.hostGroups, members.hosts),
      program: rule.calc === undefined ? undefined : compiled(rule.calc),
    }));
    this.evaluate();
  }

  /** Evaluates the expressions anew, after the inputs have changed. */
  evaluate(): void {
    for (const { rule, program } of this.#rules) {
      if (program === undefined) continue;
      const isHeard = program.reads.some((index) => this.heard.has(index));
      const value = isHeard ? evaluateCalc(program, this.values, 0) : undefined;
      this.#holds.set(rule, value !== undefined && value > 0.99 && value < 1.01);
    }
  }

  /** Whether the expression of a rule is 1, whatever its inputs' validity; for reports. */
  holds(rule: AccessRule): boolean {
    return this.#holds.get(rule) === true;
  }

  /** @param level of the field: 0 or 1 */
  grant(level: number, claims: Claims): Granted {
    let granted = NOTHING;
    for (const compiledRule of this.#rules) {
      if (granted.rights === EVERYTHING.rights) break;
      if (compiledRule.rights > granted.rights && this.#isFor(compiledRule, level, claims)) granted = compiledRule;
    }
    return granted;
  }

  #isFor({ rule, users, hosts, program }: CompiledRule, level: number, claims: Claims): boolean {
    return (
      level <= rule.level &&
      (users === undefined || users.has(claims.user)) &&
      (hosts === undefined || hosts.has(claims.host)) &&
      (rule.methods.length === 0 || rule.methods.includes(claims.method)) &&
      (rule.authorities.length === 0 || rule.authorities.includes(claims.authority)) &&
      (rule.protocol === undefined || rule.protocol === claims.protocol) &&
      (program === undefined || (this.holds(rule) && program.reads.every((index) => !this.invalid.has(index))))
    );
  }
}

/** Members of the groups, by the groups' names; hosts as they are compared. */
export interface GroupMembers {
  readonly users: ReadonlyMap<string, ReadonlySet<string>>;
  readonly hosts: ReadonlyMap<string, ReadonlySet<string>>;
}

/** The groups of a file by name. @param hosts as they are compared */
export function activeGroups(file: AccessFile, hosts: readonly AccessGroup[]): ReadonlyMap<string, ActiveGroup> {
  const members = { users: byName(file.userGroups), hosts: byName(hosts) };
  return new Map(file.securityGroups.map((group) => [group.name, new ActiveGroup(group, members)]));
}

const byName = (groups: readonly AccessGroup[]): ReadonlyMap<string, ReadonlySet<string>> =>
  new Map(groups.map(({ name, members }) => [name, new Set(members)]));

function membersOf(
  names: readonly string[],
  groups: ReadonlyMap<string, ReadonlySet<string>>,
): ReadonlySet<string> | undefined {
  if (names.length === 0) return undefined;
  return new Set(names.flatMap((name) => [...(groups.get(name) ?? [])]));
}

/** The language has compiled the expression before; one that does not compile never holds. */
function compiled(calc: string): CalcProgram | undefined {
  const program = compileCalc(calc);
  return "error" in program ? NEVER : program;
}

const NEVER: CalcProgram = { steps: [{ kind: "literal", value: 0 }, { kind: "end" }], reads: [], changes: [] };
