/**
 * Globus Transfer, simulated: operations on the files of the collections. Access rules are in access-routes.ts, tasks
 * in task-routes.ts. globus.md §3.3; the shapes are those of Globus' published sample answers. The codes for a parent
 * that is missing and for a rename that fails are not published: ours are guesses at the form.
 */

import type { TwinAnswer } from "../http-twin.ts";
import { dataAccessScope, TRANSFER_SCOPE } from "./auth/known-scopes.ts";
import type { Collection } from "./collection.ts";
import { type Fields, iso, textOf } from "./documents.ts";
import { isBelow, normalPath } from "./files.ts";
import { askedPage } from "./list-query.ts";
import { faultOf, faultRow } from "./task-faults.ts";
import { bodyOf, collectionOf, refuse, requireBearer, requireSession, result } from "./transfer-answers.ts";
import { type Asked, hasConsent, hasDataAccess, type Route } from "./world.ts";

const LIST_LIMIT = 100_000;

export const TRANSFER_ROUTES: readonly Route[] = [
  { method: "POST", path: "/v0.10/operation/endpoint/:collection/mkdir", answer: mkdir },
  { method: "POST", path: "/v0.10/operation/endpoint/:collection/rename", answer: rename },
  { method: "GET", path: "/v0.10/operation/endpoint/:collection/stat", answer: stat },
  { method: "GET", path: "/v0.10/operation/endpoint/:collection/ls", answer: ls },
];

/** How a file operation calls itself in the codes of its failures. */
type FileOperation = "DirListing" | "Mkdir" | "Rename" | "Stat";

/** The collection of a file operation that the bearer may do on `path`. */
function operable(asked: Asked, path: string, operation: FileOperation): Collection {
  const token = requireBearer(asked);
  const collection = collectionOf(asked, asked.part("collection"));
  const { faults } = asked.world;
  const scope = dataAccessScope(collection.id);
  const wantsConsent = faults.consentRequired || (collection.isMapped && hasDataAccess(asked.world, collection));
  if (wantsConsent && !hasConsent(token, [TRANSFER_SCOPE, scope])) {
    const wanted = `${TRANSFER_SCOPE}[*${scope}]`;
    throw refuse(asked, 403, "ConsentRequired", "Missing required data_access consent", { required_scopes: [wanted] });
  }
  requireSession(asked, token, collection);
  if (faults.endpointError)
    throw refuse(asked, 502, "EndpointError", `${collection.name}: handshake with its server failed`);
  asked.world.tasks.catchUp();
  for (const { code, left, below = "/" } of collection.standingFaults) {
    const { refusal, says } = faultRow(code);
    if (refusal !== undefined && left > 0 && isBelow(path, below))
      throw refuse(asked, 502, `ExternalError.${operation}Failed.${refusal}`, `${collection.name}: ${says}`);
  }
  const { deniedBelow } = faults;
  if (deniedBelow !== undefined && `${normalPath(path)}/`.startsWith(`${deniedBelow}/`)) {
    throw refuse(asked, 403, "EndpointPermissionDenied", `Denied by endpoint ${collection.name}: path not allowed`);
  }
  return collection;
}

function mkdir(asked: Asked): TwinAnswer {
  const path = textOf(bodyOf(asked)["path"]);
  const { files } = operable(asked, path, "Mkdir");
  const outcome = files.makeDirectory(path);
  if (outcome === "exists")
    throw refuse(asked, 502, "ExternalError.MkdirFailed.Exists", `Path already exists: ${path}`);
  if (outcome === "noParent")
    throw refuse(asked, 502, "ExternalError.MkdirFailed", `No such file or directory: ${path}`);
  return result(asked, 202, "mkdir_result", "DirectoryCreated", "The directory was created successfully");
}

function rename(asked: Asked): TwinAnswer {
  const body = bodyOf(asked);
  const [from, to] = [textOf(body["old_path"]), textOf(body["new_path"])];
  const { files } = operable(asked, from, "Rename");
  operable(asked, to, "Rename");
  if (files.at(from) === undefined) throw refuse(asked, 404, "ClientError.NotFound", `Path not found: ${from}`);
  if (files.at(to) !== undefined)
    throw refuse(asked, 502, "ExternalError.RenameFailed.Exists", `Path already exists: ${to}`);
  try {
    files.rename(from, to);
  } catch (error) {
    throw refuse(asked, 502, "ExternalError.RenameFailed", faultOf(error, "destination", to).message);
  }
  return result(asked, 200, "result", "FileRenamed", "File or directory renamed successfully");
}

function stat(asked: Asked): TwinAnswer {
  const path = asked.request.query.get("path") ?? "";
  const { files } = operable(asked, path, "Stat");
  const entry = files.at(path);
  if (entry === undefined) throw refuse(asked, 404, "NotFound", `Path not found: ${path}`);
  return { status: 200, body: fileDocument(normalPath(path).split("/").at(-1) ?? "", entry) };
}

/** The path of the answer always ends in a slash. Names that begin with a dot are left out by `show_hidden=0`. */
function ls(asked: Asked): TwinAnswer {
  const { query } = asked.request;
  const path = query.get("path") ?? "/~/";
  const { id, files } = operable(asked, path, "DirListing");
  const type = files.at(path)?.type;
  if (type === undefined) throw refuse(asked, 404, "ClientError.NotFound", `Directory not found: ${path}`);
  if (type !== "dir")
    throw refuse(asked, 502, "ExternalError.DirListingFailed.NotDirectory", `Not a directory: ${path}`);
  const showsHidden = query.get("show_hidden") !== "0";
  const entries = files.list(path).filter(([name]) => showsHidden || !name.startsWith("."));
  const rows = entries.map(([name, entry]) => fileDocument(name, entry));
  const { page, total } = askedPage(query, rows, { usual: LIST_LIMIT, most: LIST_LIMIT });
  const body = {
    DATA: page,
    DATA_TYPE: "file_list",
    absolute_path: `${normalPath(path)}/`.replace("//", "/"),
    endpoint: id,
    length: page.length,
    path: path.endsWith("/") ? path : `${path}/`,
    rename_supported: true,
    symlink_supported: false,
    total,
  };
  return { status: 200, body };
}

function fileDocument(
  name: string,
  entry: { readonly type: string; readonly bytes: number; readonly modified: number },
): Fields {
  return {
    DATA_TYPE: "file",
    group: "beamline",
    last_modified: iso(entry.modified)?.replace("T", " "),
    link_group: null,
    link_last_modified: null,
    link_size: null,
    link_target: null,
    link_user: null,
    name,
    permissions: entry.type === "dir" ? "0775" : "0644",
    size: entry.bytes,
    type: entry.type,
    user: "beamline",
  };
}
