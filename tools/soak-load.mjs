/**
 * What tools/soak.mjs does to the IOC: everything at once that clients do, in order or not. Each worker repeats one
 * thing until its time is over and leaves nothing open; what fails under such a load is counted, for only the IOC is
 * judged.
 */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createCaClient, isolatedClient, nodeNetwork, silentLog, systemClock } from "../dist/ca/index.js";
import { allPvs } from "../dist/controller/pvs/index.js";
import { ROOT } from "./run.mjs";

const HOST = "127.0.0.1";
const COMMANDS = "Init Dirs PreviewEmail ListUsers AddUser RemoveUser ListEsafs StartDaq StopDaq Email TagManual".split(
  " ",
);
const PVS = [...allPvs().keys()];
const HALF_OPEN = 60;
const COMMAND_SECONDS = 60;

const pick = (list) => list[Math.floor(Math.random() * list.length)];
const messageOf = (command, payload = Buffer.alloc(0), words = [0, 0, 0, 0]) => {
  const header = Buffer.alloc(16);
  header.writeUInt16BE(command, 0);
  header.writeUInt16BE(payload.length, 2);
  header.writeUInt16BE(words[0], 4);
  header.writeUInt16BE(words[1], 6);
  header.writeUInt32BE(words[2], 8);
  header.writeUInt32BE(words[3], 12);
  return Buffer.concat([header, payload]);
};
const nameBytes = (name) => Buffer.from(name.padEnd(Math.ceil((name.length + 1) / 8) * 8, "\0"), "latin1");
const VERSION = messageOf(0, undefined, [0, 13, 0, 0]);
const search = (name) => messageOf(6, nameBytes(name), [5, 13, 1, 1]);

/**
 * @param site { iocPort, repeaterPort, prefix, beamline }
 * @returns counts of what was done, by name; how often what failed, by sentence; and `run`, which does it for so many
 * seconds
 */
export function createLoad(site) {
  const counts = {};
  const failures = new Map();
  const failed = (what, error) => {
    const cause = error?.cause instanceof Error ? `: ${error.cause.message}` : "";
    const sentence = `${what} failed: ${error?.message ?? error}${cause}`;
    failures.set(sentence, (failures.get(sentence) ?? 0) + 1);
  };
  const count = (what, by = 1) => {
    counts[what] = (counts[what] ?? 0) + by;
  };
  const workers = [
    shortClients,
    shortClients,
    puts,
    monitors,
    commands,
    searches,
    hostileDatagrams,
    portZero,
    halfOpen,
    faults,
  ];
  const run = async (seconds) => {
    const end = Date.now() + seconds * 1000;
    const until = () => Date.now() < end;
    await Promise.all(
      workers.map((work) => work(site, until, count, failed).catch((error) => failed(`worker ${work.name}`, error))),
    );
  };
  return { counts, failures, run };
}

function newClient({ iocPort, repeaterPort }) {
  const config = { ...isolatedClient(iocPort), repeaterPort };
  return createCaClient({
    network: nodeNetwork,
    clock: systemClock,
    config,
    user: "soak",
    host: "soakhost",
    log: silentLog,
  });
}

/** Opens, reads, subscribes, and is gone. */
async function shortClients(site, until, count, failed) {
  while (until()) {
    const client = newClient(site);
    try {
      const pvs = [pick(PVS), pick(PVS), pick(PVS)].map((name) => client.pv(site.prefix + name));
      await Promise.all(pvs.map((pv) => pv.connected({ timeoutSeconds: 5 })));
      pvs[0].monitor({}, () => count("updates"));
      await Promise.all(pvs.map((pv) => pv.get({ timeoutSeconds: 5 })));
      count("short-lived clients");
    } catch (error) {
      failed("short-lived client", error);
    }
    await client.close();
  }
}

async function puts(site, until, count, failed) {
  const client = newClient(site);
  const [number, text] = [client.pv(`${site.prefix}Set`), client.pv(`${site.prefix}EmailSubject`)];
  while (until()) {
    try {
      await number.connected({ timeoutSeconds: 5 });
      await text.connected({ timeoutSeconds: 5 });
      number.put(pick([-2, -1, 0, 1]));
      const words = randomBytes(20).toString("latin1").replaceAll("\0", " ");
      await text.putCallback(words, { timeoutSeconds: 5 });
      count("puts", 2);
    } catch (error) {
      failed("put", error);
    }
    await sleep(20);
  }
  await client.close();
}

/** Many subscriptions of one client, which comes back now and then. */
async function monitors(site, until, count) {
  while (until()) {
    const client = newClient(site);
    for (let i = 0; i < 50; i++) client.pv(site.prefix + PVS[i % PVS.length]).monitor({}, () => count("updates"));
    for (let i = 0; i < 50 && until(); i++) await sleep(100);
    await client.close();
  }
}

