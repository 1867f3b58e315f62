/**
 * Shell commands of access security: which file, read it, and what it has come to. channel-access.md §7.2; what they
 * print is access-dump.ts.
 */
import { AppError } from "../../base/errors.ts";
import { RIGHT_READ, RIGHT_WRITE } from "../../ca/wire/constants.ts";
import { ShellError } from "../../iocsh/parse.ts";
import { required, type ShellCommand, shellCommand } from "../../iocsh/shell-command.ts";
import {
  dumpLines,
  endOfRules,
  groupLines,
  inputLines,
  memberLines,
  membersByGroup,
  ruleLines,
} from "../access/access-dump.ts";
import type { ActiveGroup } from "../access/security-groups.ts";
import type { CommandSession } from "./session.ts";

export function accessCommands({ ioc, directory }: CommandSession): readonly ShellCommand[] {
  const { access, database } = ioc;
  const records = (): ReturnType<typeof database.records> => database.records();
  const groups = (name: string | undefined): readonly ActiveGroup[] =>
    [...(access.active?.groups.values() ?? [])].filter(({ group }) => name === undefined || group.name === name);
  return [
    shellCommand({
      name: "asSetFilename",
      arguments: [{ name: "file", kind: "text" }],
      help: "Names the access security file that iocInit and asInit read. Without a file every client may write.",
      run: (_, file) => access.setFile(file === undefined || file === "" ? undefined : directory.resolve(file)),
    }),
    shellCommand({
      name: "asSetSubstitutions",
      arguments: [{ name: "macros", kind: "text" }],
      help: "The macros, as A=1,B=2, with which iocInit and asInit read the access security file.",
      run: (_, macros) => access.setSubstitutions(macros),
    }),
    shellCommand({
      name: "asInit",
      arguments: [],
      help: "Reads the access security file again and judges every client anew. If it is wrong, all stays as it is.",
      run: async () => {
        if (access.active === undefined && ioc.state !== "loading") {
          throw new ShellError("asInit: access security is off: say asSetFilename before iocInit.");
        }
        if (access.fileName === undefined) throw new ShellError("asInit: no file is named: say asSetFilename first.");
        try {
          await access.init();
        } catch (thrown) {
          if (!(thrown instanceof AppError)) throw thrown;
          throw new ShellError("asInit has changed nothing, the rules are those from before", { cause: thrown });
        }
      },
    }),
    shellCommand({
      name: "asdbdump",
      arguments: [],
      help: "Shows all groups with their rules, records and clients.",
      run: ({ print }) => {
        for (const line of dumpLines(access, records())) print(line);
      },
    }),
    shellCommand({
      name: "aspuag",
      arguments: [{ name: "group", kind: "text" }],
      help: "Shows the users of all user access groups, or of this group.",
      run: ({ print }, name) => {
        for (const line of access.active === undefined ? [] : groupLines("UAG", access.active.file.userGroups, name))
          print(line);
      },
    }),
    shellCommand({
      name: "asphag",
      arguments: [{ name: "group", kind: "text" }],
      help: "Shows the hosts of all host access groups, or of this group.",
      run: ({ print }, name) => {
        for (const line of access.active === undefined ? [] : groupLines("HAG", access.active.hosts, name)) print(line);
      },
    }),
    shellCommand({
      name: "asprules",
      arguments: [{ name: "group", kind: "text" }],
      help: "Shows the inputs and rules of all access security groups, or of this group.",
      run: ({ print }, name) => {
        for (const group of groups(name)) {
          for (const line of [...ruleLines(group, "invalid"), ...endOfRules(group)]) print(line);
        }
      },
    }),
    shellCommand({
      name: "aspmem",
      arguments: [
        { name: "group", kind: "text" },
        { name: "clients", kind: "integer" },
      ],
      help: "Shows the records of all access security groups, or of this group; with 1 their clients too.",
      run: ({ print }, name, clients) => {
        const members = membersByGroup(access, records());
        for (const group of groups(name)) {
          print(`ASG(${group.group.name})`);
          for (const line of memberLines(access, members.get(group) ?? [], clients === 1)) print(line);
        }
      },
    }),
    shellCommand({
      name: "astac",
      arguments: [
        { name: "PV", kind: "text" },
        { name: "user", kind: "text" },
        { name: "host", kind: "text" },
      ],
      help: "Shows what this user on this host may do with a PV.",
      run: async ({ print }, pv, user, host) => {
        const name = required(pv, "astac", "PV");
        const address = database.find(name);
        if (address === undefined) throw new ShellError(`astac: ${name} is no PV of this IOC.`);
        const client = await access.clientOn(required(host, "astac", "host"), required(user, "astac", "user"));
        if (client === undefined) throw new ShellError(`astac: the host ${host} has no address that can be found.`);
        const grant = access.grant(address, client, () => {});
        const may = (right: number): string => ((grant.rights & right) === 0 ? "No" : "Yes");
        print(`astac callback ${address.record.name}: status=0 get ${may(RIGHT_READ)} put ${may(RIGHT_WRITE)}`);
        grant.close();
      },
    }),
    shellCommand({
      name: "ascar",
      arguments: [{ name: "level", kind: "integer" }],
      help: "Reports on the PVs that rules use. Level 1: those that are not there; 2: all.",
      run: ({ print }, level) => {
        for (const line of inputLines(access, level ?? 0)) print(line);
      },
    }),
  ];
}
