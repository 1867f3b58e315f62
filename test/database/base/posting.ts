/**
 * What each record type posts, and writes where it has an output, while values come one after the other: with each
 * choice of each option that decides about it. At the end of a line stands what the record remembers.
 */
import type { Chapter, Example, ValueStep } from "../../support/engine/base-values.ts";

interface Kind {
  readonly type: string;
  /** In each of its records, beside the option. */
  readonly always?: string;
  /**
   * Where values come from: by this input link from $R:s, whose record type is `source`; without it they are put to
   * VAL.
   */
  readonly link?: string;
  readonly source?: string;
  /** Values in their order. */
  readonly values: readonly string[];
  /** Fields watched beside VAL. */
  readonly watched: readonly string[];
  /** Read at the end. */
  readonly remembered: readonly string[];
  /** Each one by itself. */
  readonly options: readonly string[];
}

const SEVERITIES = ["NO_ALARM", "MINOR", "MAJOR", "INVALID"];
const each = (field: string, choices: readonly string[], beside = ""): string[] =>
  choices.map((choice) => `field(${field},"${choice}")${beside}`);

const LIMITS =
  "field(HIHI,10)field(HHSV,MAJOR)field(HIGH,6)field(HSV,MINOR)field(LOW,-1)field(LSV,MINOR)field(LOLO,-5)field(LLSV,MAJOR)";
const NUMBERS = ["0", "0", "1", "1", "7", "5", "3", "12", "5", "0", "-7", "2"];
const REMEMBERED = ["MLST", "ALST", "LALM", "ACKS", "UDF"];
const COMMON = [
  ...each("PINI", ["NO", "YES", "RUN", "RUNNING"]),
  ...each("UDFS", SEVERITIES),
  ...each("DISS", SEVERITIES, "field(DISA,1)"),
  ...each("DISV", ["0", "1"], "field(DISA,1)"),
  ...each("DISP", ["0", "1"]),
];
const DEADBANDS = [
  ...each("MDEL", ["0", "2", "-1"]),
  ...each("ADEL", ["0", "2", "-1"]),
  "field(MDEL,2)field(ADEL,-1)",
  ...each("HYST", ["0", "2"], LIMITS),
  ...each("ACKT", ["NO", "YES"], LIMITS),
];
const simulated = (modes: readonly string[]): string[] => [
  ...each("SIMM", modes, 'field(SIOL,"$R:o PP")'),
  ...each("SIMS", SEVERITIES, 'field(SIMM,YES)field(SIOL,"$R:o PP")'),
  ...each("SIOL", ["8", "$R:nosuch"], "field(SIMM,YES)"),
  ...each("SIML", ["0", "1", "2", "$R:m", "$R:nosuch"], 'field(SIOL,"$R:o PP")'),
];
const [TWO_MODES, THREE_MODES] = [
  ["NO", "YES"],
  ["NO", "YES", "RAW"],
];
const WHEN_INVALID = ["Continue normally", "Don't drive outputs", "Set output to IVOV"];
const driven = (invalid: string): string[] => [
  ...each("IVOA", WHEN_INVALID, `field(IVOV,1)${invalid}`),
  ...each("OMSL", ["supervisory", "closed_loop"], 'field(DOL,"$R:d PP")'),
  ...each("OMSL", ["supervisory", "closed_loop"], 'field(DOL,"$R:nosuch")'),
];
const INVALID = "field(HIHI,10)field(HHSV,INVALID)";
const RAW = 'field(DTYP,"Raw Soft Channel")';
const STATES = "field(ZRST,zero)field(ONST,one)field(ONVL,1)field(TWST,two)field(TWVL,4)";
const posts = (choices: readonly string[]): string[] =>
  choices.flatMap((monitors) => choices.map((archive) => `field(MPST,"${monitors}")field(APST,"${archive}")`));
const WHEN = "Every Time,On Change,When Zero,When Non-zero,Transition To Zero,Transition To Non-zero".split(",");
const ELEMENTS = "STRING CHAR UCHAR SHORT USHORT LONG ULONG INT64 UINT64 FLOAT DOUBLE ENUM".split(" ");

const OUTPUT_STATES = { values: ["0", "0", "1", "1", "0"], remembered: ["MLST", "LALM", "ACKS", "UDF", "RVAL"] };
const INPUT_STATES = { ...OUTPUT_STATES, link: "INP", source: "longout" };
const SIXTEEN = { values: ["0", "1", "1", "2", "5", "0"] };

