/** Starts the page: asks the IOC for its PVs, draws the page, and follows what changes. */
import { PageApi, RefusedError } from "./api.ts";
import type { PageContext } from "./context.ts";
import { make, setAttribute, setText } from "./dom.ts";
import { readHistory } from "./events.ts";
import { LiveStream, type StreamState } from "./live-stream.ts";
import type { PageModel } from "./model.ts";
import { ask } from "./parts/dialogs.ts";
import { facilityTime, header, type PageHeader } from "./parts/header.ts";
import { overview } from "./parts/overview.ts";
import { sections } from "./parts/section.ts";
import { RateTrack } from "./rates.ts";
import { SECTIONS } from "./sections.ts";
import { ValueStore } from "./store.ts";
import { browserClock as clock } from "./time.ts";
import { PageWriter } from "./writer.ts";

const RETRY_SECONDS = 1;
/** Sentences that those who hear the page can still go back to. */
const MOST_SPOKEN = 3;

const byId = (id: string): HTMLElement => {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`index.html has no element #${id}`);
  return found;
};
const banner = byId("banner");
const spoken = byId("spoken");
const api = new PageApi();
const writer = new PageWriter(api);

/** Says a sentence to those who hear the page; the same one again is said again. */
function say(sentence: string): void {
  spoken.append(make("p", {}, sentence));
  while (spoken.childElementCount > MOST_SPOKEN) spoken.firstElementChild?.remove();
}

/** Shows a sentence over the page; empty: none. */
function showBanner(sentence: string): void {
  banner.hidden = sentence === "";
  setText(banner, sentence);
}

/** The model, as soon as the IOC answers. */
async function modelNow(): Promise<PageModel> {
  for (;;) {
    try {
      return (await api.get("/api/model")) as PageModel;
    } catch (error) {
      const reason = error instanceof RefusedError ? error.message : "The IOC does not answer; the page tries again.";
      showBanner(reason);
      if (error instanceof RefusedError && error.status === 401) {
        writer.forget();
        await writer.signIn(reason);
      } else await new Promise<void>((resolve) => void clock.after(RETRY_SECONDS, resolve));
    }
  }
}

/** Puts the page in its place: what is seen first, then section by section, each in a turn of its own. */
async function drawPage(context: PageContext, track: RateTrack, top: PageHeader): Promise<void> {
  byId("top").replaceChildren(top.root);
  byId("main").replaceChildren(overview(context, track));
  const places = [{ id: "overview", title: "Overview" }, ...SECTIONS];
  byId("links").replaceChildren(...places.map(({ id, title }) => make("li", {}, make("a", { href: `#${id}` }, title))));
  for (const draw of sections(context, track)) {
    await new Promise<void>((resolve) => void clock.after(0, resolve));
    byId("main").append(draw());
  }
  if (location.hash.length > 1) document.getElementById(location.hash.slice(1))?.scrollIntoView();
}

async function start(): Promise<void> {
  const model = await modelNow();
  const store = new ValueStore((flush) => void requestAnimationFrame(flush));
  const track = new RateTrack(store, clock);
  const write: PageContext["write"] = (suffix, value) => writer.write(suffix, value);
  const context: PageContext = { model, store, clock, write, say, confirm: ask };
  const top = header(context, () => void signInOrForget());
  writer.whenNamed = top.showName;
  top.showName(undefined);
  let isDrawn = false;

  const show = (state: StreamState): void => {
    const isLive = state.state === "live";
    track.isLive = isLive;
    setAttribute(document.documentElement, "data-live", isLive ? "yes" : "no");
    document.title = `${state.state === "lost" ? "Not live: " : ""}${model.prefix} globus-ioc`;
    top.show(state);
    showBanner(state.state === "lost" ? lostSentence(facilityTime(context), state.reason) : "");
    if (state.state === "lost" && state.needsToken === true)
      void writer.signIn(state.reason).then((is) => is && stream.open());
    if (isLive) void refresh(model, track);
  };
  const stream: LiveStream = new LiveStream({
    api,
    clock,
    begin(update) {
      store.begin(update);
      if (!isDrawn) void drawPage(context, track, top);
      isDrawn = true;
    },
    change: (update) => store.change(update),
    tell: show,
  });
  document.addEventListener("visibilitychange", () => stream.seen(document.visibilityState === "visible"));
  stream.open();
}

async function signInOrForget(): Promise<void> {
  if (!writer.hasToken) await writer.signIn("Writing needs a token.");
  else if (await ask({ title: "Token", text: "This tab forgets its token, and only reads.", verb: "Forget" }))
    writer.forget();
}

const lostSentence = (since: string, reason: string): string =>
  since === ""
    ? `${reason} The page tries again by itself.`
    : `Not live since ${since}. ${reason} What is shown was so then; the page tries again by itself.`;

/** What the stream does not tell: the rates of before, who sits here, and whether this is still the same IOC. */
async function refresh(shown: PageModel, track: RateTrack): Promise<void> {
  try {
    if (JSON.stringify(await api.get("/api/model")) !== JSON.stringify(shown)) return location.reload();
    const rates = readHistory(await api.get("/api/history"));
    if (rates !== undefined) track.begin(rates);
    await writer.lookWhose();
  } catch (error) {
    if (error instanceof RefusedError && error.status === 401) writer.forget();
    // Else the stream is lost as well, and tells that
  }
}

void start();
