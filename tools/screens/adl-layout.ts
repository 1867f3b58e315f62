/**
 * Lays a described screen out for MEDM, as TomoScan's screens look: groups in frames below one another, rows in groups,
 * labels and values of a row on one line. What MEDM cannot show (charts, lists, texts of several lines) is named, with
 * where it can be seen. Knows no file format.
 */
import { rowOf } from "../../src/controller/pvs/index.ts";
import {
  AdlCanvas,
  buttonWidth,
  GAP,
  LINE,
  letters,
  PITCH,
  ROW,
  rowWidthOf,
  SENTENCE_WIDTH,
  TEXT,
  widthOf,
} from "./adl-canvas.ts";
import type { AdlBox, AdlPv, AdlScreen } from "./adl-model.ts";
import { type PvLookup, TIME_COLUMNS } from "./adl-pvs.ts";
import type { PlacedRow, Screen, ScreenRow } from "./description.ts";
import { wordOn } from "./screen-pvs.ts";

/** A screen that opens from this one, with the macros that it gets. */
export interface AdlLink {
  readonly label: string;
  readonly file: string;
  readonly macros: Readonly<Record<string, string>>;
}
export interface AdlPage {
  readonly file: string;
  readonly screen: Screen;
  readonly title: string;
  readonly pvOf: PvLookup;
  readonly links: readonly AdlLink[];
  /** Of the PV that says whether the program behind the screen lives; absent: the screen is not ours. */
  readonly alive?: string;
}

const WIDTH = 1080;
const MARGIN = 20;
const INNER = WIDTH - 2 * MARGIN;
const TITLE = 30;
/** The button of a command, and the part of its row before the sentence. */
const ACTION_BUTTON = 130;
const ACTION = 352;
const LINKS = 6;

/** @throws Error with everything that the description has wrong, a sentence a line */
export function layOut(page: AdlPage): AdlScreen {
  const layout = new Layout(page);
  return layout.screen();
}

class Layout {
  readonly #page: AdlPage;
  readonly #on: AdlCanvas;
  readonly #problems: string[] = [];
  /** Where the next row begins. */
  #y = 0;

  constructor(page: AdlPage) {
    this.#page = page;
    this.#on = new AdlCanvas(page.pvOf);
  }

  screen(): AdlScreen {
    const { file, screen, links } = this.#page;
    this.#title();
    for (const { title, rows } of screen.groups) this.#group(title, rows);
    if (links.length > 0) this.#links(links);
    if (this.#problems.length > 0) throw new Error(this.#problems.join("\n"));
    return { file, width: WIDTH, height: this.#y, widgets: this.#on.widgets };
  }

  /** The title, and at its right whether the program lives: texts stay as they were when it hangs. */
  #title(): void {
    const { title, alive, pvOf } = this.#page;
    const y = 0;
    this.#on.add({ kind: "panel", box: { x: 0, y, width: WIDTH, height: TITLE } });
    const life = alive === undefined ? undefined : pvOf(alive);
    const edge = MARGIN + (life === undefined ? 0 : widthOf(life) + GAP);
    const box = { x: edge, y: y + 3, width: WIDTH - 2 * edge, height: TITLE - 6 };
    this.#on.add({ kind: "label", box, text: title, look: "title", align: "centered" });
    if (life !== undefined)
      this.#on.state({ x: WIDTH - edge + GAP, y: y + (TITLE - ROW) / 2, width: 0, height: ROW }, life);
    this.#y = y + TITLE + GAP;
  }

  /** A group of charts alone is not there. */
  #group(title: string, all: readonly PlacedRow[]): void {
    const rows = all.filter(({ kind }) => kind !== "chart");
    if (rows.length === 0) return;
    const top = this.#y;
    this.#on.label(this.#box({ y: top + 4, height: TEXT }), title, "heading", "left");
    this.#y += TEXT + 8;
    for (const row of rows) {
      try {
        this.#row(row, rows);
      } catch (error) {
        this.#problems.push(`${row.at}: ${(error as Error).message}`);
      }
    }
    this.#frame(top);
  }

