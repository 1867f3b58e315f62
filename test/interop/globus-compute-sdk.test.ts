/**
 * Globus Compute between our client, the simulated service and Globus' own SDK: the SDK runs what our client has
 * registered and drives the service.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import type { Compute } from "../../src/controller/ports/compute.ts";
import { type GlobusService, startGlobusService } from "../../src/sandbox/globus/service.ts";
import { createServiceAccount } from "../../src/services/globus/auth.ts";
import { createGlobusCall } from "../../src/services/globus/call.ts";
import { createCompute } from "../../src/services/globus/compute/compute.ts";
import { packArguments, RESULT_FORMS } from "../../src/services/globus/compute/packing.ts";
import { COMPUTE_SERVER } from "../../src/services/globus/scopes.ts";
import { createGlobusTransport, type GlobusTransport, globusServiceUrls } from "../../src/services/globus/transport.ts";
import { peer, ROOT } from "../support/peers/real-peers.ts";
import { runPeer } from "../support/peers/spawn-peer.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });
const python = peer("globus-compute-sdk");
const SOURCE = `def recon(path, *more, angle=0):
    """°: what is not ASCII counts as one character: \u{1f52c}."""
    import os.path
    return {"name": os.path.basename(path), "more": more, "angle": angle, "word": "시료 \u{1f52c}"}
`;

describe.skipIf(python.missing)("globus-compute-sdk", () => {
  let globus: GlobusService;
  let transport: GlobusTransport;
  let folder: string;
  let compute: Compute;
  let token: string;

  beforeAll(async () => {
    globus = await startGlobusService({
      clock: systemClock,
      collections: [],
      endpoints: [{ name: "theta", runSeconds: 0.2 }],
      functions: {
        double: ({ args }) => 2 * Number(args[0]),
        recon: ({ args }) => ({ path: args[0] }),
        fails: () => {
          throw Object.assign(new Error("no projections"), { name: "ValueError" });
        },
      },
    });
    const { url, serviceAccount } = globus;
    const urls = globusServiceUrls({ auth: url, transfer: url, flows: url, compute: url });
    for (const [name, value] of Object.entries(urls)) vi.stubEnv(name, value);
    folder = mkdtempSync(join(tmpdir(), "compute-sdk-"));
    const secretFile = join(folder, "secret");
    writeFileSync(secretFile, serviceAccount.secret, { mode: 0o600 });
    transport = createGlobusTransport({ clock: systemClock });
    const tokens = createServiceAccount({ clientId: serviceAccount.clientId, secretFile }, transport);
    compute = createCompute({ call: createGlobusCall(tokens, transport), clock: systemClock, nameOf: (id) => id });
    token = await tokens.token(COMPUTE_SERVER, {});
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await transport?.close();
    await globus?.close();
    if (folder !== undefined) rmSync(folder, { recursive: true });
  });

  test("deserializes and runs what we have registered, with the arguments that we send, and drives the service", async () => {
    const id = await compute.register({ name: "recon", source: SOURCE }, {});
    const given = {
      url: globus.url,
      token,
      endpoint: globus.compute.endpoint("theta").id,
      function: id,
      arguments: packArguments(["/2-BM/a \u{1f52c}.h5", 3], { angle: 0.5 }),
      forms: RESULT_FORMS,
    };
    const script = join(ROOT, "test/peers/compute_sdk_drive.py");
    const { stdout, stderr } = await runPeer(python.path(), [script, JSON.stringify(given)]);
    expect(JSON.parse(stdout.trim() || JSON.stringify(stderr))).toEqual({
      ran: { name: "a \u{1f52c}.h5", more: [3], angle: 0.5, word: "시료 \u{1f52c}" },
      name: "recon",
      endpoint: "online",
      metadata: given.endpoint,
      theirs: { result: 42 },
      oursByThem: { result: { path: "/a.h5" } },
      // What is JSON comes as JSON, what is none as Python writes it: the function has not failed by that.
      forms: ["11\n", "00\n"],
      failing: { exception: "ValueError: no projections" },
      missing: [404, "ENDPOINT_NOT_FOUND"],
    });
  });
});
