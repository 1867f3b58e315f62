/**
 * The grammar of access security files (.acf): text → groups and rules, or what is wrong with it. A file with an error
 * grants nothing, and a rule with a condition that is not known here is left out. It reads no file and evaluates no
 * rule. It is longer than most files: one method a production of the grammar, and all of them fill one result.
 * channel-access.md §6.1; epics-base: asLib.y, asLibRoutines.c.
 */
import type { MacroLookup } from "../base/macros.ts";
import { didYouMean } from "../base/suggest.ts";
import { compileCalc } from "../database/calc.ts";
import { type AccessFile, AccessFileError, type AccessInput, type AccessLevel, type AccessRule } from "./acf.ts";
import { AccessTokens, isKeyword, isMark, isName, type Name } from "./acf-tokens.ts";
import { DbFileError, type Place, Source } from "./source.ts";
import { ACCESS_INPUTS, type Token } from "./tokens.ts";

/** Characters of a file; those of large sites have some ten thousand. */
const MAX_TEXT = 10_000_000;
/** Characters of an expression: the time to compile one grows with the square. */
const MAX_CALC = 500;
/** Names and characters of a name beyond which no similar one is looked for. */
const MAX_SUGGESTIONS = 1000;
const MAX_SUGGESTED = 40;
const MAX_LEVEL = 2 ** 31 - 1;

const DEFAULT = "DEFAULT";
const ITEMS: readonly string[] = ["UAG", "HAG", "ASG", "AUTHORITY"];
const LEVELS: readonly string[] = ["NONE", "READ", "WRITE", "RPC"] satisfies readonly AccessLevel[];
const CONDITIONS: readonly string[] = ["UAG", "HAG", "METHOD", "AUTHORITY", "PROTOCOL", "CALC"];

/**
 * Reads an access security file.
 * @param text one character a byte
 * @param file its name for messages
 * @param macros the map of asSetSubstitutions; without it nothing is expanded
 * @throws AccessFileError, and nothing else
 */
export function parseAccessFile(text: string, file: string, macros?: MacroLookup): AccessFile {
  const foreign = whyNoText(text);
  if (foreign !== undefined) {
    const source = new Source({ file, text: text.slice(0, foreign.offset) });
    throw new AccessFileError([new DbFileError({ source, offset: foreign.offset }, foreign.reason)]);
  }
  const source = new Source({ file, text }, macros);
  const undefinedMacros = source.macroProblems("; give it a value with asSetSubstitutions");
  if (undefinedMacros.length > 0) throw new AccessFileError(undefinedMacros.slice(0, 5));
  return new AccessParser(new AccessTokens(source, { hasMacros: macros !== undefined, items: ITEMS })).parse();
}

/** What can be told without reading it. */
function whyNoText(text: string): { readonly offset: number; readonly reason: string } | undefined {
  if (text.length > MAX_TEXT) {
    const reason = `the file has ${text.length} characters, more than ${MAX_TEXT}: it is no access security file`;
    return { offset: 0, reason };
  }
  if (/^(?:\xef\xbb\xbf|\ufeff)/.test(text)) {
    return { offset: 0, reason: "the file begins with a byte order mark; save it without one" };
  }
  const nul = text.indexOf("\0");
  return nul < 0 ? undefined : { offset: nul, reason: "there is a NUL byte: the file is damaged, or it is no text" };
}

interface GroupDraft {
  readonly name: string;
  readonly members: string[];
}
interface SecurityGroupDraft {
  readonly name: string;
  readonly inputs: AccessInput[];
  readonly rules: AccessRule[];
}
interface RuleDraft extends AccessRule {
  readonly userGroups: string[];
  readonly hostGroups: string[];
  readonly methods: string[];
  readonly authorities: string[];
  protocol: AccessRule["protocol"];
  calc: AccessRule["calc"];
}

class AccessParser {
  readonly #tokens: AccessTokens;
  readonly #userGroups = new Map<string, GroupDraft>();
  readonly #hostGroups = new Map<string, GroupDraft>();
  readonly #securityGroups = new Map([[DEFAULT, newSecurityGroup(DEFAULT)]]);
  readonly #authorities = new Set<string>();
  /** Rules with a part that is not known here. */
  readonly #leftOut = new Set<AccessRule>();
  /** Inputs that the expressions of one security group read, and where. */
  #reads: { readonly index: number; readonly at: Place }[] = [];

  constructor(tokens: AccessTokens) {
    this.#tokens = tokens;
  }

