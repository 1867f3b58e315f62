/**
 * Whether a put-callback waits for what the record sets off: $R is put to, and leads in some way to $R:x, a calcout
 * that begins and never ends. Where the put is done all the same, nobody waits for that way.
 */
import type { Chapter, Example, ValueStep } from "../../support/engine/base-values.ts";

const WAIT = ["wait"] as const;
const read = (...pvs: string[]): readonly ValueStep[] => pvs.map((pv) => [pv] as const);
const SLOW = 'record(calcout,"$R:x"){field(CALC,"VAL+1")field(ODLY,1000)';
const NOT_PASSIVE = "field(SCAN,Event)";
const CLOSED = "field(OMSL,closed_loop)";

interface Way {
  readonly name: string;
  readonly records: string;
  /** Put to with a callback. */
  readonly pv?: string;
  readonly before?: readonly ValueStep[];
}

const SEEN = ["PACT", "PUTF", "RPRO"].flatMap((field) => [`$R.${field}`, `$R:x.${field}`]);

const REFUSED = /^a value that|^(?:bi|bo|mbbi)\.VAL$/;
const READS_NOW = /DOL,":x C.* (?:active|awaited)/;

function difference(name: string): { readonly onPurpose: string } | undefined {
  if (REFUSED.test(name)) return { onPurpose: "a value that is refused processes nothing; in base it does" };
  if (READS_NOW.test(name)) return { onPurpose: "a link with CA reads what is there now; base what was posted last" };
  return undefined;
}

const exampleOf = ({ name, records, pv = "$R", before = [] }: Way): Example => ({
  title: name,
  records: [records],
  steps: [
    WAIT,
    ...before,
    [`callback ${pv}`, "1"],
    WAIT,
    ...read(`callback ${pv}`, "$R", "$R:x", ...SEEN),
    [`callback ${pv}`, "2"],
    WAIT,
    ...read(`callback ${pv}`, "$R", "$R:x"),
    [pv, "3"],
    WAIT,
    ...read(`callback ${pv}`, "$R", "$R:x", ...SEEN),
  ],
  ...difference(name),
});

const TARGETS: readonly (readonly [word: string, fields: string, before: readonly ValueStep[]])[] = [
  ["", "", []],
  ["not Passive", NOT_PASSIVE, []],
  ["disabled", "field(DISA,1)", []],
  ["without puts", "field(DISP,1)", []],
  ["active", "", [["$R:x.PROC", "1"]]],
  ["awaited by another", "", [["callback $R:x.PROC", "1"], WAIT]],
];
const LINKS = [
  ...["$R:x", "$R:x CA", "$R:x.PROC", "$R:x.PROC CA"].map((text) => `field(FLNK,"${text}")`),
  ...["A NPP", "A PP", "A CA", "PROC NPP", "PROC PP", "PROC CA", "DESC PP"].map((text) => `field(OUT,"$R:x.${text}")`),
  ...["NPP", "PP", "CA", "CP", "CPP"].map((text) => `${CLOSED}field(DOL,"$R:x ${text}")`),
  ...["SDIS", "SIML", "TSEL"].map((link) => `field(${link},"$R:x PP")`),
  'field(SIMM,YES)field(SIOL,"$R:x.A PP")',
  'field(OUT,"$R:x.A PP")field(FLNK,"$R:x")',
];
const ways: readonly Way[] = LINKS.flatMap((link) =>
  TARGETS.map(([word, fields, before]) => ({
    name: `ao ${link.replaceAll("$R", "")} ${word}`.trim(),
    records: `record(ao,"$R"){${link}}\n${SLOW}${fields}}`,
    before,
  })),
);

const TYPES = "ai ao bi bo calc calcout longin longout mbbi mbbo stringin stringout waveform".split(" ");
const heads: readonly Way[] = TYPES.flatMap((type) =>
  ["VAL", "PROC", "DESC", "SCAN", "FLNK"].map((field) => ({
    name: `${type}.${field}`,
    records: `record(${type},"$R"){field(FLNK,"$R:x")}\n${SLOW}}`,
    pv: `$R.${field}`,
  })),
);
const middles: readonly Way[] = TYPES.flatMap((type) => [
  {
    name: `by the FLNK of ${type}`,
    records: `record(ao,"$R"){field(FLNK,"$R:m")}\nrecord(${type},"$R:m"){field(FLNK,"$R:x")}\n${SLOW}}`,
  },
  {
    name: `by ${type} that is not Passive`,
    records: `record(ao,"$R"){field(FLNK,"$R:m")}\nrecord(${type},"$R:m"){${NOT_PASSIVE}field(FLNK,"$R:x")}\n${SLOW}}`,
  },
]);