const KINDS: readonly Kind[] = [
  {
    type: "ai",
    link: "INP",
    source: "ao",
    values: NUMBERS,
    watched: ["RVAL", "SEVR"],
    remembered: REMEMBERED,
    options: [
      ...COMMON,
      ...DEADBANDS,
      ...simulated(THREE_MODES),
      ...each("SMOO", ["0", "0.5"]),
      ...each("LINR", ["NO CONVERSION", "SLOPE", "LINEAR"], `${RAW}field(ESLO,2)`),
    ],
  },
  {
    type: "longin",
    link: "INP",
    source: "longout",
    values: NUMBERS,
    watched: ["SEVR"],
    remembered: REMEMBERED,
    options: [...COMMON, ...DEADBANDS, ...simulated(TWO_MODES)],
  },
  {
    type: "ao",
    values: NUMBERS,
    watched: ["OVAL", "RVAL"],
    remembered: [...REMEMBERED, "PVAL", "OMOD"],
    options: [
      ...COMMON,
      ...DEADBANDS,
      ...simulated(THREE_MODES),
      ...driven(INVALID),
      ...each("OIF", ["Full", "Incremental"], 'field(OMSL,closed_loop)field(DOL,"$R:d PP")'),
      ...each("OROC", ["0", "2"]),
      ...each("LINR", ["NO CONVERSION", "SLOPE", "LINEAR"], `${RAW}field(ESLO,2)`),
      "field(DRVH,4)field(DRVL,1)",
    ],
  },
  {
    type: "longout",
    values: NUMBERS,
    watched: ["SEVR"],
    remembered: [...REMEMBERED, "PVAL"],
    options: [
      ...COMMON,
      ...DEADBANDS,
      ...simulated(TWO_MODES),
      ...driven(INVALID),
      ...each("OOPT", WHEN),
      ...each("OOCH", TWO_MODES, 'field(OOPT,"On Change")'),
      "field(DRVH,4)field(DRVL,1)",
    ],
  },
  {
    type: "bi",
    ...INPUT_STATES,
    watched: ["RVAL", "SEVR"],
    options: [
      ...COMMON,
      RAW,
      ...simulated(THREE_MODES),
      ...["ZSV", "OSV", "COSV"].flatMap((field) => each(field, SEVERITIES)),
    ],
  },
  {
    type: "bo",
    ...OUTPUT_STATES,
    watched: ["RVAL", "SEVR"],
    always: "field(ZNAM,zero)field(ONAM,one)",
    options: [
      ...COMMON,
      RAW,
      ...simulated(THREE_MODES),
      ...driven("field(ZSV,INVALID)"),
      ...["ZSV", "OSV", "COSV"].flatMap((field) => each(field, SEVERITIES)),
    ],
  },
  {
    type: "mbbi",
    ...INPUT_STATES,
    ...SIXTEEN,
    watched: ["RVAL", "SEVR"],
    options: [
      ...COMMON,
      RAW,
      STATES,
      `${STATES}${RAW}`,
      ...simulated(THREE_MODES),
      ...["ZRSV", "ONSV", "UNSV", "COSV"].flatMap((field) => each(field, SEVERITIES, STATES)),
    ],
  },
  {
    type: "mbbo",
    ...OUTPUT_STATES,
    ...SIXTEEN,
    watched: ["RVAL", "SEVR"],
    always: STATES,
    options: [
      ...COMMON,
      RAW,
      ...simulated(THREE_MODES),
      ...driven("field(ONSV,INVALID)"),
      ...["ZRSV", "ONSV", "UNSV", "COSV"].flatMap((field) => each(field, SEVERITIES)),
    ],
  },
  {
    type: "stringin",
    link: "INP",
    source: "stringout",
    values: ["a", "a", "b", "", "b"],
    watched: ["SEVR"],
    remembered: ["OVAL", "UDF"],
    options: [...COMMON, ...posts(["On Change", "Always"]), ...simulated(TWO_MODES)],
  },
  {
    type: "stringout",
    values: ["a", "a", "b", "", "b"],
    watched: ["SEVR"],
    remembered: ["OVAL", "UDF"],
    options: [
      ...COMMON,
      ...posts(["On Change", "Always"]),
      ...simulated(TWO_MODES),
      ...driven('field(OMSL,closed_loop)field(DOL,"$R:nosuch")'),
    ],
  },
  {
    type: "waveform",
    link: "INP",
    source: "stringout",
    always: "field(NELM,3)",
    values: ["1", "1", "2", "2", "1"],
    watched: ["HASH", "SEVR"],
    remembered: ["HASH", "NORD", "FTVL", "UDF"],
    options: [
      ...COMMON,
      ...posts(["Always", "On Change"]).map((how) => `${how}field(FTVL,LONG)`),
      ...each("FTVL", ELEMENTS, 'field(MPST,"On Change")'),
      ...each("FTVL", ELEMENTS, 'field(APST,"On Change")'),
      ...simulated(TWO_MODES),
    ],
  },
  {
    type: "calc",
    link: "INPA",
    source: "ao",
    always: "field(CALC,A)",
    values: NUMBERS,
    watched: ["A", "SEVR"],
    remembered: REMEMBERED,
    options: [...COMMON, ...DEADBANDS],
  },
  {
    type: "calcout",
    link: "INPA",
    source: "ao",
    always: "field(CALC,A)",
    values: NUMBERS,
    watched: ["A", "OVAL"],
    remembered: [...REMEMBERED, "PVAL", "POVL"],
    options: [
      ...COMMON,
      ...DEADBANDS,
      ...each("OOPT", WHEN).flatMap((when) => each("MDEL", ["0", "2"], when)),
      ...each("OOPT", WHEN).flatMap((when) => each("DOPT", ["Use CALC", "Use OCAL"], `field(OCAL,"A+1")${when}`)),
      ...each("IVOA", WHEN_INVALID, `field(IVOV,4)${INVALID}`),
    ],
  },
];

