/** Actions that the settings leave without what they need: refused before anything is done, a dry run too, with the sentence of the table (needs.ts). */
import type { Actions, FreeAction } from "../controller/action.ts";
import { RejectedError } from "../controller/outcome.ts";
import type { CommandName } from "../controller/pvs.ts";
import { refusal } from "../needs.ts";
import type { ServerSettings, Settings } from "../settings.ts";

/** @param kind of the server that they are of; undefined for those that do not depend on it */
export function refuseWithoutNeeds(
  actions: Actions,
  settings: Settings,
  kind: ServerSettings["kind"] | undefined,
): Actions {
  const refused = (Object.keys(actions) as CommandName[]).flatMap((name) => {
    const sentence = refusal(settings, name, kind);
    return sentence === undefined ? [] : [[name, refusing(sentence)]];
  });
  return { ...actions, ...Object.fromEntries(refused) };
}

const refusing = (sentence: string): FreeAction => ({
  plan: () => {
    throw new RejectedError(sentence);
  },
  run: () => Promise.reject(new RejectedError(sentence)),
});
