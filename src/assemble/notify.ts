/** Who is told of transfers, as the settings have it: the people who are mailed, and the site's webhook. */
import { ActionError } from "../base/errors.ts";
import type { Mailer } from "../controller/ports/mail.ts";
import type { MailRoom, TransferRules, TransferSite } from "../controller/transfers/rules.ts";
import { createWebhook } from "../services/webhook.ts";
import { type PartOptions, readSettingFile } from "./parts.ts";

export interface NotifyPart extends Pick<TransferSite, "mail" | "webhook"> {
  readonly tells: TransferRules["tells"];
}

export interface NotifyOptions {
  readonly mailer: Mailer;
  /** This machine's name. */
  readonly host: string;
  /** The prefix of the IOC's PVs; undefined for the command line. */
  readonly prefix: string | undefined;
}

/** Reaches nobody yet. */
export function openNotify(options: PartOptions, about: NotifyOptions): NotifyPart {
  const { notify } = options.settings;
  const mail = options.problems.collect("[notify]", () => mailRoom(options, about));
  const webhook = options.problems.collect("[notify]", () => webhookOf(options));
  return {
    tells: {
      webhook: webhook !== undefined,
      mailFailed: mail !== undefined && notify["mail-failed"],
      mailVerified: mail !== undefined && notify["mail-verified"],
    },
    ...(mail !== undefined && { mail }),
    ...(webhook !== undefined && { webhook }),
  };
}

/** @throws ActionError */
function mailRoom({ settings }: PartOptions, { mailer, host, prefix }: NotifyOptions): MailRoom | undefined {
  const { notify, email, globus, scheduling } = settings;
  const { "mail-to": to, "summary-at": summaryAt } = notify;
  if (to.length === 0) {
    if (summaryAt !== "") throw new ActionError("summary-at is set, and mail-to is not: name whom it is mailed to");
    return undefined;
  }
  const from = email.from || globus["primary-beamline-contact-email"];
  if (email["smtp-host"] === "")
    throw new ActionError("mail-to is set, and smtp-host in the [email] section is not: name the mail server");
  if (from === "")
    throw new ActionError("mail-to is set, and from in the [email] section is not: give the sender's address");
  const label = scheduling.beamline || prefix || host;
  const own = prefix === undefined && settings.ledger.path !== "" ? ` --ledger ${settings.ledger.path}` : "";
  const command = `run \`globus-ioc queue retry --all${own}\``;
  const retry = prefix === undefined ? command : `write 1 to ${prefix}QueueRetry, or ${command}`;
  return { mailer, from, to, label, retry, ...(summaryAt !== "" && { summaryAt }) };
}

/** @throws ActionError, ConfigError */
function webhookOf({ settings, clock, closers }: PartOptions): TransferSite["webhook"] {
  const { "webhook-url": url, "webhook-header-file": headerFile, "webhook-ca-file": caFile, timeout } = settings.notify;
  if (url === "") return undefined;
  if (caFile !== "") readSettingFile(caFile, "webhook-ca-file");
  const webhook = createWebhook({
    url,
    ...(headerFile !== "" && { headerFile }),
    ...(caFile !== "" && { caFile }),
    timeoutSeconds: timeout,
    clock,
  });
  closers.push(() => webhook.close());
  return webhook;
}
