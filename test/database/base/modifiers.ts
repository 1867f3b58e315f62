/**
 * What the words behind a link's name do (PP, CA, CP, CPP, MS, MSI, MSS …), for each kind of link: whom they process,
 * and which alarm arrives where. In each example $R has the link, $R:s is read or $R:t written, and $R:n counts the
 * processings of $R, $R:m those of $R:t.
 */
import type { Chapter, Example, ValueStep } from "../../support/engine/base-values.ts";

const SEVERITIES = ["NMS", "MS", "MSI", "MSS"];
const READS = ["NPP", "PP", "CA", "CP", "CPP"];
const WRITES = ["NPP", "PP", "CA"];
const withSeverities = (accesses: readonly string[]): string[] =>
  accesses.flatMap((access) => SEVERITIES.map((severity) => `${access} ${severity}`));

const CLOSED = "field(OMSL,closed_loop)";
const SIMULATED = "field(SIMM,YES)";
const NOT_PASSIVE = "field(SCAN,Event)";
const PROCESS = ["$R.PROC", "1"] as const;
const WAIT = ["wait"] as const;
const read = (...pvs: string[]): readonly ValueStep[] => pvs.map((pv) => [pv] as const);
const ALARM = ["STAT", "SEVR", "AMSG"];
/** @param modifier of the link; through Channel Access an AMSG that MSS brings is "(null)" in base */
const alarmOf = (name: string, modifier = ""): readonly ValueStep[] =>
  read(...(/C.* MSS/.test(modifier) ? ALARM.slice(0, 2) : ALARM).map((field) => `${name}.${field}`));

/** Alarms of a counter once it has been processed. */
const STATES: Readonly<Record<string, string>> = {
  good: "",
  MINOR: "field(HIGH,0)field(HSV,MINOR)",
  MAJOR: "field(HIGH,0)field(HSV,MAJOR)",
  INVALID: "field(HIGH,0)field(HSV,INVALID)",
  LINK: 'field(INPB,"$R:nosuch")',
};
/**
 * A record that counts its processings. With PREC 6 it is the same text by Channel Access, where PREC does not count.
 */
const counter = (name: string, fields = ""): string =>
  `record(calc,"$R:${name}"){field(CALC,"VAL+1")field(PREC,6)${fields}}`;

/** A link field of a record type. */
interface Place {
  readonly type: string;
  readonly link: string;
  readonly fields?: string;
  readonly seen?: string;
}

const INPUTS: readonly Place[] = [
  { type: "ai", link: "INP" },
  { type: "stringin", link: "INP" },
  { type: "calc", link: "INPA", fields: 'field(CALC,"A")' },
  { type: "bi", link: "INP" },
  { type: "mbbi", link: "INP" },
  { type: "longin", link: "INP" },
  { type: "waveform", link: "INP", fields: "field(FTVL,LONG)field(NELM,2)" },
  { type: "calc", link: "INPU", fields: 'field(CALC,"U")' },
  { type: "calcout", link: "INPL", fields: 'field(CALC,"L")' },
  { type: "ao", link: "DOL", fields: CLOSED },
  { type: "bo", link: "DOL", fields: CLOSED },
  { type: "mbbo", link: "DOL", fields: CLOSED },
  { type: "longout", link: "DOL", fields: CLOSED },
  { type: "stringout", link: "DOL", fields: CLOSED },
  { type: "ai", link: "SIOL", fields: SIMULATED },
  { type: "bi", link: "SIOL", fields: SIMULATED },
  { type: "mbbi", link: "SIOL", fields: SIMULATED },
  { type: "longin", link: "SIOL", fields: SIMULATED },
  { type: "stringin", link: "SIOL", fields: SIMULATED },
  { type: "waveform", link: "SIOL", fields: `${SIMULATED}field(FTVL,LONG)field(NELM,2)` },
  { type: "ai", link: "SIML", fields: "field(VAL,5)", seen: "SIMM" },
  { type: "longout", link: "SIML", fields: "field(VAL,5)", seen: "SIMM" },
  { type: "waveform", link: "SIML", fields: "field(FTVL,LONG)field(NELM,2)", seen: "SIMM" },
  { type: "ai", link: "SDIS", fields: "field(VAL,5)field(DISS,MINOR)", seen: "DISA" },
  { type: "ao", link: "TSEL", fields: "field(VAL,5)", seen: "TSE" },
];
const OUTPUTS: readonly Place[] = [
  { type: "ao", link: "OUT", fields: CLOSED },
  { type: "ao", link: "SIOL", fields: CLOSED + SIMULATED },
  { type: "bo", link: "OUT", fields: CLOSED },
  { type: "bo", link: "SIOL", fields: CLOSED + SIMULATED },
  { type: "mbbo", link: "OUT", fields: CLOSED },
  { type: "longout", link: "OUT", fields: CLOSED },
  { type: "stringout", link: "OUT", fields: CLOSED },
  { type: "stringout", link: "SIOL", fields: CLOSED + SIMULATED },
  { type: "calcout", link: "OUT", fields: 'field(CALC,"A")' },
];
const TYPES = "ai ao bi bo calc calcout longin longout mbbi mbbo stringin stringout waveform".split(" ");

