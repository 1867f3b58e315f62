/** The stream of events: when the page is live, and how it comes back. */
import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { type PageApi, RefusedError } from "../../../src/web/page/api.ts";
import { LiveStream, type StreamState } from "../../../src/web/page/live-stream.ts";
import { FakePageClock } from "../../support/fakes/fake-page-clock.ts";

const SNAPSHOT = 'event: snapshot\ndata: {"time":1,"values":{"A":1}}\n\n';
const CHANGE = 'event: change\ndata: {"time":2,"values":{"A":2}}\n\n';

/** Answers each request for events with a stream of the test's, or with what it is told to throw. */
function liveStream() {
  const clock = new FakePageClock();
  const opened: {
    readonly say: (text: string) => Promise<void>;
    readonly end: () => Promise<void>;
    isLeft: boolean;
  }[] = [];
  let refusal: Error | undefined;
  const events: PageApi["events"] = async (signal) => {
    if (refusal !== undefined) throw refusal;
    const pipe = new TransformStream<Uint8Array, Uint8Array>();
    const out = pipe.writable.getWriter();
    const one = {
      say: async (text: string) => {
        await out.write(new TextEncoder().encode(text));
        await turn();
      },
      end: async () => {
        await out.close();
        await turn();
      },
      isLeft: false,
    };
    signal.addEventListener("abort", () => {
      one.isLeft = true;
    });
    opened.push(one);
    return pipe.readable;
  };
  const told: StreamState[] = [];
  const heard: unknown[] = [];
  const stream = new LiveStream({
    api: { events },
    clock,
    begin: (update) => heard.push(["all", update.values]),
    change: (update) => heard.push(["some", update.values]),
    tell: (state) => told.push(state),
  });
  const refuse = (error: Error | undefined): void => {
    refusal = error;
  };
  return { stream, clock, opened, told, heard, refuse };
}

test("the page is live from the first event on", async () => {
  const { stream, opened, told, heard } = liveStream();
  stream.open();
  await turn();
  await opened[0]?.say(": comment\n\n");
  expect(told).toEqual([]);
  await opened[0]?.say(SNAPSHOT + CHANGE);
  expect(heard).toEqual([
    ["all", { A: 1 }],
    ["some", { A: 2 }],
  ]);
  expect(told).toEqual([{ state: "live" }]);
});

test("a stream that ends is lost, and taken up again", async () => {
  const { stream, clock, opened, told } = liveStream();
  stream.open();
  await turn();
  await opened[0]?.say(SNAPSHOT);
  await opened[0]?.end();
  expect(told.at(-1)).toEqual({ state: "lost", reason: "The IOC has ended the connection." });
  clock.advance(1);
  await turn();
  await opened[1]?.say(SNAPSHOT);
  expect(told.at(-1)).toEqual({ state: "live" });
});

test("a stream without events for some seconds is lost, although it is open", async () => {
  const { stream, clock, opened, told } = liveStream();
  stream.open();
  await turn();
  await opened[0]?.say(SNAPSHOT);
  clock.advance(4);
  await opened[0]?.say(CHANGE);
  clock.advance(5);
  expect(told).toEqual([{ state: "live" }]);
  clock.advance(1);
  expect(told.at(-1)).toEqual({ state: "lost", reason: "The IOC has said nothing for 5 s." });
  expect(opened[0]?.isLeft).toBe(true);
});

test("an IOC that is away is asked again and again; one that refuses, when it says", async () => {
  const { stream, clock, opened, told, refuse } = liveStream();
  refuse(new TypeError("fetch failed"));
  stream.open();
  await turn();
  expect(told).toEqual([{ state: "lost", reason: "The IOC does not answer." }]);
  refuse(new RefusedError(503, "Too many pages are open.", 10));
  clock.advance(0.5);
  await turn();
  expect(told.at(-1)).toEqual({ state: "lost", reason: "Too many pages are open." });
  refuse(undefined);
  clock.advance(9);
  await turn();
  expect(opened).toHaveLength(0);
  clock.advance(1);
  await turn();
  expect(opened).toHaveLength(1);
});

test("without the token that reading needs, nobody asks again by himself", async () => {
  const { stream, clock, opened, told, refuse } = liveStream();
  refuse(new RefusedError(401, "Reading needs a token here.", 0));
  stream.open();
  await turn();
  expect(told).toEqual([{ state: "lost", reason: "Reading needs a token here.", needsToken: true }]);
  refuse(undefined);
  clock.advance(60);
  await turn();
  expect(opened).toHaveLength(0);
});

test("a page that nobody sees lets its stream go after a minute, and takes it up when somebody looks", async () => {
  const { stream, clock, opened, told } = liveStream();
  stream.open();
  await turn();
  await opened[0]?.say(SNAPSHOT);
  stream.seen(false);
  for (let seconds = 0; seconds < 59; seconds++) {
    clock.advance(1);
    await opened[0]?.say(CHANGE);
  }
  stream.seen(true);
  clock.advance(2);
  await turn();
  expect([opened.length, opened[0]?.isLeft]).toEqual([1, false]);
  stream.seen(false);
  for (let seconds = 0; seconds < 60; seconds++) {
    await opened[0]?.say(CHANGE);
    clock.advance(1);
  }
  expect(opened[0]?.isLeft).toBe(true);
  expect(told.at(-1)).toEqual({ state: "connecting" });
  stream.seen(true);
  await turn();
  await opened[1]?.say(SNAPSHOT);
  expect(told.at(-1)).toEqual({ state: "live" });
});
