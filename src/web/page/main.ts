/** Starts the page: asks the IOC for its PVs, draws the page, and follows what changes. */
import { PageApi, RefusedError } from "./api.ts";
import type { PageContext } from "./context.ts";
import { make, setAttribute, setText } from "./dom.ts";
import { readHistory } from "./events.ts";
import { LiveStream, type StreamState } from "./live-stream.ts";
import type { PageModel } from "./model.ts";
import { ask, askToken } from "./parts/dialogs.ts";
import { facilityTime, header } from "./parts/header.ts";
import { overview } from "./parts/overview.ts";
import { sections } from "./parts/section.ts";
import { RateTrack } from "./rates.ts";
import { SECTIONS } from "./sections.ts";
import { ValueStore } from "./store.ts";
import { browserClock as clock } from "./time.ts";

const TOKEN_KEY = "globus-ioc-token";
const RETRY_SECONDS = 1;

const api = new PageApi();
api.token = sessionStorage.getItem(TOKEN_KEY) ?? undefined;

const byId = (id: string): HTMLElement => {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`index.html has no element #${id}`);
  return found;
};
const banner = byId("banner");
const spoken = byId("spoken");

/** Says a sentence to those who hear the page; the same one again is said again. */
function say(sentence: string): void {
  spoken.append(make("p", {}, sentence));
  while (spoken.childElementCount > 3) spoken.firstElementChild?.remove();
}

/** Asks for the token, tries it, and keeps it for this tab. @returns whether there is one now */
async function signIn(reason: string): Promise<boolean> {
  const token = await askToken(reason, async (given) => {
    try {
      told((await api.session(given)).name);
      return undefined;
    } catch (error) {
      return sentenceFor(error);
    }
  });
  if (token === undefined) return false;
  api.token = token;
  sessionStorage.setItem(TOKEN_KEY, token);
  return true;
}

let told: (name: string | undefined) => void = () => {};

function forgetToken(): void {
  api.token = undefined;
  sessionStorage.removeItem(TOKEN_KEY);
  told(undefined);
}

const sentenceFor = (error: unknown): string =>
  error instanceof RefusedError
    ? error.message
    : "The IOC does not answer, nothing was written: try again once the page is live.";

async function write(suffix: string, value: number | string): Promise<string | undefined> {
  if (api.token === undefined && !(await signIn(`Writing ${suffix} needs a token.`)))
    return `${suffix} was not written: no token was entered.`;
  try {
    await api.put(suffix, value);
    return undefined;
  } catch (error) {
    if (!(error instanceof RefusedError) || error.status !== 401) return sentenceFor(error);
    forgetToken(); // of another start of the IOC
    return (await signIn(error.message)) ? write(suffix, value) : `${suffix} was not written: ${error.message}`;
  }
}

/** The model, as soon as the IOC answers. */
async function modelNow(): Promise<PageModel> {
  for (;;) {
    try {
      return (await api.get("/api/model")) as PageModel;
    } catch (error) {
      if (error instanceof RefusedError && error.status === 401) await signIn(error.message);
      else {
        setText(
          banner,
          error instanceof RefusedError ? error.message : "The IOC does not answer; the page tries again.",
        );
        banner.hidden = false;
        await new Promise<void>((resolve) => void clock.after(RETRY_SECONDS, resolve));
      }
    }
  }
}

async function start(): Promise<void> {
  const model = await modelNow();
  document.title = `${model.prefix} globus-ioc`;
  const store = new ValueStore((flush) => void requestAnimationFrame(flush));
  const track = new RateTrack(store, clock);
  const context: PageContext = { model, store, clock, write, say, confirm: ask };
  const top = header(context, () => {
    if (api.token === undefined) void signIn("Writing needs a token.");
    else
      void ask({ title: "Token", text: "This tab forgets its token.", verb: "Forget" }).then(
        (is) => is && forgetToken(),
      );
  });
  told = top.showName;
  told(undefined);
  byId("top").replaceChildren(top.root);
  byId("main").replaceChildren(overview(context, track), ...sections(context, track));
  byId("links").replaceChildren(
    ...[{ id: "overview", title: "Overview" }, ...SECTIONS].map(({ id, title }) =>
      make("li", {}, make("a", { href: `#${id}` }, title)),
    ),
  );
  if (location.hash.length > 1) document.getElementById(location.hash.slice(1))?.scrollIntoView();

  const shown = JSON.stringify(model);
  const show = (liveness: StreamState): void => {
    const isLive = liveness.state === "live";
    track.isLive = isLive;
    setAttribute(document.documentElement, "data-live", isLive ? "yes" : "no");
    top.show(liveness);
    banner.hidden = liveness.state !== "lost";
    if (liveness.state === "lost") {
      const since = facilityTime(context) === "" ? "Not live" : `Not live since ${facilityTime(context)}`;
      setText(banner, `${since}. ${liveness.reason} What is shown was so then; the page tries again by itself.`);
      if (liveness.needsToken === true) void signIn(liveness.reason).then((is) => is && connection.open());
    }
    if (isLive) void refresh();
  };
  /** What the stream does not tell: the figures of before, who sits here, and whether this is still the same IOC. */
  const refresh = async (): Promise<void> => {
    const [now, history, session] = await Promise.all([
      api.get("/api/model"),
      api.get("/api/history"),
      api.token === undefined ? undefined : api.whoAmI(),
    ]).catch(() => []);
    if (now !== undefined && JSON.stringify(now) !== shown) location.reload();
    const rates = readHistory(history);
    if (rates !== undefined) track.begin(rates);
    if (session !== undefined) told(session.canWrite ? session.name : undefined);
  };
  const connection: LiveStream = new LiveStream({
    api,
    clock,
    begin: (update) => store.begin(update),
    change: (update) => store.change(update),
    tell: show,
  });
  document.addEventListener("visibilitychange", () => connection.seen(document.visibilityState === "visible"));
  connection.open();
}

void start();