const more: readonly Way[] = [
  { name: "head not Passive", records: `record(ao,"$R"){${NOT_PASSIVE}field(FLNK,"$R:x")}\n${SLOW}}` },
  {
    name: "head not Passive, PROC",
    records: `record(ao,"$R"){${NOT_PASSIVE}field(FLNK,"$R:x")}\n${SLOW}}`,
    pv: "$R.PROC",
  },
  { name: "head disabled", records: `record(ao,"$R"){field(DISA,1)field(FLNK,"$R:x")}\n${SLOW}}` },
  { name: "head without puts", records: `record(ao,"$R"){field(DISP,1)field(FLNK,"$R:x")}\n${SLOW}}` },
  {
    name: "head without puts, DISP",
    records: `record(ao,"$R"){field(DISP,1)field(FLNK,"$R:x")}\n${SLOW}}`,
    pv: "$R.DISP",
  },
  { name: "head itself", records: `record(ao,"$R"){}\n${SLOW}}`, pv: "$R:x.A" },
  { name: "head itself, active", records: `record(ao,"$R"){}\n${SLOW}}`, pv: "$R:x.A", before: [["$R:x.PROC", "1"]] },
  {
    name: "head itself, a field that processes nothing",
    records: `record(ao,"$R"){}\n${SLOW}}`,
    pv: "$R:x.DESC",
    before: [["$R:x.PROC", "1"]],
  },
  ...["CP", "CPP"].map((access) => ({
    name: `by a record that follows with ${access}`,
    records: `record(ao,"$R"){}\nrecord(ai,"$R:m"){field(INP,"$R ${access}")field(FLNK,"$R:x")}\n${SLOW}}`,
  })),
  {
    name: "by what it follows with CP",
    records: `record(ao,"$R"){field(OUT,"$R:x.A CA")}\n${SLOW}field(INPB,"$R CP")}`,
  },
  {
    name: "by a target that is disabled",
    records: `record(ao,"$R"){field(FLNK,"$R:m")}\nrecord(ao,"$R:m"){field(DISA,1)field(FLNK,"$R:x")}\n${SLOW}}`,
  },
  {
    name: "by an input that is read PP",
    records: `record(calc,"$R"){field(CALC,"A")field(INPA,"$R:m PP")}\nrecord(ao,"$R:m"){field(FLNK,"$R:x")}\n${SLOW}}`,
    pv: "$R.PROC",
  },
  {
    name: "in a loop of forward links",
    records: `record(ao,"$R"){field(FLNK,"$R:m")}\nrecord(ao,"$R:m"){field(FLNK,"$R")}\n${SLOW}}`,
  },
  { name: "in a loop with the slow one", records: `record(ao,"$R"){field(FLNK,"$R:x")}\n${SLOW}field(FLNK,"$R")}` },
  {
    name: "to its own field",
    records: `record(calcout,"$R"){field(CALC,"A")field(OUT,"$R.B PP")}\n${SLOW}}`,
    pv: "$R.A",
  },
  {
    name: "to its own PROC",
    records: `record(calcout,"$R"){field(CALC,"A")field(OUT,"$R.PROC PP")}\n${SLOW}}`,
    pv: "$R.A",
  },
  {
    name: "two ways, one slow",
    records: `record(ao,"$R"){field(OUT,"$R:m PP")field(FLNK,"$R:x")}\nrecord(ao,"$R:m"){}\n${SLOW}}`,
  },
  {
    name: "two ways that meet",
    records: `record(ao,"$R"){field(OUT,"$R:m PP")field(FLNK,"$R:n")}\nrecord(ao,"$R:m"){field(FLNK,"$R:x")}\nrecord(ao,"$R:n"){field(FLNK,"$R:x")}\n${SLOW}}`,
  },
  {
    name: "a value that it does not take",
    records: `record(bo,"$R"){field(ZNAM,"zero")field(ONAM,"one")field(FLNK,"$R:x")}\n${SLOW}}`,
  },
  { name: "a field that is read-only", records: `record(ao,"$R"){field(FLNK,"$R:x")}\n${SLOW}}`, pv: "$R.STAT" },
  {
    name: "simulated with a delay",
    records: `record(ao,"$R"){field(SIMM,YES)field(SDLY,1000)field(SIOL,"$R:x.A PP")}\n${SLOW}}`,
  },
  {
    name: "an input simulated with a delay",
    records: `record(ao,"$R"){field(FLNK,"$R:m")}\nrecord(ai,"$R:m"){field(SIMM,YES)field(SDLY,1000)}\n${SLOW}}`,
  },
];

/** Several that wait for one another. */
const several: readonly Example[] = [
  {
    title: "two heads, one target",
    records: [`record(ao,"$R"){field(FLNK,"$R:x")}\nrecord(ao,"$R:b"){field(FLNK,"$R:x")}\n${SLOW}}`],
    steps: [
      WAIT,
      ["callback $R", "1"],
      ["callback $R:b", "1"],
      WAIT,
      ...read("callback $R", "callback $R:b", "$R:b", "$R:x.RPRO"),
    ],
  },
  {
    title: "head and target",
    records: [`record(ao,"$R"){field(FLNK,"$R:x")}\n${SLOW}}`],
    steps: [
      WAIT,
      ["callback $R", "1"],
      ["callback $R:x.A", "7"],
      WAIT,
      ...read("callback $R", "callback $R:x.A", "$R:x.A", "$R:x.RPRO"),
      ["$R:x.A", "8"],
      WAIT,
      ...read("callback $R:x.A", "$R:x.A", "$R:x.RPRO"),
    ],
  },
  {
    title: "target and head",
    records: [`record(ao,"$R"){field(FLNK,"$R:x")}\n${SLOW}}`],
    steps: [
      WAIT,
      ["callback $R:x.A", "7"],
      WAIT,
      ["callback $R", "1"],
      WAIT,
      ...read("callback $R", "callback $R:x.A", "$R:x.A", "$R:x.RPRO", "$R:x.PUTF"),
    ],
  },
];

export const callbacks: Chapter = {
  name: "callbacks",
  examples: [...[...ways, ...heads, ...middles, ...more].map(exampleOf), ...several],
};
