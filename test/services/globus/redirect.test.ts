/** What the port for the browser does with whatever else comes to it. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { openRedirect, type Redirect } from "../../../src/services/globus/login/redirect.ts";

let redirect: Redirect;
beforeEach(async () => {
  redirect = await openRedirect(0);
});
/** A connection, on which this was said. */
async function connected(said: string): Promise<Socket> {
  const socket = connect(Number(new URL(redirect.uri).port), "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  if (said !== "") await new Promise((sent) => socket.write(said, sent));
  return socket;
}

test.each(["//", "http://[", "//:", "http://::::", "*"])(
  "a request for %s is answered with 400, and the login goes on",
  async (target) => {
    const socket = await connected(`GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    expect(await text(socket)).toMatch(/^HTTP\/1.1 400 /);
    const answer = redirect.answer("ours", new AbortController().signal);
    const back = await fetch(`${redirect.uri.replace("localhost", "127.0.0.1")}/?state=ours&code=good`);
    expect(back.status).toBe(200);
    expect((await answer).get("code")).toBe("good");
    await redirect.close();
  },
);

test.each([
  ["was never used", ""],
  ["has half a request on it", "GET / HT"],
])("a connection that %s, as a browser keeps one, holds nothing up behind the login", async (_what, said) => {
  const socket = await connected(said);
  socket.on("error", () => {}); // a reset is an end
  const ended = new Promise((closed) => socket.once("close", closed));
  socket.resume();
  await redirect.close();
  await ended;
});
