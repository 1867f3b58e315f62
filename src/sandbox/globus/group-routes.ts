/**
 * Globus Groups, simulated: the groups that the bearer belongs to. They are given; nobody can be added or invited. The
 * shapes are those of Globus' published samples.
 */
import type { TwinAnswer } from "../http-twin.ts";
import type { AccessToken } from "./auth/auth-state.ts";
import { GROUPS_SERVER } from "./auth/known-scopes.ts";
import type { Fields } from "./documents.ts";
import type { Group } from "./group.ts";
import { type Asked, bearerOf, RefusedAnswer, type Route } from "./world.ts";

export const GROUP_ROUTES: readonly Route[] = [
  { method: "GET", path: "/v2/groups/my_groups", answer: listGroups },
  { method: "GET", path: "/v2/groups/:group", answer: showGroup },
];

const refuse = (status: number, code: string, detail: string): RefusedAnswer =>
  new RefusedAnswer({ status, body: { errors: [{ status, code, detail }] } });

function requireBearer(asked: Asked): AccessToken {
  const token = bearerOf(asked, GROUPS_SERVER);
  if (token === undefined) throw refuse(401, "UNAUTHORIZED", "Token is not active");
  return token;
}

function listGroups(asked: Asked): TwinAnswer {
  const { identity } = requireBearer(asked);
  const own = asked.world.groups.filter(({ roleById }) => roleById.has(identity.id));
  return { status: 200, body: own.map((group) => groupDocument(group, identity)) };
}

function showGroup(asked: Asked): TwinAnswer {
  const { identity } = requireBearer(asked);
  const group = asked.world.groups.find(({ id }) => id === asked.part("group"));
  if (!group?.roleById.has(identity.id)) throw refuse(404, "NOT_FOUND", `Group ${asked.part("group")} was not found`);
  const { description, subscriptionId } = group;
  const info = subscriptionId === undefined ? null : SUBSCRIPTION_INFO;
  return { status: 200, body: { ...groupDocument(group, identity), description, subscription_info: info } };
}

function groupDocument(group: Group, identity: AccessToken["identity"]): Fields {
  const { id, name, roleById, subscriptionId } = group;
  const own = {
    group_id: id,
    identity_id: identity.id,
    username: identity.username,
    role: roleById.get(identity.id),
    status: "active",
  };
  return {
    name,
    parent_id: null,
    id,
    group_type: subscriptionId === undefined ? "regular" : "plus",
    enforce_session: false,
    session_limit: 28_800,
    session_timeouts: {},
    my_memberships: [own],
    policies: { group_visibility: "private", group_members_visibility: "managers" },
    subscription_id: subscriptionId ?? null,
  };
}

const SUBSCRIPTION_INFO = {
  name: "Example Light Source",
  subscriber_name: "Example Light Source",
  is_high_assurance: true,
  is_baa: false,
  connectors: {},
};
