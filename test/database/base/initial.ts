/**
 * The state of each record type after initialisation, and after its first processing, with a constant, a link and
 * nothing as its source.
 */
import type { Chapter, Example } from "../../support/engine/base-values.ts";

interface Kind {
  readonly type: string;
  readonly link: string;
  readonly fields: readonly string[];
  /** Each one by itself. */
  readonly options: readonly string[];
}

const COMMON = ["UDF", "STAT", "SEVR"];
const NUMBER = ["VAL", "MLST", "ALST", "LALM", ...COMMON];
const STATE = ["VAL", "RVAL", "ORAW", "MLST", "LALM", ...COMMON];
const SIMULATED = [
  "field(SIMM,YES)field(SIMS,MINOR)field(SIOL,8)",
  "field(SIML,1)field(SIOL,8)",
  'field(SIMM,YES)field(SIOL,"S:l")',
];
const OUTPUT = [
  "field(OMSL,closed_loop)",
  'field(IVOA,"Set output to IVOV")field(IVOV,3)',
  'field(IVOA,"Don\'t drive outputs")',
  "field(PINI,YES)",
];
const LIMITS = [
  "field(HIHI,3)field(HHSV,MAJOR)",
  "field(HIGH,3)field(HSV,MINOR)field(HYST,2)",
  "field(LOW,9)field(LSV,MINOR)",
  "field(MDEL,-1)field(ADEL,-1)",
  "field(VAL,4)",
];
const RAW = 'field(DTYP,"Raw Soft Channel")';
const LINR = ["NO CONVERSION", "SLOPE", "LINEAR"].map(
  (how) => `${RAW}field(LINR,"${how}")field(EGUL,1)field(EGUF,9)field(ESLO,2)`,
);

const KINDS: readonly Kind[] = [
  {
    type: "ai",
    link: "INP",
    fields: [...NUMBER, "RVAL", "ORAW", "INIT", "EOFF", "SVAL"],
    options: [...LIMITS, ...SIMULATED, ...LINR, "field(SMOO,0.5)", "field(PINI,YES)"],
  },
  { type: "longin", link: "INP", fields: [...NUMBER, "SVAL"], options: [...LIMITS, ...SIMULATED, "field(PINI,YES)"] },
  {
    type: "ao",
    link: "DOL",
    fields: [...NUMBER, "OVAL", "PVAL", "RVAL", "ORAW", "RBV", "ORBV", "EOFF", "INIT"],
    options: [
      ...LIMITS,
      ...OUTPUT,
      ...LINR,
      "field(OIF,Incremental)field(OMSL,closed_loop)",
      "field(DRVH,2)field(DRVL,1)",
    ],
  },
  {
    type: "longout",
    link: "DOL",
    fields: [...NUMBER, "PVAL"],
    options: [...LIMITS, ...OUTPUT, "field(DRVH,2)field(DRVL,1)", 'field(OOPT,"On Change")', "field(OOCH,NO)"],
  },
  {
    type: "bi",
    link: "INP",
    fields: [...STATE, "SVAL"],
    options: [RAW, ...SIMULATED, "field(ZSV,MINOR)field(OSV,MAJOR)", "field(COSV,MINOR)", "field(VAL,1)"],
  },
  {
    type: "bo",
    link: "DOL",
    fields: [...STATE, "RBV", "ORBV"],
    options: [RAW, ...OUTPUT, "field(OSV,MAJOR)", "field(COSV,MINOR)", "field(VAL,1)"],
  },
  {
    type: "mbbi",
    link: "INP",
    fields: [...STATE, "MASK", "SDEF", "SVAL"],
    options: [
      RAW,
      ...SIMULATED,
      "field(NOBT,3)",
      "field(ONVL,5)field(ONST,one)field(ONSV,MINOR)",
      "field(SHFT,1)",
      "field(UNSV,MAJOR)",
    ],
  },
  {
    type: "mbbo",
    link: "DOL",
    fields: [...STATE, "MASK", "SDEF", "RBV"],
    options: [
      RAW,
      ...OUTPUT,
      "field(NOBT,3)",
      "field(ONVL,5)field(ONST,one)field(ONSV,MINOR)",
      "field(SHFT,1)",
      "field(UNSV,MAJOR)",
    ],
  },
  {
    type: "stringin",
    link: "INP",
    fields: ["VAL", "OVAL", "SVAL", ...COMMON],
    options: [...SIMULATED, "field(MPST,Always)", "field(APST,Always)", "field(VAL,old)"],
  },
  {
    type: "stringout",
    link: "DOL",
    fields: ["VAL", "OVAL", ...COMMON],
    options: ["field(OMSL,closed_loop)", "field(MPST,Always)", "field(APST,Always)", "field(VAL,old)"],
  },
  {
    type: "waveform",
    link: "INP",
    fields: ["VAL", "NORD", "HASH", "FTVL", ...COMMON],
    options: [
      ..."STRING CHAR UCHAR SHORT USHORT LONG ULONG INT64 UINT64 FLOAT DOUBLE ENUM"
        .split(" ")
        .map((type) => `field(FTVL,${type})`),
      'field(MPST,"On Change")',
      'field(APST,"On Change")',
      'field(MPST,"On Change")field(APST,"On Change")',
      "field(NELM,3)",
      "field(NELM,0)",
    ],
  },
  {
    type: "calc",
    link: "INPA",
    fields: [...NUMBER, "A", "LA"],
    options: ["field(CALC,A)", "field(CALC,A*2)field(HIHI,3)field(HHSV,MAJOR)", "field(PINI,YES)field(CALC,A)"],
  },
  {
    type: "calcout",
    link: "INPA",
    fields: [...NUMBER, "A", "OVAL", "POVL", "PVAL", "INAV", "OUTV", "CLCV", "OCLV"],
    options: [
      ..."Every Time,On Change,When Zero,When Non-zero,Transition To Zero,Transition To Non-zero"
        .split(",")
        .map((when) => `field(CALC,A)field(OOPT,"${when}")`),
      'field(CALC,A)field(DOPT,"Use OCAL")field(OCAL,"A+1")',
      'field(CALC,A)field(IVOA,"Set output to IVOV")field(IVOV,3)',
    ],
  },
];

const SOURCES = ["", "7", "{const:7}", "S:l", "S:nosuch"];

function exampleOf({ type, link, fields }: Kind, option: string, source: string): Example {
  const text = source.startsWith("{") ? source : `"${source}"`;
  const read = fields.map((field) => [`$R.${field}`] as const);
  return {
    title: `${type} ${option} ${link}=${source}`,
    records: [`record(${type},"$R"){${option}${source === "" ? "" : `field(${link},${text})`}}`],
    steps: [...read, ["$R.PROC", "1"], ...read],
  };
}

export const initial: Chapter = {
  name: "initial",
  examples: [
    { title: "the source", records: ['record(longout,"S:l"){field(VAL,5)}'], steps: [] },
    ...KINDS.flatMap((kind) =>
      ["", ...kind.options].flatMap((option) => SOURCES.map((source) => exampleOf(kind, option, source))),
    ),
  ],
};
