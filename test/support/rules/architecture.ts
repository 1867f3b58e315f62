/**
 * The rules of the source tree as data, and the one function that holds sources against them: who may import whom, where time, sockets, the environment and
 * subscriptions may be touched, headers and sizes. Reads no file: it is handed paths and texts, so each rule can be shown to fail.
 */
import { posix } from "node:path";
import { parseAst } from "vitest/node";

/** Source texts by path below src, as `ca/wire/frame.ts`. */
export type Sources = ReadonlyMap<string, string>;

interface Layer {
  /** A file, or a folder with its slash. The first row that fits a file holds. */
  readonly at: string;
  /** Our files and folders that it may import beside its own folder. */
  readonly ours: readonly string[];
  readonly node?: readonly string[] | "any";
  readonly packages?: readonly string[] | "any";
  /** Each file of the folder stands alone with the files that share its first word (`dm-http.ts`, `dm-routes.ts`); these serve them all. */
  readonly shared?: readonly string[];
}

const ENGINE = ["base/", "ca/", "database/", "dbfile/", "iocsh/", "ioc/"];
const CA_CONVERSATION = ["base/", "ca/wire/", "ca/session/", "ca/net/transport.ts", "ca/net/ca-config.ts"];
const COMPOSITION = ["assemble.ts", "assemble/", "globus-commands.ts", "globus-report.ts"];
const SETTINGS = ["config.ts", "settings.ts", "settings-aliases.ts", "prefixes.ts", "needs.ts"];
const CLI = ["base/", "controller/", "services/", "ca/client/", "ca/net/", ...SETTINGS];
const EVERYTHING_BUT_SANDBOX = [...ENGINE, "controller/", "services/", "web/", "cli/", ...SETTINGS, ...COMPOSITION];

/** The import table. Exceptions are rows of their own, above their folder. */
const LAYERS: readonly Layer[] = [
  { at: "base/", ours: [], node: "any" },
  { at: "ca/wire/", ours: ["base/"] },
  { at: "ca/session/", ours: ["base/", "ca/wire/"] },
  { at: "ca/net/", ours: ["base/"], node: ["net", "dgram", "dns/promises", "os"] },
  { at: "ca/server/", ours: CA_CONVERSATION },
  { at: "ca/client/observe.ts", ours: ["ca/client/", ...CA_CONVERSATION], packages: ["rxjs"] },
  { at: "ca/client/repeater-client.ts", ours: ["ca/client/", "ca/net/interfaces.ts", ...CA_CONVERSATION] },
  { at: "ca/client/", ours: CA_CONVERSATION },
  { at: "ca/index.ts", ours: ["base/", "ca/"] },
  { at: "database/", ours: ["base/"] },
  { at: "dbfile/", ours: ["base/", "database/"] },
  { at: "iocsh/", ours: ["base/"] },
  { at: "ioc/local-pvs.ts", ours: ENGINE, packages: ["rxjs"] },
  { at: "ioc/", ours: ENGINE, node: "any" },
  { at: "controller/", ours: ["base/"], packages: ["rxjs"] },
  {
    at: "services/",
    ours: ["base/", "controller/ports.ts", "ca/client/"],
    node: "any",
    packages: "any",
    shared: ["services/http.ts", "services/json-text.ts", "services/known-hosts.ts", "services/leveldb-folder.ts"],
  },
  { at: "web/", ours: ["base/", "ioc/local-pvs.ts", "controller/pvs.ts"], node: "any", packages: "any" },
  { at: "sandbox/", ours: ENGINE, node: "any", packages: "any" },
  { at: "cli/sandbox-command.ts", ours: [...CLI, "cli/", "sandbox/"], node: "any", packages: "any" },
  { at: "cli/ioc-command.ts", ours: [...CLI, "cli/", ...ENGINE], node: "any", packages: "any" },
  { at: "cli/", ours: CLI, node: "any", packages: "any" },
  { at: "settings.ts", ours: ["base/"], packages: ["zod"] },
  {
    at: "config.ts",
    ours: ["base/", "settings.ts", "settings-aliases.ts", "controller/ports.ts", "controller/pvs.ts"],
    node: "any",
    packages: ["zod"],
  },
  { at: "settings-aliases.ts", ours: ["settings.ts"] },
  { at: "globus-report.ts", ours: ["config.ts", "needs.ts"] },
  { at: "needs.ts", ours: ["base/", "settings.ts", "controller/pvs.ts"], node: ["fs"] },
  { at: "prefixes.ts", ours: ["config.ts", "settings.ts"] },
  { at: "assemble/", ours: [...ENGINE, "controller/", "services/", ...SETTINGS], node: "any", packages: "any" },
  { at: "assemble.ts", ours: EVERYTHING_BUT_SANDBOX, node: "any", packages: "any" },
  { at: "globus-commands.ts", ours: EVERYTHING_BUT_SANDBOX, node: "any", packages: "any" },
  { at: "main.ts", ours: ["base/descriptors.ts", "program.ts"] },
  { at: "program.ts", ours: EVERYTHING_BUT_SANDBOX, node: "any", packages: "any" },
  { at: "index.ts", ours: EVERYTHING_BUT_SANDBOX },
];

