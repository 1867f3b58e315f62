/**
 * Globus Transfer, simulated: directories of the collections in memory. Access rules are in access-routes.ts, tasks in
 * task-routes.ts. globus.md §3.3; the shapes are those of Globus' published sample answers. The code for a parent that
 * is missing is not published: ours is a guess at the form.
 */

import type { TwinAnswer } from "../http-twin.ts";
import { normalPath } from "./files.ts";
import { bodyOf, collectionOf, type Fields, refuse, requireBearer, result, textOf } from "./transfer-answers.ts";
import type { Asked, Collection, Route } from "./world.ts";

const LIST_LIMIT = 100_000;

export const TRANSFER_ROUTES: readonly Route[] = [
  { method: "POST", path: "/v0.10/operation/endpoint/:collection/mkdir", answer: mkdir },
  { method: "GET", path: "/v0.10/operation/endpoint/:collection/stat", answer: stat },
  { method: "GET", path: "/v0.10/operation/endpoint/:collection/ls", answer: ls },
];

/** The collection of a file operation that the bearer may do on `path`. */
function operable(asked: Asked, path: string): Collection {
  const token = requireBearer(asked);
  const collection = collectionOf(asked, asked.part("collection"));
  const { faults } = asked.world;
  const scope = `https://auth.globus.org/scopes/${collection.id}/data_access`;
  if (faults.consentRequired && !token.scope.includes(scope)) {
    const wanted = `urn:globus:auth:scope:transfer.api.globus.org:all[*${scope}]`;
    throw refuse(asked, 403, "ConsentRequired", "Missing required data_access consent", { required_scopes: [wanted] });
  }
  if (faults.endpointError)
    throw refuse(asked, 502, "EndpointError", `${collection.name}: handshake with its server failed`);
  const { deniedBelow } = faults;
  if (deniedBelow !== undefined && `${normalPath(path)}/`.startsWith(`${deniedBelow}/`)) {
    throw refuse(asked, 403, "EndpointPermissionDenied", `Denied by endpoint ${collection.name}: path not allowed`);
  }
  return collection;
}

function mkdir(asked: Asked): TwinAnswer {
  const path = textOf(bodyOf(asked)["path"]);
  const { files } = operable(asked, path);
  const outcome = files.makeDirectory(path, asked.world.clock.now());
  if (outcome === "exists")
    throw refuse(asked, 502, "ExternalError.MkdirFailed.Exists", `Path already exists: ${path}`);
  if (outcome === "noParent")
    throw refuse(asked, 502, "ExternalError.MkdirFailed", `No such file or directory: ${path}`);
  return result(asked, 202, "mkdir_result", "DirectoryCreated", "The directory was created successfully");
}

function stat(asked: Asked): TwinAnswer {
  const path = asked.request.query.get("path") ?? "";
  const { files } = operable(asked, path);
  const entry = files.at(path);
  if (entry === undefined) throw refuse(asked, 404, "NotFound", `Path not found: ${path}`);
  return { status: 200, body: fileDocument(normalPath(path).split("/").at(-1) ?? "", entry) };
}

function ls(asked: Asked): TwinAnswer {
  const { query } = asked.request;
  const path = query.get("path") ?? "/~/";
  const { id, files } = operable(asked, path);
  const type = files.at(path)?.type;
  if (type === undefined) throw refuse(asked, 404, "ClientError.NotFound", `Directory not found: ${path}`);
  if (type !== "dir")
    throw refuse(asked, 502, "ExternalError.DirListingFailed.NotDirectory", `Not a directory: ${path}`);
  const all = files.list(path);
  const offset = Number(query.get("offset") ?? 0);
  const page = all.slice(offset, offset + Number(query.get("limit") ?? LIST_LIMIT));
  const body = {
    DATA: page.map(([name, entry]) => fileDocument(name, entry)),
    DATA_TYPE: "file_list",
    absolute_path: `${normalPath(path)}/`.replace("//", "/"),
    endpoint: id,
    length: page.length,
    path,
    rename_supported: true,
    symlink_supported: false,
    total: all.length,
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
    last_modified: new Date(entry.modified)
      .toISOString()
      .replace("T", " ")
      .replace(/\.\d+Z$/, "+00:00"),
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
