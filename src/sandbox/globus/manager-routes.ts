/**
 * The manager of the simulated collections' end point, of Globus Connect Server, as far as a collection is shown by it.
 * The fields are those of the Python SDK's published list of collections. It has a URL of its own in the documents of
 * the collections (GlobusServiceOptions.managerUrl), which must be https: whoever wants it puts TLS before the service.
 */
import type { TwinAnswer } from "../http-twin.ts";
import { type Asked, bearerOf, isMapped, RefusedAnswer, type Route } from "./world.ts";

export const MANAGER_ROUTES: readonly Route[] = [
  { method: "GET", path: "/api/collections/:collection", answer: showCollection },
];

function showCollection(asked: Asked): TwinAnswer {
  const { world } = asked;
  const collection = world.collectionById.get(asked.part("collection"));
  if (bearerOf(asked, world.serviceAccount.clientId) === undefined) throw refusal(401, "not_authenticated");
  if (collection === undefined) throw refusal(404, "not_found");
  const { id, name } = collection;
  const document = {
    DATA_TYPE: "collection#1.9.0",
    allow_guest_collections: false,
    authentication_timeout_mins: null,
    collection_base_path: "/",
    collection_type: isMapped(world, collection) ? "mapped" : "guest",
    connector_id: POSIX,
    contact_email: "data@example.org",
    created_at: "2026-03-01",
    disable_anonymous_writes: false,
    display_name: name,
    force_encryption: false,
    high_assurance: collection.isHighAssurance,
    id,
    identity_id: world.serviceAccount.clientId,
    manager_url: world.managerUrl,
    organization: "Example Light Source",
    public: false,
    require_mfa: false,
    storage_gateway_id: STORAGE_GATEWAY,
  };
  return { status: 200, body: { ...resultOf(200, "success"), data: [document] } };
}

/** Globus' own id of files on a POSIX file system. */
const POSIX = "145812c8-decc-41f1-83cf-bb2a85a2a70b";
const STORAGE_GATEWAY = "33333333-3333-4333-8333-333333333333";

const resultOf = (status: number, code: string): object => ({
  DATA_TYPE: "result#1.0.0",
  code,
  detail: code,
  has_next_page: false,
  http_response_code: status,
});

const refusal = (status: number, code: string): RefusedAnswer =>
  new RefusedAnswer({ status, body: { ...resultOf(status, code), message: code } });