const owner = ({ type, link, fields = "" }: Place, text: string, more = ""): string =>
  `record(${type},"$R"){${fields}${more}field(${link},"${text}")field(FLNK,"$R:n")}\n${counter("n")}`;
const valueOf = ({ seen }: Place): string => (seen === undefined ? "$R" : `$R.${seen}`);
const titled = ({ type, link }: Place, ...words: string[]): string =>
  [`${type}.${link}`, ...words.filter((word) => word !== "")].join(" ");

/** @param options SCAN of $R:s, and of $R */
function reading(place: Place, modifier: string, state: string, options = ["", ""]): Example {
  const [source = "", own = ""] = options;
  return {
    title: titled(place, modifier, state, source && "not Passive", own && "owner not Passive"),
    records: [
      `${owner(place, `$R:s ${modifier}`, own)}\n${counter("s", `${STATES[state === "UDF" ? "good" : state]}${source}`)}`,
    ],
    steps: [
      WAIT,
      ...(state === "UDF" ? [] : [["$R:s.PROC", "1"] as const]),
      WAIT,
      ...read(valueOf(place), "$R:n"),
      PROCESS,
      ...read(valueOf(place)),
      ...alarmOf("$R", modifier),
      ...read("$R:s", "$R:n"),
    ],
  };
}

const ALL_STATES = [...Object.keys(STATES), "UDF"];
const readings: readonly Example[] = INPUTS.flatMap((place, index) =>
  withSeverities(READS).flatMap((modifier) =>
    index < 3
      ? [
          ...ALL_STATES.flatMap((state) =>
            ["", NOT_PASSIVE].map((scan) => reading(place, modifier, state, [scan, ""])),
          ),
          reading(place, modifier, "MAJOR", ["", NOT_PASSIVE]),
        ]
      : ["good", "MAJOR", "LINK"].map((state) => reading(place, modifier, state)),
  ),
);

/** $R reads $R:a, whose alarm and value it has then. @param field of $R:t */
function writing(place: Place, modifier: string, state: string, field = "", scan = ""): Example {
  const target = place.type === "stringout" ? "stringout" : "ao";
  const source = place.type === "calcout" ? "INPA" : "DOL";
  return {
    title: titled(place, field, modifier, state, scan && "not Passive"),
    records: [
      owner(place, `$R:t${field} ${modifier}`, `field(${source},"$R:a MSS")`),
      counter("a", STATES[state]),
      `record(${target},"$R:t"){${scan}field(FLNK,"$R:m")}\n${counter("m")}`,
    ],
    steps: [
      WAIT,
      ["$R:a.PROC", "1"],
      PROCESS,
      WAIT,
      ...read("$R"),
      ...alarmOf("$R"),
      ...read("$R:t"),
      ...alarmOf("$R:t"),
      ...read("$R:m"),
      ["$R:t.PROC", "1"],
      ...alarmOf("$R:t"),
      ...read("$R:m"),
    ],
  };
}

const writings: readonly Example[] = OUTPUTS.flatMap((place, index) =>
  withSeverities(WRITES).flatMap((modifier) => [
    ...(index > 0
      ? ["good", "MAJOR", "LINK"].map((state) => writing(place, modifier, state))
      : Object.keys(STATES).flatMap((state) =>
          ["", NOT_PASSIVE].map((scan) => writing(place, modifier, state, "", scan)),
        )),
    ...["", NOT_PASSIVE].map((scan) => writing(place, modifier, "MAJOR", ".PROC", scan)),
    writing(place, modifier, "MAJOR", ".DESC"),
  ]),
);

