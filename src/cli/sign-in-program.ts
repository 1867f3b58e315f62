/** Puts what concerns the Globus login on the command line: login, logout, whoami and collection. Runs no command. */
import { type Command, InvalidArgumentError } from "commander";
import { type ClientFlags, LOGIN_OPTIONS } from "./client-settings.ts";
import { EXIT_HINT } from "./exit-status.ts";
import type { LoginFlags, SignInRequest } from "./sign-in-request.ts";

const CONFIG = ["--config <file>", "a globus.conf; none is needed"] as const;
const JSON_OPTION = ["--json", "one JSON object on standard output, and nothing else"] as const;
const FLOW_MEANING = "only what this flow needs: its name, its id, or the file that its deployment has written";

const LOGIN_HELP = `
It shows an address to open in a browser, on any machine, and takes the code that the browser shows. What is there already
is not asked for again; where nothing is missing nobody is asked. The IOC takes a new login without a restart.
The order: globus-ioc login; then globus-ioc flow deploy NAME; then globus-ioc login --flow NAME, for a flow's own consent
exists only once it is deployed. Without an application it says how to register one.
Examples:
  globus-ioc login
  globus-ioc login --flow pal-xfel
  globus-ioc login --local-server --port 8123
${EXIT_HINT}`;

const COLLECTION_HELP = `
It takes a login (globus-ioc login).
Examples:
  globus-ioc collection search PAL-XFEL
  globus-ioc collection show UUID
  globus-ioc collection ls UUID:/~/dat
${EXIT_HINT}`;

const whole =
  (least: number, most: number) =>
  (text: string): number => {
    if (/^\d{1,9}$/.test(text) && Number(text) >= least && Number(text) <= most) return Number(text);
    throw new InvalidArgumentError(`"${text}" is not a whole number from ${least} to ${most}.`);
  };
const limit = whole(1, 100_000);
const several = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];

/** @param run runs one of them. @param heading of the commands in the help */
export function addSignInCommands(
  program: Command,
  heading: string,
  run: (request: SignInRequest) => Promise<void>,
): void {
  const withClient = (command: Command): Command => {
    for (const option of [CONFIG, ...LOGIN_OPTIONS]) command.option(...option);
    return command;
  };
  const add = (name: string, about: string): Command =>
    withClient(program.command(name).helpGroup(heading).description(about));
  add("login", "log in to Globus, as a person: asks for what is missing, and nothing else")
    .option("--flow <flow>", FLOW_MEANING)
    .option("--collection <uuid>", "a mapped collection that the settings do not name; may be given again", several)
    .option("--force", "log in anew, also as another person")
    .option("--policy <id>", "log in anew as a collection's policy wants it; may be given again", several)
    .option("--domain <domain>", "log in anew with an identity of this domain; may be given again", several)
    .option("--local-server", "take the answer from the browser of this machine, on a port of 127.0.0.1")
    .option("--port <number>", "that port; else one that is free", whole(1, 65_535))
    .addHelpText("after", LOGIN_HELP)
    .action((flags: LoginFlags) => run({ what: "login", ...flags }));
  add("logout", "end the login at Globus, and take it out of the token file")
    .option("--flow <flow>", "only the login for this flow")
    .addHelpText("after", `\n${EXIT_HINT}`)
    .action((flags: ClientFlags & { flow?: string }) => run({ what: "logout", ...flags }));
  add("whoami", "show whose Globus login it is, for what, and how long it holds")
    .option(...JSON_OPTION)
    .addHelpText("after", `\n${EXIT_HINT}`)
    .action((flags: ClientFlags & { json?: true }) => run({ what: "whoami", ...flags }));
  addCollection(program.command("collection").helpGroup(heading), withClient, run);
}

type CollectionOptions = ClientFlags & { readonly json?: true; readonly limit?: number };

function addCollection(
  collection: Command,
  withClient: (command: Command) => Command,
  run: (request: SignInRequest) => Promise<void>,
): void {
  collection
    .usage("search | show | ls")
    .description("find Globus collections, and the ids that globus.conf wants")
    .addHelpText("after", COLLECTION_HELP);
  const add = (name: string, about: string): Command =>
    withClient(collection.command(name).description(about))
      .option(...JSON_OPTION)
      .addHelpText("after", `\n${EXIT_HINT}`);
  add("search <words...>", "search for collections by words of their name, owner or organization")
    .option("--limit <number>", "show so many, at most 100; else 25", limit)
    .action((words: string[], flags: CollectionOptions) => run({ what: "collection search", words, ...flags }));
  add("show <id>", "show one collection, and what it takes to use it").action((id: string, flags: CollectionOptions) =>
    run({ what: "collection show", id, ...flags }),
  );
  add("ls <place>", "list a directory of a collection: ID, or ID:PATH")
    .option("--limit <number>", "show so many entries; else 100", limit)
    .action((place: string, flags: CollectionOptions) => run({ what: "collection ls", place, ...flags }));
}
