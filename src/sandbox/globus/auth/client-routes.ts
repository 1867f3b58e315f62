/**
 * Applications and projects at the simulated Globus Auth, as far as they are registered by programs: globus-cli makes
 * an application of its own from a template wherever it is used; a person who manages projects makes others. The shapes
 * are those of Globus' published sample answers.
 */
import { randomBytes, randomUUID } from "node:crypto";
import type { TwinAnswer } from "../../http-twin.ts";
import { type Fields, textOf } from "../documents.ts";
import { type Asked, bearerOf } from "../world.ts";
import type { AccessToken, TwinClient, TwinProject } from "./auth-state.ts";
import { requireClient } from "./client-proof.ts";
import { identityDocument } from "./identity-routes.ts";
import { AUTH_SERVER } from "./known-scopes.ts";
import { apiRefusal, forbidden, unauthorized } from "./refusals.ts";

const MANAGE_PROJECTS = "urn:globus:auth:scope:auth.globus.org:manage_projects";

function requireManager(asked: Asked): AccessToken {
  const token = bearerOf(asked, AUTH_SERVER);
  if (token === undefined) throw unauthorized();
  if (!token.scope.split(" ").includes(MANAGE_PROJECTS)) throw forbidden();
  return token;
}

function bodyOf({ request }: Asked, envelope: string): Fields {
  try {
    const { [envelope]: inside } = JSON.parse(request.body) as Readonly<Record<string, Fields | undefined>>;
    if (inside !== undefined) return inside;
  } catch {
    // It is told below.
  }
  throw apiRefusal(400, "BAD_REQUEST", "Bad Request", `The body must be a JSON document with ${envelope} in it`);
}

/** From a template nobody needs to be logged in; in a project its manager does. */
export function makeClient(asked: Asked): TwinAnswer {
  const { auth } = asked.world;
  const body = bodyOf(asked, "client");
  const name = textOf(body["name"]);
  if (name === "") throw missing("name");
  const templateId = textOf(body["template_id"]);
  if (templateId !== "") {
    const template = auth.clientById.get(templateId);
    if (template === undefined || template.secret !== undefined) throw forbidden();
    const secret = randomBytes(32).toString("base64");
    const client: TwinClient = { ...newClient(name), secret, templateId };
    auth.clientById.set(client.id, client);
    const label = "Auto-created at client creation";
    const credential = { name: label, id: randomUUID(), client: client.id, secret };
    return { status: 201, body: { client: clientDocument(client), included: { client_credential: credential } } };
  }
  const { identity } = requireManager(asked);
  const projectId = textOf(body["project"]);
  const project = auth.projectById.get(projectId);
  if (project === undefined || !project.adminIds.includes(identity.id)) throw forbidden();
  const isNative = body["public_client"] === true || body["client_type"] === "public_installed_client";
  const redirectUris = Array.isArray(body["redirect_uris"]) ? body["redirect_uris"].map(String) : [];
  // Its secret is made later, if at all; until then nothing fits it.
  const secret = isNative ? undefined : randomBytes(32).toString("base64");
  const client: TwinClient = { ...newClient(name), secret, redirectUris, projectId };
  auth.clientById.set(client.id, client);
  if (!isNative) auth.identities.push(ownIdentity(client));
  return { status: 201, body: { client: clientDocument(client) } };
}

const missing = (field: string): Error => apiRefusal(400, "BAD_REQUEST", "Bad Request", `${field} is missing`);

function newClient(name: string): TwinClient {
  const none = { templateId: undefined, projectId: undefined };
  return { id: randomUUID(), name, secret: undefined, redirectUris: [], ...none };
}

/** An application with a secret is somebody, too. */
function ownIdentity({ id, name }: TwinClient): AccessToken["identity"] {
  const provider = { id: "3a3e9f8b-3a5e-4a1e-9d0a-5c7f0e1d2b4c", name: "Globus Auth" };
  const username = `${id}@clients.auth.globus.org`;
  return { id, username, name, email: null, organization: null, status: "used", provider };
}

export function giveClient(asked: Asked): TwinAnswer {
  return { status: 200, body: { client: clientDocument(ownClient(asked)) } };
}

