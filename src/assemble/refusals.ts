/**
 * Refuses actions for which settings are missing, before anything is done and in a dry run, too, with the sentence of
 * the table (needs.ts).
 */

import { refusal } from "../config/needs.ts";
import type { ServerSettings, Settings } from "../config/settings.ts";
import type { CommandName } from "../controller/pvs/commands.ts";
import type { Actions, FreeAction } from "../controller/run/action.ts";
import { RejectedError } from "../controller/run/outcome.ts";

/** @param kind of the actions' server; undefined for actions that do not depend on the server */
export function refuseWithoutNeeds(
  actions: Actions,
  settings: Settings,
  kind: ServerSettings["kind"] | undefined,
): Actions {
  const refused: Partial<Record<CommandName, FreeAction>> = {};
  for (const name of Object.keys(actions) as CommandName[]) {
    const sentence = refusal(settings, name, kind);
    if (sentence !== undefined) refused[name] = refusing(sentence);
  }
  return { ...actions, ...refused };
}

const refusing = (sentence: string): FreeAction => ({
  plan: () => {
    throw new RejectedError(sentence);
  },
  run: () => Promise.reject(new RejectedError(sentence)),
});
