/**
 * What PVs hold when the IOC starts: what the settings say, what autosave has put back, and the servers' names. Reads
 * no file and starts nothing (shell-commands.ts).
 */
import type { Log } from "../base/log.ts";
import type { ServerSettings, TriggerSettings } from "../config/settings.ts";
import { type PvName, rowOf, savedPvs } from "../controller/pvs/index.ts";
import { enablePv, MOST_TRIGGERS, triggerPv } from "../controller/pvs/triggers.ts";
import { inputProblem } from "../controller/run/input-check.ts";
import type { Database } from "../database/database.ts";
import type { DbRecord } from "../database/record.ts";
import { stateFields } from "../database/record-types/parts/shared-fields.ts";
import type { LocalPvs, LocalValue } from "../ioc/local-pvs.ts";
import { ShellError } from "../iocsh/parse.ts";
import type { initialPvs } from "./ioc.ts";

const STATE_NAMES = stateFields("ST");
const STATE_VALUES = stateFields("VL");

/** Gives ServerName a state for each configured server, before any client can see it (decision 0020). */
export function nameServers(database: Database, name: string, servers: readonly ServerSettings[]): void {
  const record = recordOf(database, name);
  servers.forEach((server, index) => {
    database.setFieldText(record, STATE_NAMES[index]!, server.name);
    database.setFieldText(record, STATE_VALUES[index]!, String(index));
  });
}

/**
 * Gives PVs their first values by the settings: numbers now, as if the .db file had them, so that autosave may put back
 * what was saved.
 * @returns the texts, which a record takes only once it is initialized; autosave keeps none of these
 */
export function fillInitially(
  database: Database,
  prefix: string,
  values: ReturnType<typeof initialPvs>,
): readonly (readonly [suffix: string, text: string])[] {
  const texts: [string, string][] = [];
  for (const [suffix, value] of Object.entries(values)) {
    if (typeof value === "string") texts.push([suffix, value]);
    else database.setFieldText(recordOf(database, prefix + suffix), "VAL", String(value));
  }
  return texts;
}

/**
 * A saved value wins over the configured value, and the log says so; a saved number that the PV cannot take, or a saved
 * server that no longer exists, does not count.
 */
export function checkSaved(
  pvs: LocalPvs,
  configured: ReturnType<typeof initialPvs>,
  servers: readonly ServerSettings[],
  log: Log,
): void {
  for (const suffix of savedPvs()) {
    const value = pvs.get(suffix);
    const problem = typeof value === "number" ? inputProblem(suffix, { value, given: value, room: 0 }) : undefined;
    if (problem === undefined || suffix === "ServerName") continue; // ServerName is checked below
    const initial = Number(configured[suffix as PvName] ?? rowOf(suffix)?.initial ?? 0);
    pvs.put(suffix, initial);
    log.warn(`The saved value of ${suffix} cannot be used, ${initial} is: ${problem}`);
  }
  for (const [suffix, value] of Object.entries(configured)) {
    const saved = pvs.get(suffix);
    if (rowOf(suffix)?.kind !== "setting" || saved === value) continue;
    const isServer = suffix === "ServerName";
    const names = isServer ? servers.map(({ name }) => name) : (rowOf(suffix)?.states ?? []);
    const shown = (index: LocalValue): LocalValue => names[Number(index)] ?? index;
    if (!isServer || servers[Number(saved)] !== undefined) {
      log.info(`${suffix} is ${shown(saved)}, as saved; configured is ${shown(value)}.`);
    } else {
      pvs.put(suffix, value);
      log.warn(
        `The saved ServerName is number ${saved}, and globus.conf has ${servers.length} servers: ${shown(value)} is used, as configured.`,
      );
    }
  }
}

/**
 * Gives each trigger what was saved of a trigger of its name, whatever number that had; one of which nothing was saved
 * starts as its `enable` says. To be called after the restore, before `checkSaved`.
 */
export function nameTriggers(pvs: LocalPvs, triggers: readonly Pick<TriggerSettings, "name" | "enable">[]): void {
  const indices = Array.from({ length: MOST_TRIGGERS }, (_, index) => index);
  const nameAt = (index: number): LocalValue => pvs.get(triggerPv(index, "Name"));
  const saved = new Map(indices.map((index) => [nameAt(index), pvs.get(enablePv(index))] as const));
  saved.delete("");
  for (const index of indices) {
    pvs.put(triggerPv(index, "Name"), triggers[index]?.name ?? "");
    const configured = triggers[index]?.enable === true ? 1 : 0;
    pvs.put(enablePv(index), saved.get(nameAt(index)) ?? configured);
  }
}

/** @throws ShellError when there is no such record */
export function recordOf(database: Database, name: string): DbRecord {
  const record = database.record(name);
  if (record === undefined) throw new ShellError(`There is no record ${name}.`);
  return record;
}
