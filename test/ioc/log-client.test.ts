/** Lines for a log server: when they go, what is kept, what is lost and how that is told. */
import { expect, test } from "vitest";
import { createLog } from "../../src/base/log.ts";
import { Troubles } from "../../src/base/troubles.ts";
import { LogClient } from "../../src/ioc/log-client.ts";
import { MemoryNetwork, type MemoryStream } from "../support/engine/memory-network.ts";
import { FakeClock } from "../support/fakes/fake-clock.ts";

const PORT = 7011;

class Site {
  readonly clock = new FakeClock();
  readonly network = new MemoryNetwork(this.clock);
  /** What the IOC's log says. */
  readonly said: string[] = [];
  readonly received: string[] = [];
  readonly connections: MemoryStream[] = [];
  readonly #open: () => LogClient;
  #client: LogClient | undefined;
  #stop: (() => void) | undefined;

  constructor({ host = "127.0.0.1", prefix = "" } = {}) {
    const log = createLog("ioc", (line) => this.said.push(line));
    const troubles = new Troubles();
    troubles.listen(({ sentence, isOver }) => (isOver ? log.info(sentence) : log.error(sentence)));
    this.#open = () =>
      new LogClient({
        server: { host, port: PORT, setBy: "caPutLogInit" },
        prefix: () => prefix,
        network: this.network,
        clock: this.clock,
        log,
        trouble: troubles.of("the log server"),
        find: (name) =>
          name === "logs" || name === "127.0.0.1"
            ? Promise.resolve("127.0.0.1")
            : Promise.reject(Object.assign(new Error(name), { code: "ENOTFOUND" })),
      });
  }
  /** Made when it is first asked for; it connects then. */
  get client(): LogClient {
    return (this.#client ??= this.#open());
  }
  /** As `clock.advanceAsync`, with the client there. */
  async pass(seconds: number): Promise<void> {
    void this.client;
    await this.clock.advanceAsync(seconds);
  }
  /** A server that reads, or takes the connection and never reads. */
  async serve(isReading = true): Promise<void> {
    const server = await this.network.listen({ host: "127.0.0.1", port: PORT }, (stream) => {
      this.connections.push(stream as MemoryStream);
      if (isReading) stream.onData = (chunk) => this.received.push(chunk.toString());
    });
    this.#stop = () => server.close();
  }
  /** The server is gone, as one that was killed. */
  kill(): void {
    this.#stop?.();
    for (const one of this.connections.splice(0)) one.fail();
  }
  get text(): string {
    return this.received.join("");
  }
}

test("lines go when the server is connected, gathered for a moment, each with the prefix, and the connection is told once", async () => {
  const site = new Site({ prefix: "fac=2bm " });
  site.client.send("one");
  await site.serve();
  await site.pass(2);
  site.client.send("two");
  await site.pass(0.1);
  expect(site.text).toBe("fac=2bm one\nfac=2bm two\n");
  expect([site.client.isConnected, site.client.connections, site.client.waiting]).toEqual([true, 1, []]);
});

test("a server that is not there is told of once, asked ever more seldom, and gets what waits when it comes", async () => {
  const site = new Site();
  for (let i = 0; i < 3; i++) site.client.send(`line ${i}`);
  await site.pass(600);
  expect(site.said).toEqual([
    "error: ioc: The log server 127.0.0.1:7011 gets no lines: nobody listens there; start it, or correct caPutLogInit.",
  ]);
  await site.serve();
  await site.pass(30);
  expect(site.text).toBe("line 0\nline 1\nline 2\n");
  expect(site.said.slice(1)).toEqual(["ioc: The log server 127.0.0.1:7011 is connected."]);
});

test("a name is looked up, at each attempt, and one that nobody has is told of", async () => {
  const site = new Site({ host: "logs" });
  await site.serve();
  site.client.send("found");
  await site.pass(2);
  expect(site.text).toBe("found\n");
  const other = new Site({ host: "nowhere" });
  await other.pass(60);
  expect(other.said).toEqual([
    'error: ioc: The log server nowhere:7011 gets no lines: there is no host "nowhere"; start it, or correct caPutLogInit.',
  ]);
});

test("a server that is killed and started again gets what came meanwhile", async () => {
  const site = new Site();
  await site.serve();
  await site.pass(1);
  site.client.send("before");
  await site.pass(1);
  site.kill();
  await site.pass(1);
  site.client.send("meanwhile");
  await site.serve();
  await site.pass(60);
  expect(site.text).toBe("before\nmeanwhile\n");
  expect(site.said).toEqual([
    "ioc: The log server 127.0.0.1:7011 is connected.",
    "error: ioc: The log server 127.0.0.1:7011 gets no lines: it has closed the connection; lines wait for it; start it again if it has ended.",
    "ioc: The log server 127.0.0.1:7011 is connected.",
  ]);
});

test("what the network had not taken when the server died goes to the next", async () => {
  const site = new Site();
  await site.serve(false);
  await site.pass(1);
  site.client.send("unread");
  await site.pass(1);
  site.kill();
  await site.serve();
  await site.pass(60);
  expect(site.text).toBe("unread\n");
});

test("a server that takes connections and closes them at once is asked ever more seldom", async () => {
  const site = new Site();
  let connections = 0;
  await site.network.listen({ host: "127.0.0.1", port: PORT }, (stream) => {
    connections++;
    site.clock.after(0.1, () => (stream as MemoryStream).fail());
  });
  await site.pass(300);
  expect(connections).toBeLessThan(20);
  expect(connections).toBeGreaterThan(5);
});

test("a server that does not read costs a mebibyte, and what is lost is counted and told once", async () => {
  const site = new Site();
  await site.serve(false);
  await site.pass(1);
  const line = "x".repeat(1023);
  for (let i = 0; i < 5000; i++) {
    site.client.send(line);
    if (i % 100 === 0) await site.pass(0);
  }
  const kept = site.client.waiting.length;
  expect(kept * 1024).toBeLessThanOrEqual((1 << 20) + (1 << 17));
  expect(site.client.lost).toBe(5000 - kept);
  expect(site.said.slice(1)).toEqual([
    "warn: ioc: Lines for the log server 127.0.0.1:7011 are lost from now on: it takes no lines, and its queue is full.",
  ]);
  site.connections[0]!.onData = (chunk) => site.received.push(chunk.toString());
  await site.pass(1);
  expect(site.text.split("\n").length - 1).toBe(kept);
  expect(site.said.slice(2)).toEqual([
    `warn: ioc: The log server 127.0.0.1:7011 takes lines again; ${5000 - kept} were lost.`,
  ]);
});

test("the end of the IOC waits for a server that takes lines, and for no other", async () => {
  const reading = new Site();
  await reading.serve();
  reading.client.send("last");
  const end = reading.client.close();
  await reading.pass(0.1);
  await end;
  expect([reading.text, reading.clock.pending]).toEqual(["last\n", 0]);

  const silent = new Site();
  await silent.serve(false);
  await silent.pass(1);
  silent.client.send("last");
  const late = silent.client.close();
  await silent.pass(2);
  await late;
  expect(silent.said.at(-1)).toBe(
    "warn: ioc: 1 lines for the log server 127.0.0.1:7011 were not sent: it did not take them.",
  );

  const absent = new Site();
  await absent.pass(1);
  absent.client.send("last");
  await absent.client.close();
  absent.client.send("later");
  expect([absent.clock.pending, absent.said.length]).toEqual([0, 2]);
});

test("a connection that comes after the end is closed", async () => {
  const site = new Site();
  await site.serve();
  await site.client.close();
  await site.pass(1);
  expect(site.connections[0]?.isClosed).toBe(true);
});
