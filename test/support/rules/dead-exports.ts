/**
 * The rule that a name is exported for somebody: another file of src names it, or it is a type in what its file exports
 * for others. Reads no file: paths and texts are handed in.
 */
import {
  lineAt,
  listOf,
  type Node,
  nameOf,
  readSource,
  type SourceFile,
  type Sources,
  targetOf,
  walk,
} from "./syntax.ts";

/** Files whose exports are for the users of the package. */
const ENTRY_POINTS = ["ca/index.ts", "ioc/index.ts", "main.ts"];

/** Names that are exported for tests alone, which hold by itself what a file otherwise does inside. */
const FOR_TESTS: readonly string[] = [
  "base/bytes.ts EndOfBytesError",
  "base/descriptors.ts limitIn",
  "base/macros.ts MAX_EXPANSION",
  "base/suggest.ts editDistance",
  "ca/session/transitions.ts NOT_A_REQUEST",
  "ca/wire/frame.ts writeHeader",
  "ca/wire/messages.ts ResponseName",
  "cli/data-options.ts COMMON_OPTIONS",
  "cli/data-options.ts CONFIG_OPTIONS",
  "cli/data-options.ts settingFlags",
  "cli/dm-record-routes.ts saveRoutes",
  "cli/pv-text.ts shortNumber",
  "cli/trust-host.ts appendKnownHost",
  "config/config.ts parseConfig",
  "controller/pvs/row.ts securityGroup",
  "controller/run/faults.ts AGAIN_SECONDS",
  "controller/run/perform.ts actionOf",
  "controller/tagging/tag-manual.ts parseName",
  "controller/users/people.ts eachOnce",
  "database/convert/numbers.ts clampFloat",
  "ioc/ioc.ts IocError",
  "ioc/local-pvs.ts LocalPvError",
  "ioc/put-log/logged-put.ts pvName",
  "ioc/put-log/time-format.ts formatTime",
  "net/interfaces.ts broadcastOf",
  "sandbox/dm/daq.ts FILES_A_SECOND",
  "sandbox/scheduling-service.ts LONG_EMAIL",
  "sandbox/scheduling-service.ts LONG_TITLE",
  "services/dm/errors.ts DmError",
  "services/dm/routes.ts DmRoutesError",
  "services/dm/routes.ts RouteNotVerifiedError",
  "services/globus/scopes.ts flowScope",
  "services/globus/scopes.ts parseScopes",
  "services/globus/token-store.ts parseTokens",
  "services/globus/token-store.ts printTokens",
  "services/ledger/store.ts LedgerDamagedError",
  "services/scheduling/schedule-file.ts parseSchedule",
];

interface Exported {
  readonly name: string;
  readonly line: number;
  readonly isType: boolean;
  /** The names in what others see of it: all of it but the bodies of functions. */
  readonly seen: ReadonlySet<string>;
}

/**
 * One sentence for each exported name that nobody in src needs, and for each name that is exported for tests and that
 * src needs too, or that is not there.
 * @param tests the texts of all tests
 */
export function deadExports(sources: Sources, tests: string, forTests: readonly string[] = FOR_TESTS): string[] {
  const files = [...sources].map(([path, text]) => readSource(path, text));
  const named = namesOfOthers(files);
  const dead = files
    .filter(({ path }) => !ENTRY_POINTS.includes(path))
    .flatMap((file) => deadIn(file, named.get(file.path) ?? new Set()).map((one) => ({ ...one, path: file.path })));
  const idOf = (one: { readonly path: string; readonly name: string }): string => `${one.path} ${one.name}`;
  const isTested = ({ path, name }: { readonly path: string; readonly name: string }): boolean =>
    new RegExp(
      `import (?:type )?\\{[^}]*(?<![\\w$])${name.replaceAll("$", "\\$")}(?![\\w$])[^}]*\\} from "[^"]*/${path}"`,
    ).test(tests);
  return [
    ...dead
      .filter((one) => !forTests.includes(idOf(one)))
      .map(({ path, line, name }) =>
        isTested({ path, name })
          ? `src/${path}:${line} exports ${name}, which tests alone name: test what uses it, or give it a row in FOR_TESTS`
          : `src/${path}:${line} exports ${name}, which no other file names: take export away, or delete it`,
      ),
    ...forTests
      .filter((id) => !dead.some((one) => idOf(one) === id && isTested(one)))
      .map((id) => `${id} is not exported for tests alone: take its row away`),
  ];
}

/** What other files import of each file, by its path; an import at run time or in a type: each name of its file. */
function namesOfOthers(files: readonly SourceFile[]): ReadonlyMap<string, ReadonlySet<string>> {
  const named = new Map<string, Set<string>>();
  for (const { path, nodes } of files) {
    const add = (source: unknown, names: readonly string[]): void => {
      const name = typeof source === "object" && source !== null && "value" in source ? String(source.value) : "";
      if (!name.startsWith(".")) return;
      const target = targetOf(path, name);
      named.set(target, new Set([...(named.get(target) ?? []), ...names]));
    };
    for (const node of nodes) {
      if (node.type === "ImportExpression" || node.type === "TSImportType") add(node["source"], identifiers(nodes));
      if (node.type !== "ImportDeclaration" && node.type !== "ExportNamedDeclaration") continue;
      const part = node.type === "ImportDeclaration" ? "imported" : "local";
      add(
        node["source"],
        listOf(node["specifiers"]).map((one) => nameOf((one as Node)[part])),
      );
    }
  }
  return named;
}

const identifiers = (nodes: readonly Node[]): string[] => nodes.map(nameOf).filter((name) => name !== "");

/** The dead exports of a file; a type is alive where an export that is alive shows it. */
function deadIn(file: SourceFile, named: ReadonlySet<string>): readonly Exported[] {
  const all = exportsOf(file);
  const alive = new Set(all.filter(({ name }) => named.has(name)));
  for (const one of alive) // grows while it is walked
    for (const other of all) if (other.isType && one.seen.has(other.name)) alive.add(other);
  return all.filter((one) => !alive.has(one));
}

function exportsOf({ text, nodes }: SourceFile): readonly Exported[] {
  return nodes
    .filter(({ type }) => type === "ExportNamedDeclaration")
    .flatMap((node) => {
      const declared = node["declaration"] as Node | null;
      if (declared === null) return [];
      const heads = declared.type === "VariableDeclaration" ? listOf(declared["declarations"]) : [declared];
      return heads.map((head) => ({
        name: nameOf((head as Node)["id"]),
        line: lineAt(text, node.start),
        isType: declared.type.startsWith("TS"),
        seen: seenIn(head),
      }));
    });
}

function seenIn(head: unknown): ReadonlySet<string> {
  const seen = new Set<string>();
  walk(
    head,
    (node) => void seen.add(nameOf(node)),
    ({ type }) => type === "BlockStatement",
  );
  return seen;
}
