/**
 * INI text as Python's configparser reads and writes it, for the files of the Python programs: sections, `key = value`
 * or `key: value`, continuation lines, `#` and `;` comment lines (not behind a value), keys in any case, [DEFAULT]
 * inherited by all, `%(key)s` and `%%` in values. It knows no section and no key. Source: the configparser manual; held
 * against Python itself by a test.
 */

export interface IniEntry {
  readonly section: string;
  /** Lower case, as configparser makes it. */
  readonly key: string;
  readonly value: string;
  /** 1-based line of the key. */
  readonly line: number;
}

export interface IniProblem {
  readonly line: number;
  readonly message: string;
}

export interface IniFile {
  /** Entries of [DEFAULT] are copied into each section that does not set them. */
  readonly entries: readonly IniEntry[];
  /** Section names with their lines, [DEFAULT] not among them. */
  readonly sections: ReadonlyMap<string, number>;
  readonly problems: readonly IniProblem[];
}

interface RawEntry {
  readonly key: string;
  readonly line: number;
  readonly lines: string[];
}

const DEFAULT_SECTION = "DEFAULT";

/** Parses the whole text; what cannot be read is a problem with its line, and parsing goes on. */
export function parseIni(text: string): IniFile {
  const reader = new IniReader();
  text.split(/\r\n|\r|\n/).forEach((line, index) => reader.line(line, index + 1));
  return reader.finish();
}

class IniReader {
  readonly #problems: IniProblem[] = [];
  readonly #told = new Set<string>();
  readonly #sections = new Map<string, number>();
  readonly #raw = new Map<string, Map<string, RawEntry>>();
  #section: string | undefined;
  #entry: RawEntry | undefined;
  /** Indent of the entry that a deeper line continues. */
  #indent = 0;

  line(text: string, number: number): void {
    const trimmed = text.trim();
    if (/^[#;]/.test(trimmed)) return;
    if (trimmed === "") {
      this.#entry?.lines.push("");
      return;
    }
    const indent = text.length - text.trimStart().length;
    if (this.#entry !== undefined && indent > this.#indent) {
      this.#entry.lines.push(trimmed);
      return;
    }
    this.#indent = indent;
    this.#entry = undefined;
    const header = /^\[(.+)\]/.exec(trimmed);
    if (header !== null) this.#open(header[1] as string, number);
    else this.#key(trimmed, number);
  }

  finish(): IniFile {
    const defaults = this.#raw.get(DEFAULT_SECTION) ?? new Map<string, RawEntry>();
    const entries = [...this.#sections.keys()].flatMap((section) => {
      const own = new Map([...defaults, ...(this.#raw.get(section) ?? [])]);
      return [...own.values()].map((entry) => ({
        section,
        key: entry.key,
        line: entry.line,
        value: this.#expanded(entry, own),
      }));
    });
    return { entries, sections: this.#sections, problems: this.#problems };
  }

  #open(name: string, line: number): void {
    if (this.#sections.has(name)) this.#problem(line, `section [${name}] stands here a second time; join the two`);
    this.#section = name;
    if (!this.#raw.has(name)) this.#raw.set(name, new Map());
    if (name !== DEFAULT_SECTION) this.#sections.set(name, line);
  }

  #key(text: string, line: number): void {
    const match = /^(.*?)\s*[=:]\s*(.*)$/.exec(text);
    if (match === null || match[1] === "")
      return this.#problem(line, `"${text}" is neither a [section] nor key = value`);
    if (this.#section === undefined) return this.#problem(line, `"${text}" stands before the first [section]`);
    const key = (match[1] as string).toLowerCase();
    const entries = this.#raw.get(this.#section) as Map<string, RawEntry>;
    if (entries.has(key)) this.#problem(line, `${key} is set a second time in [${this.#section}]; remove one`);
    this.#entry = { key, line, lines: [match[2] as string] };
    entries.set(key, this.#entry);
  }

  #expanded(entry: RawEntry, scope: ReadonlyMap<string, RawEntry>): string {
    let references = 0;
    /** @param open entries whose values are being expanded, the outermost first */
    const expand = (one: RawEntry, open: readonly RawEntry[]): string =>
      one.lines
        .join("\n")
        .trimEnd()
        .replace(/%(?:%|\(([^)]*)\)s)?/g, (whole, name: string | undefined) => {
          if (whole === "%%") return "%";
          const target = name === undefined ? undefined : scope.get(name.toLowerCase());
          let why: string;
          let where = one;
          if (name === undefined) why = 'a single "%" must be written "%%"';
          else if (target === undefined) why = `${whole} names no key`;
          else if (open.includes(target)) why = `${whole} refers to itself`;
          else if (open.length > MAX_DEPTH) why = `${whole} is more than ${MAX_DEPTH} references deep`;
          else if (++references > MAX_REFERENCES) {
            why = `it refers to more than ${MAX_REFERENCES} values`;
            where = entry;
          } else return expand(target, [...open, target]);
          this.#problem(where.line, `${where.key}: ${why}`);
          return whole;
        });
    return expand(entry, [entry]);
  }

  /** Tells each problem of a line once. */
  #problem(line: number, message: string): void {
    const told = `${line} ${message}`;
    if (this.#told.has(told)) return;
    this.#told.add(told);
    this.#problems.push({ line, message });
  }
}

/** configparser's own limit for `%(key)s` within `%(key)s`. */
const MAX_DEPTH = 10;
/** Within one value: a few values that name one another often would otherwise fill the memory. */
const MAX_REFERENCES = 1000;
