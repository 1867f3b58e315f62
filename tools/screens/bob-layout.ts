/**
 * Lays a screen out for Phoebus: groups below each other, two beside each other where neither needs the width, a row a
 * PV or a command. Writes the main screen, too: the title, whether the IOC lives, and a tab for each topic.
 */
import { lineHeight, widthOf } from "../bobcheck/letters.mjs";
import { BOB_ROW, BOB_TWO_LINES, type BobCell, bobTones, pvName } from "./bob-cells.ts";
import { type BobTable, bobChart, bobDisplay, bobTable, bobTabs } from "./bob-holders.ts";
import {
  BOB_COLORS,
  BOB_TEXT,
  type BobBox,
  type BobPv,
  bobBlock,
  bobButton,
  bobFrame,
  bobLabel,
  bobPanel,
  bobState,
  bobValue,
} from "./bob-widgets.ts";
import type { BobElement } from "./bob-xml.ts";
import type { ScreenPv } from "./screen-pvs.ts";

/** A command with its PVs beside it. */
export interface BobCommand {
  readonly label: string;
  readonly command: ScreenPv;
  readonly status: ScreenPv;
  readonly message: ScreenPv;
  readonly time: ScreenPv;
  /** A state that stands before the command's own. */
  readonly state?: ScreenPv;
  /** The PV that has to be Armed, and what is asked then. */
  readonly arm?: string;
  readonly question?: string;
  /** It stops what goes on. */
  readonly stops?: boolean;
}
export type BobRow =
  | {
      readonly kind: "values";
      /** Cells behind their label. */
      readonly parts: readonly { readonly label: string; readonly cells: readonly BobCell[] }[];
    }
  | ({ readonly kind: "command" } & BobCommand)
  | { readonly kind: "block"; readonly label: string; readonly pv: ScreenPv; readonly lines: number }
  | { readonly kind: "table"; readonly table: BobTable; readonly lines: number }
  | {
      readonly kind: "chart";
      readonly minutes: number;
      readonly curves: readonly { readonly title: string; readonly pv: string }[];
    };
export interface BobGroup {
  readonly title: string;
  readonly rows: readonly BobRow[];
}
export interface BobScreen {
  readonly title: string;
  readonly groups: readonly BobGroup[];
}

const MAIN = { width: 1280, height: 800 };
const HEADER = 32;
const TAB = 140;
/** Border and padding that Phoebus puts around the file of a tab, and a little more. */
const TAB_EDGES = 14;
const TOPIC = { width: MAIN.width - TAB - TAB_EDGES, height: MAIN.height - HEADER - TAB_EDGES };
const GAP = 4;
const MARGIN = 6;
const LABEL = 150;
const CHART = 180;
const TABLE_ROW = 25;
const BUTTON = 120;
const TIME = 180;

const cellsOf = ({ parts }: Extract<BobRow, { kind: "values" }>): BobCell[] => parts.flatMap(({ cells }) => cells);

const heightOf = (row: BobRow): number => {
  switch (row.kind) {
    case "command":
      return BOB_TWO_LINES;
    case "chart":
      return CHART;
    case "block":
      return Math.ceil(row.lines * lineHeight(BOB_TEXT)) + 8;
    case "table":
      return (row.lines + 1) * TABLE_ROW + 8;
    case "values":
      return Math.max(...cellsOf(row).map(({ height }) => height));
  }
};
const FULL = TOPIC.width - 2 * MARGIN;
const HALF = (FULL - MARGIN) / 2;

/** It has to have the width of the screen. */
const isWide = ({ rows }: BobGroup): boolean =>
  rows.some(
    (row) =>
      row.kind !== "values" ||
      cellsOf(row).some(({ height }) => height > BOB_ROW) ||
      neededBy(cellsIn(row)) > HALF - 2 * GAP,
  );
