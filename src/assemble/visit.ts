/** The steps of a visit as the settings have them, and where it stands what is known of an experiment. */
import { asSentence } from "../base/errors.ts";
import { refusal } from "../config/needs.ts";
import type { Settings } from "../config/settings.ts";
import type { CommandName } from "../controller/pvs/commands.ts";
import type { VisitStep } from "../controller/pvs/visit.ts";
import type { Server } from "../controller/run/action.ts";
import { GLOBUS_OFF } from "../controller/transfers/hold.ts";
import type { VisitSite } from "../controller/visit/visit-site.ts";
import { daqOf, type ServerParts } from "./servers.ts";
import type { TransferPart } from "./transfers.ts";

export function visitSite(parts: ServerParts, { find }: Pick<TransferPart, "find">): VisitSite {
  const { settings, dm, mail } = parts;
  const hasDaqs = ({ kind }: Pick<Server, "kind">): boolean => kind === "dm" && dm.off === undefined && dm.hasDaqs;
  return {
    isOff: (step, server) => OFF[step]?.(settings, hasDaqs(server)) ?? false,
    problem: (command, server) => problemOf(parts, command, server),
    daqs: (experiment) => daqOf(parts)?.seen(experiment),
    scans: ({ name }) => {
      const running = find();
      return typeof running === "string" ? undefined : running.counts.ofExperiment(name);
    },
    isMailed: async ({ name }) => [...(await mail.ledger.mailed(name)).values()].some(({ state }) => state === "sent"),
  };
}

/** What a site without it does not need. @param hasDaqs whether the server has DAQs */
const OFF: Readonly<Partial<Record<VisitStep, (settings: Settings, hasDaqs: boolean) => boolean>>> = {
  Dirs: ({ local }) => local.detector === "" && local.analysis === "",
  Email: ({ email }) => email["smtp-host"] === "",
  Start: (_, hasDaqs) => !hasDaqs,
  Scans: ({ destinations }, hasDaqs) => !hasDaqs && destinations.length === 0,
  Stop: (_, hasDaqs) => !hasDaqs,
};

/** Commands that ask the service which keeps the experiments. */
const ASKING: readonly CommandName[] = ["Init", "PreviewEmail", "Email"];

function problemOf({ settings, dm }: ServerParts, command: CommandName, { kind, name }: Pick<Server, "kind" | "name">) {
  const refused = refusal(settings, command, kind);
  if (refused !== undefined || !ASKING.includes(command)) return refused;
  if (kind === "dm") return dm.off === undefined ? undefined : asSentence(`${command} cannot begin: ${dm.off}`);
  if (settings["globus-auth"]["client-id"] === "") return asSentence(GLOBUS_OFF);
  const isThere = settings.servers.some((server) => server.name === name && server.uuid !== "");
  return isThere
    ? undefined
    : `${command} needs uuid in the [server ${name}] section of globus.conf, which is not set.`;
}
