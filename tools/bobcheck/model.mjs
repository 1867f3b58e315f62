/**
 * Reads a display as Phoebus' model reader does (ControlSystemStudio/phoebus: app/display/model, 4.7.3 to 6.0.0), and
 * says what the reader passes over in silence. Leaves to others what an operator stumbles over.
 */
import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { childOf, childrenOf, textOf } from "./elements.mjs";
import { boxOf, roomIn } from "./rooms.mjs";
import { ACTIONS, AXIS, nearest, STRUCTURES, WIDGETS, WRITERS } from "./structures.mjs";
import { isOpen, valueProblems } from "./values.mjs";

const EVERY_WIDGET = WIDGETS[""].properties;
const SCHEMES = ["ca", "pva", "loc", "sim", "eq", "sys", "mqtt"];
const isOlder = (a, b) => a.localeCompare(b, undefined, { numeric: true }) < 0;

/** Reads one file. Afterwards `findings`, `uses` of PVs and `widgets` tell what is there. */
export class ModelReader {
  findings = [];
  /** Where which PV is read or written. */
  uses = [];
  /** All widgets, the display first: element, type and macros. */
  widgets = [];

  constructor(file, { macros, phoebus }) {
    this.file = file;
    this.macros = macros;
    this.phoebus = phoebus;
  }

  error(at, what) {
    this.findings.push({ level: "error", line: at.line, what });
  }

  warn(at, what) {
    this.findings.push({ level: "warning", line: at.line, what });
  }

  read(root) {
    if (root?.name !== "display") return this.error(root ?? { line: 1 }, `the root is <${root?.name}>, not <display>`);
    this.version(root, "display", WIDGETS.display.version);
    this.properties({ element: root, type: "display", macros: this.macros, known: WIDGETS.display.properties });
  }

  version(element, type, current) {
    const { version } = element.attributes;
    const [major, wanted] = [version ?? "2", current].map((one) => Number.parseInt(one, 10));
    if (version === undefined && major < wanted)
      this.error(element, `${type} has no version: Phoebus converts it as one of 2.0.0; write version="${current}"`);
    else if (major > wanted)
      this.error(element, `${type} has version ${version}; Phoebus expects ${current} and warns`);
    else if (major < wanted)
      this.warn(element, `${type} has version ${version}: Phoebus converts it as an old one; now it is ${current}`);
  }

  widget(element, macros, parent) {
    const { type, typeId } = element.attributes;
    if (!type) return this.error(element, typeId ? `<widget typeId="…"> is a BOY widget` : "<widget> without a type");
    const known = WIDGETS[type];
    if (known === undefined || type === "display")
      return this.error(
        element,
        `unknown widget type '${type}'${nearest(type, Object.keys(WIDGETS))}: Phoebus shows a placeholder`,
      );
    if (known.since && isOlder(this.phoebus, known.since))
      this.error(element, `${type} came with Phoebus ${known.since}`);
    this.version(element, type, known.version);
    this.properties({ element, type, macros, known: { ...EVERY_WIDGET, ...known.properties } });
    this.place(element, type, parent);
  }

  /** Looks at the children of a widget, which has its own macros. */
  properties({ element, type, macros, known }) {
    const widget = { element, type, known: { ...EVERY_WIDGET, ...known } };
    this.widgets.push(widget);
    const own = childOf(element, "macros")?.children ?? [];
    widget.macros = {
      ...macros,
      ...Object.fromEntries(own.map((one) => [one.name, this.expand(one, { ...widget, macros })])),
    };
    const seen = new Set();
    for (const one of element.children) {
      if (one.name === "widget") {
        if (["display", "group", "array"].includes(type)) this.widget(one, widget.macros, widget.element);
        else this.error(one, `a ${type} holds no widgets: Phoebus passes over them`);
        continue;
      }
      if (seen.has(one.name)) this.warn(one, `<${one.name}> stands twice: the last one counts`);
      seen.add(one.name);
      this.property(one, widget.known, widget, `${type} has no property`);
    }
  }

