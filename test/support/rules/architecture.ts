/**
 * The rules of the source tree as data, and the one function that holds sources against them: who may import whom,
 * where time, sockets, the environment and subscriptions may be touched, headers and sizes. Reads no file: paths and
 * texts are handed in, so each rule can be shown to fail.
 */
import { posix } from "node:path";
import {
  isNode,
  lineAt,
  listOf,
  type Node,
  nameOf,
  readSource,
  type SourceFile,
  type Sources,
  sourceOf,
  targetOf,
  walk,
} from "./syntax.ts";

interface Layer {
  /**
   * A file, a folder with its slash, or `folder/*`: the folder's own files alone. The first row that fits a file holds.
   */
  readonly at: string;
  /** Our files and folders that the row's files may import beside their own folder. */
  readonly ours: readonly string[];
  readonly node?: readonly string[] | "any";
  readonly packages?: readonly string[] | "any";
}

const CA_CONVERSATION = ["base/", "ca/wire/", "ca/session/", "net/transport.ts", "ca/ca-config.ts"];
/** What services may import: of the controller only the ports, which they implement. */
const SERVICE = ["base/", "controller/ports/"];
const HTTP = ["services/http.ts", "services/json-text.ts"];
const DATA_COMMANDS = ["base/", "config/", "controller/", "services/"];