const FORWARDS = ["", " CA", ".PROC", ".PROC CA", ".PROC PP MS", ".VAL", ".A CA", " PP", " CP MSS", ".DESC", ".PROCX"];
const forwards: readonly Example[] = FORWARDS.flatMap((text) =>
  [
    ["", ""],
    [NOT_PASSIVE, "not Passive"],
    ["field(DISA,1)", "disabled"],
  ].flatMap(([fields = "", word = ""]) =>
    (word === "" && text.length < 4 ? TYPES : ["ai"]).map((type) => ({
      title: `${type}.FLNK ${text.trim()} ${word}`.trim(),
      records: [`record(${type},"$R"){field(FLNK,"$R:t${text}")}\n${counter("t", fields)}`],
      steps: [WAIT, PROCESS, WAIT, ...read("$R:t", "$R:t.A"), ...alarmOf("$R"), ...read("$R.FLNK")],
    })),
  ),
);

/** Links to a name that nobody has. */
const nowhere: readonly Example[] = [
  ...INPUTS.map((place) => [place, READS] as const),
  ...OUTPUTS.map((place) => [place, WRITES] as const),
].flatMap(([place, accesses]) =>
  [...accesses.map((access) => `${access} NMS`), "NPP MSS"].map((modifier) => ({
    title: `nowhere ${titled(place, modifier)}`,
    records: [owner(place, `$R:nosuch ${modifier}`, "field(PINI,YES)")],
    steps: [
      ...read(valueOf(place)),
      ...alarmOf("$R"),
      ...read("$R:n"),
      WAIT,
      PROCESS,
      ...read(valueOf(place)),
      ...alarmOf("$R"),
      ...read("$R:n"),
    ],
    ...(titled(place) === "waveform.SIOL" && {
      onPurpose: "a SIOL that leads nowhere leaves the elements; base has NELM of them from then on",
    }),
  })),
);

const TEXTS = [
  ..."NPP,PP,CA,CP,CPP,NMS,MS,MSI,MSS,MS PP,MSS CA,PP NPP,NPP PP,CA PP,PP CA,CP CPP,CPP CP,PP CP,MS NMS,NMS MS".split(
    ",",
  ),
  ..."MSI MSS,MSS MSI,pp,Ms,PPMS,PP.MS,MAXIMIZE,junk,PP junk,junk MS,1,PP 1,PP  MS , PP\tMS,PROC,XPP,PPX,NMSS,CPPX,TCP".split(
    ",",
  ),
];
const TEXT_PLACES = ["INP", "OUT", "FLNK", "DOL", "SDIS", "TSEL", "SIOL", "SIML"];
const NAMES = ["", ".VAL", ".TIME", ".PROC", ".DESC$", ".[0:1]", ".{dbnd:{abs:1}}", ".NOSUCH"];
const placeType = (link: string): string => (["OUT", "DOL"].includes(link) ? "ao" : "ai");
const textExample = (link: string, text: string): Example => ({
  title: `text of ${link} ${JSON.stringify(text).slice(1, -1).replaceAll("$R", "")}`,
  records: [
    `record(ao,"$R:s"){}`,
    `record(${placeType(link)},"$R"){field(${link},"${text}")}`,
    `record(${placeType(link)},"$R:later"){}`,
  ],
  steps: [...read(`$R.${link}`), [`$R:later.${link}`, text], ...read(`$R:later.${link}`)],
});
const texts: readonly Example[] = TEXT_PLACES.flatMap((link) => [
  ...TEXTS.map((words) => textExample(link, `$R:s ${words}`)),
  textExample(link, "$R:s\tPP MS"),
  ...NAMES.flatMap((name) => [textExample(link, `$R:s${name}`), textExample(link, ` $R:s${name}  MS`)]),
]);

