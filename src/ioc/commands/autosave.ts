/**
 * Shell commands of autosave: what is saved and restored where. Commands of autosave that this IOC does without say so.
 * channel-access.md §7.3.
 */
import path from "node:path";
import { parseMacros } from "../../base/macros.ts";
import { ShellError } from "../../iocsh/parse.ts";
import { required, type ShellCommand, type ShellContext, shellCommand } from "../../iocsh/shell-command.ts";
import { Autosave } from "../autosave/autosave.ts";
import { readRequest } from "../autosave/request-file.ts";
import { AutosaveFolders } from "./autosave-folders.ts";
import type { CommandSession } from "./session.ts";

const LEAST_PERIOD_SECONDS = 1;
/** Without these the IOC could not restore what it has saved. */
const OWNER_BITS = 0o600;
/** One digit names a file of the sequence. */
const MOST_SEQUENCE_FILES = 10;

/** Commands for parts of autosave that this IOC does without, with the reason. */
const WITHOUT_EFFECT: Readonly<Record<string, string>> = {
  save_restoreSet_Debug: "what matters is always in the log",
  save_restoreSet_status_prefix: "there are no status PVs; save_restoreShow tells",
  save_restoreSet_UseStatusPVs: "there are no status PVs; save_restoreShow tells",
  save_restoreSet_CAReconnect: "only this IOC's own PVs are saved",
  save_restoreSet_CallbackTimeout: "only this IOC's own PVs are saved",
  set_saveTask_priority: "there is one thread",
};

/** Commands that are refused, with what to do instead: a script must not believe that they worked. */
const REFUSED: Readonly<Record<string, string>> = {
  create_periodic_set: "use create_monitor_set",
  create_triggered_set: "use create_monitor_set",
  create_manual_set: "use create_monitor_set, which manual_save saves too",
  reload_monitor_set: "restart the IOC",
  reload_periodic_set: "restart the IOC",
  reload_triggered_set: "restart the IOC",
  reload_manual_set: "restart the IOC",
  remove_data_set: "leave its create_monitor_set out, and restart the IOC",
  set_savefile_name: "a set x.req is saved to x.sav",
  fdbrestore: "name the file in set_pass0_restoreFile and set_pass1_restoreFile, and restart the IOC",
  fdbrestoreX: "name the file in set_pass0_restoreFile and set_pass1_restoreFile, and restart the IOC",
  makeAutosaveFiles: "write a request file",
  makeAutosaveFileFromDbInfo: "write a request file",
  autosaveBuild: "write a request file",
  asVerify: "compare the .sav file with caget",
  save_restoreSet_NFSHost: "let the system mount the folder",
  save_restoreSet_periodicDatedBackups: "use save_restoreSet_NumSeqFiles",
};

/** Registers autosave's stages with the IOC, and gives the commands that fill them. */
export function autosaveCommands(session: CommandSession): readonly ShellCommand[] {
  const { ioc } = session;
  const autosave = new Autosave({ database: ioc.database, clock: ioc.clock, log: ioc.log, troubles: ioc.troubles });
  const folders = new AutosaveFolders(session);
  const name = "autosave";
  ioc.addStage("beforeDatabase", { name, start: () => autosave.restore(0) });
  ioc.addStage("beforeProcessing", { name, start: () => autosave.restore(1) });
  ioc.addStage("beforeServer", { name, start: () => autosave.start(), stop: () => autosave.stop() });
  return [
    ...folderCommands(folders),
    ...restoreCommands(session, autosave, folders),
    ...setCommands(autosave, folders),
    ...settingCommands(autosave),
    ...Object.entries(WITHOUT_EFFECT).map(([one, why]) =>
      shellCommand({
        name: one,
        arguments: [{ name: "values", kind: "words" }],
        help: `Accepted, without effect: ${why}.`,
        run: ({ print }) => print(`${one} has no effect: ${why}.`),
      }),
    ),
    ...Object.entries(REFUSED).map(([one, instead]) =>
      shellCommand({
        name: one,
        arguments: [{ name: "values", kind: "words" }],
        help: `Refused: ${instead}.`,
        run: () => {
          throw new ShellError(`${one} is not supported: ${instead}.`);
        },
      }),
    ),
  ];
}