  #frame(top: number): void {
    const height = this.#y - top + 2;
    this.#on.add({ kind: "frame", box: { x: MARGIN / 2, y: top, width: WIDTH - MARGIN, height } });
    this.#y = top + height + GAP / 2;
  }

  /** The whole width of a group, from here on. */
  #box(part: Partial<AdlBox> = {}): AdlBox {
    return { x: MARGIN, y: this.#y, width: INNER, height: ROW, ...part };
  }

  #row(row: ScreenRow, among: readonly ScreenRow[]): void {
    if (row.kind === "values") this.#values(row.parts, firstLabel(among));
    else if (row.kind === "command") this.#command(row);
    else if (row.kind === "block") this.#block(row);
    else if (row.kind === "table") this.#table(row);
  }

  /** Values behind their labels, in as many lines as they need. Texts that are no sentences share what is left. */
  #values(parts: Extract<ScreenRow, { kind: "values" }>["parts"], first: number): void {
    const top = this.#y;
    const cells = parts.flatMap(({ label, suffixes }, part) =>
      suffixes.map((suffix, index): Cell => {
        const pv = this.#page.pvOf(suffix);
        if (pv.kind === "list") throw new Error(`${suffix} is an array: a table shows it`);
        const isLabelled = index === 0 && pv.kind !== "button";
        const labelled = !isLabelled ? 0 : (part === 0 ? first : letters(label.length)) + GAP;
        return { label: isLabelled ? label : "", labelled, suffix, pv, needed: neededBy(pv, suffix) };
      }),
    );
    for (const line of linesOf(cells, first + GAP)) {
      const growing = line.cells.filter(({ pv }) => isGrowing(pv)).length;
      const spare = growing === 0 ? 0 : Math.floor((INNER - line.x - line.needed) / growing);
      let x = MARGIN + line.x;
      let bottom = this.#y + PITCH;
      for (const cell of line.cells) {
        const { label, labelled, suffix, pv, needed } = cell;
        if (label !== "") this.#on.label(this.#box({ x, width: labelled - GAP }), label, "plain", "right");
        const width = needed + (isGrowing(pv) ? spare : 0);
        const box = this.#box({ x: x + labelled, width });
        if (pv.kind === "button") this.#on.button(box, suffix, wordOn(suffix), suffix === "Abort" ? "stop" : "plain");
        else if (pv.isSentence) bottom = Math.max(bottom, this.#on.sentence(box, suffix));
        else this.#on.value(box, pv);
        x += labelled + width + GAP;
      }
      this.#y = bottom;
    }
    for (const { pv } of cells) this.#mark(pv, top);
  }

  /** The button, the states and the time on the left, what the command says on the right. */
  #command({ command, label, state, arm, stops }: Extract<ScreenRow, { kind: "command" }>): void {
    const { pvOf } = this.#page;
    const top = this.#y;
    const box = this.#box({ x: MARGIN + GAP / 2, width: ACTION_BUTTON });
    this.#on.button(box, command, label, stops ? "stop" : "start", arm);
    let x = box.x + ACTION_BUTTON + GAP;
    for (const suffix of [...(state === undefined ? [] : [state]), `${command}Status`]) {
      const pv = pvOf(suffix);
      this.#on.state({ ...box, x }, pv);
      x += widthOf(pv) + GAP;
    }
    const time = pvOf(`${command}Time`);
    this.#on.text({ ...box, y: top + LINE + 2, width: letters(time.characters) }, time);
    const right = box.x + ACTION;
    this.#y = this.#on.sentence(this.#box({ x: right, width: SENTENCE_WIDTH }), `${command}Message`) + 3;
    if (state !== undefined) this.#mark(pvOf(state), top);
  }

  /** The step that comes next is framed. */
  #mark(pv: AdlPv, top: number): void {
    const state = pv.states.findIndex(({ name }) => name === NEXT);
    const box = { x: MARGIN - 4, y: top - 2, width: INNER + 8, height: this.#y - top };
    if (state >= 0) this.#on.add({ kind: "mark", box, pv, state });
  }

  /** MEDM wraps nothing: a line of Phoebus may be two of the lines that have PVs of their own. */
  #block({ suffix, label, lines, line }: Extract<ScreenRow, { kind: "block" }>): void {
    if (line === undefined && this.#page.pvOf(suffix).isSentence)
      return this.#values([{ label, suffixes: [suffix] }], letters(label.length));
    if (line === undefined) return this.#elsewhere(label, suffix);
    this.#on.label(this.#box(), label, "plain", "left");
    this.#y += ROW;
    for (let index = 0; index < 2 * lines && rowOf(`${line}${index}`) !== undefined; index++) {
      this.#on.line(this.#box(), `${line}${index}`);
      this.#y += LINE;
    }
    this.#y += PITCH - ROW;
  }

  #elsewhere(label: string, suffix: string): void {
    const { channel } = this.#page.pvOf(suffix);
    this.#on.label(this.#box(), `${label}: on the page, in Phoebus, or caget -S ${channel}`, "note", "left");
    this.#y += PITCH;
  }

  /** A row a stem, the columns in as many bands as they need: each band begins with the first column. */
  #table({ title, columns, of, names }: Extract<ScreenRow, { kind: "table" }>): void {
    if (of === undefined) {
      for (const [column, suffix] of columns) this.#elsewhere(`${title}, ${column}`, suffix);
      return;
    }
    const parts = columns.map(([column, part]) => this.#column(column, part, of));
    const [lead, ...others] = names === undefined ? parts : [this.#nameColumn(names), ...parts];
    if (lead === undefined) return;
    for (const band of bandsOf(others, INNER - lead.width)) this.#band([lead, ...band], of.length);
  }

  #nameColumn(names: readonly string[]): Column {
    const put = (box: AdlBox, index: number): number => {
      this.#on.label(box, names[index] ?? "", "plain", "left");
      return 0;
    };
    return { title: "", width: letters(Math.max(...names.map(({ length }) => length))), grows: false, put };
  }

  #column(title: string, part: string, of: readonly string[]): Column {
    const pv = this.#page.pvOf(`${of[0]}${part}`);
    const put = (box: AdlBox, index: number): number => {
      const suffix = `${of[index]}${part}`;
      const own = this.#page.pvOf(suffix);
      if (own.isSentence) return this.#on.sentence(box, suffix);
      if (own.kind === "number" && !own.isInput) this.#on.text(box, own);
      else this.#on.value(box, own);
      return 0;
    };
    const heading = pv.unit === "B" ? title : `${title} ${pv.unit}`.trim();
    const width = Math.max(letters(heading.length), pv.isSentence ? SENTENCE_WIDTH : widthOf(pv));
    return { title: heading, width, grows: isGrowing(pv), put };
  }

  /** Texts that are no sentences share what is left. */
  #band(columns: readonly Column[], rows: number): void {
    const needed = columns.reduce((sum, { width }) => sum + width + GAP, -GAP);
    const growing = columns.filter(({ grows }) => grows).length;
    const spare = growing === 0 ? 0 : Math.floor((INNER - needed) / growing);
    const place = (put: (column: Column, box: AdlBox) => number): void => {
      let { x } = this.#box();
      let bottom = this.#y + PITCH;
      for (const column of columns) {
        const width = column.width + (column.grows ? spare : 0);
        bottom = Math.max(bottom, put(column, this.#box({ x, width })));
        x += width + GAP;
      }
      this.#y = bottom;
    };
    place(({ title }, box) => {
      this.#on.label(box, title, "plain", "left");
      return 0;
    });
    for (let index = 0; index < rows; index++) place(({ put }, box) => put(box, index));
  }

  #links(links: readonly AdlLink[]): void {
    const top = this.#y;
    this.#y += GAP / 2;
    const each = Math.floor((INNER - GAP * (LINKS - 1)) / LINKS);
    for (const [index, { label, file, macros }] of links.entries()) {
      const column = index % LINKS;
      if (index > 0 && column === 0) this.#y += PITCH;
      const needed = buttonWidth(label);
      const width = Math.max(each, links.length === 1 ? needed : 0);
      if (needed > width) throw new Error(`${file}: its title is too long for the button that opens it: ${label}`);
      this.#on.add({ kind: "link", box: this.#box({ x: MARGIN + column * (each + GAP), width }), label, file, macros });
    }
    this.#y += PITCH;
    this.#frame(top);
  }
}

