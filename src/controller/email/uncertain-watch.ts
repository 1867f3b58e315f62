/**
 * Tells, as soon as there is an experiment, which addresses may or may not have had its e-mail: an earlier run may have
 * been killed.
 */
import { catchError, defer, EMPTY, filter, from, merge, of, switchMap, take, tap } from "rxjs";
import type { MailLedger } from "../ports/ledger.ts";
import type { CommandName } from "../pvs/commands.ts";
import { UNKNOWN_COUNT } from "../pvs/row.ts";
import type { Watch } from "../run/watch.ts";
import { uncertainOf } from "./email-recipients.ts";

const sentence = (addresses: readonly string[]): string =>
  `Nobody knows whether ${addresses.join(", ")} had the e-mail, because the program was stopped while sending: ask them; EmailMode Uncertain mails these alone.`;

/** While Email sends, its addresses are not uncertain yet: the ledger is looked into when Email has ended. */
const SENDER: CommandName = "Email";

export const watchUncertain =
  (ledger: MailLedger): Watch =>
  ({ pvs, journal, experiment$, isRunning, ended$ }) => {
    const show = (count: number): void => pvs.put("EmailUncertain", count);
    const sent$ = defer(() =>
      isRunning(SENDER)
        ? ended$.pipe(
            filter((name) => name === SENDER),
            take(1),
          )
        : of(SENDER),
    );
    // what is wrong with the ledger is told at the start
    const opened$ = defer(() => ledger.open()).pipe(catchError(() => EMPTY));
    const looks$ = experiment$.pipe(
      // The former experiment's count must not stay, also where the ledger cannot be read.
      tap((experiment) => show(experiment === undefined ? 0 : UNKNOWN_COUNT)),
      switchMap((experiment) =>
        experiment === undefined
          ? EMPTY
          : sent$.pipe(
              switchMap(() => from(uncertainOf(ledger, experiment.name))),
              tap((addresses) => {
                show(addresses.length);
                if (addresses.length > 0) journal.say(sentence(addresses), "MINOR");
              }),
              catchError(() => EMPTY), // that the ledger cannot be read was told at the start
            ),
      ),
    );
    return merge(opened$, looks$);
  };