/** A thing that only some places may do. */
interface Reserved {
  readonly what: string;
  readonly places: readonly string[];
  readonly found: (node: Node) => boolean;
}

const HIDDEN_CLOCKS = ["setTimeout", "setInterval", "setImmediate"];
const RESERVED: readonly Reserved[] = [
  {
    what: "process.env",
    places: ["ca/net/ca-config.ts", "config.ts", "program.ts"],
    found: (node) => isMember(node, "process", "env") || importsFrom(node, ["process", "node:process"]),
  },
  {
    what: "a timer or the time",
    places: ["base/clock.ts"],
    found: (node) =>
      (node.type === "CallExpression" && HIDDEN_CLOCKS.includes(nameOf(node["callee"]))) ||
      (node.type === "NewExpression" && nameOf(node["callee"]) === "Date" && listOf(node["arguments"]).length === 0) ||
      isMember(node, "Date", "now") ||
      isMember(node, "performance", "now") ||
      isMember(node, "process", "hrtime") ||
      isMember(node, "AbortSignal", "timeout") ||
      importsFrom(node, ["node:timers", "node:timers/promises", "node:perf_hooks"]),
  },
  {
    what: ".subscribe(",
    // In the last three it is a field's or a channel's subscription, not RxJS, which they cannot import.
    places: [
      "controller/wiring.ts",
      "ioc/local-pvs.ts",
      "assemble.ts",
      "ioc/database-source.ts",
      "ca/server/",
      "ca/session/",
    ],
    found: (node) => node.type === "CallExpression" && propertyOf(node["callee"]) === "subscribe",
  },
  {
    what: "node:net or node:dgram",
    places: ["ca/net/", "services/", "sandbox/"],
    found: (node) => importsFrom(node, ["node:net", "node:dgram"]),
  },
  { what: "console", places: [], found: (node) => node.type === "Identifier" && node["name"] === "console" },
  { what: "`export *`", places: [], found: (node) => node.type === "ExportAllDeclaration" },
];

const MOST_LINES = 400;
/** Files that are one table, and may be as long as it is. */
const TABLES: readonly string[] = ["controller/pvs.ts", "settings.ts"];

/** One sentence for each place where the sources break a rule; none: all is well. */
export function architectureProblems(sources: Sources): string[] {
  const files = [...sources].map(([path, text]) => readSource(path, text));
  return [
    ...files.flatMap((file) => [...shapeProblems(file), ...importProblems(file), ...reservedProblems(file)]),
    ...cycleProblems(files),
  ];
}

type Node = { readonly type: string; readonly start: number } & Readonly<Record<string, unknown>>;

interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly nodes: readonly Node[];
  readonly imports: readonly { readonly name: string; readonly line: number }[];
}

function readSource(path: string, text: string): SourceFile {
  const nodes = [...walk(parseAst(text, { lang: "ts" }))];
  const imports = nodes
    .filter((node) => sourceOf(node) !== undefined)
    .map((node) => ({ name: sourceOf(node) ?? "", line: lineAt(text, node.start) }));
  return { path, text, nodes, imports };
}

function* walk(value: unknown): Generator<Node> {
  if (Array.isArray(value)) for (const one of value) yield* walk(one);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return;
  if (isNode(value)) yield value;
  for (const child of Object.values(value)) if (typeof child === "object") yield* walk(child);
}

const isNode = (value: object): value is Node => "type" in value && typeof value.type === "string";
const nameOf = (value: unknown): string => (isIdentifier(value) ? String(value["name"]) : "");
const isIdentifier = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && isNode(value) && value.type === "Identifier";
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const lineAt = (text: string, at: number): number => text.slice(0, at).split("\n").length;

/** What an import, an export from, a dynamic import, an import type or a require names; "(computed)" when that is no text. */
function sourceOf(node: Node): string | undefined {
  const isImport = /^(Import|Export(Named|All))Declaration$|^ImportExpression$|^TSImportType$/.test(node.type);
  const isRequire = node.type === "CallExpression" && nameOf(node["callee"]) === "require";
  const source = isImport ? node["source"] : isRequire ? listOf(node["arguments"])[0] : undefined;
  if (source === undefined || source === null) return undefined;
  return typeof source === "object" && "value" in source ? String(source.value) : "(computed)";
}

