/** Put-callbacks that wait, and that come back to their own record: the same bytes to softIoc and to our IOC. */
import { expect, test } from "vitest";
import { nodeNetwork } from "../../src/net/node-network.ts";
import { doubles, RawCircuit, shorts } from "../support/engine/raw-circuit.ts";
import { startOurIoc } from "../support/peers/our-ioc.ts";
import { needPeers } from "../support/peers/real-peers.ts";
import { type IocOptions, type RunningIoc, startSoftIoc } from "../support/peers/soft-ioc.ts";

const db = `
record(calcout, "$(P)slow") { field(CALC, "A") field(ODLY, "2") }
record(calcout, "$(P)quick") { field(CALC, "A") field(ODLY, "0.2") }
record(bo, "$(P)chain") { field(FLNK, "$(P)chained") }
record(calcout, "$(P)chained") { field(CALC, "1") field(ODLY, "0.3") }
record(calcout, "$(P)ring1") { field(CALC, "1") field(ODLY, "0.1") field(FLNK, "$(P)ring2") }
record(calcout, "$(P)ring2") { field(CALC, "1") field(ODLY, "0.1") field(FLNK, "$(P)ring1") }
`;
const DOUBLE = 6;
const SHORT = 1;
const WRITE_NOTIFY = 19;

interface Channel {
  readonly circuit: RawCircuit;
  readonly sid: number;
}

/** Each channel on a circuit of its own. */
async function open({ prefix, port }: RunningIoc, name: string): Promise<Channel> {
  const circuit = await new RawCircuit(await nodeNetwork.connect({ host: "127.0.0.1", port }, 5)).begin();
  return { circuit, sid: (await circuit.open(prefix + name)).sid };
}
/** Resolves when the server has seen the put, not when it has ended. */
async function startPut({ circuit, sid }: Channel, value: number): Promise<void> {
  circuit.send("writeNotify", { dbr: DOUBLE, count: 1, sid, ioid: value }, doubles(value));
  await circuit.silence();
}
async function answer({ circuit }: Channel): Promise<readonly [ioid: number, status: number]> {
  const { command, p1, p2 } = await circuit.next();
  expect(command).toBe(WRITE_NOTIFY);
  return [p2, p1];
}
async function valueOf({ circuit, sid }: Channel): Promise<number> {
  circuit.send("readNotify", { dbr: DOUBLE, count: 1, sid, ioid: 1 });
  return (await circuit.reply("readNotify")).payload.readDoubleBE();
}

async function dispWhileItWaits(ioc: RunningIoc): Promise<unknown> {
  const [first, second, disp] = [await open(ioc, "slow.A"), await open(ioc, "slow.A"), await open(ioc, "slow.DISP")];
  await startPut(first, 1);
  await startPut(second, 2);
  disp.circuit.send("write", { dbr: SHORT, count: 1, sid: disp.sid }, shorts(1));
  return [await Promise.all([first, second].map(answer)), await valueOf(first)];
}

async function plainPutsAllTheTime(ioc: RunningIoc): Promise<unknown> {
  const [plain, notified] = [await open(ioc, "quick.A"), await open(ioc, "quick.A")];
  const put = (): void => plain.circuit.send("write", { dbr: DOUBLE, count: 1, sid: plain.sid }, doubles(9));
  put();
  await plain.circuit.silence();
  const putting = setInterval(put, 20);
  try {
    const answers: unknown[] = [];
    for (const value of [1, 2]) {
      notified.circuit.send("writeNotify", { dbr: DOUBLE, count: 1, sid: notified.sid, ioid: value }, doubles(value));
      answers.push(await answer(notified));
    }
    return answers;
  } finally {
    clearInterval(putting);
  }
}

async function ringOfLinks(ioc: RunningIoc): Promise<unknown> {
  const channel = await open(ioc, "ring1.PROC");
  channel.circuit.send("writeNotify", { dbr: SHORT, count: 1, sid: channel.sid, ioid: 1 }, shorts(1));
  return await answer(channel);
}

async function oneChannel(ioc: RunningIoc): Promise<unknown> {
  const channel = await open(ioc, "chain");
  const { circuit, sid } = channel;
  for (const ioid of [1, 2, 3]) circuit.send("writeNotify", { dbr: SHORT, count: 1, sid, ioid }, shorts(ioid % 2));
  return [await answer(channel), await answer(channel), await answer(channel)];
}

const runAt = async (start: (options: IocOptions) => Promise<RunningIoc>): Promise<unknown> => {
  await using ioc = await start({ db });
  return await Promise.all([dispWhileItWaits(ioc), plainPutsAllTheTime(ioc), ringOfLinks(ioc), oneChannel(ioc)]);
};

test.skipIf(needPeers("softIoc").missing)(
  "DISP stops a put-callback that waits; plain puts without end, and a ring of links, do not keep it from its answer; those of a channel are answered in order",
  async () => {
    const facts = [
      [
        [
          [1, 1],
          [2, 160],
        ],
        1,
      ],
      [
        [1, 1],
        [2, 1],
      ],
      [1, 1],
      [
        [1, 1],
        [2, 1],
        [3, 1],
      ],
    ];
    expect(await runAt(startSoftIoc)).toEqual(facts);
    expect(await runAt(startOurIoc)).toEqual(facts);
  },
);
