/**
 * Globus Transfer's collections, simulated: what a collection says of itself, and the search for collections. The
 * fields are those of Globus' own types and published samples.
 */
import type { EndpointDocument } from "@globus/sdk/services/transfer/service/endpoint";
import type { TwinAnswer } from "../http-twin.ts";
import type { Collection } from "./collection.ts";
import { askedPage } from "./list-query.ts";
import { collectionOf, requireBearer } from "./transfer-answers.ts";
import { type Asked, isMapped, type Route } from "./world.ts";

export const ENDPOINT_ROUTES: readonly Route[] = [
  { method: "GET", path: "/v0.10/endpoint/:collection", answer: describeCollection },
  { method: "GET", path: "/v0.10/endpoint_search", answer: search },
];

function describeCollection(asked: Asked): TwinAnswer {
  requireBearer(asked);
  return { status: 200, body: endpointDocument(asked, collectionOf(asked, asked.part("collection"))) };
}

/** Scopes of a search that hold what somebody else shares; the others hold all that the account has. */
const FOREIGN = new Set(["shared-with-me", "my-gcp-endpoints", "in-use"]);

/** By text in the name, the description or the organization; by owner and by kind. */
function search(asked: Asked): TwinAnswer {
  requireBearer(asked);
  const { query } = asked.request;
  const text = (query.get("filter_fulltext") ?? "").toLowerCase();
  const exact = [
    ["entity_type", query.get("filter_entity_type")],
    ["owner_id", query.get("filter_owner_id")],
  ] as const;
  const found = [...asked.world.collectionById.values()]
    .map((collection) => endpointDocument(asked, collection))
    .filter((one) => [one.display_name, one.description, one.organization].join("\n").toLowerCase().includes(text))
    .filter((one) => exact.every(([field, wanted]) => wanted === null || one[field] === wanted))
    .filter(() => !FOREIGN.has(query.get("filter_scope") ?? "all"));
  const { page, limit, offset, total } = askedPage(query, found, { usual: 100, most: 100 });
  const hasNext = offset + page.length < total;
  return { status: 200, body: { DATA: page, DATA_TYPE: "endpoint_list", has_next_page: hasNext, limit, offset } };
}

function endpointDocument({ world }: Asked, collection: Collection): EndpointDocument {
  const { id, name, flowPolicy, isHighAssurance } = collection;
  const { lacksAccessManager } = world.faults;
  const hasRules = !isMapped(world, collection);
  const side = (flow: string | undefined): object => (flow === undefined ? {} : { flow });
  return {
    ...UNREMARKABLE,
    DATA: [],
    id,
    display_name: name,
    name,
    canonical_name: `beamline#${id}`,
    entity_type: hasRules ? "GCSv5_guest_collection" : "GCSv5_mapped_collection",
    gcs_manager_url: world.managerUrl as EndpointDocument["gcs_manager_url"],
    owner_id: world.serviceAccount.clientId,
    owner_string: `${world.serviceAccount.clientId}@clients.auth.globus.org`,
    acl_available: hasRules,
    acl_editable: hasRules && !lacksAccessManager,
    high_assurance: isHighAssurance,
    my_effective_roles: lacksAccessManager ? [] : ["administrator"],
    associated_flow_policy:
      flowPolicy === undefined
        ? null
        : { transfer: { source: side(flowPolicy.source), destination: side(flowPolicy.destination) } },
  };
}

/** What a collection says of itself beside that. */
const UNREMARKABLE = {
  DATA_TYPE: "endpoint",
  acl_max_expiration_period_mins: null,
  activated: false,
  authentication_assurance_timeout: null,
  authentication_policy_id: null,
  authentication_timeout_mins: null,
  auto_delete_timeout: null,
  contact_email: "data@example.org",
  contact_info: null,
  default_directory: null,
  department: null,
  description: "Simulated",
  disable_anonymous_writes: false,
  disable_verify: false,
  expire_time: "2000-01-02 03:45:06+00:00",
  expires_in: 0,
  force_encryption: false,
  force_verify: false,
  french_english_bilingual: false,
  gcp_connected: null,
  gcp_paused: null,
  gcs_version: "5.4.80",
  globus_connect_setup_key: null,
  guest_collection_activity_notification_policy: null,
  high_assurance: false,
  host_endpoint: null,
  host_endpoint_display_name: null,
  host_endpoint_id: null,
  host_path: null,
  https_server: null,
  in_use: false,
  info_link: null,
  is_globus_connect: false,
  keywords: null,
  last_accessed_time: null,
  local_user_info_available: false,
  location: null,
  mapped_collection_display_name: null,
  mapped_collection_id: null,
  max_concurrency: null,
  max_parallelism: null,
  mfa_required: false,
  myproxy_dn: null,
  myproxy_server: null,
  network_use: null,
  non_functional: false,
  non_functional_endpoint_display_name: null,
  non_functional_endpoint_id: null,
  oauth_server: null,
  organization: "Example Light Source",
  preferred_concurrency: null,
  preferred_parallelism: null,
  preserve_modtime: null,
  public: false,
  requester_pays: false,
  restrict_transfers_to_high_assurance: null,
  s3_owner_activated: false,
  s3_url: null,
  shareable: false,
  sharing_target_endpoint: null,
  sharing_target_root_path: null,
  skip_auto_delete: null,
  subscription_admin_verified: false,
  subscription_id: null,
  tlsftp_server: "tlsftp://gcs.example.org:443",
  user_message: null,
  user_message_link: null,
  username: "beamline",
} as const;