const importsFrom = (node: Node, names: readonly string[]): boolean => names.includes(sourceOf(node) ?? "");

/** The last name of `a.b`, `a?.b` and `a["b"]`. */
function propertyOf(value: unknown): string {
  if (typeof value !== "object" || value === null || !isNode(value) || value.type !== "MemberExpression") return "";
  const property = value["property"];
  if (value["computed"] !== true) return nameOf(property);
  return typeof property === "object" && property !== null && "value" in property ? String(property.value) : "";
}

/** `object.property`, also as `globalThis.object.property`. */
function isMember(node: Node, object: string, property: string): boolean {
  if (node.type === "VariableDeclarator" && nameOf(node["init"]) === object) return destructures(node["id"], property);
  if (propertyOf(node) !== property) return false;
  return nameOf(node["object"]) === object || propertyOf(node["object"]) === object;
}

const destructures = (pattern: unknown, property: string): boolean =>
  [...walk(pattern)].some((node) => node.type === "Property" && nameOf(node["key"]) === property);

const isAt = (path: string, places: readonly string[]): boolean =>
  places.some((place) => (place.endsWith("/") ? path.startsWith(place) : path === place));

function shapeProblems({ path, text }: SourceFile): string[] {
  const lines = text.trimEnd().split("\n").length;
  return [
    ...(/^(#!.*\n)?\/\*\*[^]{20,}?\*\//.test(text)
      ? []
      : [`src/${path}:1 has no header comment: say what the file is responsible for and what it does not do`]),
    ...(lines > MOST_LINES && !TABLES.includes(path)
      ? [`src/${path} has ${lines} lines: ${MOST_LINES} is the most for a file that is not a table`]
      : []),
  ];
}

function importProblems(file: SourceFile): string[] {
  const layer = LAYERS.find((one) => isAt(file.path, [one.at]));
  if (layer === undefined)
    return [`src/${file.path} is in no layer: give its folder a row in test/support/rules/architecture.ts`];
  return file.imports
    .filter(({ name }) => !mayImport(layer, file.path, name))
    .map(({ name, line }) => `src/${file.path}:${line} imports ${name}: ${layer.at} may import ${allowed(layer)}`);
}

function mayImport(layer: Layer, from: string, name: string): boolean {
  if (name.startsWith(".")) {
    const target = posix.join(posix.dirname(from), name);
    if (isAt(target, layer.ours)) return true;
    const isOwn = layer.at.endsWith("/") && target.startsWith(layer.at);
    return (
      isOwn && (layer.shared === undefined || layer.shared.includes(target) || firstWord(target) === firstWord(from))
    );
  }
  if (name.startsWith("node:")) return layer.node === "any" || (layer.node ?? []).includes(name.slice(5));
  const scoped = name.split("/").slice(0, name.startsWith("@") ? 2 : 1);
  return name !== "(computed)" && (layer.packages === "any" || (layer.packages ?? []).includes(scoped.join("/")));
}

const firstWord = (path: string): string => posix.basename(path, ".ts").split("-")[0] ?? "";

function allowed({ at, ours, node = [], packages = [], shared }: Layer): string {
  const own = shared === undefined ? (at.endsWith("/") ? [at] : []) : ["files of the same first word", ...shared];
  const modules = node === "any" ? ["node:*"] : node.map((one) => `node:${one}`);
  return [...own, ...ours, ...modules, ...(packages === "any" ? ["any package"] : packages)].join(", ") || "nothing";
}

function reservedProblems({ path, text, nodes }: SourceFile): string[] {
  return RESERVED.filter(({ places }) => !isAt(path, places)).flatMap(({ what, places, found }) =>
    nodes
      .filter(found)
      .map(
        (node) =>
          `src/${path}:${lineAt(text, node.start)} uses ${what}: it belongs to ${places.join(", ") || "no file"} alone`,
      ),
  );
}

/** One sentence for each cycle, told once, whoever begins it. */
function cycleProblems(files: readonly SourceFile[]): string[] {
  const targets = new Map(
    files.map((file) => [
      file.path,
      file.imports
        .filter(({ name }) => name.startsWith("."))
        .map(({ name }) => posix.join(posix.dirname(file.path), name)),
    ]),
  );
  const done = new Set<string>();
  const problems: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    const seenAt = trail.indexOf(path);
    if (seenAt >= 0) problems.push(`import cycle: ${[...trail.slice(seenAt), path].join(" → ")}`);
    if (seenAt >= 0 || done.has(path)) return;
    for (const target of targets.get(path) ?? []) visit(target, [...trail, path]);
    done.add(path);
  };
  for (const { path } of files) visit(path, []);
  return problems;
}
