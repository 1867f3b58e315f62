/** What the site itself writes for its users. */

/** Texts of the site: message templates, and what tomolog keeps. Read anew each time, never written. */
export interface SiteTexts {
  /** What sentences call the template; empty: none is set. */
  readonly templateName: string;
  /** The template of the e-mail, with its name in sentences. @throws ActionError naming the file */
  messageTemplate(): Promise<{ readonly name: string; readonly text: string }>;
  /**
   * Web address of the newest slides of a proposal; undefined where there are none.
   * @throws ActionError for a file that cannot be read
   */
  slidesLink(gup: string): Promise<string | undefined>;
}
