/** Shows, as soon as there is an experiment, the addresses of which nobody knows whether they had its e-mail: an earlier run may have been killed. */
import { catchError, defer, EMPTY, from, of, switchMap, tap } from "rxjs";
import { messageOf } from "../../base/errors.ts";
import { uncertainOf } from "../actions/email-recipients.ts";
import type { MailLedger } from "../ports.ts";
import type { PvName } from "../pvs.ts";
import type { Watch } from "../watch.ts";

export const watchUncertain =
  (ledger: MailLedger): Watch =>
  ({ pvs, journal, experiment$ }) =>
    experiment$.pipe(
      switchMap((experiment) =>
        (experiment === undefined ? of([]) : defer(() => from(uncertainOf(ledger, experiment.name)))).pipe(
          tap((addresses) => pvs.put("EmailUncertain" satisfies PvName, addresses.join("\n"))),
          catchError((thrown: unknown) => {
            journal.say(messageOf(thrown), "MINOR");
            return EMPTY;
          }),
        ),
      ),
    );
