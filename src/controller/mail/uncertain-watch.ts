/** Tells, as soon as there is an experiment, of the addresses of which nobody knows whether they had its e-mail: an earlier run may have been killed. */
import { catchError, defer, EMPTY, from, of, switchMap, tap } from "rxjs";
import { messageOf } from "../../base/errors.ts";
import { uncertainOf } from "../actions/email-recipients.ts";
import type { MailLedger } from "../ports.ts";
import type { PvName } from "../pvs.ts";
import type { Watch } from "../watch.ts";

const sentence = (addresses: readonly string[]): string =>
  `Nobody knows whether ${addresses.join(", ")} had the e-mail, because the program was stopped while sending: ask them; EmailMode Uncertain mails these alone.`;

export const watchUncertain =
  (ledger: MailLedger): Watch =>
  ({ pvs, journal, experiment$ }) =>
    experiment$.pipe(
      switchMap((experiment) =>
        (experiment === undefined ? of([]) : defer(() => from(uncertainOf(ledger, experiment.name)))).pipe(
          tap((addresses) => {
            pvs.put("EmailUncertain" satisfies PvName, addresses.length);
            if (addresses.length > 0) journal.say(sentence(addresses), "MINOR");
          }),
          catchError((thrown: unknown) => {
            journal.say(messageOf(thrown), "MINOR");
            return EMPTY;
          }),
        ),
      ),
    );