/** A few records, each with what is done and read. */
const hand = (title: string, records: string, steps: readonly ValueStep[], onPurpose?: string): Example => ({
  title,
  records: [records],
  steps: [WAIT, ...steps],
  ...(onPurpose !== undefined && { onPurpose }),
});
const READS_NOW = "a link with CA reads what is there now; base what was posted last";
const [A, B] = ["$R:a", "$R:b"];
const counts = 'field(CALC,"VAL+1")';

/** A record whose link leads to itself. */
const own: readonly Example[] = withSeverities(["NPP", "PP", "CA"]).flatMap((modifier) => [
  hand(
    `own ai.INP HIGH ${modifier}`,
    `record(ai,"$R"){field(HIGH,3)field(HSV,MAJOR)field(INP,"$R.HIGH ${modifier}")}`,
    [PROCESS, ...read("$R"), ...alarmOf("$R", modifier), WAIT, PROCESS, ...read("$R"), ...alarmOf("$R", modifier)],
  ),
  hand(
    `own calc.INPA ${modifier}`,
    `record(calc,"$R"){field(CALC,"A+1")field(INPA,"$R ${modifier}")field(HIGH,2)field(HSV,MINOR)}`,
    [WAIT, PROCESS, WAIT, PROCESS, WAIT, PROCESS, WAIT, PROCESS, ...read("$R", "$R.A"), ...alarmOf("$R", modifier)],
  ),
  hand(
    `own calcout.OUT ${modifier}`,
    `record(calcout,"$R"){field(CALC,"A<4?A+1:A")field(OOPT,"On Change")field(OUT,"$R.A ${modifier}")field(HIGH,2)field(HSV,MINOR)}`,
    [PROCESS, WAIT, ...read("$R", "$R.A"), ...alarmOf("$R", modifier)],
  ),
]);

const loops: readonly Example[] = [
  ...["PP MS", "PP NMS", "NPP MSS"].map((modifier) =>
    hand(
      `loop of two inputs ${modifier}`,
      `record(calc,"${A}"){field(CALC,"A+1")field(INPA,"${B} ${modifier}")field(HIGH,3)field(HSV,MAJOR)}
record(calc,"${B}"){field(CALC,"A+1")field(INPA,"${A} ${modifier}")}`,
      [
        [`${A}.PROC`, "1"],
        ...read(A, B),
        ...alarmOf(B),
        [`${B}.PROC`, "1"],
        ...read(A, B),
        ...alarmOf(A),
        [`${A}.PROC`, "1"],
        ...read(A, B),
        ...alarmOf(B),
      ],
    ),
  ),
  ...["PP MS", "PP NMS"].map((modifier) =>
    hand(
      `loop of two outputs ${modifier}`,
      `record(calcout,"${A}"){field(CALC,"A+1")field(OUT,"${B}.A ${modifier}")field(HIGH,1)field(HSV,MAJOR)}
record(calcout,"${B}"){field(CALC,"A+1")field(OUT,"${A}.A ${modifier}")}`,
      [[`${A}.PROC`, "1"], ...read(A, B), ...alarmOf(A), ...alarmOf(B), [`${A}.PROC`, "1"], ...read(A, B)],
    ),
  ),
  hand(
    "loop of two forward links",
    `record(calc,"${A}"){${counts}field(FLNK,"${B}")}\nrecord(calc,"${B}"){${counts}field(FLNK,"${A}")}`,
    [
      [`${A}.PROC`, "1"],
      ...read(A, B, `${A}.RPRO`, `${B}.RPRO`),
      [`${B}.PROC`, "1"],
      ...read(A, B),
      WAIT,
      ...read(A, B),
    ],
  ),
  hand(
    "loop of two inputs that come to rest CP",
    `record(calc,"${A}"){field(CALC,"A<3?A+1:A")field(INPA,"${B} CP")}\nrecord(calc,"${B}"){field(CALC,"A")field(INPA,"${A} CP")}`,
    [WAIT, ...read(A, B), [`${A}.CALC`, "A"], WAIT, ...read(A, B)],
  ),
  hand(
    "loop of two outputs CA",
    `record(calcout,"${A}"){field(CALC,"A<4?A+1:A")field(OUT,"${B}.A CA")}
record(calcout,"${B}"){field(CALC,"A")field(OOPT,"On Change")field(OUT,"${A}.A CA")}`,
    [[`${A}.PROC`, "1"], WAIT, WAIT, WAIT, ...read(A, B)],
  ),
];

