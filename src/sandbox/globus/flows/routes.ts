/** Every route of the simulated Flows. */
import type { Route } from "../world.ts";
import { FLOW_ROUTES } from "./flow-routes.ts";
import { RUN_LIST_ROUTES } from "./run-list-routes.ts";
import { RUN_ROUTES } from "./run-routes.ts";
import { WEB_INPUT_ROUTES } from "./web-input-routes.ts";

export const FLOWS_ROUTES: readonly Route[] = [...FLOW_ROUTES, ...RUN_ROUTES, ...RUN_LIST_ROUTES, ...WEB_INPUT_ROUTES];
