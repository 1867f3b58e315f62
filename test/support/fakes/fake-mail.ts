/**
 * A mail server, a ledger, site texts and access rules in memory, which fail on request; and Data Management whose
 * users have addresses.
 */
import type { AccessGrant, AccessRules } from "../../../src/controller/ports/access-rules.ts";
import { UnavailableError } from "../../../src/controller/ports/call.ts";
import type { DirectoryState } from "../../../src/controller/ports/directories.ts";
import type { MailLedger, MailRecord } from "../../../src/controller/ports/ledger.ts";
import type { Mail, MailAnswer, Mailer, MailSession } from "../../../src/controller/ports/mail.ts";
import type { SiteTexts } from "../../../src/controller/ports/site-texts.ts";
import { FakeDm } from "./fake-services.ts";

export class FakeMailer implements Mailer {
  /** Messages that were accepted, in order. */
  readonly accepted: Mail[] = [];
  /** Addresses that were tried, in order. */
  readonly tried: string[] = [];
  opened = 0;
  closed = 0;
  /** Thrown when a session is opened. */
  down: Error | undefined;
  /**
   * By address, instead of accepting the message: an answer, or an error that ends the connection; an error comes once.
   */
  readonly answers = new Map<string, MailAnswer | Error>();
  /** Called before each answer. */
  during: (address: string) => void = () => {};

  async open(): Promise<MailSession> {
    if (this.down !== undefined) throw this.down;
    this.opened++;
    return {
      send: async (mail) => {
        this.tried.push(mail.to);
        this.during(mail.to);
        const answer = this.answers.get(mail.to);
        if (answer instanceof Error) {
          this.answers.delete(mail.to);
          throw answer;
        }
        if (answer?.accepted !== false) this.accepted.push(mail);
        return answer ?? { accepted: true };
      },
      close: async () => void this.closed++,
    };
  }
  get acceptedBy(): string[] {
    return this.accepted.map(({ to }) => to);
  }
}

/** The error of a connection that broke. @param mayHaveHappened whether the message may have been taken */
export const dropped = (mayHaveHappened: boolean): Error =>
  new UnavailableError("the connection to the mail server dropped", { mayHaveHappened });

export class FakeLedger implements MailLedger {
  /** Every write, in order, as `address state`. */
  readonly writes: string[] = [];
  readonly records = new Map<string, Map<string, MailRecord>>();
  /** Errors by the `address state` whose write throws them. */
  readonly failures = new Map<string, Error>();

  async open(): Promise<void> {}
  async mailed(experimentName: string): Promise<ReadonlyMap<string, MailRecord>> {
    return new Map(this.records.get(experimentName));
  }
  async putMailed(experimentName: string, address: string, record: MailRecord): Promise<void> {
    const failure = this.failures.get(`${address} ${record.state}`);
    if (failure !== undefined) throw failure;
    this.writes.push(`${address} ${record.state}`);
    this.set(experimentName, address, record.state, record.reason);
  }
  set(experimentName: string, address: string, state: MailRecord["state"], reason?: string): void {
    const known = this.records.get(experimentName) ?? new Map<string, MailRecord>();
    known.set(address, { state, at: "2026-03-01T12:00:00Z", ...(reason !== undefined && { reason }) });
    this.records.set(experimentName, known);
  }
}

export class FakeTexts implements SiteTexts {
  readonly templateName = "message.txt";
  template = "Experiment %%ExperimentName%%\nData link:\n";
  slides: string | undefined;
  async messageTemplate(): Promise<{ readonly name: string; readonly text: string }> {
    return { name: this.templateName, text: this.template };
  }
  async slidesLink(): Promise<string | undefined> {
    return this.slides;
  }
}

export class FakeAccess implements AccessRules {
  readonly name = "petrel";
  /** Every grant, in order, as `path username`. */
  readonly grants: string[] = [];
  readonly failures = new Map<string, Error>();
  async list(): Promise<readonly AccessGrant[]> {
    return [];
  }
  async grant(parts: readonly string[], username: string): Promise<DirectoryState> {
    const failure = this.failures.get(username);
    if (failure !== undefined) throw failure;
    this.grants.push(`${parts.join("/")} ${username}`);
    return "Created";
  }
  async revoke(): Promise<void> {}
}

/** Data Management whose users have addresses, and DMagic's list of who was mailed. */
export class MailDm extends FakeDm {
  /** Adds an experiment with users; a user's `email` may be absent. */
  with(name: string, people: Readonly<Record<string, { lastName: string; email?: string }>>, emailedUsers = ""): this {
    for (const [badge, person] of Object.entries(people)) this.users.set(`d${badge}`, person);
    const usernames = Object.keys(people).map((badge) => `d${badge}`);
    this.experiments.set(name, Object.assign({ name, usernames }, { emailedUsers }));
    return this;
  }
  emailedUsers(name: string): unknown {
    return (this.experiments.get(name) as { emailedUsers?: unknown } | undefined)?.emailedUsers;
  }
}