const groupHeight = ({ rows }: BobGroup): number =>
  BOB_ROW + rows.reduce((sum, row) => sum + heightOf(row) + GAP, 0) + GAP;

/** The file of a topic. */
export function topicDisplay(screen: BobScreen): BobElement {
  const widgets: BobElement[] = [...titleRow(screen.title)];
  let y = BOB_ROW + 2 * GAP;
  let left: BobGroup | undefined;
  const place = (group: BobGroup, x: number, width: number, height: number): void => {
    widgets.push(...groupWidgets(group, { x, y, width, height }));
  };
  const endRow = (): void => {
    if (left === undefined) return;
    place(left, MARGIN, FULL, groupHeight(left));
    y += groupHeight(left) + MARGIN;
    left = undefined;
  };
  for (const group of screen.groups) {
    if (isWide(group)) {
      endRow();
      place(group, MARGIN, FULL, groupHeight(group));
      y += groupHeight(group) + MARGIN;
    } else if (left === undefined) left = group;
    else {
      const height = Math.max(groupHeight(left), groupHeight(group));
      place(left, MARGIN, HALF, height);
      place(group, MARGIN + HALF + MARGIN, HALF, height);
      y += height + MARGIN;
      left = undefined;
    }
  }
  endRow();
  return bobDisplay(screen.title, { width: TOPIC.width, height: Math.max(y, 100) }, widgets);
}

/** The title, and at its right whether the program lives: texts stay as they were when it hangs. */
function titleRow(title: string): BobElement[] {
  const y = GAP;
  const width = TOPIC.width - MARGIN;
  return [
    bobLabel({ x: MARGIN, y, width: 500, height: BOB_ROW }, title, { size: 18, isBold: true, color: BOB_COLORS.title }),
    ...aliveWidgets(width, y),
  ];
}
const LIFE = ["Stopped", "Running"];
function aliveWidgets(right: number, y: number): BobElement[] {
  const width = 90;
  return [
    bobLabel({ x: right - width - 60, y, width: 52, height: BOB_ROW }, "IOC", { align: "right" }),
    bobState(
      { x: right - width, y, width, height: BOB_ROW },
      { pv: pvName("ServerRunning"), meaning: "Whether the program behind the PVs is alive." },
      bobTones("ServerRunning", LIFE),
    ),
  ];
}

function groupWidgets({ title, rows }: BobGroup, box: BobBox): BobElement[] {
  const widgets = [
    bobFrame(box),
    bobLabel({ x: box.x + GAP, y: box.y + 2, width: box.width - 2 * GAP, height: BOB_ROW - 2 }, title, {
      isBold: true,
    }),
  ];
  let y = box.y + BOB_ROW;
  for (const row of rows) {
    widgets.push(...rowWidgets(row, { x: box.x + GAP, y, width: box.width - 2 * GAP, height: heightOf(row) }));
    y += heightOf(row) + GAP;
  }
  return widgets;
}

function rowWidgets(row: BobRow, box: BobBox): BobElement[] {
  switch (row.kind) {
    case "command":
      return commandWidgets(row, box);
    case "table":
      return [bobTable(box, row.table)];
    case "block":
      return [
        bobLabel({ ...box, width: LABEL, height: BOB_ROW }, row.label, { align: "right" }),
        bobBlock({ ...box, x: box.x + LABEL + GAP, width: box.width - LABEL - GAP }, namedPv(row.pv)),
      ];
    case "chart":
      return [bobChart(box, row.minutes, row.curves)];
    case "values":
      return besideEachOther(cellsIn(row), box);
  }
}

/** Labels of the first cells stand below each other. */
const labelCell = (label: string, isFirst: boolean): BobCell => ({
  width: isFirst ? LABEL : widthOf(label, BOB_TEXT) + 3 * GAP,
  height: BOB_ROW,
  grows: false,
  make: (box) => bobLabel(box, label, { align: "right" }),
});

