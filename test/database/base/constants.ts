/**
 * Constant links: each text in each link that is read at initialisation. A value of each, as EPICS base has it, stands
 * in constants.txt.
 */
import type { Chapter, Example } from "../../support/engine/base-values.ts";

const TEXT_OF_60 = "a text that is longer than thirty-nine bytes, as a path may be";

/** Within {const:…}. */
const JSON_VALUES: readonly string[] = [
  ..."0 12 -7 3.7 -3.7 1e3 1e300 300 70000 5000000000 9007199254740993 18446744073709551615 0x1f -0x10".split(" "),
  ..."true false null NaN Infinity -Infinity".split(" "),
  ...[
    "3.25",
    "0x1f",
    "-0x10",
    "017",
    "text",
    "",
    " 12 ",
    "3 mm",
    "1e3",
    "inf",
    "NaN",
    "300",
    "-1",
    "3.7",
    TEXT_OF_60,
  ].map((text) => JSON.stringify(text)),
  "[]",
  "[1,2]",
  "[1.5,2]",
  "[2,1.5]",
  '["3","4"]',
  '["a","b c"]',
  "[true,false]",
  "[9007199254740993]",
  "[300,-1]",
  '[1,"a"]',
  '["a",1]',
  "[[1]]",
  "[null]",
  "{}",
  "[{}]",
];

const PLAIN: readonly string[] = [
  ..."12 -7 3.7 .5 5. 1e3 0x1F -0x10 017 inf -inf nan Infinity +5 300 70000 5000000000 9007199254740993 1e400".split(
    " ",
  ),
  ..."[] [1,2] [1.5,2] [2,1.5] [true,false] [null] [[1]] [9007199254740993] [300,-1] [1,{}] [0x1f] [NaN]".split(" "),
  '["3","4"]',
  '["a","b"]',
  '[1,"a"]',
  '["1.5"]',
  '["a",1]',
  '[""]',
];

export const CONSTANTS: readonly string[] = [...JSON_VALUES.map((value) => `{const:${value}}`), ...PLAIN];

interface LinkKind {
  readonly name: string;
  readonly type: string;
  readonly link: string;
  readonly fields?: string;
  /** Read, in one column each. */
  readonly seen: readonly string[];
}

const ELEMENT_TYPES = "STRING CHAR UCHAR SHORT USHORT LONG ULONG INT64 UINT64 FLOAT DOUBLE ENUM".split(" ");
const precise = "field(PREC,3)";

