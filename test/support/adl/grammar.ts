/**
 * What may stand in a screen of MEDM: the widgets that our screens use, with their blocks, attributes and values as
 * MEDM's reader knows them (medm: the parse functions of medm*.c, stringValueTable). MEDM itself says nothing of what
 * it does not know, it leaves it out.
 */
import type { AdlBlock, AdlProblem } from "./read.ts";

/** The value of an attribute: any text, a whole number, the index of a colour, or one of these words. */
type Value = "text" | "number" | "colour" | readonly string[];

interface Shape {
  readonly entries: Readonly<Record<string, Value>>;
  /** Entries and blocks that must be there. */
  readonly needs: readonly string[];
  readonly blocks: Readonly<Record<string, Shape>>;
}

const shape = (entries: Shape["entries"], needs: readonly string[] = [], blocks: Shape["blocks"] = {}): Shape => ({
  entries,
  needs,
  blocks,
});

const OBJECT = shape({ x: "number", y: "number", width: "number", height: "number" }, ["x", "y", "width", "height"]);
const BASIC = shape({ clr: "colour", style: ["solid", "dash"], fill: ["solid", "outline"], width: "number" }, ["clr"]);
const DYNAMIC = shape({
  clr: ["static", "alarm", "discrete"],
  vis: ["static", "if not zero", "if zero", "calc"],
  calc: "text",
  chan: "text",
  chanB: "text",
  chanC: "text",
  chanD: "text",
});
const CHANNEL = shape({ chan: "text", clr: "colour", bclr: "colour" }, ["chan", "clr", "bclr"]);
const SOURCES = ["channel", "default"];
const LIMITS = shape({
  loprSrc: SOURCES,
  loprDefault: "number",
  hoprSrc: SOURCES,
  hoprDefault: "number",
  precSrc: SOURCES,
  precDefault: "number",
});
const CLRMOD = ["static", "alarm", "discrete"];
const ALIGN = ["horiz. left", "horiz. centered", "horiz. right"];
const FORMAT = ["decimal", "exponential", "engr. notation", "compact", "truncated", "hexadecimal", "octal", "string"];
const DECORATION = ["none", "no decorations", "outline", "limits", "channel"];
const DIRECTION = ["up", "right", "down", "left"];

const GRAPHIC = { object: OBJECT, "basic attribute": BASIC, "dynamic attribute": DYNAMIC };
const MONITOR = { object: OBJECT, monitor: CHANNEL };
const CONTROL = { object: OBJECT, control: CHANNEL };
const LINK = shape({ label: "text", name: "text", args: "text", policy: ["create new display", "replace display"] }, [
  "label",
  "name",
  "args",
]);
/** MAX_RELATED_DISPLAYS of MEDM. */
const MOST_LINKS = 16;

/** The widgets of our screens. */
export const WIDGETS: Readonly<Record<string, Shape>> = {
  rectangle: shape({}, ["object", "basic attribute"], GRAPHIC),
  oval: shape({}, ["object", "basic attribute"], GRAPHIC),
  text: shape({ textix: "text", align: ALIGN }, ["object", "basic attribute", "textix"], GRAPHIC),
  "text update": shape({ clrmod: CLRMOD, align: ALIGN, format: FORMAT }, ["object", "monitor"], {
    ...MONITOR,
    limits: LIMITS,
  }),
  "text entry": shape({ clrmod: CLRMOD, format: FORMAT }, ["object", "control"], { ...CONTROL, limits: LIMITS }),
  "message button": shape(
    { label: "text", press_msg: "text", release_msg: "text", clrmod: CLRMOD },
    ["object", "control", "label", "press_msg"],
    CONTROL,
  ),
  "choice button": shape({ clrmod: CLRMOD, stacking: ["row", "column", "row column"] }, ["object", "control"], CONTROL),
  menu: shape({ clrmod: CLRMOD }, ["object", "control"], CONTROL),
  bar: shape(
    { label: DECORATION, clrmod: CLRMOD, direction: DIRECTION, fillmod: ["from edge", "from center"] },
    ["object", "monitor"],
    { ...MONITOR, limits: LIMITS },
  ),
  byte: shape({ clrmod: CLRMOD, direction: DIRECTION, sbit: "number", ebit: "number" }, ["object", "monitor"], MONITOR),
  "related display": shape(
    {
      label: "text",
      visual: ["menu", "a row of buttons", "a column of buttons", "invisible"],
      clr: "colour",
      bclr: "colour",
    },
    ["object", "clr", "bclr", "display[0]"],
    {
      object: OBJECT,
      ...Object.fromEntries(Array.from({ length: MOST_LINKS }, (_, index) => [`display[${index}]`, LINK])),
    },
  ),
};

/** `children` holds widgets: places.ts goes into them. */
const COMPOSITE = shape({ "composite name": "text" }, ["object", "children"], {
  object: OBJECT,
  "dynamic attribute": DYNAMIC,
});

