/**
 * Reads base's database definitions (.dbd): menus, record types with their fields, and device support. Only what the
 * comparison of our tables needs: no macros, no `path`; `include` inside a record type is followed through the `read`
 * function that the caller gives.
 */

export interface DbdField {
  readonly name: string;
  /** Without the DBF_. */
  readonly type: string;
  /** `size`, `special`, `initial`, … as written, without quotes. */
  readonly attributes: Readonly<Record<string, string>>;
}

export interface Dbd {
  /** Choices by menu name. */
  readonly menus: Map<string, string[]>;
  /** Fields by record type, in order, fields of included files too. */
  readonly recordTypes: Map<string, DbdField[]>;
  /** DTYP choices by record type, in order. */
  readonly devices: Map<string, string[]>;
}

type Token = { readonly text: string; readonly quoted: boolean };

/** Words, quoted strings and punctuation. Comments (`#`) and lines for the C compiler (`%`) are left out. */
function tokens(text: string): Token[] {
  const found: Token[] = [];
  for (const match of text.matchAll(/^[ \t]*%.*$|#.*$|"((?:[^"\\]|\\.)*)"|[(){},]|[^\s(){},"#]+/gm)) {
    const [whole, quoted] = match;
    if (quoted !== undefined) found.push({ text: quoted, quoted: true });
    else if (!/^[ \t]*[%#]/.test(whole)) found.push({ text: whole, quoted: false });
  }
  return found;
}

/**
 * @param name the file to begin with
 * @param read returns the text of a file by name
 */
export function parseDbd(name: string, read: (name: string) => string): Dbd {
  const dbd: Dbd = { menus: new Map(), recordTypes: new Map(), devices: new Map() };
  parseFile(name, read, dbd, undefined);
  return dbd;
}

function parseFile(name: string, read: (name: string) => string, dbd: Dbd, fields: DbdField[] | undefined): void {
  const list = tokens(read(name));
  let at = 0;
  const next = (): string => list[at++]?.text ?? fail(`${name} ends too early`);
  const isNext = (text: string): boolean => list[at]?.text === text && list[at]?.quoted === false;
  /** `(a, b, …)` */
  const words = (): string[] => {
    const found: string[] = [];
    for (next(); !isNext(")"); ) {
      if (isNext(",")) next();
      else found.push(next());
    }
    next();
    return found;
  };
  /** `{ name(a, b) … }`, or nothing. */
  const body = (entry: (keyword: string) => void): void => {
    if (!isNext("{")) return;
    for (next(); !isNext("}"); ) entry(next());
    next();
  };
  const statement = (keyword: string, into: DbdField[] | undefined): void => {
    if (keyword === "include") return parseFile(next(), read, dbd, into);
    const [first = "", second = "", , fourth = ""] = words();
    if (keyword === "menu") {
      const choices: string[] = [];
      dbd.menus.set(first, choices);
      body(() => choices.push(words()[1] ?? ""));
    } else if (keyword === "recordtype") {
      const rows: DbdField[] = [];
      dbd.recordTypes.set(first, rows);
      body((inner) => statement(inner, rows));
    } else if (keyword === "field") {
      const attributes: Record<string, string> = {};
      body((attribute) => {
        attributes[attribute] = words().join(",");
      });
      into?.push({ name: first, type: second.replace("DBF_", ""), attributes });
    } else if (keyword === "device") {
      const choices = dbd.devices.get(first) ?? [];
      dbd.devices.set(first, [...choices, fourth]);
    } else body(() => words());
  };
  while (at < list.length) statement(next(), fields);
}

function fail(reason: string): never {
  throw new Error(reason);
}