const PATH = [
  { name: "folder", kind: "text" },
  { name: "folder in it", kind: "text" },
] as const;

function folderCommands(folders: AutosaveFolders): readonly ShellCommand[] {
  return [
    shellCommand({
      name: "set_savefile_path",
      arguments: PATH,
      help: "Names the folder of the save files; it is made if it is missing.",
      run: ({ print }, folder, inside) => folders.saveIn(joined("set_savefile_path", folder, inside), print),
    }),
    shellCommand({
      name: "set_requestfile_path",
      arguments: PATH,
      help: "Adds a folder in which request files are looked for.",
      run: (_, folder, inside) => folders.requestsIn(joined("set_requestfile_path", folder, inside)),
    }),
  ];
}

function restoreCommands(
  { ioc }: CommandSession,
  autosave: Autosave,
  folders: AutosaveFolders,
): readonly ShellCommand[] {
  const restoreCommand = (pass: 0 | 1, when: string): ShellCommand =>
    shellCommand({
      name: `set_pass${pass}_restoreFile`,
      arguments: [
        { name: "save file", kind: "text" },
        { name: "macros", kind: "text" },
      ],
      help: `Restores a save file at iocInit, ${when}.`,
      run: (_, file, macros) => {
        const command = `set_pass${pass}_restoreFile`;
        if (ioc.state !== "loading") throw new ShellError(`${command} must stand before iocInit, which restores.`);
        if (macros !== undefined && macros !== "")
          throw new ShellError(`${command} takes no macros: the names in a save file are whole.`);
        autosave.restoreAtInit(folders.saveFile(required(file, command, "save file")), pass);
      },
    });
  return [
    restoreCommand(0, "before records are initialized: scalars and links"),
    restoreCommand(1, "after records are initialized: scalars and arrays"),
  ];
}

function setCommands(autosave: Autosave, folders: AutosaveFolders): readonly ShellCommand[] {
  return [
    shellCommand({
      name: "create_monitor_set",
      arguments: [
        { name: "request file", kind: "text" },
        { name: "seconds", kind: "number" },
        { name: "macros", kind: "text" },
      ],
      help: "Saves the PVs of a request file when one has changed, at most once in so many seconds, and at the end.",
      run: ({ print }, file, seconds, macros) =>
        createSet(
          autosave,
          folders,
          { file: required(file, "create_monitor_set", "request file"), seconds, macros },
          print,
        ),
    }),
    shellCommand({
      name: "manual_save",
      arguments: [{ name: "request file", kind: "text" }],
      help: "Saves a set now.",
      run: async ({ print }, file) => {
        const set = autosave.set(required(file, "manual_save", "request file"));
        if (set === undefined) throw new ShellError(`manual_save knows no set ${file}: create_monitor_set makes it.`);
        if (!set.isRunning) throw new ShellError(`manual_save must stand behind iocInit: ${file} has no values yet.`);
        const failure = await set.saveNow();
        if (failure !== undefined) throw new ShellError(failure);
        print(`${set.name} is saved.`);
      },
    }),
    shellCommand({
      name: "save_restoreShow",
      arguments: [{ name: "level", kind: "integer" }],
      help: "Tells what was restored and what is saved.",
      run: ({ print }) => {
        for (const line of autosave.report()) print(line);
      },
    }),
  ];
}

interface SetRequest {
  readonly file: string;
  readonly seconds: number | undefined;
  readonly macros: string | undefined;
}

