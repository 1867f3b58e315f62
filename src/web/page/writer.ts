/** Writes PVs with the token of this tab, and asks for one where there is none, or where it is no longer right. */
import { type PageApi, RefusedError } from "./api.ts";
import { askToken } from "./parts/dialogs.ts";

const TOKEN_KEY = "globus-ioc-token";

export class PageWriter {
  readonly #api: PageApi;
  /** Is told whose token it is, and when there is none any more. */
  whenNamed: (name: string | undefined) => void = () => {};

  constructor(api: PageApi) {
    this.#api = api;
    api.token = sessionStorage.getItem(TOKEN_KEY) ?? undefined;
  }

  get hasToken(): boolean {
    return this.#api.token !== undefined;
  }

  /** Writes a PV. @returns the sentence that refuses, or undefined */
  async write(suffix: string, value: number | string): Promise<string | undefined> {
    if (!this.hasToken && !(await this.signIn(`Writing ${suffix} needs a token.`)))
      return `${suffix} was not written: no token was entered.`;
    try {
      await this.#api.put(suffix, value);
      return undefined;
    } catch (error) {
      if (!(error instanceof RefusedError) || error.status !== 401) return sentenceFor(error);
      this.forget(); // it was of an earlier start of the IOC
      if (!(await this.signIn(error.message))) return `${suffix} was not written: ${error.message}`;
      return this.write(suffix, value);
    }
  }

  /** Asks for a token, tries it, and keeps it for this tab. @returns whether there is one now */
  async signIn(reason: string): Promise<boolean> {
    const token = await askToken(reason, async (given) => {
      try {
        this.whenNamed((await this.#api.session(given)).name);
        return undefined;
      } catch (error) {
        return sentenceFor(error);
      }
    });
    if (token === undefined) return false;
    this.#api.token = token;
    sessionStorage.setItem(TOKEN_KEY, token);
    return true;
  }

  /** Asks the IOC whose token it is: it may be of an earlier start. @throws as the api does */
  async lookWhose(): Promise<void> {
    if (!this.hasToken) return;
    const { name, canWrite } = await this.#api.whoAmI();
    this.whenNamed(canWrite ? name : undefined);
  }

  forget(): void {
    this.#api.token = undefined;
    sessionStorage.removeItem(TOKEN_KEY);
    this.whenNamed(undefined);
  }
}

const sentenceFor = (error: unknown): string =>
  error instanceof RefusedError
    ? error.message
    : "The IOC does not answer, and nothing was written: try again once the page is live.";
