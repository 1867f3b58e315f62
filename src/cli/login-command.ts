/**
 * `globus-ioc login`: brings a person's login to what the settings, or one flow, need. Says what is there already, asks
 * for the rest in one consent, and says what was not given. Never waits for somebody who is not there.
 */
import { asSentence, messageOf } from "../base/errors.ts";
import { readJsonObject } from "../base/json-object.ts";
import { readRegularFile } from "../base/regular-file.ts";
import { KINDS } from "../config/settings.ts";
import type { NamedFlow } from "../controller/flows/named-flow.ts";
import { NotFoundError } from "../controller/ports/call.ts";
import { createFlowFiles } from "../services/flow-files.ts";
import { flowNeeds } from "../services/globus/login/flow-needs.ts";
import type { GlobusSession } from "../services/globus/login/session.ts";
import type { WantedFlow } from "../services/globus/login/wants.ts";
import { identityText } from "../services/globus/login/who-is.ts";
import { isFlow, serverName } from "../services/globus/scopes.ts";
import type { Ending } from "./ending.ts";
import { EXIT, UsageError } from "./exit-status.ts";
import { flowNamed } from "./flow-context.ts";
import { askConsent, isAnew } from "./login-consent.ts";
import { type LoginLook, loginServers, lookAtLogin, namedCollections } from "./login-look.ts";
import type { LoginFlags, SignInRun } from "./sign-in-request.ts";

export async function login(flags: LoginFlags, run: SignInRun): Promise<Ending> {
  const flow = flags.flow === undefined ? undefined : await meantFlow(flags.flow, run);
  if (flags.port !== undefined && flags.localServer !== true)
    throw new UsageError("--port is the port of --local-server: give both.");
  for (const id of flags.collection ?? [])
    if (KINDS.uuid.parse(id) === undefined || id === "")
      throw new UsageError(`--collection ${JSON.stringify(id)} is no UUID: globus-ioc collection search finds it.`);
  if (run.session.store === undefined) return await serviceAccount(flow, run);
  await takeOver(run);
  return await complete(flags, flow, run);
}

/** @throws ActionError, RejectedError */
export const meantFlow = (text: string, { settings }: Pick<SignInRun, "settings">): Promise<NamedFlow> =>
  flowNamed(text, createFlowFiles(settings.flows.directory));

/** A service account has no login; whether it works is worth a look. */
async function serviceAccount(flow: NamedFlow | undefined, run: SignInRun): Promise<Ending> {
  const { session, signal } = run;
  const servers = flow === undefined ? await loginServers(session) : [flow.id];
  for (const server of servers) await session.auth.token(server, { signal });
  return {
    state: "Done",
    message: `The service account ${session.clientId} needs no login: it has tokens for ${(await Promise.all(servers.map(nameOf(flow, session)))).join(", ")}.`,
    exitStatus: EXIT.done,
    details: { clientId: session.clientId, resourceServers: servers },
  };
}

/** @param flow the one that a person has named */
const nameOf =
  (flow: NamedFlow | undefined, { nameOfFlow }: GlobusSession) =>
  async (server: string): Promise<string> =>
    isFlow(server) ? `the flow ${flow?.name ?? (await nameOfFlow(server))}` : serverName(server);

/** What PAL-XFEL's programs have, where nobody has logged in here yet. */
async function takeOver({ session, screen }: SignInRun): Promise<void> {
  const { store, inheritance } = session;
  if (store === undefined || (await store.exists())) return;
  const found = await inheritance();
  for (const sentence of found?.sentences ?? []) screen.say(sentence);
  if (found !== undefined && found.records.length > 0) await store.put(found.records);
}