  /** @throws AccessFileError */
  parse(): AccessFile {
    const tokens = this.#tokens;
    for (let isEmpty = true; ; isEmpty = false) {
      const start = tokens.recovering(() => tokens.next());
      if (start?.kind === "end") {
        if (isEmpty) tokens.problem(start, "the file has no UAG, HAG or ASG in it");
        const { problems } = tokens;
        if (tokens.isCutShort()) problems.push(new DbFileError(start, "the rest is not read, after so many errors"));
        if (problems.length > 0) throw new AccessFileError(problems);
        break;
      }
      if (start !== undefined) tokens.recovering(() => this.#item(start));
    }
    return {
      userGroups: sorted(this.#userGroups),
      hostGroups: sorted(this.#hostGroups),
      securityGroups: sorted(this.#securityGroups),
      warnings: tokens.warnings,
    };
  }

  #item(start: Token): void {
    if (isKeyword(start, "UAG")) this.#group("UAG", "user", this.#userGroups);
    else if (isKeyword(start, "HAG")) this.#group("HAG", "host", this.#hostGroups);
    else if (isKeyword(start, "ASG")) this.#securityGroup();
    else if (isKeyword(start, "AUTHORITY")) this.#authority();
    else if (isName(start)) {
      this.#tokens.warn(start, `${start.text} is ignored: it is not known here${similar(start.text, ITEMS)}`);
      this.#tokens.passOver();
    } else throw this.#tokens.unexpected(start, "UAG, HAG or ASG");
  }

  #group(kind: "UAG" | "HAG", member: "user" | "host", groups: Map<string, GroupDraft>): void {
    const { name, at } = this.#tokens.head();
    const group: GroupDraft = { name, members: [] };
    if (!groups.has(name)) groups.set(name, group);
    else this.#tokens.problem(at, `${kind}(${name}) is defined above already; name all its ${member}s there`);
    if (!this.#tokens.opens()) return;
    const seen = new Set<string>();
    const take = (one: Name): void => {
      const same = kind === "HAG" ? one.name.toLowerCase() : one.name;
      if (seen.has(same)) this.#tokens.warn(one.at, `the ${member} ${one.name} stands in ${kind}(${name}) twice`);
      seen.add(same);
      group.members.push(one.name);
    };
    this.#tokens.names("}", take, () => this.#tokens.member());
  }

  #securityGroup(): void {
    const { name, at } = this.#tokens.head();
    const group = this.#newSecurityGroup(name, at);
    this.#reads = [];
    if (!this.#tokens.opens()) return;
    this.#tokens.body(`INPA to ${ACCESS_INPUTS.at(-1)} or RULE`, (start) => {
      const index = start.kind === "keyword" ? ACCESS_INPUTS.indexOf(start.text) : -1;
      if (index >= 0) this.#input(index, start, group);
      else if (isKeyword(start, "RULE")) this.#rule(group);
      else return false;
      return true;
    });
    for (const { index, at: calcAt } of this.#reads) {
      if (group.inputs.some((one) => one.index === index)) continue;
      const input = ACCESS_INPUTS[index] ?? "";
      this.#tokens.warn(calcAt, `CALC uses ${input.slice(-1)}, but there is no ${input} in ASG(${name})`);
    }
  }

  /** DEFAULT is there from the beginning, and is new as long as nothing is in it. */
  #newSecurityGroup(name: string, at: Place): SecurityGroupDraft {
    const known = this.#securityGroups.get(name);
    if (name === DEFAULT && known !== undefined && known.inputs.length + known.rules.length === 0) return known;
    const group = newSecurityGroup(name);
    if (known === undefined) this.#securityGroups.set(name, group);
    else this.#tokens.problem(at, `ASG(${name}) is defined above already; write all its rules there`);
    return group;
  }