/** Everything that it was given ends with it. */
export function removeClient(asked: Asked): TwinAnswer {
  const { auth } = asked.world;
  const client = ownClient(asked);
  auth.clientById.delete(client.id);
  for (const one of auth.consents.all) if (one.applicationId === client.id) auth.consents.revoke(one);
  return { status: 200, body: { client: clientDocument(client) } };
}

/** Asked for by itself, or by who manages its project. */
function ownClient(asked: Asked): TwinClient {
  const { auth } = asked.world;
  const client = auth.clientById.get(asked.part("client"));
  if ((asked.request.headers.authorization ?? "").startsWith("Basic ")) {
    const self = requireClient(auth, asked.request);
    if (self.id !== client?.id) throw forbidden();
    return self;
  }
  const { identity } = requireManager(asked);
  const project = auth.projectById.get(client?.projectId ?? "");
  if (client === undefined || project === undefined || !project.adminIds.includes(identity.id)) throw forbidden();
  return client;
}

export function listClients(asked: Asked): TwinAnswer {
  const { auth } = asked.world;
  const { identity } = requireManager(asked);
  const clients = [...auth.clientById.values()].filter(({ projectId }) =>
    auth.projectById.get(projectId ?? "")?.adminIds.includes(identity.id),
  );
  return { status: 200, body: { clients: clients.map(clientDocument) } };
}

/** Where a person gets the secret of an application: it is told this once. */
export function makeCredential(asked: Asked): TwinAnswer {
  const { auth } = asked.world;
  const client = ownClient(asked);
  if (client.secret === undefined) throw apiRefusal(400, "BAD_REQUEST", "Bad Request", "A public client has no secret");
  const secret = randomBytes(32).toString("base64");
  auth.clientById.set(client.id, { ...client, secret });
  const name = textOf(bodyOf(asked, "credential")["name"]);
  const created = new Date(auth.clock.now()).toISOString();
  return { status: 201, body: { credential: { name, id: randomUUID(), created, client: client.id, secret } } };
}

function clientDocument({ id, name, secret, redirectUris, templateId, projectId }: TwinClient): object {
  const isNative = secret === undefined;
  const codes = ["authorization_code", "refresh_token"];
  return {
    fqdns: [],
    name,
    id,
    public_client: isNative,
    scopes: [],
    required_idp: null,
    grant_types: isNative ? codes : ["authorization_code", "client_credentials", "refresh_token"],
    userinfo_from_effective_identity: true,
    client_type: isNative ? "public_installed_client" : "confidential_client",
    prompt_for_named_grant: false,
    links: { privacy_policy: null, terms_and_conditions: null },
    visibility: "private",
    preselect_idp: null,
    parent_client: templateId ?? null,
    project: projectId ?? null,
    redirect_uris: redirectUris,
  };
}

export function listProjects(asked: Asked): TwinAnswer {
  const { identity } = requireManager(asked);
  const own = [...asked.world.auth.projectById.values()].filter(({ adminIds }) => adminIds.includes(identity.id));
  return { status: 200, body: { projects: own.map((project) => projectDocument(asked, project)) } };
}

export function makeProject(asked: Asked): TwinAnswer {
  const { identity } = requireManager(asked);
  const body = bodyOf(asked, "project");
  const name = textOf(body["display_name"]);
  const contactEmail = textOf(body["contact_email"]);
  if (name === "" || contactEmail === "") throw missing(name === "" ? "display_name" : "contact_email");
  const project: TwinProject = { id: randomUUID(), name, contactEmail, adminIds: [identity.id] };
  asked.world.auth.projectById.set(project.id, project);
  return { status: 201, body: { project: projectDocument(asked, project) } };
}

function projectDocument({ world }: Asked, { id, name, contactEmail, adminIds }: TwinProject): object {
  const identities = world.auth.identities
    .filter((one) => adminIds.includes(one.id))
    .map((one) => ({ ...identityDocument(one), identity_type: "login" }));
  return {
    admin_ids: adminIds,
    contact_email: contactEmail,
    display_name: name,
    admin_group_ids: null,
    id,
    project_name: name,
    admins: { identities, groups: [] },
  };
}