  place(element, type, parent) {
    const { x, y, width, height } = boxOf(element);
    const [room, tall] = roomIn(parent);
    if (x >= 0 && y >= 0 && x + width <= room && y + height <= tall) return;
    const place = `${x},${y} ${width}x${height} in ${room}x${tall}`;
    this.warn(element, `${type} '${textOf(element, "name") ?? ""}' reaches out of its parent: ${place}`);
  }

  /** @param known kinds of the properties that may stand here, by name */
  property(element, known, widget, refusal) {
    const kind = known[element.name];
    if (kind === undefined)
      return this.error(
        element,
        `${refusal} <${element.name}>${nearest(element.name, Object.keys(known))}: Phoebus passes over it in silence`,
      );
    const [plain, since] = kind.split(" since ");
    if (since && isOlder(this.phoebus, since))
      this.warn(element, `<${element.name}> came with Phoebus ${since}: older ones pass over it in silence`);
    this.value(element, plain, widget);
  }

  value(element, kind, widget) {
    const text = this.expand(element, widget).trim();
    for (const { at, what, isMild } of valueProblems(element, kind, text))
      if (isMild) this.warn(at, what);
      else this.error(at, what);
    if (kind === "filename") this.missing(element, text);
    if (kind === "pvname" && text !== "")
      this.use(element, text, widget, element.name === "pv_name" && WRITERS.has(widget.type) ? "write" : "read");
    if (kind === "axis") this.structure(element, AXIS, widget);
    if (kind === "actions") for (const one of element.children) this.action(one, widget);
    if (kind === "rules") for (const one of element.children) this.rule(one, widget);
    if (kind === "scripts") for (const one of element.children) this.script(one, widget);
    const list = STRUCTURES[kind];
    if (list === undefined) return;
    const [name] = Object.keys(list);
    for (const one of element.children) {
      if (one.name !== name) this.warn(one, `<${element.name}> holds <${one.name}>, not <${name}>`);
      this.structure(one, list[name], widget);
    }
  }

  structure(element, known, widget) {
    for (const one of element.children)
      if (known[one.name] === "children")
        for (const inner of one.children) this.widget(inner, widget.macros, widget.element);
      else this.property(one, known, widget, `<${element.name}> has no`);
  }

  missing(element, text) {
    const [path] = text.split("?");
    if (path === "" || isOpen(path) || /^\w+:/.test(path)) return;
    if (!existsSync(resolve(dirname(this.file), path))) this.error(element, `no file '${path}'`);
  }

  action(element, widget) {
    const type = element.attributes.type?.toLowerCase();
    if (element.name !== "action" || ACTIONS[type] === undefined)
      return this.error(
        element,
        `unknown action '${type}'${nearest(type ?? "", Object.keys(ACTIONS))}: Phoebus drops all actions of the widget`,
      );
    for (const one of element.children)
      if (!ACTIONS[type].includes(one.name))
        this.error(one, `the action ${type} has no <${one.name}>${nearest(one.name, ACTIONS[type])}`);
    const [needed] = ACTIONS[type];
    const given = childOf(element, needed);
    const text = given === undefined ? "" : this.expand(given, widget).trim();
    const isGiven = text !== "" || (type === "execute" && textOf(given, "text"));
    if (!isGiven && type !== "close_display" && type !== "open_data_browser")
      return this.error(element, `${type} without <${needed}>`);
    if (type === "write_pv") {
      const value = childOf(element, "value");
      if (value === undefined)
        this.error(element, "write_pv without <value>: Phoebus writes nothing but an empty text");
      this.use(element, text, widget, "write", value === undefined ? "" : this.expand(value, widget));
    }
    if (type === "open_display") {
      this.missing(element, text);
      const target = textOf(element, "target");
      if (target !== undefined && !/^(replace|tab|window|standalone)$/i.test(target))
        this.error(element, `target '${target}' is not replace, tab, window or standalone`);
    }
  }

