/**
 * How the simulated Globus Auth says no: OAuth's errors are one word, those of its own API are documents, and what a
 * person in a browser sees is a page. The pages' words are those that people quote (XSEDE/oauth-ssh#79,
 * globus-sdk-python#312).
 */
import { randomBytes, randomUUID } from "node:crypto";
import type { TwinAnswer } from "../../http-twin.ts";
import { RefusedAnswer } from "../world.ts";

/** One of RFC 6749's words, and more where Auth says more. */
export const oauthRefusal = (status: number, error: string, description?: string): RefusedAnswer =>
  new RefusedAnswer({ status, body: { error, ...(description !== undefined && { error_description: description }) } });

/** A document in the form of Auth's own API. */
export function apiRefusal(status: number, code: string, title: string, detail: string): RefusedAnswer {
  const error = { status: String(status), id: randomUUID(), code, detail, title };
  const word = title
    .toLowerCase()
    .replaceAll(/[^a-z ]/g, "")
    .replaceAll(" ", "_");
  const body = { errors: [error], error_description: title, error: word };
  return new RefusedAnswer({ status, body });
}

export const unauthorized = (): RefusedAnswer =>
  apiRefusal(401, "UNAUTHORIZED", "Unauthorized", "Call must be authenticated");
/** Globus' published sample of it says the same words as for 401. */
export const forbidden = (): RefusedAnswer =>
  apiRefusal(403, "FORBIDDEN", "Unauthorized", "Call must be authenticated");

/** What the person sees where the browser cannot be sent back. */
export function pageRefusal(code: string, title: string, message: string, now: number): RefusedAnswer {
  const lines = [
    "<h1>Unable to Fulfill Your Request</h1>",
    `<h2>${inHtml(title)}</h2>`,
    "<p>Sorry, but we encountered a problem while servicing your request.</p>",
    `<p>${inHtml(message)}</p>`,
    `<p>Occurred at time:<br>${new Date(now).toISOString()}</p>`,
    `<p>Error ID:<br>${randomBytes(16).toString("hex")}</p>`,
    `<p>Error code:<br>${code}</p>`,
  ];
  return new RefusedAnswer(htmlPage(400, "Error", lines));
}

export function htmlPage(status: number, title: string, lines: readonly string[]): TwinAnswer {
  const body = `<!DOCTYPE html>\n<html lang="en">\n<head><title>${inHtml(title)}</title></head>\n<body>\n${lines.join("\n")}\n</body>\n</html>\n`;
  return { status, headers: { "content-type": "text/html; charset=utf-8" }, body };
}

export const inHtml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