/** Lines of the request that cannot be used are printed; the others are saved all the same. @throws ShellError */
function createSet(
  autosave: Autosave,
  folders: AutosaveFolders,
  request: SetRequest,
  print: ShellContext["print"],
): void {
  const { file, seconds } = request;
  if (seconds === undefined || !(seconds >= LEAST_PERIOD_SECONDS))
    throw new ShellError(`create_monitor_set("${file}") needs a period of ${LEAST_PERIOD_SECONDS} s or more.`);
  if (autosave.set(file) !== undefined) throw new ShellError(`create_monitor_set("${file}"): this set exists already.`);
  const found = folders.request(file);
  if (found === undefined)
    throw new ShellError(`The request file ${file} is not found; looked in ${folders.requestPath()}.`);
  const saveFile = folders.saveFile(`${path.basename(file).replace(/\.req$/, "")}.sav`);
  const other = autosave.setOf(saveFile);
  if (other !== undefined)
    throw new ShellError(
      `create_monitor_set("${file}"): ${saveFile} is the save file of ${other.name} already: give the request file another name.`,
    );
  const { pvs, problems } = readRequest(found, parseMacros(request.macros ?? ""), (name) => folders.request(name));
  for (const problem of problems) print(problem);
  autosave.addSet({ name: file, file: saveFile, pvs, periodSeconds: seconds });
  if (problems.length > 0)
    throw new ShellError(`${file}: ${problems.length} of its lines cannot be used; the rest is saved.`);
}

function settingCommands({ settings }: Autosave): readonly ShellCommand[] {
  const setting = (name: string, help: string, set: (value: number) => boolean): ShellCommand =>
    shellCommand({
      name: `save_restoreSet_${name}`,
      arguments: [{ name: "value", kind: "integer" }],
      help,
      run: (_, value) => {
        if (value === undefined || !set(value))
          throw new ShellError(`save_restoreSet_${name} does not take ${value ?? "nothing"}. ${help}`);
      },
    });
  const ifAt =
    (least: number, most: number, store: (value: number) => void) =>
    (value: number): boolean => {
      if (value < least || value > most) return false;
      store(value);
      return true;
    };
  const LONGEST_SECONDS = 1e6;
  return [
    setting(
      "NumSeqFiles",
      `Keeps so many earlier states, in x.sav0, x.sav1 …: 0 to ${MOST_SEQUENCE_FILES}.`,
      ifAt(0, MOST_SEQUENCE_FILES, (value) => (settings.sequenceCount = value)),
    ),
    setting(
      "SeqPeriodInSeconds",
      "Keeps an earlier state at most once in so many seconds: 10 or more.",
      ifAt(10, LONGEST_SECONDS, (value) => (settings.sequenceSeconds = value)),
    ),
    setting(
      "DatedBackupFiles",
      "1: each restore leaves a copy of its file with the date in the name; 0: one copy, x.sav.bu.",
      ifAt(0, 1, (value) => (settings.datedBackups = value === 1)),
    ),
    setting("IncompleteSetsOk", "PVs that a file lacks never hinder the others: 1 only.", (value) => value === 1),
    setting(
      "RetrySeconds",
      "Tries a save that failed again after so many seconds: 1 or more.",
      ifAt(1, LONGEST_SECONDS, (value) => (settings.retrySeconds = value)),
    ),
    setting(
      "FilePermissions",
      "Permission bits of save files, octal with a 0 before them, as 0664; the owner must keep 0600.",
      (value) => {
        const isUsable = value <= 0o777 && (value & OWNER_BITS) === OWNER_BITS;
        if (isUsable) settings.fileMode = value;
        return isUsable;
      },
    ),
  ];
}

/** A folder in another folder; either may be empty, not both. @throws ShellError */
function joined(command: string, folder: string | undefined, inside: string | undefined): string {
  const parts = [folder, inside].filter((part) => part !== undefined && part !== "") as string[];
  return path.posix.join(required(parts[0], command, "folder"), ...parts.slice(1));
}