/** A value of a row, behind its label. */
interface Cell {
  readonly label: string;
  readonly suffix: string;
  readonly pv: AdlPv;
  /** Pixels of the label with the gap behind it, and of the value. */
  readonly labelled: number;
  readonly needed: number;
}
interface Line {
  /** Where the line begins, from the left of the group. */
  readonly x: number;
  readonly cells: readonly Cell[];
  readonly needed: number;
}

const NEXT = "Next";

const isGrowing = ({ kind, isSentence, characters }: AdlPv): boolean =>
  kind === "text" && !isSentence && characters < TIME_COLUMNS;

function neededBy(pv: AdlPv, suffix: string): number {
  if (pv.kind === "button") return buttonWidth(wordOn(suffix));
  return pv.isSentence ? SENTENCE_WIDTH : rowWidthOf(pv);
}

/** Cells in lines that fit; the second and later lines begin below the first value. */
function linesOf(cells: readonly Cell[], indent: number): readonly Line[] {
  const lines: { x: number; cells: Cell[]; needed: number }[] = [{ x: 0, cells: [], needed: 0 }];
  for (const cell of cells) {
    const line = lines.at(-1) as (typeof lines)[number];
    const width = cell.labelled + cell.needed;
    const needed = line.needed + (line.cells.length === 0 ? 0 : GAP) + width;
    if (line.cells.length > 0 && line.x + needed > INNER) lines.push({ x: indent, cells: [cell], needed: width });
    else {
      line.cells.push(cell);
      line.needed = needed;
    }
  }
  return lines;
}

/** The width of the first label of a group's rows: values stand below one another. */
const firstLabel = (rows: readonly ScreenRow[]): number =>
  letters(Math.max(0, ...rows.map((row) => (row.kind === "values" ? (row.parts[0]?.label.length ?? 0) : 0))));

interface Column {
  readonly title: string;
  readonly width: number;
  readonly grows: boolean;
  /** @returns where the next row may begin, if below the usual place */
  readonly put: (box: AdlBox, index: number) => number;
}

/** Columns in groups that fit into the width. */
function bandsOf(columns: readonly Column[], width: number): readonly (readonly Column[])[] {
  const bands: Column[][] = [[]];
  let used = 0;
  for (const column of columns) {
    const band = bands.at(-1) as Column[];
    used += GAP + column.width;
    if (used <= width || band.length === 0) band.push(column);
    else {
      bands.push([column]);
      used = GAP + column.width;
    }
  }
  return bands;
}
