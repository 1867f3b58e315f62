/**
 * Output links: each kind of writer to each kind of target, with what the target holds and the writer's alarm
 * afterwards.
 */
import type { Chapter, Example } from "../../support/engine/base-values.ts";

const TARGETS = `
record(ao,"$R:d"){field(VAL,0)field(PREC,2)field(DESC,"about d")}
record(longout,"$R:l"){field(VAL,0)}
record(stringout,"$R:t"){field(VAL,"before")}
record(bo,"$R:b"){field(ZNAM,"Off")field(ONAM,"On")}
record(mbbo,"$R:e"){field(ZRST,"zero")field(ONST,"one")field(TWST,"2.50")}
record(mbbo,"$R:p"){}
record(waveform,"$R:w"){field(FTVL,FTVL_)field(NELM,3)field(INP,[1,2])}
`.trim();

const TARGET_NAMES =
  "d l t b e p d.SCAN d.HSV d.DESC d.DESC$ d.NAME d.INP d.DOL d.DTYP d.PREC d.UDF d.NOSUCH nosuch d.STAT d.RTYP d.[0] d.{dbnd:{abs:1}} d.VAL$".split(
    " ",
  );
const ARRAYS = "STRING CHAR UCHAR SHORT USHORT LONG ULONG INT64 UINT64 FLOAT DOUBLE ENUM".split(" ");

interface Writer {
  readonly name: string;
  readonly record: string;
}

const RAW = 'field(DTYP,"Raw Soft Channel")';
const WRITERS: readonly Writer[] = [
  { name: "ao 3.7", record: 'record(ao,"$R"){field(VAL,3.7)field(PREC,3)' },
  { name: "ao 1", record: 'record(ao,"$R"){field(VAL,1)' },
  { name: "ao -70000.5", record: 'record(ao,"$R"){field(VAL,-70000.5)' },
  { name: "ao 1e20", record: 'record(ao,"$R"){field(VAL,1e20)' },
  { name: "ao raw", record: `record(ao,"$R"){field(VAL,2.6)${RAW}` },
  { name: "longout 1", record: 'record(longout,"$R"){field(VAL,1)' },
  { name: "longout -5", record: 'record(longout,"$R"){field(VAL,-5)' },
  { name: "longout 70000", record: 'record(longout,"$R"){field(VAL,70000)' },
  { name: "bo", record: 'record(bo,"$R"){field(ZNAM,"zero")field(ONAM,"one")field(VAL,1)' },
  { name: "bo bare", record: 'record(bo,"$R"){field(VAL,1)' },
  { name: "bo raw", record: `record(bo,"$R"){field(VAL,1)${RAW}` },
  { name: "mbbo", record: 'record(mbbo,"$R"){field(ZRST,"zero")field(ONST,"one")field(VAL,1)' },
  { name: "mbbo bare", record: 'record(mbbo,"$R"){field(VAL,2)' },
  { name: "mbbo raw", record: `record(mbbo,"$R"){field(VAL,2)field(NOBT,4)${RAW}` },
  { name: "stringout text", record: 'record(stringout,"$R"){field(VAL,"text")' },
  { name: "stringout one", record: 'record(stringout,"$R"){field(VAL,"one")' },
  { name: "stringout 1", record: 'record(stringout,"$R"){field(VAL,"1")' },
  { name: "stringout 0x1f", record: 'record(stringout,"$R"){field(VAL,"0x1f")' },
  { name: "stringout wide", record: 'record(stringout,"$R"){field(VAL,"9007199254740993")' },
  { name: "stringout empty", record: 'record(stringout,"$R"){field(VAL,"")' },
  { name: "calcout", record: 'record(calcout,"$R"){field(CALC,"2.5")field(PREC,1)' },
  { name: "calcout 1", record: 'record(calcout,"$R"){field(CALC,"1")' },
  { name: "ao simulated", record: 'record(ao,"$R"){field(VAL,1.6)field(SIMM,YES)field(SIOL_' },
  { name: "stringout simulated", record: 'record(stringout,"$R"){field(VAL,"1")field(SIMM,YES)field(SIOL_' },
];

const WRITER_ALARM = ["STAT", "SEVR", "AMSG"].map((field) => [`$R.${field}`] as const);

function difference(writer: Writer, target: string): { readonly onPurpose: string } | undefined {
  if (target === "d.DESC$") return { onPurpose: "base writes one number over the first character of the text" };
  if (writer.name === "stringout empty" && target === "e") return { onPurpose: "an empty text chooses no state" };
  return undefined;
}

function exampleOf(writer: Writer, target: string, ftvl = "LONG"): Example {
  const link = writer.record.endsWith("SIOL_") ? "SIOL" : "OUT";
  const record = writer.record.replace(/field\(SIOL_$/, "");
  const isArray = target.startsWith("w");
  return {
    title: `${writer.name} to ${isArray ? `${target} ${ftvl}` : target}`,
    records: [TARGETS.replace("FTVL_", ftvl), `${record}field(${link},"$R:${target} PP")}`],
    steps: [
      ["$R.PROC", "1"],
      [`$R:${target.replace(/[.][[{].*/, "")}`],
      ...(isArray ? [["$R:w.NORD"] as const] : []),
      ...WRITER_ALARM,
    ],
    ...difference(writer, target),
  };
}

export const outputs: Chapter = {
  name: "outputs",
  examples: WRITERS.flatMap((writer) => [
    ...TARGET_NAMES.map((target) => exampleOf(writer, target)),
    ...ARRAYS.map((type) => exampleOf(writer, "w", type)),
    ...["w.[1]", "w.[0:1]", "w.{arr:{s:1}}"].map((target) => exampleOf(writer, target)),
  ]),
};