export const LINK_KINDS: readonly LinkKind[] = [
  { name: "ai.INP", type: "ai", link: "INP", fields: precise, seen: ["VAL", "UDF"] },
  { name: "ai.INP raw", type: "ai", link: "INP", fields: 'field(DTYP,"Raw Soft Channel")', seen: ["RVAL"] },
  { name: "bi.INP", type: "bi", link: "INP", seen: ["VAL", "RVAL", "UDF"] },
  { name: "bi.INP raw", type: "bi", link: "INP", fields: 'field(DTYP,"Raw Soft Channel")', seen: ["RVAL"] },
  { name: "mbbi.INP", type: "mbbi", link: "INP", seen: ["VAL", "UDF"] },
  { name: "mbbi.INP raw", type: "mbbi", link: "INP", fields: 'field(DTYP,"Raw Soft Channel")', seen: ["RVAL"] },
  { name: "longin.INP", type: "longin", link: "INP", seen: ["VAL", "UDF"] },
  { name: "stringin.INP", type: "stringin", link: "INP", seen: ["VAL", "UDF"] },
  { name: "ao.DOL", type: "ao", link: "DOL", fields: precise, seen: ["VAL", "UDF"] },
  { name: "bo.DOL", type: "bo", link: "DOL", seen: ["VAL", "UDF"] },
  { name: "mbbo.DOL", type: "mbbo", link: "DOL", seen: ["VAL", "UDF"] },
  { name: "longout.DOL", type: "longout", link: "DOL", seen: ["VAL", "UDF"] },
  { name: "stringout.DOL", type: "stringout", link: "DOL", seen: ["VAL", "UDF"] },
  { name: "calc.INPA", type: "calc", link: "INPA", fields: precise, seen: ["A"] },
  { name: "calc.INPU", type: "calc", link: "INPU", fields: precise, seen: ["U"] },
  { name: "calcout.INPA", type: "calcout", link: "INPA", fields: precise, seen: ["A"] },
  { name: "ai.SIOL", type: "ai", link: "SIOL", fields: precise, seen: ["SVAL"] },
  { name: "bi.SIOL", type: "bi", link: "SIOL", seen: ["SVAL"] },
  { name: "mbbi.SIOL", type: "mbbi", link: "SIOL", seen: ["SVAL"] },
  { name: "longin.SIOL", type: "longin", link: "SIOL", seen: ["SVAL"] },
  { name: "stringin.SIOL", type: "stringin", link: "SIOL", seen: ["SVAL"] },
  { name: "ai.SIML", type: "ai", link: "SIML", seen: ["SIMM"] },
  { name: "longin.SIML", type: "longin", link: "SIML", seen: ["SIMM"] },
  { name: "ao.SDIS", type: "ao", link: "SDIS", seen: ["DISA"] },
  { name: "ao.OUT", type: "ao", link: "OUT", seen: ["OUT"] },
  { name: "ao.FLNK", type: "ao", link: "FLNK", seen: ["FLNK"] },
  ...ELEMENT_TYPES.map((type) => ({
    name: `waveform.INP ${type}`,
    type: "waveform",
    link: "INP",
    fields: `field(FTVL,${type})field(NELM,3)field(PREC,3)`,
    seen: ["VAL", "NORD", "UDF"],
  })),
  {
    name: "waveform.INP CHAR 60",
    type: "waveform",
    link: "INP",
    fields: "field(FTVL,CHAR)field(NELM,60)",
    seen: ["NORD"],
  },
  {
    name: "waveform.INP LONG 1",
    type: "waveform",
    link: "INP",
    fields: "field(FTVL,LONG)field(NELM,1)",
    seen: ["VAL", "NORD"],
  },
  {
    name: "waveform.SIOL",
    type: "waveform",
    link: "SIOL",
    fields: "field(FTVL,DOUBLE)field(NELM,3)field(SIMM,YES)field(PINI,YES)",
    seen: ["NORD", "SEVR"],
  },
];

const quoted = (text: string): string => (/^[[{]/.test(text) ? text : `"${text}"`);

/**
 * Base crashes when it makes a state of a text. 1e400 is a name, for base too, and what a link that leads nowhere does
 * is another chapter's.
 */
const hasReference = (kind: LinkKind, text: string): boolean => {
  const makesState = /^(?:bi|mbbi)\.INP$|ENUM$/.test(kind.name);
  return !(makesState && /const:\[?"/.test(text)) && !(kind.name === "waveform.SIOL" && text === "1e400");
};

function difference(kind: LinkKind, text: string): { readonly onPurpose: string } | undefined {
  if (kind.name.endsWith("ULONG") && /"(?:inf|NaN)"/.test(text))
    return { onPurpose: "base stores nothing and counts it" };
  const isBroken = text === "[1,{}]" || (text === '[1,"a"]' && !/string/.test(kind.type));
  if (!isBroken || /^bo\.|^m?b+i\.INP$|^ao\.[SOF]|waveform/.test(kind.name)) return undefined;
  return {
    onPurpose: "base keeps the element before the one that breaks the array off, in a record that stays undefined",
  };
}

export const constants: Chapter = {
  name: "constants",
  examples: LINK_KINDS.flatMap((kind) =>
    CONSTANTS.filter((text) => hasReference(kind, text)).map(
      (text): Example => ({
        title: `${kind.name} ${text}`,
        records: [`record(${kind.type},"$R"){${kind.fields ?? ""}field(${kind.link},${quoted(text)})}`],
        steps: kind.seen.map((field) => [`$R.${field}`] as const),
        ...difference(kind, text),
      }),
    ),
  ),
};
