/** Globus as the settings have it: the login, and calls with it; or off. */

import { Observable } from "rxjs";
import type { Cancel } from "../base/clock.ts";
import { ActionError } from "../base/errors.ts";
import type { ServerSettings } from "../config/settings.ts";
import type { AccessRules } from "../controller/ports/access-rules.ts";
import type { Compute } from "../controller/ports/compute.ts";
import type { DirectoryTree } from "../controller/ports/directories.ts";
import type { Flows } from "../controller/ports/flows.ts";
import { type Identity, LOGIN_ADVICE } from "../controller/ports/identity.ts";
import type { TransferTasks } from "../controller/ports/transfer-tasks.ts";
import type { Watch } from "../controller/run/watch.ts";
import { GLOBUS_OFF } from "../controller/transfers/hold.ts";
import { createGlobusAccess } from "../services/globus/access.ts";
import { type GlobusAuth, globusOff } from "../services/globus/auth.ts";
import type { GlobusCall } from "../services/globus/call.ts";
import type { GlobusCollection } from "../services/globus/collection.ts";
import { createCompute } from "../services/globus/compute/compute.ts";
import { createGlobusTree } from "../services/globus/directories.ts";
import { createFlows } from "../services/globus/flows/flows.ts";
import type { GlobusLogin } from "../services/globus/owner.ts";
import { createTransferTasks } from "../services/globus/transfer-tasks.ts";
import { openGlobusLogin } from "./globus-login.ts";
import { treeWithout } from "./hosts.ts";
import type { PartOptions } from "./parts.ts";
import { watchedLogin, watchedPort } from "./watched-ports.ts";

export interface GlobusPart {
  readonly identity: Identity;
  /** The files that the login depends on. */
  readonly files: readonly string[];
  /** The watches that look after the login of a running IOC. */
  readonly watches: readonly Watch[];
  /** Looks after the login, without an IOC. @returns ends that */
  readonly keepAlive: () => Cancel;
  /** Transfers between collections; absent where Globus is off. */
  readonly tasks?: TransferTasks;
  /** Flows and their runs; absent where Globus is off. @param nameOf what operators call a flow, by its id */
  readonly flows?: (nameOf: (flow: string) => string) => Flows;
  /** Globus Compute; absent where Globus is off. @param nameOf what operators call an end point or a function */
  readonly compute?: (nameOf: (id: string) => string) => Compute;
  /** The tree of a server of kind globus. @throws ActionError for settings that cannot be used */
  tree(server: ServerSettings): DirectoryTree;
  /** The access rules of a server's collection. @throws ActionError for settings that cannot be used */
  access(server: ServerSettings): AccessRules;
}

export function openGlobus(options: PartOptions): GlobusPart {
  const section = options.settings["globus-auth"];
  const opened = options.problems.collect("[globus-auth]", () => open(options));
  const call: GlobusCall = opened?.call ?? (() => Promise.reject(new ActionError(GLOBUS_OFF)));
  const nameOf = (id: string): string => {
    const named = [
      ...options.settings.destinations.map(({ name, collection: of }) => ({ name, of })),
      ...options.settings.servers.map(({ name, uuid: of }) => ({ name, of })),
    ];
    return named.find(({ of }) => of === id)?.name ?? id;
  };
  const collection = ({ name, top, uuid }: ServerSettings): GlobusCollection => ({
    collectionId: uuid,
    name,
    top,
    call,
  });
  return {
    identity: opened === undefined ? globusOff : watchedIdentity(options, opened.identity),
    files: opened === undefined ? [] : [section["client-secret-file"] || section["token-store"]],
    watches: opened === undefined ? [] : [() => new Observable(opened.keepAlive)],
    keepAlive: opened?.keepAlive ?? (() => () => {}),
    ...(opened !== undefined && {
      tasks: createTransferTasks({
        call,
        tokens: opened.identity,
        login: opened.login,
        nameOf,
        heard: opened.heard,
        encrypt: options.settings.transfers.encrypt,
      }),
    }),
    ...(opened !== undefined && {
      compute: (nameOfCompute) => createCompute({ call, clock: options.clock, nameOf: nameOfCompute }),
    }),
    ...(opened !== undefined && { flows: (nameOfFlow) => createFlows({ call, nameOf: nameOfFlow }) }),
    tree: (server) => (server.uuid === "" ? treeWithout(noUuid(server), server) : createGlobusTree(collection(server))),
    access: (server) =>
      server.uuid === ""
        ? accessWithout(noUuid(server), server)
        : createGlobusAccess({ ...collection(server), provision: server.provision }),
  };
}

const watchedIdentity = (options: PartOptions, identity: Identity): Identity => ({
  state: watchedLogin(
    options,
    "Globus",
    (call) => identity.state(call),
    ({ state, why }) => (state === "LoginNeeded" ? (why ?? NO_LOGIN) : undefined),
  ),
});
const NO_LOGIN = `Globus has no login of ours, or it is over: ${LOGIN_ADVICE}`;

const noUuid = ({ name }: ServerSettings): string =>
  `the Globus collection ${name} has no uuid in [server ${name}] of globus.conf`;

/** Stands in for the rules of a collection that is not configured. */
function accessWithout(sentence: string, { name }: ServerSettings): AccessRules {
  const off = (): Promise<never> => Promise.reject(new ActionError(sentence));
  return { name, list: off, grant: off, revoke: off };
}

interface OpenedGlobus {
  readonly identity: GlobusAuth;
  readonly login: GlobusLogin;
  readonly heard: TransferTasks["heard"];
  readonly call: GlobusCall;
  readonly keepAlive: () => Cancel;
}

function open(options: PartOptions): OpenedGlobus | undefined {
  const opened = openGlobusLogin(options);
  if (opened === undefined) return undefined;
  const { auth, call, clientId, transport, store } = opened;
  options.closers.push(() => opened.close());
  const watched = watchedPort(options, { part: "Globus" }, { call }, ["call"]);
  return {
    identity: auth,
    login: { clientId, isServiceAccount: store === undefined },
    call: watched.call,
    heard: () => transport.heard,
    keepAlive: () => auth.keepAlive(options.log),
  };
}