/** Targets that take no part, or are active: a calcout whose ODLY never ends. */
const ACTIVE = 'field(CALC,"VAL+1")field(ODLY,1000)';
const hindered: readonly Example[] = [
  ["disabled", "record(calc,T_){CALC_field(DISA,1)field(DISS,MAJOR)}"],
  ["without puts", "record(calc,T_){CALC_field(DISP,1)}"],
  ["active", `record(calcout,T_){${ACTIVE}}`],
].flatMap(([word = "", target = ""]) => {
  const there = target.replace("T_", '"$R:t"').replace("CALC_", counts);
  const before: readonly ValueStep[] = word === "active" ? [["$R:t.PROC", "1"]] : [];
  const after = [...read("$R:t", "$R:t.A", "$R:t.PACT", "$R:t.RPRO", "$R:t.PUTF"), ...alarmOf("$R:t")];
  const way = (title: string, fields: string, type: string): Example =>
    hand(
      `${word} ${title}`,
      `${there}\nrecord(${type},"$R"){${fields}}`,
      [...before, PROCESS, WAIT, ...after, ...read("$R"), ...alarmOf("$R")],
      word === "active" && title === "ai.INP CA MS" ? READS_NOW : undefined,
    );
  return [
    ...["NPP NMS", "PP MS", "PP MSS", "CA MS"].map((modifier) =>
      way(`ai.INP ${modifier}`, `field(INP,"$R:t ${modifier}")`, "ai"),
    ),
    ...["NPP MS", "PP NMS", "PP MS", "CA MS"].map((modifier) =>
      way(`ao.OUT A ${modifier}`, `field(VAL,3)field(HIGH,1)field(HSV,MINOR)field(OUT,"$R:t.A ${modifier}")`, "ao"),
    ),
    ...["NPP", "PP", "CA"].map((modifier) =>
      way(`ao.OUT PROC ${modifier}`, `field(OUT,"$R:t.PROC ${modifier}")`, "ao"),
    ),
    ...["", ".PROC", ".PROC CA"].map((text) => way(`ai.FLNK ${text}`.trim(), `field(FLNK,"$R:t${text}")`, "ai")),
  ];
});

/** An active target is asked again and again. */
const asked = hand(
  "active ai.INP PP twelve times",
  `record(calcout,"$R:t"){${ACTIVE}}\nrecord(ai,"$R"){field(INP,"$R:t PP MS")}`,
  [
    ["$R:t.PROC", "1"],
    ...Array.from({ length: 12 }, () => [PROCESS, ...read("$R:t.LCNT", "$R:t.SEVR", "$R.SEVR")]).flat(),
    ...alarmOf("$R:t"),
    ...alarmOf("$R"),
  ],
);

/** $R reads $R:s, and each of `puts` is put to $R:s.FIELD. */
const change = (title: string, records: string, puts: readonly (readonly [field: string, text: string])[]): Example =>
  hand(`change ${title}`, `${records}\n${counter("n")}`, [
    ...read("$R", "$R:n"),
    ...puts.flatMap(([field, text]) => [[`$R${field}`, text] as const, WAIT, ...read("$R", "$R:n")]),
  ]);
const follower = (link: string, fields = ""): string =>
  `record(ai,"$R"){field(INP,"$R:s${link}")${fields}field(FLNK,"$R:n")}`;