const HEAD: Readonly<Record<string, Shape>> = {
  file: shape({ name: "text", version: ["030111"] }, ["name", "version"]),
  display: shape(
    {
      clr: "colour",
      bclr: "colour",
      cmap: [""],
      gridSpacing: "number",
      gridOn: ["0", "1"],
      snapToGrid: ["0", "1"],
    },
    ["object", "clr", "bclr"],
    { object: OBJECT },
  ),
  "color map": shape({ ncolors: "number" }, ["ncolors", "colors"], { colors: shape({}) }),
};
/** DL_MAX_COLORS of MEDM. */
const MOST_COLOURS = 65;

/** What a screen has wrong by the grammar, one by one. @param file its name */
export function grammarProblems(file: string, blocks: readonly AdlBlock[]): AdlProblem[] {
  const problems: AdlProblem[] = [];
  const colours = colourMap(blocks, problems);
  Object.keys(HEAD).forEach((name, index) => {
    const block = blocks[index];
    if (block?.name !== name)
      problems.push({ line: block?.line ?? 1, what: `block ${index + 1} of a screen is ${name}, not ${block?.name}` });
    else shapeProblems(block, HEAD[name] as Shape, colours, problems);
  });
  const name = valueOf(blocks[0], "name");
  if (name !== undefined && name !== file) problems.push({ line: 1, what: `calls itself ${name}, and is ${file}` });
  widgetProblems(blocks.slice(Object.keys(HEAD).length), colours, problems);
  return problems;
}

/** The value of an entry of a block. */
export const valueOf = (block: AdlBlock | undefined, key: string): string | undefined =>
  block?.entries.find((entry) => entry.key === key)?.value;

/** The block of this name in a block. */
export const blockOf = (block: AdlBlock | undefined, name: string): AdlBlock | undefined =>
  block?.blocks.find((inner) => inner.name === name);

function widgetProblems(widgets: readonly AdlBlock[], colours: number, problems: AdlProblem[]): void {
  for (const widget of widgets) {
    const { name, line } = widget;
    const known = name === "composite" ? COMPOSITE : WIDGETS[name];
    if (name === "shell command")
      problems.push({ line, what: "has a shell command: a screen runs nothing on the operator's machine" });
    else if (known === undefined) problems.push({ line, what: `${name} is no widget of our screens` });
    else {
      const children = name === "composite" ? blockOf(widget, "children") : undefined;
      shapeProblems({ ...widget, blocks: widget.blocks.filter((one) => one !== children) }, known, colours, problems, {
        isThere: children === undefined ? [] : ["children"],
      });
      if (children !== undefined) widgetProblems(children.blocks, colours, problems);
    }
  }
}

function shapeProblems(
  block: AdlBlock,
  { entries, needs, blocks }: Shape,
  colours: number,
  problems: AdlProblem[],
  { isThere = [] }: { readonly isThere?: readonly string[] } = {},
): void {
  const seen = new Set<string>(isThere);
  for (const { key, value, line } of block.entries) {
    if (seen.has(key)) problems.push({ line, what: `${key} stands twice in ${block.name}: MEDM takes the last` });
    seen.add(key);
    const known = entries[key];
    if (known === undefined) problems.push({ line, what: `${block.name} has no attribute ${key}` });
    else {
      const wrong = valueProblem(known, value, colours);
      if (wrong !== undefined)
        problems.push({ line, what: `${key} of ${block.name} is ${JSON.stringify(value)}: ${wrong}` });
    }
  }
  for (const inner of block.blocks) {
    const { name, line } = inner;
    if (seen.has(name)) problems.push({ line, what: `${name} stands twice in ${block.name}` });
    seen.add(name);
    const known = blocks[name];
    if (known === undefined) problems.push({ line, what: `${block.name} has no block ${name}` });
    else shapeProblems(inner, known, colours, problems);
  }
  for (const name of needs)
    if (!seen.has(name)) problems.push({ line: block.line, what: `${block.name} has no ${name}` });
}

function valueProblem(known: Value, value: string, colours: number): string | undefined {
  if (known === "text") return undefined;
  if (known === "number") return /^-?\d+(\.\d+)?$/.test(value) ? undefined : "it is a number";
  if (known === "colour")
    return /^\d+$/.test(value) && Number(value) < colours ? undefined : `the map has the colours 0 to ${colours - 1}`;
  return known.includes(value) ? undefined : `it is one of ${known.map((one) => JSON.stringify(one)).join(", ")}`;
}

/** @returns how many colours the map has */
function colourMap(blocks: readonly AdlBlock[], problems: AdlProblem[]): number {
  const map = blocks.find(({ name }) => name === "color map");
  const { words = [], line = 1 } = blockOf(map, "colors") ?? {};
  for (const word of words)
    if (!/^[0-9a-f]{6}$/.test(word)) problems.push({ line, what: `${word} is no colour: six hexadecimal digits are` });
  if (map !== undefined && valueOf(map, "ncolors") !== String(words.length))
    problems.push({ line, what: `ncolors is ${valueOf(map, "ncolors")}, and the map has ${words.length} colours` });
  if (words.length > MOST_COLOURS)
    problems.push({ line, what: `the map has ${words.length} colours: MEDM takes ${MOST_COLOURS}` });
  return words.length;
}