/** The import table. Exceptions are rows of their own, above their folder. */
const LAYERS: readonly Layer[] = [
  { at: "base/", ours: [], node: "any" },
  { at: "epics/", ours: [] },
  { at: "net/", ours: [], node: ["net", "dgram", "os"] },
  { at: "ca/wire/", ours: ["base/", "epics/"] },
  { at: "ca/session/", ours: ["ca/wire/"] },
  { at: "ca/host-names.ts", ours: ["base/", "ca/ca-config.ts"], node: ["net", "dns/promises"] },
  { at: "ca/open-client.ts", ours: ["base/", "ca/host-names.ts", "ca/client/"] },
  { at: "ca/ca-config.ts", ours: ["base/environment.ts", "epics/", "net/transport.ts", "net/interfaces.ts"] },
  { at: "ca/server/", ours: CA_CONVERSATION },
  { at: "ca/client/observe.ts", ours: ["ca/client/", "ca/wire/"], packages: ["rxjs"] },
  {
    at: "ca/client/repeater-client.ts",
    ours: ["ca/client/", "base/", "epics/", "ca/wire/", "net/transport.ts", "net/interfaces.ts"],
  },
  { at: "ca/client/", ours: ["epics/", ...CA_CONVERSATION] },
  { at: "ca/index.ts", ours: ["base/", "epics/", "net/", "ca/"] },
  { at: "database/", ours: ["base/", "epics/"] },
  { at: "dbfile/", ours: ["base/", "epics/", "database/"] },
  { at: "iocsh/", ours: ["base/"] },
  { at: "ioc/local-pvs.ts", ours: ["base/", "epics/", "database/"], packages: ["rxjs"] },
  { at: "ioc/", ours: ["base/", "epics/", "net/", "ca/", "database/", "dbfile/", "iocsh/"], node: "any" },
  { at: "config/", ours: ["base/", "epics/", "controller/pvs/"], node: "any" },
  { at: "controller/pvs/", ours: ["base/"] },
  { at: "controller/ports/", ours: ["base/", "controller/pvs/"], packages: ["rxjs"] },
  {
    at: "controller/run/",
    ours: ["base/", "controller/ports/", "controller/pvs/", "controller/experiment.ts", "controller/site.ts"],
    packages: ["rxjs"],
  },
  { at: "controller/", ours: ["base/"], packages: ["rxjs"] },
  { at: "services/dm/", ours: [...SERVICE, ...HTTP], node: "any", packages: ["zod"] },
  { at: "services/globus/", ours: [...SERVICE, "services/http.ts"], node: "any", packages: ["zod", "@globus/sdk"] },
  { at: "services/ssh/", ours: SERVICE, node: "any", packages: ["ssh2"] },
  {
    at: "services/scans/",
    ours: [...SERVICE, "services/process-apart.ts", "services/ssh/"],
    node: "any",
    packages: ["ssh2"],
  },
  { at: "services/tree/", ours: [...SERVICE, "services/process-apart.ts"], node: "any" },
  { at: "services/scheduling/", ours: [...SERVICE, ...HTTP], node: "any", packages: ["zod", "yaml"] },
  { at: "services/ledger/", ours: SERVICE, node: "any", packages: ["zod", "classic-level"] },
  {
    at: "services/mail/",
    ours: [...SERVICE, "services/json-text.ts"],
    node: "any",
    packages: ["zod", "yaml", "nodemailer"],
  },
  { at: "services/ca-pvs.ts", ours: [...SERVICE, "epics/", "ca/client/"], packages: ["rxjs"] },
  { at: "services/*", ours: SERVICE, node: "any", packages: ["zod", "undici"] },
  { at: "web/server.ts", ours: ["base/clock.ts", "web/"], node: ["http"], packages: ["@hono/node-server"] },
  { at: "web/page/", ours: ["controller/pvs/"] },
  { at: "web/", ours: ["base/", "controller/pvs/"], node: ["crypto", "fs", "path"], packages: ["hono"] },
  { at: "sandbox/", ours: ["base/", "epics/", "net/", "ca/"], node: "any", packages: "any" },
  { at: "assemble/ioc.ts", ours: ["assemble/", "config/", "controller/", "services/"], node: ["path"] },
  {
    at: "assemble/first-values.ts",
    ours: ["assemble/", "base/", "config/", "controller/", "database/", "iocsh/", "ioc/"],
  },
  { at: "assemble/shell-commands.ts", ours: ["assemble/", ...DATA_COMMANDS, "database/", "iocsh/", "ioc/"] },
  { at: "assemble/web.ts", ours: ["base/", "config/", "services/", "web/"], node: ["fs/promises", "path"] },
  { at: "assemble/", ours: [...DATA_COMMANDS, "net/", "ca/"], node: "any", packages: "any" },
  {
    at: "cli/program.ts",
    ours: ["base/", "net/", "ca/", "ioc/", "config/", "services/", "assemble/", "cli/"],
    node: "any",
    packages: ["commander"],
  },
  { at: "cli/service-program.ts", ours: ["base/", "assemble/", "cli/"], node: ["path"], packages: ["commander"] },
  { at: "cli/sandbox-command.ts", ours: ["sandbox/"], node: ["path"] },
  {
    at: "cli/ioc-command.ts",
    ours: ["base/", "epics/", "net/", "ca/ca-config.ts", "database/", "iocsh/", "ioc/", "cli/"],
    node: ["stream"],
  },
  { at: "cli/", ours: [...DATA_COMMANDS, "epics/", "ca/client/"], node: "any", packages: "any" },
  { at: "main.ts", ours: ["base/descriptors.ts", "cli/program.ts"] },
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
    places: ["cli/program.ts"],
    found: (node) => isMember(node, "process", "env") || importsFrom(node, ["process", "node:process"]),
  },
  {
    what: "a timer or the time",
    places: ["base/clock.ts", "web/page/time.ts"],
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
    // In all places but the first the subscription is that of a record's field or of a channel, not RxJS'.
    places: [
      "controller/wiring.ts",
      "ioc/local-pvs.ts",
      "ioc/database-source.ts",
      "ioc/guest-pvs.ts",
      "ioc/access/access-inputs.ts",
      "ca/server/",
    ],
    found: (node) => node.type === "CallExpression" && propertyOf(node["callee"]) === "subscribe",
  },
  {
    what: "node:net or node:dgram",
    places: ["net/", "services/", "sandbox/", "ca/host-names.ts"],
    found: (node) => importsFrom(node, ["node:net", "node:dgram"]),
  },
  { what: "console", places: [], found: (node) => node.type === "Identifier" && node["name"] === "console" },
  { what: "`export *`", places: [], found: (node) => node.type === "ExportAllDeclaration" },
];

