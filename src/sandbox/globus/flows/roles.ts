/** Who may do what with the simulated flows and runs. */
import type { TwinIdentity } from "../auth/auth-state.ts";
import { type Flow, groupUrn, identityUrn, type TwinRun, type WebInput } from "./flow.ts";

/** Whether a list of principals names somebody, or a group that they are in. */
const names = (principals: readonly string[], { id }: TwinIdentity, { groups }: Flow): boolean =>
  principals.includes(identityUrn(id)) ||
  groups.some((group) => group.roleById.has(id) && principals.includes(groupUrn(group.id)));

export const FLOW_ROLES = ["flow_owner", "flow_administrator", "flow_starter", "flow_viewer"] as const;
export type FlowRole = (typeof FLOW_ROLES)[number] | "run_manager" | "run_monitor";

/** Every role of somebody on a flow, the highest first; empty: the flow is not to be seen. */
export function flowRoles(flow: Flow, identity: TwinIdentity): FlowRole[] {
  const has: Readonly<Record<FlowRole, boolean>> = {
    flow_owner: flow.owner.id === identity.id,
    flow_administrator: names(flow.administrators, identity, flow),
    flow_starter: names(flow.starters, identity, flow) || flow.starters.includes("all_authenticated_users"),
    flow_viewer: names(flow.viewers, identity, flow) || flow.viewers.includes("public"),
    run_manager: names(flow.runManagers, identity, flow),
    run_monitor: names(flow.runMonitors, identity, flow),
  };
  return (Object.keys(has) as FlowRole[]).filter((role) => has[role]);
}

export const mayAdministrate = (flow: Flow, identity: TwinIdentity): boolean =>
  flowRoles(flow, identity).some((role) => role === "flow_owner" || role === "flow_administrator");

/** Owners and administrators start it, too. */
export const mayStart = (flow: Flow, identity: TwinIdentity): boolean =>
  mayAdministrate(flow, identity) || flowRoles(flow, identity).includes("flow_starter");

export type RunRole = "run_owner" | "run_manager" | "flow_run_manager" | "run_monitor" | "flow_run_monitor";

/** Every role of somebody on a run, the highest first; empty: the run is not to be seen. */
export function runRoles(run: TwinRun, identity: TwinIdentity): RunRole[] {
  const has: Readonly<Record<RunRole, boolean>> = {
    run_owner: run.owner.id === identity.id,
    run_manager: names(run.managers, identity, run.flow),
    flow_run_manager: names(run.flow.runManagers, identity, run.flow),
    run_monitor: names(run.monitors, identity, run.flow),
    flow_run_monitor: names(run.flow.runMonitors, identity, run.flow),
  };
  return (Object.keys(has) as RunRole[]).filter((role) => has[role]);
}

export const mayManage = (run: TwinRun, identity: TwinIdentity): boolean =>
  runRoles(run, identity).some((role) => !role.endsWith("monitor"));

export type WebInputRole = "viewer" | "respondent";

export function webInputRoles(input: WebInput, identity: TwinIdentity): WebInputRole[] {
  const isRespondent = names(input.respondents, identity, input.run.flow);
  const isViewer =
    isRespondent || names(input.viewers, identity, input.run.flow) || runRoles(input.run, identity).length > 0;
  return [...(isViewer ? (["viewer"] as const) : []), ...(isRespondent ? (["respondent"] as const) : [])];
}
