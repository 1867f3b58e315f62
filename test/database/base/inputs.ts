/** Input links: each kind of source read by each kind of receiver, with its value and alarm afterwards. */
import type { Chapter, Example } from "../../support/engine/base-values.ts";

/** Records that the links lead to; `$R` is a prefix here. */
const SOURCES = `
record(ao,"$R:d"){field(VAL,3.7)field(PREC,2)field(DESC,"about d")field(HSV,MAJOR)}
record(ao,"$R:nan"){field(VAL,nan)}
record(ao,"$R:huge"){field(VAL,1e20)}
record(longout,"$R:l"){field(VAL,-5)}
record(longout,"$R:m"){field(VAL,70000)}
record(stringout,"$R:text"){field(VAL,"text")}
record(stringout,"$R:t12"){field(VAL,"12")}
record(stringout,"$R:thex"){field(VAL,"0x1f")}
record(stringout,"$R:texp"){field(VAL,"1e3")}
record(stringout,"$R:tmm"){field(VAL,"3.7 mm")}
record(stringout,"$R:none"){field(VAL,"")}
record(stringout,"$R:wide"){field(VAL,"9007199254740993")}
record(bo,"$R:b"){field(ZNAM,"Off")field(ONAM,"On")field(VAL,1)}
record(bo,"$R:bare"){field(VAL,1)}
record(mbbo,"$R:e"){field(ZRST,"zero")field(ONST,"one")field(TWVL,2)field(VAL,1)}
record(mbbo,"$R:e2"){field(ZRST,"zero")field(ONST,"one")field(TWVL,2)field(VAL,2)}
record(mbbo,"$R:plain"){field(VAL,7)}
record(waveform,"$R:wd"){field(FTVL,DOUBLE)field(NELM,4)field(INP,[1.5,-2.5,3e9])field(PREC,1)}
record(waveform,"$R:wf"){field(FTVL,FLOAT)field(NELM,4)field(INP,[0.25,300])}
record(waveform,"$R:wl"){field(FTVL,LONG)field(NELM,5)field(INP,[10,20,30,40])}
record(waveform,"$R:we"){field(FTVL,LONG)field(NELM,4)}
record(waveform,"$R:ws"){field(FTVL,STRING)field(NELM,4)field(INP,["7","8"])}
record(waveform,"$R:wt"){field(FTVL,STRING)field(NELM,4)field(INP,["7","b"])}
record(waveform,"$R:wc"){field(FTVL,CHAR)field(NELM,9)field(INP,{const:"hi"})}
record(waveform,"$R:wu"){field(FTVL,UCHAR)field(NELM,4)field(INP,[200,105])}
record(waveform,"$R:wi"){field(FTVL,INT64)field(NELM,4)field(INP,[9007199254740993,-1])}
record(waveform,"$R:wx"){field(FTVL,UINT64)field(NELM,4)field(INP,[9223372036854775807,-1])}
record(waveform,"$R:wn"){field(FTVL,ENUM)field(NELM,4)field(INP,[1,2])}
`.trim();

const SOURCE_NAMES: readonly string[] = [
  ..."d nan huge l m text t12 thex texp tmm none wide b bare e e2 plain wd wf wl we ws wt wc wu wi wx wn".split(" "),
  ..."d.SCAN d.HSV d.STAT d.DTYP d.OUT d.NAME d.DESC d.NAME$ d.DESC$ d.RTYP text.VAL$ d.TIME d.NOSUCH nosuch wl.NORD".split(
    " ",
  ),
  ..."wl.[2] wl.[0] wl.[4] wl.[9] wl.[-1] wl.[1:2] wl.[-2:-1] wl.[0:2:3] wl.[2:] wl.[:1] wl.[3:1] wl.[::2]".split(" "),
  ..."wl.VAL[1] wt.[1] ws.[1] wc.[0:1] text.VAL$[1:2] d.[0] d.[1] we.[0]".split(" "),
  ..."wl.{arr:{s:1,e:2}} wl.{arr:{s:1}} wl.{arr:{s:-3,i:2}} wl.{arr:{}} wl.VAL{arr:{e:0}} wl.[1:3]{arr:{s:1}}".split(
    " ",
  ),
  ..."wl.{dbnd:{abs:1}} d.{dbnd:{abs:1}} d.{dec:{n:2}} d.{ts:{}} wl.{ts:{}} wl.{dec:{n:3}}".split(" "),
  ..."wl.[ wl.[a] wl.{arr:{i:0}} wl.{nosuch:{}} wl.{arr wl.[1]x d.{dec:{}} d.VAL$".split(" "),
];

const READS_ALARM = ["UDF", "STAT", "SEVR", "AMSG"];
interface Receiver {
  readonly name: string;
  readonly type: string;
  readonly link: string;
  readonly fields?: string;
  readonly seen?: readonly string[];
}

const ELEMENT_TYPES = "STRING CHAR UCHAR SHORT USHORT LONG ULONG INT64 UINT64 FLOAT DOUBLE ENUM".split(" ");
const RAW = 'field(DTYP,"Raw Soft Channel")';
const CLOSED = "field(OMSL,closed_loop)";
const SIMULATED = "field(SIMM,YES)field(SIMS,MINOR)";

