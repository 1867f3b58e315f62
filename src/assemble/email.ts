/** The e-mail as the settings have it: mail server, templates, ledger, and what the actions of all servers share. */

import { ShownLetter } from "../controller/email/letter/letter.ts";
import { previewEmail } from "../controller/email/preview-email.ts";
import { type SendEmailOptions, sendEmail } from "../controller/email/send-email.ts";
import type { Mailer, MailSession } from "../controller/ports/mail.ts";
import type { Actions } from "../controller/run/action.ts";
import { ledgerFolder } from "../services/ledger/files.ts";
import { createLedger, type Ledger } from "../services/ledger/ledger.ts";
import { createSiteTexts } from "../services/mail/site-texts.ts";
import { createSmtpMailer } from "../services/mail/smtp-mailer.ts";
import { type PartOptions, readSettingFile } from "./parts.ts";
import { ledgerTrouble, watchedPort } from "./watched-ports.ts";

type SharedMail = Pick<SendEmailOptions, "mailer" | "texts" | "from" | "clock" | "shown">;
export interface MailPart extends SharedMail {
  readonly ledger: Ledger;
}

/** The options that differ from server to server. `access`: on a collection that is shared by access rules. */
export type ServerMail = Pick<SendEmailOptions, "serverName" | "dm" | "people" | "dataLink" | "access">;

/** Reaches nobody and opens nothing yet. */
export function openMail(
  options: PartOptions,
  { host, prefix }: { readonly host: string; readonly prefix?: string },
): MailPart {
  const { settings, environment, clock, problems, closers } = options;
  const { email, globus } = settings;
  const caFile = email["smtp-ca-file"];
  const authorities =
    caFile === "" ? undefined : problems.collect("[email]", () => readSettingFile(caFile, "smtp-ca-file"));
  const login = email["smtp-login-file"];
  const ledger = createLedger({
    path: ledgerFolder(settings.ledger.path, environment),
    owner: { pid: process.pid, host, ...(prefix !== undefined && { prefix }) },
    ...ledgerTrouble(options, "the ledger"),
  });
  closers.push(() => ledger.close());
  return {
    mailer: watchedMailer(
      options,
      createSmtpMailer({
        host: email["smtp-host"],
        port: email["smtp-port"],
        security: email["smtp-security"],
        login: login === "" ? undefined : { file: login },
        authorities,
        timeoutSeconds: email.timeout,
        clock,
      }),
    ),
    texts: createSiteTexts({ templateFile: globus["globus-message-file"], tomologHome: email["tomolog-home"] }),
    ledger,
    from: email.from,
    clock,
    shown: new ShownLetter(),
  };
}

/** Connections and messages tell how they ended. */
function watchedMailer(options: PartOptions, mailer: Mailer): Mailer {
  const about = { part: "Mail" } as const;
  const watched = watchedPort(options, about, mailer, ["open"]);
  return {
    open: async (call) => {
      const session = await watched.open(call);
      const messages: Pick<MailSession, "send"> = { send: (mail, each) => session.send(mail, each) };
      return { ...watchedPort(options, about, messages, ["send"]), close: () => session.close() };
    },
  };
}

export function mailActions(mail: MailPart, server: ServerMail): Actions {
  const options: SendEmailOptions = { ...mail, ...server };
  return { PreviewEmail: previewEmail(options), Email: sendEmail(options) };
}
