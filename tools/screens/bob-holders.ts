/** Widgets of Phoebus that hold several things: tables, charts, tabs, and the display itself. Knows no PV. */
import { BOB_COLORS, type BobBox, bobFont, bobWidget } from "./bob-widgets.ts";
import { type BobElement, codeElement, colorElement, elementOf, valueElement } from "./bob-xml.ts";

export interface BobTable {
  readonly name: string;
  readonly columns: readonly { readonly title: string; readonly width: number }[];
  /** PVs of the script, with their macros. */
  readonly pvs: readonly string[];
  /** Jython that fills the table from `pvs`. */
  readonly script: string;
}
/** Several columns from several PVs, which only a script can fill. */
export const bobTable = (box: BobBox, { name, columns, pvs, script }: BobTable): BobElement =>
  bobWidget("table", name, box, [
    elementOf(
      "columns",
      columns.map(({ title, width }) =>
        elementOf("column", [
          valueElement("name", title),
          valueElement("width", width),
          valueElement("editable", false),
        ]),
      ),
    ),
    elementOf("scripts", [
      elementOf("script", [codeElement("text", script), ...pvs.map((pv) => valueElement("pv_name", pv))], {
        file: "EmbeddedPy",
      }),
    ]),
    bobFont(),
    valueElement("editable", false),
  ]);

/** Curves over the last minutes, each with an axis of its own. */
export const bobChart = (
  box: BobBox,
  minutes: number,
  curves: readonly { readonly title: string; readonly pv: string }[],
): BobElement =>
  bobWidget("stripchart", "chart", box, [
    valueElement("start", `${minutes} minutes`),
    valueElement("end", "now"),
    valueElement("show_toolbar", false),
    elementOf(
      "y_axes",
      curves.map(({ title }, index) =>
        elementOf("y_axis", [
          valueElement("title", title),
          valueElement("autoscale", true),
          colorElement("color", BOB_COLORS.trace[index % BOB_COLORS.trace.length] ?? BOB_COLORS.text),
        ]),
      ),
    ),
    elementOf(
      "traces",
      curves.map(({ title, pv }, index) =>
        elementOf("trace", [
          valueElement("name", title),
          valueElement("y_pv", pv),
          valueElement("axis", index),
          colorElement("color", BOB_COLORS.trace[index % BOB_COLORS.trace.length] ?? BOB_COLORS.text),
        ]),
      ),
    ),
  ]);

/** Tabs down the left side, each with a file. */
export const bobTabs = (
  box: BobBox,
  tabWidth: number,
  tabs: readonly { readonly name: string; readonly file: string }[],
): BobElement =>
  bobWidget("navtabs", "topics", box, [
    elementOf(
      "tabs",
      tabs.map(({ name, file }) => elementOf("tab", [valueElement("name", name), valueElement("file", file)])),
    ),
    valueElement("tab_width", tabWidth),
    colorElement("selected_color", BOB_COLORS.control),
    colorElement("deselected_color", BOB_COLORS.header),
    bobFont(),
  ]);

export function bobDisplay(
  title: string,
  { width, height }: Pick<BobBox, "width" | "height">,
  widgets: readonly BobElement[],
): BobElement {
  const head = Object.entries({ name: title, width, height }).map(([key, value]) => valueElement(key, value));
  return elementOf("display", [...head, colorElement("background_color", BOB_COLORS.background), ...widgets], {
    version: "2.0.0",
  });
}
