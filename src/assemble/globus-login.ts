/**
 * The Globus login as the settings have it: a person's, whose tokens are in a file, or a service account's; and calls
 * with it. For the IOC and for the commands that log in alike. It asks nobody yet.
 */
import path from "node:path";
import { homeFolder } from "../base/account.ts";
import type { Clock } from "../base/clock.ts";
import { ActionError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { Troubles } from "../base/troubles.ts";
import { proxyFor } from "../config/proxy.ts";
import type { Settings } from "../config/settings.ts";
import { namedFlow } from "../controller/flows/named-flow.ts";
import type { FlowFiles } from "../controller/ports/flow-files.ts";
import { createFlowFiles } from "../services/flow-files.ts";
import { createPersonLogin, createServiceAccount } from "../services/globus/auth.ts";
import { createGlobusCall } from "../services/globus/call.ts";
import { applicationProblem, REGISTRATION_HELP } from "../services/globus/login/application.ts";
import { type Inheritance, readInheritance } from "../services/globus/login/inherited.ts";
import type { GlobusSession } from "../services/globus/login/session.ts";
import { AUTH_SERVER, COMPUTE_SERVER, FLOWS_SERVER, TRANSFER_SERVER } from "../services/globus/scopes.ts";
import { createTokenStore } from "../services/globus/token-store.ts";
import { createGlobusTransport, globusServiceUrls } from "../services/globus/transport.ts";
import type { MutableEnvironment } from "./parts.ts";

export interface GlobusLoginOptions {
  readonly settings: Settings;
  readonly environment: MutableEnvironment;
  readonly clock: Clock;
  readonly log: Log;
  readonly troubles?: Troubles | undefined;
}

/** Of PAL-XFEL's sample programs, in the home folder. */
const PAL_XFEL_TOKENS = ".globus-flows-tokens.json";

/**
 * Also points the SDK at the services, whether there is a login or not.
 * @returns undefined where no application is set
 * @throws ActionError for settings that cannot be used
 */
export function openGlobusLogin(options: GlobusLoginOptions): GlobusSession | undefined {
  const { settings, environment, clock, log, troubles } = options;
  const section = settings["globus-auth"];
  const urls = globusServiceUrls({
    auth: section["auth-url"],
    transfer: section["transfer-url"],
    flows: section["flows-url"],
    compute: section["compute-url"],
  });
  Object.assign(environment, urls);
  const { "client-id": clientId, "client-secret-file": secretFile } = section;
  if (clientId === "") return undefined;
  const problem = applicationProblem(clientId);
  if (problem !== undefined) throw new ActionError(`${problem}: ${REGISTRATION_HELP}.`);
  const transport = createGlobusTransport({
    clock,
    timeoutSeconds: section.timeout,
    proxyFor: proxyFor(environment),
  });
  const flows = new DeployedFlows(settings);
  const needed = (): Promise<readonly string[]> => flows.neededServers();
  const inheritance = (): Promise<Inheritance | undefined> =>
    readInheritance(path.join(homeFolder(environment), PAL_XFEL_TOKENS), { clientId, transport });
  const inherit = async (): Promise<Inheritance["records"]> => {
    const found = await inheritance();
    for (const sentence of found?.sentences ?? []) log.info(sentence);
    return found?.records ?? [];
  };
  const store =
    secretFile === ""
      ? createTokenStore(section["token-store"], { trouble: troubles?.of("the token file"), clock })
      : undefined;
  const auth =
    store === undefined
      ? createServiceAccount({ clientId, secretFile, needed }, transport)
      : createPersonLogin({ clientId, store, needed, inherit, nameOfFlow: (id) => flows.nameOf(id) }, transport);
  return {
    clientId,
    transport,
    auth,
    call: createGlobusCall(auth, transport),
    ...(store !== undefined && { store }),
    needed,
    nameOfFlow: (id) => flows.nameOf(id),
    inheritance,
    close: () => transport.close(),
  };
}

/** The flows that the settings name, and what the names of all that were deployed mean. */
class DeployedFlows {
  readonly #settings: Settings;
  readonly #nameById = new Map<string, string>();

  constructor(settings: Settings) {
    this.#settings = settings;
  }
  async nameOf(id: string): Promise<string> {
    if (!this.#nameById.has(id)) await this.#readNames();
    return this.#nameById.get(id) ?? id;
  }
  /** The resource servers that are needed now; a flow that nobody has deployed yet is told elsewhere. */
  async neededServers(): Promise<readonly string[]> {
    const { flows, destinations, compute } = this.#settings;
    const files = await this.#readNames();
    const named = new Set([flows.flow, ...destinations.filter(({ kind }) => kind === "flow").map(({ flow }) => flow)]);
    named.delete("");
    const found = await Promise.allSettled([...named].map((one) => namedFlow(one, files)));
    const ids = new Set(found.flatMap((one) => (one.status === "fulfilled" ? [one.value.id] : [])));
    return [
      TRANSFER_SERVER,
      AUTH_SERVER,
      ...(named.size === 0 ? [] : [FLOWS_SERVER]),
      ...ids,
      ...(compute.endpoint === "" ? [] : [COMPUTE_SERVER]),
    ];
  }

  async #readNames(): Promise<FlowFiles> {
    const files = createFlowFiles(this.#settings.flows.directory);
    for (const name of await files.names()) {
      const file = await files.read(name).catch(() => undefined);
      if (file !== undefined) this.#nameById.set(file.id, name);
    }
    return files;
  }
}