  #input(index: number, start: Token, group: SecurityGroupDraft): void {
    const { name } = this.#tokens.head();
    if (group.inputs.some((one) => one.index === index)) {
      this.#tokens.problem(start, `${start.text} is given twice in ASG(${group.name}); give each input one PV`);
    }
    group.inputs.push({ index, pv: name });
  }

  #rule(group: SecurityGroupDraft): void {
    const tokens = this.#tokens;
    tokens.mark("(");
    const level = this.#level();
    tokens.mark(",");
    const access = tokens.name("NONE, READ, WRITE or RPC");
    const traps = tokens.mark(",", ")") === "," && this.#trapOption();
    const lists = { userGroups: [], hostGroups: [], methods: [], authorities: [] };
    const rule: RuleDraft = {
      level,
      access: access.name as AccessLevel,
      traps,
      ...lists,
      protocol: undefined,
      calc: undefined,
    };
    if (!LEVELS.includes(access.name)) this.#leaveOut(rule, access, LEVELS);
    if (tokens.opens())
      tokens.body(CONDITIONS.join(", ").replace(/, (?=CALC$)/, " or "), (start) => this.#condition(start, rule));
    if (!this.#leftOut.has(rule)) group.rules.push(rule);
  }

  #level(): number {
    const token = this.#tokens.next();
    if (token.kind !== "word" || !/^[-+]?\d+$/.test(token.text)) {
      throw this.#tokens.unexpected(token, "the level, 0 or 1,");
    }
    const level = Number(token.text);
    if (level >= 0 && level <= MAX_LEVEL) return Math.abs(level); // -0 is 0
    this.#tokens.problem(token, `the level ${token.text} is out of range; it is 0 or 1`);
    return 0;
  }

  /** @returns whether puts are told to put logs */
  #trapOption(): boolean {
    const { name, at } = this.#tokens.name("TRAPWRITE or NOTRAPWRITE");
    this.#tokens.mark(")");
    if (name !== "TRAPWRITE" && name !== "NOTRAPWRITE") {
      this.#tokens.problem(at, `TRAPWRITE or NOTRAPWRITE is expected instead of ${name}`);
    }
    return name === "TRAPWRITE";
  }

  #condition(start: Token, rule: RuleDraft): boolean {
    const read = start.kind === "keyword" ? this.#conditions[start.text] : undefined;
    if (read !== undefined) {
      this.#tokens.mark("(");
      read(rule, start);
    } else if (start.kind === "keyword" || isName(start)) {
      this.#leaveOut(rule, { name: start.text, at: start }, CONDITIONS);
      this.#tokens.passOver();
    } else return false;
    return true;
  }

  /** Each from behind its parenthesis. */
  readonly #conditions: Readonly<Record<string, (rule: RuleDraft, start: Token) => void>> = {
    UAG: (rule) => this.#references("UAG", rule.userGroups, this.#userGroups),
    HAG: (rule) => this.#references("HAG", rule.hostGroups, this.#hostGroups),
    AUTHORITY: (rule) => this.#references("AUTHORITY", rule.authorities, this.#authorities),
    METHOD: (rule) => this.#tokens.names(")", ({ name }) => rule.methods.push(name)),
    PROTOCOL: (rule, start) => {
      const one = this.#tokens.name("TCP or TLS");
      this.#tokens.mark(")");
      const protocol = one.name.toUpperCase();
      if (rule.protocol !== undefined) this.#tokens.problem(start, "a RULE has one PROTOCOL; write two rules");
      if (protocol === "TCP" || protocol === "TLS") rule.protocol = protocol;
      else this.#leaveOut(rule, one, ["TCP", "TLS"]);
    },
    CALC: (rule, start) => {
      const { name, at } = this.#tokens.name("an expression in quotes");
      this.#tokens.mark(")");
      if (rule.calc !== undefined) this.#tokens.problem(start, "a RULE has one CALC; join the expressions with &&");
      rule.calc = name;
      this.#compile(name, at);
    },
  };

  /** Names of groups, which must stand above the rule. */
  #references(
    kind: string,
    names: string[],
    known: { has(name: string): boolean; keys(): Iterable<string>; size: number },
  ) {
    this.#tokens.names(")", ({ name, at }) => {
      names.push(name);
      if (known.has(name) || this.#tokens.hasSkipped) return;
      const meant = known.size > MAX_SUGGESTIONS ? "" : similar(name, known.keys());
      this.#tokens.problem(
        at,
        `there is no ${kind}(${name}) above this rule${meant === "" ? "; define it there" : meant}`,
      );
    });
  }

  #compile(calc: string, at: Token): void {
    if (calc.length > MAX_CALC) {
      return this.#tokens.problem(at, `CALC has ${calc.length} characters; at most ${MAX_CALC} are read`);
    }
    const program = compileCalc(calc);
    if ("error" in program) {
      const offset = at.offset + (at.kind === "string" ? 1 : 0) + program.position;
      return this.#tokens.problem({ source: at.source, offset }, `in CALC("${calc}"), ${program.error}`);
    }
    if (program.changes.length > 0) this.#tokens.problem(at, `CALC("${calc}") must not assign; = compares`);
    this.#reads.push(...program.reads.map((index) => ({ index, at })));
  }

  #leaveOut(rule: AccessRule, { name, at }: Name, known: readonly string[]): void {
    if (this.#leftOut.has(rule)) return;
    this.#leftOut.add(rule);
    this.#tokens.warn(at, `the RULE is left out: ${name} is not known here${similar(name, known)}`);
  }

  /** AUTHORITY(id, "common name") and those between its braces, however deep. */
  #authority(): void {
    for (let depth = 0; ; ) {
      this.#tokens.mark("(");
      this.#authorities.add(this.#tokens.name().name);
      if (this.#tokens.mark(",", ")") === ",") {
        this.#tokens.name();
        this.#tokens.mark(")");
      }
      let isEmpty = this.#tokens.opens();
      if (isEmpty) depth++;
      for (; ; isEmpty = false) {
        if (depth === 0) return;
        const next = this.#tokens.next();
        if (isKeyword(next, "AUTHORITY")) break;
        if (isEmpty || !isMark(next, "}")) throw this.#tokens.unexpected(next, `AUTHORITY${isEmpty ? "" : ' or "}"'}`);
        depth--;
      }
    }
  }
}

const newSecurityGroup = (name: string): SecurityGroupDraft => ({ name, inputs: [], rules: [] });

/** As strcmp sorts their names. */
const sorted = <T extends { readonly name: string }>(groups: ReadonlyMap<string, T>): T[] =>
  [...groups.values()].sort((a, b) => (a.name < b.name ? -1 : 1));

/** `; did you mean X?`, or nothing. */
const similar = (word: string, known: Iterable<string>): string =>
  word.length > MAX_SUGGESTED ? "" : didYouMean(word, known);