/** The cells of a row with their labels. */
const cellsIn = ({ parts }: Extract<BobRow, { kind: "values" }>): BobCell[] =>
  parts.flatMap(({ label, cells }, index) => [labelCell(label, index === 0), ...cells]);

/** Pixels that cells need beside each other. */
const neededBy = (cells: readonly BobCell[]): number => cells.reduce((sum, { width }) => sum + width + GAP, -GAP);

/** Those that grow share what is left. */
function besideEachOther(cells: readonly BobCell[], box: BobBox): BobElement[] {
  const needed = neededBy(cells);
  const growing = cells.filter(({ grows }) => grows).length;
  const more = growing === 0 ? 0 : Math.floor((box.width - needed) / growing);
  let x = box.x;
  return cells.map(({ width: own, grows, height, make }) => {
    const width = own + (grows ? more : 0);
    const element = make({ x, y: box.y + (box.height - height) / 2, width, height });
    x += width + GAP;
    return element;
  });
}

const namedPv = ({ suffix, meaning, isCharacters }: ScreenPv): BobPv => ({ pv: pvName(suffix), meaning, isCharacters });

/** Button, states, when it ended, and what it says, in two lines. */
function commandWidgets(
  { label, command, state, status, message, time, arm, question, stops }: BobCommand,
  box: BobBox,
): BobElement[] {
  const look = {
    text: label,
    meaning: command.meaning,
    color: stops === true ? BOB_COLORS.stop : BOB_COLORS.start,
    ...(question !== undefined && { question }),
    ...(arm !== undefined && { arm: pvName(arm) }),
  };
  const inRow = (x: number, width: number): BobBox => ({
    x: box.x + x,
    y: box.y + (box.height - BOB_ROW) / 2,
    width,
    height: BOB_ROW,
  });
  const widgets = [bobButton(inRow(0, BUTTON), look, pvName(command.suffix))];
  let x = BUTTON + GAP;
  for (const pv of [...(state === undefined ? [] : [state]), status]) {
    const width = Math.max(...pv.states.map((word) => widthOf(word, BOB_TEXT))) + 16;
    widgets.push(bobState(inRow(x, width), namedPv(pv), bobTones(pv.suffix, pv.states)));
    x += width + GAP;
  }
  widgets.push(bobValue(inRow(x, TIME), namedPv(time), "line"));
  x += TIME + GAP;
  widgets.push(bobValue({ ...box, x: box.x + x, width: box.width - x }, namedPv(message), "lines"));
  return widgets;
}

/** The main screen: which experiment has the beam, whether the program lives, and a tab for each topic. */
export function mainDisplay(
  title: string,
  { experiment, heartbeat }: { readonly experiment: ScreenPv; readonly heartbeat: ScreenPv },
  topics: readonly { readonly name: string; readonly file: string }[],
): BobElement {
  const tabs = { x: 0, y: HEADER, width: MAIN.width, height: MAIN.height - HEADER };
  return bobDisplay(title, MAIN, [
    bobPanel({ x: 0, y: 0, width: MAIN.width, height: HEADER }, BOB_COLORS.header),
    bobLabel({ x: MARGIN, y: 2, width: 620, height: HEADER - 4 }, title, {
      size: Math.floor((HEADER - 4) / lineHeight(1)) - 6,
      isBold: true,
      color: BOB_COLORS.title,
    }),
    bobLabel({ x: 640, y: GAP, width: 90, height: BOB_ROW }, "Experiment", { align: "right" }),
    bobValue({ x: 736, y: GAP, width: 300, height: BOB_ROW }, namedPv(experiment), "line"),
    bobLabel({ x: 1040, y: GAP, width: 90, height: BOB_ROW }, "Heartbeat", { align: "right" }),
    bobValue({ x: 1136, y: GAP, width: 138, height: BOB_ROW }, namedPv(heartbeat), "line"),
    bobTabs(tabs, TAB, topics),
  ]);
}
