/** The documents that tell a flow and a run of the simulated Flows, as in Globus' published samples and types. */

import type { TwinIdentity } from "../auth/auth-state.ts";
import { flowScope } from "../auth/known-scopes.ts";
import type { Fields } from "../documents.ts";
import { type Flow, flowTime, flowTimeOrNull, identityUrn, type TwinRun } from "./flow.ts";
import { FLOW_ROLES, flowRoles, mayAdministrate, mayManage, runRoles } from "./roles.ts";

const SERVICE = "https://flows.globus.org";

/** What Flows may not show of a run or a definition: names that begin so, and what `__Private_Parameters` lists. */
const PRIVATE = "_private";
const PRIVATE_LIST = "__Private_Parameters";

/** A value without what is private in it. */
export function withoutPrivate(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutPrivate);
  if (typeof value !== "object" || value === null) return value;
  const listed = (value as Fields)[PRIVATE_LIST];
  const isPrivate = (name: string): boolean =>
    name.startsWith(PRIVATE) ||
    name === PRIVATE_LIST ||
    (Array.isArray(listed) && listed.includes(name.replace(/\.[$=]$/, "")));
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !isPrivate(name))
      .map(([name, one]) => [name, withoutPrivate(one)]),
  );
}

/** A flow as somebody sees it who has a role on it. Lists tell less of high-assurance flows. */
export function flowDocument(flow: Flow, identity: TwinIdentity, isInList = false): Fields {
  const isAdministrator = mayAdministrate(flow, identity);
  const shown = (principals: readonly string[]): readonly string[] => (isAdministrator ? principals : []);
  const owner = identityUrn(flow.owner.id);
  const roles = flowRoles(flow, identity);
  const isHidden = isInList && flow.policy !== undefined;
  const definition = isAdministrator ? flow.definition : withoutPrivate(flow.definition);
  return {
    action_url: `${SERVICE}/flows/${flow.id}`,
    administered_by: [],
    api_version: "1.0",
    created_at: flowTime(flow.created),
    created_by: owner,
    definition: isHidden ? null : definition,
    description: flow.description,
    flow_administrators: shown(flow.administrators),
    flow_owner: owner,
    flow_starters: shown(flow.starters),
    flow_url: `${SERVICE}/flows/${flow.id}`,
    flow_viewers: shown(flow.viewers),
    globus_auth_scope: flowScope(flow.id),
    globus_auth_username: `${flow.id}@clients.auth.globus.org`,
    id: flow.id,
    input_schema: isHidden ? null : flow.inputSchema,
    keywords: flow.keywords,
    log_supported: true,
    principal_urn: identityUrn(flow.id),
    run_managers: shown(flow.runManagers),
    run_monitors: shown(flow.runMonitors),
    runnable_by: [],
    subtitle: flow.subtitle,
    synchronous: false,
    title: flow.title,
    types: ["Action"],
    updated_at: flowTime(flow.updated),
    user_role: FLOW_ROLES.find((role) => roles.includes(role)) ?? "flow_viewer",
    visible_to: [],
    ...(flow.subscription !== undefined && { subscription_id: flow.subscription }),
    ...(flow.policy !== undefined && { authentication_policy_id: flow.policy, is_high_assurance: true }),
  };
}

/** A flow that has just been deleted. */
export function deletedFlowDocument(flow: Flow, identity: TwinIdentity, now: number): Fields {
  const {
    action_url: _action,
    flow_url: _flow,
    run_managers: _managers,
    run_monitors: _monitors,
    ...document
  } = flowDocument(flow, identity);
  const none = { flow_administrators: [], flow_starters: [], flow_viewers: [], input_schema: {}, keywords: [] };
  return { ...document, ...none, DELETED: true, deleted_at: flowTime(now) };
}

/** A run as somebody sees it who has a role on it. Lists tell less of the runs of high-assurance flows. */
export function runDocument(run: TwinRun, identity: TwinIdentity, isInList = false): Fields {
  const owner = identityUrn(run.owner.id);
  const shown = (principals: readonly string[]): readonly string[] => (mayManage(run, identity) ? principals : []);
  const status = run.said ?? run.status;
  return {
    action_id: run.id,
    blocking_web_input_id: run.question ?? null,
    completion_time: flowTimeOrNull(run.ended),
    created_by: owner,
    details: isInList && run.flow.policy !== undefined ? null : withoutPrivate(run.details),
    display_status: status,
    flow_id: run.flow.id,
    flow_last_updated: flowTime(run.flowUpdated),
    flow_title: run.flow.title,
    label: run.label,
    manage_by: shown(run.managers),
    monitor_by: shown(run.monitors),
    run_id: run.id,
    run_managers: shown(run.managers),
    run_monitors: shown(run.monitors),
    run_owner: owner,
    start_time: flowTime(run.started),
    status,
    tags: run.tags,
    user_role: runRoles(run, identity)[0]?.replace("flow_run", "run") ?? "run_monitor",
  };
}

/** The flow of a run, where a run is asked for with it. */
export function flowEmbed(flow: Flow): Fields {
  const owner = identityUrn(flow.owner.id);
  return {
    created_at: flowTime(flow.created),
    created_by: owner,
    description: flow.description,
    flow_owner: owner,
    globus_auth_scope: flowScope(flow.id),
    id: flow.id,
    keywords: flow.keywords,
    subtitle: flow.subtitle,
    title: flow.title,
    updated_at: flowTime(flow.updated),
  };
}
