/** Rules of access security, for tests that name only what they are about. */
import type { AccessRule } from "../../../src/dbfile/acf.ts";

/** A rule of level 1 for everybody. */
export const ruleOf = (access: AccessRule["access"], conditions: Partial<AccessRule> = {}): AccessRule => ({
  level: 1,
  access,
  traps: false,
  userGroups: [],
  hostGroups: [],
  methods: [],
  authorities: [],
  protocol: undefined,
  calc: undefined,
  ...conditions,
});
