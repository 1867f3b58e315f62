/** How a simulated Globus begins: who is there, with which collections, before anybody has asked for anything. */
import { randomBytes, randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../base/clock.ts";
import { EVERYONE } from "../people.ts";
import {
  type AuthMemory,
  GLOBUS_ID,
  type IdentityProvider,
  type TwinClient,
  type TwinIdentity,
} from "./auth/auth-state.ts";
import { Consents } from "./auth/consents.ts";
import { scopesOf } from "./auth/scope-tree.ts";
import type { Collection, FlowPolicy } from "./collection.ts";
import { ComputeRoom, type SimulatedEndpointOptions, type SimulatedFunction } from "./compute/room.ts";
import { CollectionFiles } from "./files.ts";
import { FlowsWorld } from "./flows/flows-world.ts";
import { TaskEngine } from "./task-engine.ts";
import { TimerRoom } from "./timers/timer-room.ts";
import { type GlobusFaults, type GlobusWorld, hasDataAccess } from "./world.ts";

export interface GlobusCollectionOptions {
  readonly name: string;
  /** Default: a guest collection. A mapped one has no access rules, and wants a `data_access` consent of people. */
  readonly isMapped?: boolean;
  /** There is no `data_access` consent for it. */
  readonly isHighAssurance?: boolean;
  /** Where its `/` is on this machine, an existing folder; default: a new one, which goes with the service. */
  readonly folder?: string;
  /** Directories that exist at the start. */
  readonly folders?: readonly string[];
  /** Files at the start, by path: their content, or how many bytes of nothing. */
  readonly files?: Readonly<Record<string, number | string | Uint8Array>>;
  /** Shared by the tasks that run on it; default 20 MB/s. */
  readonly bytesPerSecond?: number;
  /** The flows through which alone data go from it, or to it. */
  readonly flowPolicy?: FlowPolicy;
}

export interface GlobusServiceOptions {
  /** Tasks come on by it, whether they are asked about or not. */
  readonly clock: Clock;
  readonly collections: readonly GlobusCollectionOptions[];
  /** Where functions of Globus Compute run; default: nowhere. */
  readonly endpoints?: readonly SimulatedEndpointOptions[];
  /** What functions give, by their names; those without give their own name and arguments. */
  readonly functions?: Readonly<Record<string, SimulatedFunction>>;
  /** Until a task may start; default 1. */
  readonly queuedSeconds?: number;
  /** What the collections say is the address of their manager; default: one that does not exist. */
  readonly managerUrl?: string;
}

const QUEUED_SECONDS = 1;
const MANAGER_URL = "https://gcs.example.org";
const BYTES_PER_SECOND = 20_000_000;
/** Of which globus-cli registers an application of its own for each place where it is used. */
const GLOBUS_CLI: TwinClient = {
  id: "95fdeba8-fac2-42bd-a357-e068d82ff78e",
  name: "Globus CLI",
  secret: undefined,
  redirectUris: [],
  templateId: undefined,
  projectId: undefined,
};
const FACILITY: IdentityProvider = { id: "1c6b2a0e-52b7-4c0a-8a53-6f3d1b0c7e21", name: "Example Light Source" };

/** @param ownFolders of this machine: the collections without a folder get one in it */
export function createWorld(options: GlobusServiceOptions, ownFolders: string): GlobusWorld {
  const { clock, collections, queuedSeconds = QUEUED_SECONDS, managerUrl = MANAGER_URL } = options;
  const clientId = randomUUID();
  const secret = randomBytes(24).toString("base64url");
  const account = identity(clientId, `${clientId}@clients.auth.globus.org`, "Beamline data management", null);
  const linked = {
    ...identity(randomUUID(), "mcurie@example.org", "Marie Curie", "curie@example.org"),
    provider: FACILITY,
  };
  const person = identity(randomUUID(), "curie@globusid.org", "Marie Curie", "curie@example.org");
  // Everybody of the beamline with an address has a login by that name.
  const people = EVERYONE.flatMap(({ firstName, lastName, email }) =>
    email === undefined ? [] : identity(randomUUID(), email.toLowerCase(), `${firstName} ${lastName}`, email),
  );
  const native: TwinClient = { ...GLOBUS_CLI, id: randomUUID(), name: "Beamline" };
  const service: TwinClient = { ...GLOBUS_CLI, id: clientId, name: "Beamline data management", secret };
  const faults: GlobusFaults = {
    deniedBelow: undefined,
    endpointError: false,
    consentRequired: false,
    refusesTokens: false,
    rotatesRefreshTokens: false,
    lacksAccessManager: false,
    isMapped: false,
    personDeclines: false,
  };
  const collectionById = new Map(
    collections.map((one) => {
      const collection = createCollection(one, ownFolders, clock.now());
      return [collection.id, collection];
    }),
  );
  const flows = new FlowsWorld();
  const dependentsByFlow: AuthMemory["dependentsByFlow"] = new Map();
  return {
    clock,
    queuedSeconds,
    managerUrl,
    faults,
    serviceAccount: { clientId, secret },
    nativeClientId: native.id,
    person,
    collectionById,
    auth: {
      clock,
      identities: [account, person, linked, ...people],
      linkedById: new Map([[person.id, [linked]]]),
      projectById: new Map(),
      policyById: new Map(),
      sessionByOwner: new Map(),
      clientById: new Map([native, service, GLOBUS_CLI].map((client) => [client.id, client])),
      scopeOwners: {
        hasFlow: (id) => dependentsByFlow.has(id),
        // The collections' end point is the service account's.
        hasCollections: (id) => id === clientId || collectionById.has(id),
        hasDataAccess: (id) => {
          const collection = collectionById.get(id);
          return collection !== undefined && hasDataAccess({ faults }, collection);
        },
      },
      dependentsByFlow,
      consents: new Consents((scope) => {
        const flowId = /\/scopes\/([^/]+)\/flow_/.exec(scope)?.[1];
        return scopesOf(dependentsByFlow.get(flowId ?? "") ?? "");
      }),
      tokenByText: new Map(),
      refreshByText: new Map(),
      pendingByCode: new Map(),
    },
    compute: new ComputeRoom({ clock, endpoints: options.endpoints ?? [], functions: options.functions ?? {} }),
    tasks: new TaskEngine(clock),
    flows,
    timers: new TimerRoom(),
    groups: [
      {
        id: randomUUID(),
        name: "Beamline",
        description: "Who works at the beamline",
        roleById: new Map([
          [person.id, "admin"],
          [clientId, "member"],
        ]),
        subscriptionId: undefined,
      },
      {
        id: randomUUID(),
        name: "Example Light Source",
        description: "The facility's subscription",
        roleById: new Map([[person.id, "member"]]),
        subscriptionId: flows.subscription,
      },
    ],
  };
}

function createCollection(options: GlobusCollectionOptions, parent: string, now: number): Collection {
  const { name, folders = [], files: contents = {}, bytesPerSecond = BYTES_PER_SECOND, flowPolicy } = options;
  const { isMapped = false, isHighAssurance = false } = options;
  const id = randomUUID();
  const own = join(parent, id);
  if (options.folder === undefined) mkdirSync(own);
  const files = new CollectionFiles(options.folder ?? own);
  for (const one of folders) files.put(one, undefined, now);
  for (const [one, content] of Object.entries(contents)) files.put(one, content, now);
  const places = { id, name, isMapped, isHighAssurance, files, bytesPerSecond };
  return { ...places, rules: [], pauseRules: [], standingFaults: [], flowPolicy, policyId: undefined };
}

function identity(id: string, username: string, name: string, email: string | null): TwinIdentity {
  return { id, username, name, email, organization: "Example Light Source", status: "used", provider: GLOBUS_ID };
}