const OUTPUTS = ["ao", "longout", "bo", "mbbo", "stringout", "calcout"];

/**
 * What the links lead to: $R:s gives the values, $R:t takes the output, $R:d is 1 and 0 in turn, $R:o simulates, $R:m
 * says whether.
 */
function surroundings({ type, source }: Kind, option: string): readonly string[] {
  const taker = type.startsWith("string") ? "stringout" : "ao";
  const always = taker === "ao" ? "field(MDEL,-1)" : "field(MPST,Always)";
  const giver = /field\(FTVL,"?(?!"?STRING)/.test(option) ? "longout" : source;
  const isInput = !OUTPUTS.includes(type);
  return [
    ...(giver === undefined ? [] : [`record(${giver},"$R:s"){}`]),
    ...(isInput ? [] : [`record(${taker},"$R:t"){${always}}`]),
    ...(option.includes("$R:d") ? ['record(calc,"$R:d"){field(CALC,"VAL<1?VAL+1:0")}'] : []),
    ...(option.includes("$R:m") ? ['record(longout,"$R:m"){field(VAL,1)}'] : []),
    ...(option.includes("$R:o")
      ? [isInput ? 'record(calc,"$R:o"){field(CALC,"VAL<1?VAL+1:0")}' : `record(${taker},"$R:o"){${always}}`]
      : []),
  ];
}

function difference({ type }: Kind, option: string): { readonly onPurpose: string } | undefined {
  if (type !== "waveform" || !option.includes('SIOL,"$R:nosuch"')) return undefined;
  return { onPurpose: "a SIOL that leads nowhere leaves the elements; base has NELM of them from then on" };
}

const PROCESS = ["$R.PROC", "1"] as const;
const read = (pv: string): ValueStep => [pv];

function exampleOf(kind: Kind, option: string): Example {
  const { type, link, always = "", watched, remembered } = kind;
  const outputs = OUTPUTS.includes(type) ? ["$R:t", "$R:o"] : [];
  const links = [link === undefined ? "" : `field(${link},"$R:s")`, outputs.length > 0 ? 'field(OUT,"$R:t PP")' : ""];
  const others = outputs.filter((pv) => pv === "$R:t" || option.includes(pv));
  const seen: readonly ValueStep[] = [
    ...["VAL", ...watched].map((field) => read(`posts $R.${field}`)),
    ...["VAL", "STAT", "SEVR"].map((field) => read(`$R.${field}`)),
    ...others.flatMap((pv) => [read(`posts ${pv}`), read(pv)]),
  ];
  const give = (value: string): readonly ValueStep[] =>
    link === undefined ? [["$R.VAL", value]] : [["$R:s", value], PROCESS];
  return {
    title: `${type} ${option}`,
    records: [[`record(${type},"$R"){${always}${option}${links.join("")}}`, ...surroundings(kind, option)].join("\n")],
    steps: [
      ...seen,
      ...kind.values.flatMap((value) => [...give(value), ...seen]),
      ...(option.includes("$R:m") ? [["$R:m", "0"] as const, ...give(kind.values[0] ?? ""), ...seen] : []),
      ...remembered.map((field) => read(`$R.${field}`)),
    ],
    ...difference(kind, option),
  };
}

export const posting: Chapter = {
  name: "posting",
  examples: KINDS.flatMap((kind) => ["", ...kind.options].map((option) => exampleOf(kind, option))),
};
