/** Pages of docs/ that tables of the program know; written by `npm run docs`, compared by the tests. */
import { allPvs, COMMANDS } from "../../src/controller/pvs.ts";
import { COMMON_FIELDS } from "../../src/database/common-fields.ts";
import type { FieldTable } from "../../src/database/record-type.ts";
import { RECORD_TYPES } from "../../src/database/record-types/index.ts";
import { SERVER_SETTINGS, SETTINGS, type Setting } from "../../src/settings.ts";

const row = (...cells: readonly (string | number)[]): string =>
  `| ${cells.map((cell) => String(cell).replaceAll("|", "\\|")).join(" | ")} |`;
const table = (head: readonly string[], rows: readonly string[]): string =>
  [row(...head), row(...head.map(() => "---")), ...rows].join("\n");
const page = (title: string, ...parts: readonly string[]): string => `${[`# ${title}`, ...parts].join("\n\n")}\n`;

export function pvsPage(): string {
  const rows = [...allPvs()].map(([suffix, pv]) => row(`\`${suffix}\``, pv.kind, pv.meaning));
  const commands = Object.entries(COMMANDS).map(([name, command]) =>
    row(`\`${name}\``, command.meaning, command.overlap, command.group),
  );
  return page(
    "PVs",
    "All names stand behind `$(P)$(R)`, e.g. `2bmb:Globus:`. A result is written by the program alone; a setting is an input that belongs to the beamline rather than to one experiment. Made from `src/controller/pvs.ts`.",
    "## Commands",
    table(["command", "what it does", "a second start", "excludes others of its group"], commands),
    "## All",
    table(["suffix", "kind", "meaning"], rows),
  );
}

export function settingsPage(): string {
  const section = (name: string, settings: Readonly<Record<string, Setting<unknown>>>): string =>
    [
      `## [${name}]`,
      table(
        ["key", "default", "is", "meaning"],
        Object.entries(settings).map(([key, one]) =>
          row(`\`${key}\``, one.fallback === "" ? "" : `\`${one.fallback}\``, one.kind.wanted, one.meaning),
        ),
      ),
    ].join("\n\n");
  return page(
    "globus.conf",
    "INI text as Python's configparser reads it. Looked for as `--config`, `$GLOBUS_CONF`, `./globus.conf`, `~/globus.conf`; the first that is found. Relative file names begin at the file, `~/` at home. Made from `src/settings.ts`.",
    ...Object.entries(SETTINGS).map(([name, settings]) => section(name, settings)),
    section("server NAME", SERVER_SETTINGS),
    "Without a `[server …]` section there are the two of the Python program, voyager (dm) and petrel (globus).",
  );
}

export function recordsPage(): string {
  const fields = (one: FieldTable): string =>
    table(
      ["field", "type", "initial", "meaning"],
      Object.entries(one).map(([name, field]) =>
        row(name, field.type + (field.size === undefined ? "" : `[${field.size}]`), field.initial ?? "", field.prompt),
      ),
    );
  return page(
    "Record types",
    "Made from `src/database/record-types`.",
    ["## Fields of every record", fields(COMMON_FIELDS)].join("\n\n"),
    ...RECORD_TYPES.map((type) => [`## ${type.name}`, type.about, fields(type.fields)].join("\n\n")),
  );
}
