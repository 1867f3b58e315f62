/**
 * What an access security file (.acf) comes to, and what may be wrong with it. The text is read by acf-parser.ts; who
 * gets what by the rules is ioc/access. channel-access.md §6.1.
 */
import { AppError } from "../base/errors.ts";
import type { DbFileError } from "./source.ts";

/** An access security file that grants nothing, because of what is wrong with it: one sentence a line. */
export class AccessFileError extends AppError {
  /** In the order of the file. */
  readonly problems: readonly DbFileError[];

  constructor(problems: readonly DbFileError[]) {
    super(problems.map((one) => one.message).join("\n"));
    this.problems = problems;
  }

  /** As a compiler prints it. */
  describe(): string {
    return this.problems.map((one) => one.describe()).join("\n");
  }
}

/** A file as read: the groups in the order of their names, as base keeps and shows them. */
export interface AccessFile {
  readonly userGroups: readonly AccessGroup[];
  readonly hostGroups: readonly AccessGroup[];
  /** DEFAULT is always among them. */
  readonly securityGroups: readonly SecurityGroup[];
  /** What was left out or is likely to be a mistake, in sentences with their places. */
  readonly warnings: readonly string[];
}

/** UAG or HAG: the users, or the hosts as they are written. */
export interface AccessGroup {
  readonly name: string;
  readonly members: readonly string[];
}

/** ASG: what a record's ASG field names. */
export interface SecurityGroup {
  readonly name: string;
  readonly inputs: readonly AccessInput[];
  readonly rules: readonly AccessRule[];
}

/** INPA to INPU. */
export interface AccessInput {
  /** 0 for A. */
  readonly index: number;
  readonly pv: string;
}

export type AccessLevel = "NONE" | "READ" | "WRITE" | "RPC";

/** A rule grants its access to whom every condition that it has lets in. */
export interface AccessRule {
  /** Grants fields of this level and of those below. */
  readonly level: number;
  readonly access: AccessLevel;
  /** Puts by its grant are told to put logs. */
  readonly traps: boolean;
  /** Names of user groups, of which the client's user must be in one; empty: no condition. */
  readonly userGroups: readonly string[];
  readonly hostGroups: readonly string[];
  /** How a client has proved who it is: "ca" for what a client of Channel Access says; empty: no condition. */
  readonly methods: readonly string[];
  readonly authorities: readonly string[];
  readonly protocol: "TCP" | "TLS" | undefined;
  /** An expression over the inputs that must be 1. */
  readonly calc: string | undefined;
}
