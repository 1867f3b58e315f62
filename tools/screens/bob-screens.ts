/** The screens of Phoebus, from their descriptions and the PVs: texts of phoebus/*.bob by file. */
import type { Database } from "../../src/database/database.ts";
import { bobCell, pvName } from "./bob-cells.ts";
import type { BobTable } from "./bob-holders.ts";
import { type BobRow, mainDisplay, topicDisplay } from "./bob-layout.ts";
import { bobText } from "./bob-xml.ts";
import type { PlacedRow, Screen, ScreenRow } from "./description.ts";
import { type ScreenPv, screenPv, wordOn } from "./screen-pvs.ts";

const MAIN_TITLE = "Data management $(P)$(R)";

/**
 * @param screens in the order of their tabs
 * @throws Error with everything that the descriptions have wrong, a sentence a line
 */
export function phoebusScreens(screens: readonly Screen[], database: Database): Map<string, string> {
  const problems: string[] = [];
  const rowsOf = (rows: readonly PlacedRow[]): BobRow[] =>
    rows.flatMap((row) => {
      try {
        return [bobRow(row, (suffix) => screenPv(database, suffix))];
      } catch (error) {
        problems.push(`${row.at}: ${(error as Error).message}`);
        return [];
      }
    });
  const files = screens.map(({ topic, title, groups }): [string, string] => [
    `globus_${topic}.bob`,
    bobText(topicDisplay({ title, groups: groups.map((group) => ({ title: group.title, rows: rowsOf(group.rows) })) })),
  ]);
  if (problems.length > 0) throw new Error(problems.join("\n"));
  const shown = { experiment: screenPv(database, "ExperimentName"), heartbeat: screenPv(database, "Heartbeat") };
  const tabs = screens.map(({ topic, title }) => ({ name: title, file: `globus_${topic}.bob` }));
  return new Map([["globus.bob", bobText(mainDisplay(MAIN_TITLE, shown, tabs))], ...files]);
}

function bobRow(row: ScreenRow, pvOf: (suffix: string) => ScreenPv): BobRow {
  switch (row.kind) {
    case "values":
      return {
        kind: "values",
        parts: row.parts.map(({ label, suffixes }) => ({
          label,
          cells: suffixes.map((suffix) => bobCell(pvOf(suffix), wordOn(suffix))),
        })),
      };
    case "command": {
      const { command, state, arm, question } = row;
      if (arm !== undefined) pvOf(arm);
      return {
        kind: "command",
        label: row.label,
        command: pvOf(command),
        status: pvOf(`${command}Status`),
        message: pvOf(`${command}Message`),
        time: pvOf(`${command}Time`),
        stops: row.stops,
        ...(state !== undefined && { state: pvOf(state) }),
        ...(arm !== undefined && { arm }),
        ...(question !== undefined && { question }),
      };
    }
    case "block":
      return { kind: "block", label: row.label, pv: pvOf(row.suffix), lines: row.lines };
    case "table":
      return { kind: "table", lines: row.lines, table: tableOf(row, pvOf) };
    case "chart":
      return {
        kind: "chart",
        minutes: row.minutes,
        curves: row.curves.map(([title, suffix]) => ({ title, pv: pvName(pvOf(suffix).suffix) })),
      };
  }
}

const IMPORT = "from org.csstudio.display.builder.runtime.script import PVUtil";
const WIDTHS: Readonly<Record<ScreenPv["kind"], number>> = { text: 200, number: 80, states: 90, list: 300 };

function tableOf(row: Extract<ScreenRow, { kind: "table" }>, pvOf: (suffix: string) => ScreenPv): BobTable {
  const { title, columns, of, names } = row;
  const pvs = (of ?? [""]).flatMap((stem) => columns.map(([, part]) => pvOf(`${stem}${part}`)));
  const shown = columns.map(([name, part]) => {
    const pv = pvOf(`${of?.[0] ?? ""}${part}`);
    return { title: name, width: pv.isSentence ? 500 : WIDTHS[pv.kind] };
  });
  return {
    name: title,
    columns: [...(names === undefined ? [] : [{ title: "", width: 120 }]), ...shown],
    pvs: pvs.map(({ suffix }) => pvName(suffix)),
    script: of === undefined ? columnsScript() : rowsScript(columns.length, names),
  };
}

/** An array a column. */
const columnsScript = (): string =>
  [
    IMPORT,
    "columns = [PVUtil.getStringArray(pv) for pv in pvs]",
    "count = max([len(column) for column in columns])",
    'cell = lambda column, row: column[row] if row < len(column) else ""',
    "widget.setValue([[cell(column, row) for column in columns] for row in range(count)])",
    "",
  ].join("\n");

/** PVs a row; a row without a name is not there. */
function rowsScript(columns: number, names: readonly string[] | undefined): string {
  const rows = [
    IMPORT,
    "texts = [PVUtil.getString(pv, True) for pv in pvs]",
    `rows = [texts[at:at + ${columns}] for at in range(0, len(texts), ${columns})]`,
  ];
  const filled =
    names === undefined
      ? "widget.setValue([row for row in rows if row[0]])"
      : `widget.setValue([[name] + row for name, row in zip(${JSON.stringify(names)}, rows)])`;
  return [...rows, filled, ""].join("\n");
}
