/**
 * The application that people log in with: each site registers its own at Globus, once. Recognises ids that are
 * nobody's own, and says how to register one. It sends nothing.
 */

import { visible } from "../../../base/clean-text.ts";
import { UUID } from "../../../base/uuid.ts";

/** Of the Globus SDK's tutorial, and of programs that were copied from it. */
const TUTORIAL_CLIENT = "61338d24-54d5-408f-a10d-66c06b59f6d2";
const NOBODYS = /^0{8}(-0{4}){3}-0{12}$/;
/** Where the browser shows a code to paste; registered with the application. */
export const CODE_PAGE = "/v2/web/auth-code";

/** What says how an application is registered. */
export const REGISTRATION_HELP = "`globus-ioc login` says how to register one, which takes two minutes";

/** Why an id is no application of the site's own, a clause; undefined: it may be one. */
export function applicationProblem(clientId: string): string | undefined {
  if (clientId.toLowerCase() === TUTORIAL_CLIENT)
    return `client-id = ${clientId} is the application of Globus' tutorials, not one of yours`;
  if (!UUID.test(clientId) || NOBODYS.test(clientId))
    return `client-id = ${visible(clientId)} is a placeholder, not an application of yours`;
  return undefined;
}

/** How a site comes by an application, a line each. @param file of the settings, as a person would write it */
export const registrationSteps = (file: string): readonly string[] => [
  "1. Open https://app.globus.org/settings/developers and log in.",
  '2. Choose "Register a thick client or script that will be installed and run by users on their devices"; make a project for it, if it asks for one.',
  '3. Give it a name that people will see when they log in, such as "Beamline data management".',
  `4. Under "Redirects" write https://auth.globus.org${CODE_PAGE}, and, for globus-ioc login --local-server, on a line of its own http://localhost`,
  "5. Leave everything else as it is, and register it. Its Client UUID is shown.",
  `6. Write into ${file}:`,
  "       [globus-auth]",
  "       client-id = THE-CLIENT-UUID",
  "7. Run globus-ioc login again.",
  'For a machine where nobody logs in: choose "Register a service account ..." in step 2, make a secret, write it into a file of mode 0600, and set client-secret-file, too. It needs no login.',
];
