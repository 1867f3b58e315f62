/**
 * The conversations that our server has to hold, held with the reference IOC: what we ask of ours is what EPICS does.
 */
import { afterAll, beforeAll, describe } from "vitest";
import { defineCatvsCases } from "../support/engine/catvs-cases.ts";
import { needPeers } from "../support/peers/real-peers.ts";
import { type RunningIoc, startSoftIoc } from "../support/peers/soft-ioc.ts";

const DB = `
record(longout, "$(P)ival") { field(VAL, "42") }
record(waveform, "$(P)aval") { field(FTVL, "SHORT") field(NELM, "5") }
`;

describe.skipIf(needPeers("softIoc").missing)("catvs against softIoc", () => {
  let ioc: RunningIoc;
  beforeAll(async () => {
    ioc = await startSoftIoc({ db: DB });
  });
  afterAll(async () => {
    await ioc.stop();
  });
  defineCatvsCases(() => ({ port: ioc.port, prefix: ioc.prefix }));
});