  rule(element, widget) {
    const { name, prop_id: property = "", out_exp: gives } = element.attributes;
    if (!name || property === "" || !["true", "false"].includes(gives))
      this.error(element, "a rule needs name, prop_id and out_exp=true|false");
    const [first] = property.split(/[.[]/);
    if (property !== "" && widget.known[first] === undefined)
      this.error(
        element,
        `rule '${name}' sets '${property}', which ${widget.type} does not have${nearest(first, Object.keys(widget.known))}`,
      );
    const pvs = childrenOf(element, "pv_name");
    for (const one of pvs) this.use(one, this.expand(one, widget), widget, "read");
    const expressions = childrenOf(element, "exp");
    if (expressions.length === 0) this.error(element, `rule '${name}' has no <exp>`);
    for (const one of expressions) {
      const { bool_exp: condition = "" } = one.attributes;
      if (condition === "") this.error(one, "<exp> without bool_exp");
      const holder = gives === "true" ? "expression" : "value";
      if (!childOf(one, holder) && !childOf(one, "value")) this.error(one, `<exp> without <${holder}>`);
      for (const number of pvNumbers(`${condition} ${textOf(one, "expression") ?? ""}`))
        if (number >= pvs.length) this.error(one, `rule '${name}' speaks of PV ${number}, but has ${pvs.length}`);
    }
    for (const one of element.children)
      if (!["exp", "pv_name"].includes(one.name)) this.error(one, `a rule has no <${one.name}>`);
  }

  script(element, widget) {
    const { file = "" } = element.attributes;
    if (element.name !== "script" || file === "") return this.error(element, "a script needs file");
    const isEmbedded = file === "EmbeddedPy" || file === "EmbeddedJs";
    const text = textOf(element, "text");
    if (isEmbedded && !text) this.error(element, `${file} without <text>`);
    if (!isEmbedded) this.missing(element, file);
    const pvs = childrenOf(element, "pv_name");
    if (pvs.length === 0) this.error(element, "a script without <pv_name> never runs");
    for (const one of pvs) this.use(one, this.expand(one, widget), widget, "read");
    for (const [, number] of (text ?? "").matchAll(/\bpvs\[(\d+)\]/g))
      if (Number(number) >= pvs.length) this.error(element, `the script speaks of PV ${number}, but has ${pvs.length}`);
    for (const one of element.children)
      if (!["text", "pv_name"].includes(one.name)) this.error(one, `a script has no <${one.name}>`);
  }

  use(element, name, { element: of, type }, use, value) {
    const pv = name.trim();
    if (/\{\s*"longString"/.test(pv))
      this.warn(element, "longString in the PV's name: write <format>6</format> instead");
    const scheme = /^(\w+):\/\//.exec(pv)?.[1];
    if (scheme !== undefined && !SCHEMES.includes(scheme)) this.error(element, `unknown scheme ${scheme}://`);
    this.uses.push({ line: element.line, of, widget: type, use, pv, ...(value === undefined ? {} : { value }) });
  }

  /** The text of an element with its macros replaced as Phoebus does: $(M), ${M}, $(M=default), a widget's property. */
  expand(element, widget, text = element.text) {
    return text.replace(
      /\$(?:\(([^()=]+)(?:=([^()]*))?\)|\{([^{}=]+)(?:=([^{}]*))?\})/g,
      (whole, round, roundDefault, curly, curlyDefault) => {
        const name = round ?? curly;
        const given = widget.macros?.[name] ?? roundDefault ?? curlyDefault;
        if (given !== undefined) return given;
        const own = childOf(widget.element, name);
        if (own?.text && name !== element.name) return this.expand(own, widget);
        const isProperty = widget.known?.[name.split(/[.[]/)[0]] !== undefined;
        if (!isProperty && !["DID", "DNAME", "pv_value"].includes(name))
          this.warn(element, `macro ${whole} has no value here`);
        return whole;
      },
    );
  }
}

/** The numbers of the PVs of which an expression of a rule speaks. */
export const pvNumbers = (expression) =>
  [...expression.matchAll(/\bpv(?:Int|Str|Sev|LegacySev)?(\d+)\b/g)].map(([, number]) => Number(number));