const MOST_LINES = 400;
/** Files that are one table, and may be as long as that table. */
const TABLES: readonly string[] = ["config/settings.ts", "web/page/sections.ts"];

/** One sentence for each place where the sources break a rule; none: all is well. */
export function architectureProblems(sources: Sources): string[] {
  const files = [...sources].map(([path, text]) => readSource(path, text));
  return [
    ...files.flatMap((file) => [...shapeProblems(file), ...importProblems(file), ...reservedProblems(file)]),
    ...cycleProblems(files),
    ...sharedNameProblems(files),
  ];
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

function destructures(pattern: unknown, property: string): boolean {
  let isFound = false;
  walk(pattern, (node) => {
    if (node.type === "Property" && nameOf(node["key"]) === property) isFound = true;
  });
  return isFound;
}

const isAt = (path: string, places: readonly string[]): boolean =>
  places.some((place) => {
    if (place.endsWith("/*")) return posix.dirname(path) === place.slice(0, -2);
    return place.endsWith("/") ? path.startsWith(place) : path === place;
  });

/**
 * One sentence for each source file or page that a comment names and that does not exist.
 * @param paths of all files of the repository
 */
export function strayNames(path: string, text: string, paths: readonly string[]): string[] {
  const isThere = (name: string): boolean => paths.some((one) => one === name || one.endsWith(`/${name}`));
  const isCode = /\.(ts|mjs)$/.test(path);
  return text.split("\n").flatMap((line, index) => {
    const told = isCode ? (/^\s*(\/?\*|\/\/).*|\s\/\/ .*/.exec(line)?.[0] ?? "") : line;
    const names = [...told.matchAll(/(?<![\w.*-])[\w-][\w./-]*\.(?:ts|mjs|py|md)\b/g)].map(([name]) => name);
    return names
      .filter((name) => !isThere(name))
      .map((name) => `${path}:${index + 1} names ${name}, which is not there: name the file that is meant`);
  });
}

const MOST_COLUMNS = 120;

/** One sentence for each comment line that is wider than code may be. @param path for the sentences */
export function wideComments(path: string, text: string): string[] {
  return text
    .split("\n")
    .flatMap((line, index) =>
      /^\s*(\/?\*|\/\/)/.test(line) && line.length > MOST_COLUMNS
        ? [`${path}:${index + 1} has a comment of ${line.length} columns: ${MOST_COLUMNS} is the most`]
        : [],
    );
}

function shapeProblems({ path, text }: SourceFile): string[] {
  const lines = text.trimEnd().split("\n").length;
  return [
    ...(/^(#!.*\n)?\/\*\*[^]{20,}?\*\//.test(text)
      ? []
      : [`src/${path}:1 has no header comment: say what the file is responsible for and what it does not do`]),
    ...(lines > MOST_LINES && !TABLES.includes(path)
      ? [`src/${path} has ${lines} lines: ${MOST_LINES} is the most for a file that is not a table`]
      : []),
    ...wideComments(`src/${path}`, text),
  ];
}

const layerOf = ({ path }: SourceFile): Layer | undefined => LAYERS.find((one) => isAt(path, [one.at]));

function importProblems(file: SourceFile): string[] {
  const layer = layerOf(file);
  if (layer === undefined)
    return [`src/${file.path} is in no layer: give its folder a row in test/support/rules/architecture.ts`];
  return file.imports
    .filter(({ name }) => !mayImport(layer, file.path, name))
    .map(({ name, line }) => `src/${file.path}:${line} imports ${name}: ${layer.at} may import ${allowed(layer)}`);
}

function mayImport(layer: Layer, from: string, name: string): boolean {
  if (name.startsWith(".")) return isAt(targetOf(from, name), [layer.at, ...layer.ours]);
  if (name.startsWith("node:")) return layer.node === "any" || (layer.node ?? []).includes(name.slice(5));
  return name !== "(computed)" && (layer.packages === "any" || (layer.packages ?? []).includes(packageOf(name)));
}

const packageOf = (name: string): string =>
  name
    .split("/")
    .slice(0, name.startsWith("@") ? 2 : 1)
    .join("/");

function allowed({ at, ours, node = [], packages = [] }: Layer): string {
  const own = at.endsWith(".ts") ? [] : [at];
  const modules = node === "any" ? ["node:*"] : node.map((one) => `node:${one}`);
  return [...own, ...ours, ...modules, ...(packages === "any" ? ["any package"] : packages)].join(", ") || "nothing";
}

/**
 * One sentence for each row of the import table without a file, for each permission of a row that no file uses, and for
 * each place that does not use what is reserved for it.
 */
export function idlePermissions(sources: Sources): string[] {
  const files = [...sources].map(([path, text]) => readSource(path, text));
  return [
    ...LAYERS.flatMap((layer) => idleImports(layer, files)),
    ...RESERVED.flatMap((one) => idlePlaces(one, files)),
  ];
}

function idleImports(layer: Layer, files: readonly SourceFile[]): string[] {
  const own = files.filter((file) => layerOf(file) === layer);
  if (own.length === 0) return [`${layer.at}: there is no such file: take its row away`];
  const names = own.flatMap(({ path, imports }) => imports.map(({ name }) => [path, name] as const));
  const targets = names.filter(([, name]) => name.startsWith(".")).map(([path, name]) => targetOf(path, name));
  const isUsed = (place: string): boolean => targets.some((target) => isAt(target, [place]));
  const outside = names.map(([, name]) => (name.startsWith("node:") ? name : packageOf(name)));
  const { node = [], packages = [] } = layer;
  const listed = [...(node === "any" ? [] : node.map((one) => `node:${one}`)), ...(packages === "any" ? [] : packages)];
  const idle = listed.filter((name) => !outside.includes(name));
  return [...layer.ours.filter((place) => !isUsed(place)), ...idle].map(
    (place) => `${layer.at} may import ${place}, which no file of it does: take that away`,
  );
}

const idlePlaces = ({ what, places, found }: Reserved, files: readonly SourceFile[]): string[] =>
  places
    .filter((place) => !files.some(({ path, nodes }) => isAt(path, [place]) && nodes.some(found)))
    .map((place) => `${place} may use ${what}, which no file of it does: take that away`);

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

/** One sentence for each import cycle, told once, from whatever file it is found. */
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

/** One sentence for each type that a file exports under the name of another file's type: one word, one thing. */
function sharedNameProblems(files: readonly SourceFile[]): string[] {
  const declared = files.flatMap((file) => typesOf(file).map((type) => ({ ...type, path: file.path })));
  return declared
    .filter(({ isExported }) => isExported)
    .flatMap(({ name, path, line }) => {
      const other = declared.find((type) => type.name === name && type.path !== path);
      return other === undefined
        ? []
        : [
            `src/${path}:${line} exports ${name}, a type of src/${other.path} too: give each meaning a name, or keep one`,
          ];
    });
}

/** The types and classes that a file declares. */
function typesOf({ text, nodes }: SourceFile): { name: string; line: number; isExported: boolean }[] {
  const declaresType = (value: unknown): value is Node =>
    typeof value === "object" &&
    value !== null &&
    isNode(value) &&
    /^(TSInterfaceDeclaration|TSTypeAliasDeclaration|ClassDeclaration)$/.test(value.type);
  const exported = new Set(
    nodes.filter(({ type }) => type === "ExportNamedDeclaration").map((node) => node["declaration"]),
  );
  return nodes
    .filter(declaresType)
    .map((node) => ({ name: nameOf(node["id"]), line: lineAt(text, node.start), isExported: exported.has(node) }));
}
