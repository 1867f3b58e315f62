/**
 * What may come into a mail from PVs: subjects, which must not smuggle in a header line of their own, web addresses,
 * and addresses in the form in which they are compared. What an address is: base/mail-address.ts. The headers
 * themselves are composed in services/mail/smtp-mailer.ts. Pure.
 */
import { isUnclean, visible } from "../../../base/clean-text.ts";

/** What is wrong with a subject, as a sentence; undefined: nothing. @param pv that the subject came from */
export const subjectProblem = (subject: string, pv: string): string | undefined =>
  isUnclean(subject)
    ? `${pv} ${visible(subject)} holds a line end or another control character, which no subject may; write it without.`
    : undefined;

/** Whether text is a web address that may be put into a mail. */
export const isWebAddress = (text: string): boolean => /^https?:\/\/[^\s<>"]+$/i.test(text) && URL.canParse(text);

/** The form in which addresses are compared, kept and mailed. */
export const plainAddress = (address: string): string => address.trim().toLowerCase();