const source = (fields = ""): string => `record(ao,"$R:s"){field(VAL,1)${fields}}`;
const TWICE = [
  [":s", "3"],
  [":s", "3"],
  [":s", "7"],
] as const;
/** What processes the owner of a link that says CP or CPP. */
const changes: readonly Example[] = ["CP", "CPP"].flatMap((access) => [
  change(`value ${access}`, `${follower(` ${access}`)}\n${source()}`, TWICE),
  change(`within MDEL, beyond ADEL ${access}`, `${follower(` ${access}`)}\n${source("field(MDEL,3)field(ADEL,-1)")}`, [
    [":s", "5"],
    [":s", "6"],
    [":s", "9"],
  ]),
  change(`alarm ${access}`, `${follower(` ${access}`)}\n${source("field(MDEL,100)")}`, [
    [":s", "2"],
    [":s.HSV", "MINOR"],
    [":s.HIGH", "1"],
    [":s", "3"],
    [":s.HSV", "MAJOR"],
    [":s", "3"],
  ]),
  change(`of another field ${access}`, `${follower(`.HIGH ${access}`)}\n${source()}`, [
    [":s", "3"],
    [":s.HIGH", "4"],
    [":s.HIGH", "4"],
  ]),
  change(`of SEVR ${access}`, `${follower(`.SEVR ${access}`)}\n${source("field(HSV,MAJOR)field(HIGH,5)")}`, [
    [":s", "3"],
    [":s", "6"],
    [":s", "7"],
  ]),
  change(
    `of a unit ${access}`,
    `record(stringin,"$R"){field(INP,"$R:s.EGU ${access}")field(FLNK,"$R:n")}\n${source()}`,
    [
      [":s.EGU", "mm"],
      [":s", "3"],
    ],
  ),
  change(`of a property ${access}`, `${follower(` ${access}`)}\n${source()}`, [
    [":s.EGU", "mm"],
    [":s.HOPR", "9"],
  ]),
  change(
    `of a state ${access}`,
    `record(mbbi,"$R"){field(INP,"$R:s ${access}")field(FLNK,"$R:n")}\nrecord(mbbo,"$R:s"){field(ONST,one)field(TWST,two)}`,
    [
      [":s", "one"],
      [":s", "two"],
      [":s.TWST", "deux"],
    ],
  ),
  change(
    `of elements ${access}`,
    `record(waveform,"$R"){field(FTVL,LONG)field(NELM,3)field(INP,"$R:s ${access}")field(FLNK,"$R:n")}
record(waveform,"$R:s"){field(FTVL,LONG)field(NELM,3)}`,
    TWICE,
  ),
  change(
    `by two links ${access}`,
    `record(calc,"$R"){field(CALC,"A+B")field(INPA,"$R:s ${access}")field(INPB,"$R:s ${access}")field(FLNK,"$R:n")}
${source()}`,
    TWICE,
  ),
  change(
    `of TSEL ${access}`,
    `record(calc,"$R"){field(CALC,"VAL+1")field(TSEL,"$R:s.TIME ${access}")field(FLNK,"$R:n")}\n${source()}`,
    TWICE,
  ),
  change(
    `of an alias ${access}`,
    `record(ai,"$R"){field(INP,"$R:al ${access}")field(FLNK,"$R:n")}\n${source()}\nalias("$R:s","$R:al")`,
    TWICE,
  ),
  change(
    `of DOL that is not used ${access}`,
    `record(ao,"$R"){field(DOL,"$R:s ${access}")field(FLNK,"$R:n")}\n${source()}`,
    TWICE,
  ),
  change(
    `of SIOL that is not used ${access}`,
    `record(ai,"$R"){field(SIOL,"$R:s ${access}")field(FLNK,"$R:n")}\n${source()}`,
    TWICE,
  ),
  change(
    `of SDIS ${access}`,
    `record(calc,"$R"){field(CALC,"VAL+1")field(SDIS,"$R:s ${access}")field(FLNK,"$R:n")}\n${source()}`,
    [
      [":s", "0"],
      [":s", "1"],
      [":s", "2"],
    ],
  ),
  change(`with PINI ${access}`, `${follower(` ${access}`, "field(PINI,YES)")}\n${source("field(PINI,YES)")}`, TWICE),
  change(`where the owner is disabled ${access}`, `${follower(` ${access}`, "field(DISA,1)")}\n${source()}`, [
    [":s", "3"],
    [".DISA", "0"],
    [":s", "4"],
  ]),
  hand(
    `change where the owner is active ${access}`,
    `record(calcout,"$R"){${ACTIVE}field(INPB,"$R:s ${access} MS")field(FLNK,"$R:n")}\n${source()}\n${counter("n")}`,
    Array.from({ length: 12 }, (_, index): readonly ValueStep[] => [
      ...read("$R", "$R.B", "$R.PACT", "$R.PUTF", "$R.RPRO", "$R.LCNT", "$R.SEVR", "$R:n"),
      ["$R:s", String(index)],
      WAIT,
    ]).flat(),
  ),
  change(`where the owner takes no puts ${access}`, `${follower(` ${access}`, "field(DISP,1)")}\n${source()}`, TWICE),
  change(`while SCAN changes ${access}`, `${follower(` ${access}`, NOT_PASSIVE)}\n${source()}`, [
    [":s", "3"],
    [".SCAN", "Passive"],
    [":s", "4"],
    [".SCAN", "Event"],
    [":s", "5"],
  ]),
  change(`while the link changes ${access}`, `${follower("")}\n${source()}\nrecord(ao,"$R:other"){field(VAL,20)}`, [
    [":s", "3"],
    [".INP", `$R:s ${access}`],
    [":s", "4"],
    [".INP", `$R:other ${access}`],
    [":s", "5"],
    [":other", "21"],
    [".INP", ""],
    [":other", "22"],
    [".INP", "$R:nosuch CP"],
  ]),
  change(
    `that comes back by CA ${access}`,
    `record(calcout,"$R"){field(CALC,"A<5?A+1:A")field(INPA,"$R:s ${access}")field(OUT,"$R:s CA")field(FLNK,"$R:n")field(OOPT,"On Change")}
${source("field(VAL,2)")}`,
    [
      [":s", "5"],
      [":s", "1"],
    ],
  ),
]);