const RECEIVERS: readonly Receiver[] = [
  { name: "ai.INP", type: "ai", link: "INP", fields: "field(PREC,3)" },
  { name: "ai.INP raw", type: "ai", link: "INP", fields: RAW, seen: ["RVAL", "VAL"] },
  { name: "bi.INP", type: "bi", link: "INP", seen: ["VAL"] },
  { name: "bi.INP raw", type: "bi", link: "INP", fields: RAW, seen: ["RVAL"] },
  { name: "mbbi.INP", type: "mbbi", link: "INP", seen: ["VAL"] },
  { name: "mbbi.INP raw", type: "mbbi", link: "INP", fields: RAW, seen: ["RVAL"] },
  { name: "longin.INP", type: "longin", link: "INP" },
  { name: "stringin.INP", type: "stringin", link: "INP" },
  { name: "calc.INPA", type: "calc", link: "INPA", fields: "field(CALC,A)field(PREC,3)" },
  { name: "ao.DOL", type: "ao", link: "DOL", fields: `${CLOSED}field(PREC,3)` },
  { name: "bo.DOL", type: "bo", link: "DOL", fields: CLOSED, seen: ["RVAL"] },
  { name: "mbbo.DOL", type: "mbbo", link: "DOL", fields: CLOSED },
  { name: "longout.DOL", type: "longout", link: "DOL", fields: CLOSED },
  { name: "stringout.DOL", type: "stringout", link: "DOL", fields: CLOSED },
  { name: "ai.SIOL", type: "ai", link: "SIOL", fields: SIMULATED, seen: ["VAL", "SVAL"] },
  { name: "bi.SIOL", type: "bi", link: "SIOL", fields: SIMULATED, seen: ["SVAL"] },
  { name: "mbbi.SIOL", type: "mbbi", link: "SIOL", fields: SIMULATED, seen: ["SVAL"] },
  { name: "longin.SIOL", type: "longin", link: "SIOL", fields: SIMULATED, seen: ["VAL", "SVAL"] },
  { name: "stringin.SIOL", type: "stringin", link: "SIOL", fields: SIMULATED, seen: ["VAL", "SVAL"] },
  { name: "longin.SIML", type: "longin", link: "SIML", seen: ["SIMM"] },
  { name: "ai.SDIS", type: "ai", link: "SDIS", seen: ["DISA"] },
  {
    name: "waveform.SIOL",
    type: "waveform",
    link: "SIOL",
    fields: `${SIMULATED}field(NELM,3)field(FTVL,LONG)`,
    seen: ["VAL", "NORD"],
  },
  {
    name: "waveform.INP CHAR 60",
    type: "waveform",
    link: "INP",
    fields: "field(FTVL,CHAR)field(NELM,60)",
    seen: ["VAL", "NORD"],
  },
  {
    name: "waveform.INP LONG 60",
    type: "waveform",
    link: "INP",
    fields: "field(FTVL,LONG)field(NELM,60)",
    seen: ["NORD"],
  },
  { name: "waveform.INP 1", type: "waveform", link: "INP", fields: "field(FTVL,LONG)", seen: ["VAL", "NORD"] },
  ...ELEMENT_TYPES.map((type) => ({
    name: `waveform.INP ${type}`,
    type: "waveform",
    link: "INP",
    fields: `field(FTVL,${type})field(NELM,4)field(PREC,1)`,
    seen: ["VAL", "NORD"],
  })),
];

/** Elements of a simulated waveform that could not be read. */
const LEFT_OVER =
  /^text$|wide|wt(?!\S)|wt\.|^d\.(?:OUT|NAME|DESC|RTYP|TIME|NOSUCH|VAL\$|\{dec:\{\}\})$|nosuch|\[$|\[a|arr$|\]x$/;

function difference(receiver: Receiver, source: string): { readonly onPurpose: string } | undefined {
  if (receiver.name !== "waveform.SIOL" || !LEFT_OVER.test(source) || source.includes("$[")) return undefined;
  return { onPurpose: "base sets NORD although the link could not be read" };
}

/** Behind the filter `ts` base copies elements that are not in use too. */
const sourcesOf = ({ name }: Receiver): readonly string[] =>
  name.endsWith(" 60") ? SOURCE_NAMES.filter((source) => source !== "wl.{ts:{}}") : SOURCE_NAMES;

const exampleOf = (receiver: Receiver, source: string): Example => ({
  title: `${receiver.name} ${source}`,
  records: [`record(${receiver.type},"$R"){${receiver.fields ?? ""}field(${receiver.link},"S:${source}")}`],
  steps: [
    ["$R.PROC", "1"],
    ...[...(receiver.seen ?? ["VAL"]), ...READS_ALARM].map((field) => [`$R.${field}`] as const),
  ],
  ...difference(receiver, source),
});

export const inputs: Chapter = {
  name: "inputs",
  examples: [
    { title: "the sources", records: [SOURCES.replaceAll("$R", "S")], steps: [] },
    ...RECEIVERS.flatMap((receiver) => sourcesOf(receiver).map((source) => exampleOf(receiver, source))),
  ],
};