/** Asks until nothing is missing that was not asked for: a collection's kind is known only after the first login. */
async function complete(flags: LoginFlags, flow: NamedFlow | undefined, run: SignInRun): Promise<Ending> {
  const { screen, session, settings } = run;
  const collections = namedCollections(settings, flags.collection ?? [], await siteInput(run));
  const servers = flow === undefined ? await loginServers(session) : [flow.id];
  const asked = new Set<string>();
  const gone = new Set<string>();
  for (let isFirst = true; ; isFirst = false) {
    const flows = await wantedFlows({ servers, flow, flags, gone }, run);
    const look = await lookAtLogin({ collections, servers, flows, isForced: isFirst && isAnew(flags) }, run);
    if (isFirst) {
      for (const sentence of look.notes) screen.warn(sentence);
      if (look.present.length > 0) screen.say(`There already: ${look.present.join(", ")}.`);
    }
    const missing = look.missing.filter(({ lacks }) => lacks.some((one) => !asked.has(one)));
    if (missing.length === 0) return ended(look, asked, run);
    for (const { lacks } of missing) for (const one of lacks) asked.add(one);
    await askConsent({ missing, identity: look.identity, flags, isFirst }, run);
  }
}

/** What joins the input of each run; a file that is not as it should be keeps nobody from logging in. */
async function siteInput({ settings, screen }: SignInRun): Promise<unknown> {
  const file = settings.flows["input-file"];
  if (file === "") return undefined;
  try {
    return readJsonObject((await readRegularFile(file)).toString("utf8"), file, "the input of a run");
  } catch (thrown) {
    const why = messageOf(thrown, file);
    screen.warn(
      asSentence(`No consent is asked for the collections of ${file}, which is input-file of [flows]: ${why}`),
    );
    return undefined;
  }
}

interface AskedFlows {
  readonly servers: readonly string[];
  /** The one that a person has named. */
  readonly flow: NamedFlow | undefined;
  readonly flags: LoginFlags;
  /** Sentences about those that Globus has no more. */
  readonly gone: Set<string>;
}

/**
 * What the flows among the servers need; one of the settings that Globus has no more is said, and left out, for one
 * scope that nobody knows spoils the whole login. So those are asked for once the login can look at them.
 */
async function wantedFlows(asked: AskedFlows, { session, screen, signal }: SignInRun): Promise<readonly WantedFlow[]> {
  const { servers, flow, flags, gone } = asked;
  const flows: WantedFlow[] = [];
  for (const id of servers.filter(isFlow)) {
    const name = flow?.name ?? (await session.nameOfFlow(id));
    try {
      const needs = await flowNeeds(session.call, { id, name }, { signal });
      if (flow === undefined && !needs.isSeen) continue;
      // Who names a collection knows that the flow goes there, however it does
      flows.push({
        ...needs,
        usesTransfer: needs.usesTransfer || (flow !== undefined && flags.collection !== undefined),
      });
    } catch (thrown) {
      if (flow !== undefined || !(thrown instanceof NotFoundError)) throw thrown;
      const sentence = messageOf(thrown);
      if (!gone.has(sentence)) screen.warn(sentence);
      gone.add(sentence);
    }
  }
  return flows;
}

/** What was asked for and is not there was refused: a box was not ticked. */
function ended({ missing, identity }: LoginLook, asked: ReadonlySet<string>, { session, screen }: SignInRun): Ending {
  const refused = missing.flatMap(({ lacks }) => lacks);
  for (const one of refused)
    screen.warn(`The consent to ${one} was not given: run the same command again, and leave its box ticked.`);
  const file = session.store?.path ?? "";
  const who = identity === undefined ? "" : `${identityText(identity)} is logged in, and `;
  const message =
    refused.length > 0
      ? `${who}${file} has the login, which cannot ${refused.join(", nor ")}.`
      : asked.size === 0
        ? `${who}nothing is missing in ${file}.`
        : `${who}${file} has the login; it is renewed by itself.`;
  return {
    state: refused.length > 0 ? "Partial" : "Done",
    message: message.charAt(0).toUpperCase() + message.slice(1),
    exitStatus: refused.length > 0 ? EXIT.partial : EXIT.done,
  };
}
