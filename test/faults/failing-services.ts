/**
 * Each service that a command asks, harmed in each way on its way to the IOC, one at a time: the command must end with
 * a sentence that names the service, the IOC live on, and the same command, given again when the service is well,
 * finish the work with nothing done twice.
 */
import { test, vi } from "vitest";
import { ECA } from "../../src/ca/wire/status.ts";
import { COMMAND_STATES, type CommandName } from "../../src/controller/pvs/commands.ts";
import { benchOfTests, comeToStart, giveInputs, judgeEnd, settled } from "./bench.ts";
import type { Bench, CommandCase } from "./command-case.ts";
import { COMMAND_CASES } from "./command-cases.ts";
import { heal, type ServiceName } from "./faulty-beamline.ts";
import type { Fault } from "./gate.ts";
import { Tally } from "./tally.ts";

/** For all faults of all services of one command. */
const TEST_MILLISECONDS = 600_000;
/** A service that answers, only later. */
const SLOW: Fault = { kind: "slow", seconds: 0.1 };
export const FAULTS: readonly Fault[] = [
  { kind: "refused" },
  { kind: "reset" },
  { kind: "silent" },
  { kind: "garbage" },
  { kind: "cut", afterBytes: 20 },
  { kind: "cut", afterBytes: 300 },
  SLOW,
];

const faultText = (fault: Fault): string => (fault.kind === "cut" ? `cut after ${fault.afterBytes} bytes` : fault.kind);

export interface HarmedService {
  readonly service: ServiceName;
  /** Without it the command is not done. */
  readonly isNeeded: boolean;
}

export const servicesOf = ({ needs, asks = [] }: CommandCase): readonly HarmedService[] => [
  ...needs.map((service) => ({ service, isNeeded: true })),
  ...asks.map((service) => ({ service, isNeeded: false })),
];

/** @returns what was tried and found */
export async function harmEachService(bench: Bench, one: CommandCase, faults = FAULTS): Promise<Tally> {
  const tally = new Tally(`services at fault in ${one.command} on ${one.server}`);
  for (const harmed of servicesOf(one))
    for (const fault of faults)
      await tally.attempt(`${harmed.service} ${faultText(fault)}`, () =>
        harmOnce(bench, one, { ...harmed, fault, tally }),
      );
  return tally;
}

interface Attempt extends HarmedService {
  readonly fault: Fault;
  readonly tally: Tally;
}

async function harmOnce(bench: Bench, one: CommandCase, attempt: Attempt): Promise<void> {
  const { service, fault, tally } = attempt;
  const { gates, pvs } = bench.beamline;
  const where = `${service} ${faultText(fault)}`;
  await comeToStart(bench, one);
  await gates[service].harm(fault);
  tally.tried++;
  const status = await pvs.put(one.command, 1).catch((thrown: unknown) => String(thrown));
  tally.find("untrue", where, await lies(bench, one, { ...attempt, status }));
  await heal(bench.beamline);
  if (service === "tomoscan") await settled(bench);
  await giveInputs(bench, one);
  await pvs.put(one.command, 1);
  await judgeEnd(bench, one, one.endsAgain ?? one.ends ?? ["Done"], { tally, where });
}

/** What is not so of a command that has just ended. */
async function lies(
  bench: Bench,
  one: CommandCase,
  { service, fault, isNeeded, status }: Attempt & { readonly status: number | string },
): Promise<readonly string[]> {
  const { pvs, gates, site } = bench.beamline;
  const { command, ends = ["Done"] } = one;
  const state = COMMAND_STATES[await pvs.number(`${command}Status`)];
  const message = await pvs.text(`${command}Message`);
  if (typeof status === "string") return [`it did not end: ${status}; ${state}: ${message}`];
  const told: string[] = [];
  const isDone = state === "Done";
  if (isDone !== (status === ECA.NORMAL))
    told.push(`${command}Status is ${state}, and the put completes with ${status}`);
  if (fault.kind === SLOW.kind)
    return state !== undefined && ends.includes(state) ? told : [...told, `${state}: ${message}`];
  if (isDone && isNeeded && !(fault.kind === "cut" && (await isWhole(bench, one))))
    told.push(`it is Done without it: ${message}`);
  const address = service === "tomoscan" ? site.beamline.tomoScanPrefix : `127.0.0.1:${gates[service].port}`;
  if (!isDone && !message.includes(address))
    told.push(`${state}, and ${command}Message does not name ${address}: ${message}`);
  if (/internal error/i.test(message)) told.push(message);
  return told;
}

/**
 * All that the command is for is there: then a cut has missed it, since its answers are shorter than what passes before
 * the cut, or what was cut was asked for once more.
 */
const isWhole = async (bench: Bench, { lost }: CommandCase): Promise<boolean> =>
  lost !== undefined && (await lost(bench)).length === 0;

/** A test for each of these commands on each server that has it, all on one beamline. */
export function serviceTests(commands: readonly CommandName[], faults = FAULTS): void {
  vi.setConfig({ testTimeout: TEST_MILLISECONDS });
  const bench = benchOfTests();
  const cases = COMMAND_CASES.filter(({ command }) => commands.includes(command));
  test.each(cases)("$command on $server names the service at fault, and is whole when repeated", async (one) => {
    (await harmEachService(bench(), one, faults)).close();
  });
}
