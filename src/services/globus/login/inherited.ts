/**
 * The token file of PAL-XFEL's sample programs, which Python's SDK writes: what can be used of it is taken over, so
 * that who has logged in there need not log in again. Tokens hold for the application that they were given to: that it
 * is ours, a renewal proves. The file is never written.
 */
import { z } from "zod";
import { cleanJson } from "../../../base/clean-text.ts";
import { ActionError, messageOf } from "../../../base/errors.ts";
import { MissingFileError, readPrivateFile } from "../../../base/private-file.ts";
import { listed } from "../../../base/word-list.ts";
import { refusalOf } from "../errors.ts";
import { refreshed } from "../grants.ts";
import { isKnownServer, serverName } from "../scopes.ts";
import type { TokenRecord } from "../token-store.ts";
import type { GlobusTransport } from "../transport.ts";

const WHAT = "token file of the Python programs";

const recordSchema = z.object({ refresh_token: z.string().min(1).nullish() });
const recordsSchema = z.record(z.string(), recordSchema);
/** Version 1.0 is of SDK 3, 2.0 of SDK 4 (globus-sdk-python, JSONTokenStorage). */
const fileSchema = z.union([
  z.object({ format_version: z.literal("1.0"), by_rs: recordsSchema }).transform(({ by_rs }) => by_rs),
  z
    .object({ format_version: z.literal("2.0"), data: z.record(z.string(), recordsSchema) })
    .transform(({ data }) => data["DEFAULT"] ?? {}),
]);

export interface Inheritance {
  readonly records: readonly TokenRecord[];
  /** What was taken over and what was not, for people. */
  readonly sentences: readonly string[];
}

/**
 * @returns undefined where there is no such file
 * @throws UnavailableError where Globus cannot be asked now; then nothing is said of the file
 */
export async function readInheritance(
  path: string,
  to: { readonly clientId: string; readonly transport: GlobusTransport },
): Promise<Inheritance | undefined> {
  let found: z.output<typeof recordsSchema>;
  try {
    found = parseInherited(await readPrivateFile(path, WHAT), path);
  } catch (thrown) {
    if (thrown instanceof MissingFileError) return undefined;
    if (thrown instanceof ActionError) return { records: [], sentences: [messageOf(thrown)] };
    throw thrown;
  }
  const records: TokenRecord[] = [];
  const refused: string[] = [];
  const unrenewable: string[] = [];
  for (const [server, { refresh_token: refreshToken }] of Object.entries(found)) {
    if (!isKnownServer(server)) continue;
    if (typeof refreshToken !== "string") {
      unrenewable.push(serverName(server));
      continue;
    }
    try {
      const taken = await refreshed(refreshToken, { ...to, name: serverName(server) });
      records.push(...taken.map((one) => (one.resourceServer === server ? { refreshToken, ...one } : one)));
    } catch (thrown) {
      if (refusalOf(thrown)?.code !== "invalid_grant") throw thrown;
      refused.push(serverName(server));
    }
  }
  return { records, sentences: said(path, records, refused, unrenewable) };
}

function said(
  path: string,
  records: readonly TokenRecord[],
  refused: readonly string[],
  unrenewable: readonly string[],
): readonly string[] {
  const taken = records.map((one) => serverName(one.resourceServer));
  return [
    ...(taken.length === 0
      ? []
      : [`The login for ${listed(taken)} was taken over from ${path}, which stays as it is.`]),
    ...(refused.length === 0
      ? []
      : [
          `The login for ${listed(refused)} in ${path} is another application's than client-id, or is over, and was not taken over.`,
        ]),
    ...(unrenewable.length === 0
      ? []
      : [`The login for ${listed(unrenewable)} in ${path} cannot be renewed, and was not taken over.`]),
    ...(taken.length + refused.length + unrenewable.length > 0 ? [] : [`${path} has no login that is of use here.`]),
  ];
}

/** @throws ActionError */
function parseInherited(text: string, path: string): z.output<typeof recordsSchema> {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw new ActionError(`The ${WHAT} ${path} is no JSON, and nothing was taken over from it.`);
  }
  const parsed = fileSchema.safeParse(document);
  if (parsed.success) return parsed.data;
  const version = z.object({ format_version: z.unknown() }).safeParse(document).data?.format_version;
  const why =
    version === undefined || version === "1.0" || version === "2.0"
      ? "has another form than Python's SDK gives it"
      : `is of version ${cleanJson(version).slice(0, 40)}, and versions 1.0 and 2.0 are known`;
  throw new ActionError(`The ${WHAT} ${path} ${why}, and nothing was taken over from it.`);
}
