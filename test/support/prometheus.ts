/**
 * Reads the text form of Prometheus strictly, and says what a scraper, or `promtool check metrics`, would not like. An
 * own reading of its published grammar; nothing of the server's is used.
 */

export interface PromSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/;
const NUMBER = /^(?:[+-]?Inf|NaN|[+-]?\d+(\.\d+)?([eE][+-]?\d+)?)$/;
/** Units that are not base units. */
const OTHER_UNITS = /_(?:milliseconds|ms|minutes|hours|days|kilobytes|megabytes|kb|mb|percent)(?:_|$)/;
const IN_THE_MIDDLE = /_(?:seconds|bytes)_(?!total$|per_second$)/;

/** @throws Error with the line that is not well-formed */
export function readPrometheus(text: string): readonly PromSample[] {
  const samples: PromSample[] = [];
  const typeByName = new Map<string, string>();
  const helped = new Set<string>();
  const seen = new Set<string>();
  let current = "";
  if (!text.endsWith("\n")) throw new Error("the last line has no end");
  for (const line of text.slice(0, -1).split("\n")) {
    const fail = (why: string): Error => new Error(`${why}: ${line}`);
    const [, kind, name = "", rest = ""] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (kind === "HELP") {
      if (helped.has(name)) throw fail("a second HELP");
      if (rest.trim() === "") throw fail("an empty HELP");
      helped.add(name);
      continue;
    }
    if (kind === "TYPE") {
      if (typeByName.has(name)) throw fail("a second TYPE");
      if (!helped.has(name)) throw fail("no HELP before TYPE");
      if (rest !== "counter" && rest !== "gauge") throw fail("no such type");
      typeByName.set(name, rest);
      current = name;
      continue;
    }
    const [, sample = "", labelText, value = ""] = SAMPLE.exec(line) ?? [];
    if (sample === "" || !NUMBER.test(value)) throw fail("no sample");
    if (sample !== current) throw fail("a sample that is not behind its TYPE");
    const key = `${sample}{${labelText ?? ""}}`;
    if (seen.has(key)) throw fail("a sample again");
    seen.add(key);
    samples.push({
      name: sample,
      labels: labelsIn(labelText ?? "", fail),
      value: Number(value.replace("Inf", "Infinity")),
    });
  }
  for (const [name, type] of typeByName) {
    if (OTHER_UNITS.test(name)) throw new Error(`${name} is in no base unit`);
    if (IN_THE_MIDDLE.test(name)) throw new Error(`${name} has its unit in the middle`);
    if ((type === "counter") !== name.endsWith("_total")) throw new Error(`${name} is a ${type}`);
    if (!samples.some((sample) => sample.name === name)) throw new Error(`${name} has no sample`);
  }
  return samples;
}

function labelsIn(text: string, fail: (why: string) => Error): Readonly<Record<string, string>> {
  const labels: Record<string, string> = {};
  let rest = text;
  while (rest !== "") {
    const [all = "", name = "", value = ""] = LABEL.exec(rest) ?? [];
    if (all === "") throw fail("no label");
    labels[name] = value.replaceAll(/\\(.)/g, (_, sign: string) => (sign === "n" ? "\n" : sign));
    rest = rest.slice(all.length);
  }
  return labels;
}
