/**
 * Globus Transfer, simulated: the access rules of the collections. The shapes are those of Globus' published types and
 * samples. The codes by which a mapped collection and a full collection refuse are not published: ours are guesses that
 * nothing may depend on.
 */
import { randomUUID } from "node:crypto";
import type { AccessDocument } from "@globus/sdk/services/transfer/service/access";
import type { TwinAnswer } from "../http-twin.ts";
import type { Collection, CollectionRule } from "./collection.ts";
import { textOf } from "./documents.ts";
import { bodyOf, collectionOf, refuse, requireBearer, result } from "./transfer-answers.ts";
import { type Asked, isMapped, type Route } from "./world.ts";

/** Rules that a collection can have. */
const MOST_RULES = 1000;
const RULE = "/v0.10/endpoint/:collection/access/:rule";

export const ACCESS_ROUTES: readonly Route[] = [
  { method: "GET", path: "/v0.10/endpoint/:collection/access_list", answer: listRules },
  { method: "POST", path: "/v0.10/endpoint/:collection/access", answer: addRule },
  { method: "GET", path: RULE, answer: giveRule },
  { method: "PUT", path: RULE, answer: changeRule },
  { method: "DELETE", path: RULE, answer: removeRule },
];

/** The collection whose rules the bearer may see and change. */
function manageable(asked: Asked): Collection {
  requireBearer(asked);
  const collection = collectionOf(asked, asked.part("collection"));
  const { lacksAccessManager } = asked.world.faults;
  if (isMapped(asked.world, collection))
    throw refuse(asked, 409, "NotSupported", `Endpoint ${collection.name} does not have access rules`);
  if (lacksAccessManager)
    throw refuse(asked, 403, "PermissionDenied", `You do not have permission to manage ${collection.name}`);
  return collection;
}

function ruleOf(asked: Asked, { rules }: Collection): CollectionRule {
  const id = asked.part("rule");
  const found = rules.find((rule) => rule.id === id);
  if (found === undefined) throw refuse(asked, 404, "AccessRuleNotFound", `No such access rule '${id}'`);
  return found;
}

function documentOf({ created, ...rule }: CollectionRule): AccessDocument {
  return {
    DATA_TYPE: "access",
    ...rule,
    role_id: null,
    role_type: null,
    create_time: new Date(created).toISOString().replace(/\.\d+Z$/, "+00:00"),
    expiration_date: null,
  };
}

function listRules(asked: Asked): TwinAnswer {
  const { id, rules } = manageable(asked);
  const DATA = rules.map(documentOf);
  return { status: 200, body: { DATA, DATA_TYPE: "access_list", endpoint: id, length: DATA.length } };
}

function addRule(asked: Asked): TwinAnswer {
  const { name, rules } = manageable(asked);
  const { principal_type: type, permissions, ...body } = bodyOf(asked) as Partial<AccessDocument>;
  const path = textOf(body.path);
  if (
    body.DATA_TYPE !== "access" ||
    (type !== "identity" && type !== "group") ||
    (permissions !== "r" && permissions !== "rw") ||
    !/^\/(.*\/)?$/.test(path)
  ) {
    throw refuse(asked, 400, "ClientError.BadRequest", "The access document is not valid");
  }
  const principal = textOf(body.principal);
  if (rules.some((rule) => rule.principal === principal && rule.path === path)) {
    throw refuse(asked, 409, "Exists", "This identity already has an access rule for this path");
  }
  if (rules.length >= MOST_RULES) throw refuse(asked, 409, "LimitExceeded", `${name} has too many access rules`);
  const rule = {
    id: randomUUID(),
    principal_type: type,
    principal,
    path,
    permissions,
    created: asked.world.clock.now(),
  };
  rules.push(rule);
  const said = "Access rule created successfully.";
  return result(asked, 201, "access_create_result", "Created", said, { access_id: rule.id });
}

function giveRule(asked: Asked): TwinAnswer {
  return { status: 200, body: documentOf(ruleOf(asked, manageable(asked))) };
}

function changeRule(asked: Asked): TwinAnswer {
  const rule = ruleOf(asked, manageable(asked));
  const { permissions } = bodyOf(asked);
  if (permissions !== "r" && permissions !== "rw")
    throw refuse(asked, 400, "ClientError.BadRequest", "Only permissions can be changed, to r or rw");
  rule.permissions = permissions;
  return result(asked, 200, "result", "Updated", "Access rule updated successfully.");
}

function removeRule(asked: Asked): TwinAnswer {
  const collection = manageable(asked);
  collection.rules.splice(collection.rules.indexOf(ruleOf(asked, collection)), 1);
  return result(asked, 200, "result", "Deleted", "Access rule deleted successfully.");
}
