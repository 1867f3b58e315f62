/**
 * What the lists, actions and enumerations of Phoebus' widgets hold, beside the table of widgets in
 * tools/bob-widgets.json, which has their names, versions, default sizes and properties (Phoebus 4.7.3 to 6.0.0).
 */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const FILE = join(dirname(dirname(fileURLToPath(import.meta.url))), "bob-widgets.json");
/** Widgets by type; under "" what each of them has. */
export const WIDGETS = JSON.parse(readFileSync(FILE, "utf8"));

/** The kinds of the properties of a plot's axis. */
export const AXIS = {
  title: "string",
  autoscale: "boolean",
  log_scale: "boolean",
  minimum: "double",
  maximum: "double",
  show_grid: "boolean",
  title_font: "font",
  scale_font: "font",
  visible: "boolean",
};
const TRACE = {
  name: "string",
  x_pv: "pvname",
  y_pv: "pvname",
  err_pv: "pvname",
  axis: "integer",
  trace_type: "trace_type",
  color: "color",
  line_width: "integer",
  line_style: "line_style",
  point_type: "point_type",
  point_size: "integer",
  visible: "boolean",
};
const NAVTAB = {
  name: "string",
  file: "filename",
  macros: "macros",
  group_name: "string",
  selected_color: "color",
  deselected_color: "color",
};
/** What the elements of a list may be, and the kinds of what they hold. */
export const STRUCTURES = {
  states: { state: { value: "integer", label: "string", color: "color" } },
  tabs: { tab: { name: "string", children: "children" } },
  navtabs: { tab: NAVTAB },
  y_axes: { y_axis: { ...AXIS, on_right: "boolean", color: "color" } },
  traces: { trace: TRACE },
  columns: { column: { name: "string", width: "integer", editable: "boolean", options: "any" } },
};

/** Kinds that are the ordinal number of an enumeration, with its size. */
export const ORDINALS = {
  format: 12,
  alignment: 3,
  rotation: 4,
  direction: 2,
  line_style: 5,
  style: 4,
  resize: 5,
  mode: 3,
  confirm: 4,
  trace_type: 6,
  point_type: 6,
};

/** The actions by type, with what they hold. */
export const ACTIONS = {
  write_pv: ["pv_name", "value", "description"],
  open_display: ["file", "macros", "target", "name", "description"],
  open_file: ["file", "description"],
  open_webpage: ["url", "description"],
  open_data_browser: ["pvs", "timeRange", "pv_name", "description"],
  close_display: ["description"],
  command: ["command", "description"],
  execute: ["script", "description"],
};

/** Widgets with which a person writes pv_name. */
export const WRITERS = new Set([
  "textentry",
  "combo",
  "choice",
  "radio",
  "bool_button",
  "checkbox",
  "slide_button",
  "spinner",
  "scaledslider",
  "scrollbar",
  "thumbwheel",
  "fileselector",
]);

/** Says which of the known names is meant, in parentheses; nothing where none is like it. */
export function nearest(name, known) {
  const [best] = [...known].map((one) => [distance(name, one), one]).sort((a, b) => a[0] - b[0]);
  return best !== undefined && best[0] <= Math.max(1, name.length / 2.5) ? ` (${best[1]}?)` : "";
}

/** Letters to add, drop or change until one word is the other. */
function distance(a, b) {
  let row = [...Array(b.length + 1).keys()];
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    row = next;
  }
  return row[b.length];
}
