/** Our database and server inside the test's own process, on a private port of 127.0.0.1, with the real clock. */
import { systemClock } from "../../../src/base/clock.ts";
import { silentLog } from "../../../src/base/log.ts";
import { isolatedServer } from "../../../src/ca/ca-config.ts";
import type { PvSource } from "../../../src/ca/server/pv-source.ts";
import { CaServer } from "../../../src/ca/server/server.ts";
import { Database } from "../../../src/database/database.ts";
import { loadRecords } from "../../../src/dbfile/load.ts";
import { DatabaseSource } from "../../../src/ioc/database-source.ts";
import { nodeNetwork } from "../../../src/net/node-network.ts";
import { epicsEnvironment, freePort, randomPrefix } from "../peers/epics-environment.ts";

export interface InProcessIoc extends AsyncDisposable {
  readonly database: Database;
  readonly prefix: string;
  readonly port: number;
  /** The environment for a client that is to find only this IOC. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * @param db text of a .db file; `$(P)` is the prefix, `$(R)` nothing
 * @param served what clients meet in place of the database's PVs
 * @throws Error with what is wrong in the text
 */
export async function startInProcessIoc(
  db: string,
  prefix = randomPrefix(),
  served: (source: PvSource) => PvSource = (source) => source,
): Promise<InProcessIoc> {
  const database = new Database({ clock: systemClock, log: silentLog });
  const macros = (name: string): string | undefined => (name === "P" ? prefix : name === "R" ? "" : undefined);
  const { errors } = loadRecords(database, { file: "test.db", text: db }, { macros });
  if (errors.length > 0) throw new Error(errors.map((error) => error.message).join("\n"));
  database.initialize();
  const server = await CaServer.start({
    source: served(new DatabaseSource({ database, clock: systemClock })),
    config: isolatedServer(await freePort()),
    network: nodeNetwork,
    clock: systemClock,
    log: silentLog,
  });
  database.start();
  return {
    database,
    prefix,
    port: server.searchPort,
    env: epicsEnvironment(server.searchPort),
    [Symbol.asyncDispose]: async () => {
      await server.close();
      database.stop();
    },
  };
}