async function commands(site, until, count, failed) {
  const client = newClient(site);
  const put = async (name, value) => {
    const pv = client.pv(site.prefix + name);
    try {
      await pv.connected({ timeoutSeconds: 5 });
      await pv.putCallback(value, { timeoutSeconds: COMMAND_SECONDS });
      count("commands");
    } catch (error) {
      failed("command", error);
    } finally {
      pv.close();
    }
  };
  while (until()) {
    for (const command of COMMANDS) {
      if (!until()) break;
      if (command === "Email") await put("EmailArm", 1);
      await put(command, 1);
      if (Math.random() < 0.2) await put("Abort", 1);
    }
  }
  await client.close();
}

/** A socket for datagrams to the IOC; `send` waits a little now and then. */
async function datagrams(count, what) {
  const socket = createSocket("udp4");
  socket.on("error", () => count(`${what} that failed`));
  socket.bind(0, HOST);
  await once(socket, "listening");
  return {
    socket,
    send: (bytes, port) => {
      socket.send(bytes, port, HOST);
      count(what);
    },
  };
}

async function searches(site, until, count) {
  const { socket, send } = await datagrams(count, "searches");
  socket.on("message", () => count("search replies"));
  while (until()) {
    const names = Array.from({ length: 10 }, () => (Math.random() < 0.5 ? pick(PVS) : `none${Math.random()}`));
    send(Buffer.concat([VERSION, ...names.map((name) => search(site.prefix + name))]), site.iocPort);
    await sleep(10);
  }
  socket.close();
}

/**
 * Noise, and messages with single bytes changed, to the server's port and the repeater's; registrations of programs
 * that are gone at once.
 */
async function hostileDatagrams(site, until, count) {
  while (until()) {
    const { socket, send } = await datagrams(count, "hostile datagrams");
    for (let i = 0; i < 20; i++) {
      const bytes =
        Math.random() < 0.5
          ? randomBytes(Math.floor(Math.random() * 300))
          : Buffer.from(search(`${site.prefix}Status`));
      if (bytes.length > 0) bytes[Math.floor(Math.random() * bytes.length)] = Math.floor(Math.random() * 256);
      send(bytes, pick([site.iocPort, site.repeaterPort]));
    }
    send(messageOf(24, undefined, [0, 0, 0, 0x7f000001]), site.repeaterPort);
    await sleep(50);
    socket.close();
  }
}

/** Where raw sockets are allowed: the search that nobody can be answered. */
async function portZero(site, until, count) {
  const script = join(ROOT, "test/peers/raw_datagram.py");
  while (until()) {
    for (const [port, bytes] of [
      [site.iocPort, Buffer.concat([VERSION, search(`${site.prefix}Status`)])],
      [site.repeaterPort, messageOf(24)],
    ]) {
      const child = spawn("python3", [script, "0", String(port), bytes.toString("hex"), "10"], { stdio: "ignore" });
      const status = await new Promise((resolve) => {
        child.once("error", () => resolve(127));
        child.once("close", resolve);
      });
      if (status !== 0) return count("raw sockets that are not allowed here");
      count("datagrams from port 0", 10);
    }
    await sleep(2000);
  }
}

/** Circuits that say nothing, too little, half of a write or noise, and are held for a while. */
async function halfOpen(site, until, count) {
  const held = new Set();
  const create = messageOf(18, nameBytes(`${site.prefix}EmailSubject`), [0, 0, 1, 13]);
  const halfAWrite = messageOf(4, Buffer.alloc(48), [4, 48, 1, 1]).subarray(0, 40);
  const beginnings = [[], [VERSION], [VERSION, create], [VERSION, create, halfAWrite], [VERSION, randomBytes(200)]];
  while (until()) {
    const socket = connect(site.iocPort, HOST);
    held.add(socket);
    socket.on("error", () => {});
    socket.resume();
    socket.once("close", () => held.delete(socket));
    socket.write(Buffer.concat(pick(beginnings)));
    count("half-open circuits");
    if (held.size >= HALF_OPEN) pick([...held]).resetAndDestroy();
    await sleep(30);
  }
  for (const socket of held) socket.destroy();
}

/** What the IOC works with fails, and comes back. */
async function faults({ beamline }, until, count) {
  while (until()) {
    await beamline.dm.misbehave(
      pick([{ down: "reset" }, { unavailable: { status: 503, times: 5 } }, { slowSeconds: 1 }]),
    );
    await sleep(2000);
    await beamline.dm.misbehave({});
    if (until() && Math.random() < 0.3) {
      await beamline.restartTomoScan();
      await beamline.tag();
      count("restarts of TomoScan");
    }
    count("faults of services");
    await sleep(3000);
  }
}
