/**
 * `globus-ioc login`, `logout`, `whoami` and `collection`: opens the login that the settings name, and leaves the rest
 * to the file of each command. Says how an application is registered where there is none.
 */
import { lookForConfigFile } from "../config/config.ts";
import type { Settings } from "../config/settings.ts";
import { applicationProblem, REGISTRATION_HELP, registrationSteps } from "../services/globus/login/application.ts";
import { type ClientRoom, runClientCommand } from "./client-command.ts";
import { listCollection, searchForCollections, tellCollection } from "./collection-command.ts";
import type { Ending } from "./ending.ts";
import { EXIT } from "./exit-status.ts";
import { login } from "./login-command.ts";
import { logout } from "./logout-command.ts";
import type { Screen } from "./screen.ts";
import type { SignInContext, SignInRequest, SignInRun } from "./sign-in-request.ts";
import { whoami } from "./whoami-command.ts";

/** @throws nothing but bugs: every failure is reported. @returns the exit status */
export const runSignIn = (request: SignInRequest, context: SignInContext): Promise<number> =>
  runClientCommand({ name: request.what, flags: request }, context, (room) => answer(request, context, room));

async function answer(
  request: SignInRequest,
  context: SignInContext,
  { settings, screen }: Pick<ClientRoom, "settings" | "screen">,
): Promise<Ending> {
  const problem = noApplication(settings);
  if (problem !== undefined) return unregistered(problem, request, context, screen);
  const session = context.open(settings, (sentence) => screen.say(sentence));
  if (session === undefined) throw new Error("a login without an application");
  try {
    return await perform(request, { ...context, settings, session, screen });
  } finally {
    await session.close();
  }
}

function perform(request: SignInRequest, run: SignInRun): Promise<Ending> {
  switch (request.what) {
    case "login":
      return login(request, run);
    case "logout":
      return logout(request, run);
    case "whoami":
      return whoami(run);
    case "collection search":
      return searchForCollections(request, run);
    case "collection show":
      return tellCollection(request, run);
    case "collection ls":
      return listCollection(request, run);
  }
}

function noApplication({ "globus-auth": section }: Settings): string | undefined {
  const id = section["client-id"];
  if (id !== "") return applicationProblem(id);
  return "There is no application to log in with, for client-id in [globus-auth] of globus.conf is not set";
}

/** `login` says how to register one; the others say that `login` does. */
function unregistered(
  problem: string,
  { what, config }: SignInRequest,
  { environment }: SignInContext,
  screen: Screen,
): Ending {
  const file = lookForConfigFile(config, environment) ?? "globus.conf (globus-ioc config writes one)";
  if (what === "login")
    screen.show("Registering an application, once for a beamline", registrationSteps(file).join("\n"));
  const advice = what === "login" ? "register one by these steps" : REGISTRATION_HELP;
  return { state: "Usage", message: `${problem}: ${advice}.`, exitStatus: EXIT.usage };
}
