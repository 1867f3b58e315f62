/**
 * The servers of ServerName as the settings have them. KINDS is THE table of what each kind of server brings, and all
 * that depends on the kind once the IOC runs. Which settings each kind needs: needs.ts; which former settings a server
 * takes: config.ts.
 */

import type { ServerSettings } from "../config/settings.ts";
import { dataLink, fillTemplate } from "../controller/experiment.ts";
import type { DataManagement } from "../controller/ports/data-management.ts";
import type { Actions, Server } from "../controller/run/action.ts";
import { createManualOnDm, createManualOnGlobus } from "../controller/setup/create-manual.ts";
import { deleteExperiment } from "../controller/setup/delete.ts";
import { initOnDm } from "../controller/setup/init-dm.ts";
import { initOnGlobus } from "../controller/setup/init-globus.ts";
import { tagManually } from "../controller/tagging/tag-manual.ts";
import { dmRoster } from "../controller/users/dm-roster.ts";
import { globusRoster } from "../controller/users/globus-roster.ts";
import { userActions } from "../controller/users/users.ts";
import type { DaqPart } from "./daq.ts";
import { type MailPart, mailActions, type ServerMail } from "./email.ts";
import type { ExperimentParts } from "./experiment.ts";
import type { GlobusPart } from "./globus.ts";
import { refuseWithoutNeeds } from "./refusals.ts";

/** The parts that servers are made of; each kind takes the parts that it needs. */
export interface ServerParts extends ExperimentParts {
  readonly globus: GlobusPart;
  readonly mail: MailPart;
  readonly daq: DaqPart | undefined;
}

interface ServerKind {
  /** The actions of Init, of the users, and of experiments without a proposal. */
  readonly actions: (server: ServerSettings, linkOf: Server["dataLink"], parts: ServerParts) => Actions;
  /** Keeps the experiments and who is on them; absent: experiments are directories of a collection. */
  readonly dm?: (parts: ServerParts) => DataManagement;
  /** Moves data to experiments. */
  readonly daq?: (parts: ServerParts) => DaqPart | undefined;
  /** Lets the recipients of an e-mail read the data before the e-mail goes. */
  readonly access?: (server: ServerSettings, parts: ServerParts) => ServerMail["access"];
}

const KINDS: Readonly<Record<ServerSettings["kind"], ServerKind>> = {
  dm: {
    actions: dmActions,
    dm: ({ dm }) => dm.dm,
    daq: ({ daq }) => daq,
  },
  globus: {
    actions: globusActions,
    access: (server, { globus }) =>
      server.share ? { rules: globus.access(server), template: server["directory-template"] } : undefined,
  },
};

/** @throws ActionError for settings that cannot be used */
export function createServer(server: ServerSettings, parts: ServerParts): Server {
  const { settings, people, tomoScan, mail } = parts;
  const { name, kind } = server;
  const brings = KINDS[kind];
  const dm = brings.dm?.(parts);
  const access = brings.access?.(server, parts);
  const linkOf: Server["dataLink"] = (experiment) =>
    server.uuid === "" ? "" : dataLink(server.uuid, fillTemplate(server["data-link-path"], experiment));
  const actions: Actions = {
    ...brings.actions(server, linkOf, parts),
    ...brings.daq?.(parts)?.actions(name),
    TagManual: tagManually({ serverName: name, schedule: people.schedule, tomoScan, esafs: people.esafs, dm }),
    ...mailActions(mail, { serverName: name, dm, people, dataLink: linkOf, ...(access !== undefined && { access }) }),
  };
  return {
    name,
    kind,
    actions: refuseWithoutNeeds(actions, settings, kind),
    dataLink: linkOf,
    ...(dm !== undefined && { dataManagement: dm }),
  };
}

/** The DAQs of the site, where a server has DAQs. */
export const daqOf = (parts: ServerParts): DaqPart | undefined =>
  parts.settings.servers.map(({ kind }) => KINDS[kind].daq?.(parts)).find((daq) => daq !== undefined);

function dmActions({ name }: ServerSettings, linkOf: Server["dataLink"], parts: ServerParts): Actions {
  const { settings, people, tomoScan } = parts;
  const { contacts } = people;
  const onDm = { dm: parts.dm.dm, serverName: name };
  const experimentType = settings.globus["experiment-type"];
  const { clock } = tomoScan;
  return {
    ...userActions(dmRoster({ ...onDm, contacts }), initOnDm({ ...onDm, people, experimentType })),
    CreateManual: createManualOnDm({ ...onDm, dataLink: linkOf, clock, contacts, experimentType }),
    Delete: deleteExperiment({ ...onDm, isAllowed: settings.dm["allow-delete"] }),
  };
}

function globusActions(server: ServerSettings, linkOf: Server["dataLink"], parts: ServerParts): Actions {
  const { globus, people, tomoScan } = parts;
  const { name: serverName, "directory-template": template } = server;
  const { clock } = tomoScan;
  const tree = globus.tree(server);
  const access = globus.access(server);
  const share = server.share ? { access, people } : undefined;
  const init = initOnGlobus({ tree, template, share });
  const users = userActions(globusRoster({ access, template, people }), init);
  return {
    // Where share is off somebody else lets people in, and Init does not list them
    ...(share === undefined ? { ...users, Init: init } : users),
    CreateManual: createManualOnGlobus({ serverName, dataLink: linkOf, clock, tree, template }),
  };
}