/** By Channel Access of its own. */
const late: readonly Example[] = ["CA", "CP"].flatMap((access) => [
  hand(
    `late ${access} MSS AMSG`,
    `${follower(` ${access} MSS`)}\n${counter("n")}\n${counter("s", STATES["LINK"])}`,
    [["$R:s.PROC", "1"], WAIT, PROCESS, ...read("$R.AMSG")],
    'the message of the alarm comes too; base\'s is "(null)"',
  ),
]);
const within: readonly Example[] = [
  hand(
    "text that begins as JSON",
    `record(ai,"$R"){}`,
    [["$R.INP", "{const:7"], ...read("$R.INP")],
    "it is refused; base takes it for the name of a PV",
  ),
  hand(
    "within MDEL CA",
    `${follower(" CA")}\n${counter("n")}\n${source("field(MDEL,5)")}`,
    [["$R:s", "3"], ["$R:s", "4"], WAIT, PROCESS, ...read("$R")],
    READS_NOW,
  ),
  {
    title: "at once CA PINI",
    records: [`${follower(" CA", "field(PINI,YES)")}\n${counter("n")}\n${source()}`],
    steps: [...read("$R"), ...alarmOf("$R")],
    onPurpose: "a link with CA reads from the start; base's is not connected yet",
  },
];

/**
 * Links that are put anew while the database runs; base changes calc.INPU by half, and what waveform.SIOL leaves is
 * said above.
 */
const FIRST = ["", "5", "$R:other MS"];
const SECOND = [
  "$R:s PP MS",
  "$R:s CA",
  "$R:s.HIGH",
  "7",
  "{const:7}",
  "[8,9]",
  "",
  "$R:nosuch MS",
  "@text",
  "$R:x y z",
];
const relinked: readonly Example[] = [
  ...INPUTS.filter((place) => !/INPU|waveform.SIOL/.test(titled(place))),
  ...OUTPUTS,
].flatMap((place) =>
  FIRST.flatMap((first) =>
    SECOND.map((second) => ({
      title: `put ${titled(place, first.replace("$R", ""))} then ${second.replace("$R", "")}`,
      records: [owner(place, first), counter("s", STATES["MINOR"]), counter("other", STATES["MAJOR"])],
      steps: [
        WAIT,
        PROCESS,
        ...read(valueOf(place)),
        [`$R.${place.link}`, second] as const,
        ...read(`$R.${place.link}`, valueOf(place), "$R:n"),
        WAIT,
        PROCESS,
        WAIT,
        ...read(valueOf(place)),
        ...alarmOf("$R"),
        ...read("$R.UDF", "$R:s", "$R:s.A", "$R:other", "$R:n"),
      ],
    })),
  ),
);

export const modifiers: Chapter = {
  name: "modifiers",
  examples: [
    ...readings,
    ...writings,
    ...forwards,
    ...nowhere,
    ...texts,
    ...own,
    ...loops,
    ...hindered,
    asked,
    ...changes,
    ...late,
    ...within,
    ...relinked,
  ],
};
