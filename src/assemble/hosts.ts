/** The beamline's hosts as the settings have them: the directory trees of Dirs. */
import { ActionError } from "../base/errors.ts";
import type { DirectoryTarget } from "../controller/actions/make-directories.ts";
import type { DirectoryTree } from "../controller/ports.ts";
import { createSshTree } from "../services/ssh-hosts.ts";
import type { PartOptions } from "./parts.ts";

/** The two hosts of Dirs. */
const SIDES = [
  { side: "detector", statePv: "DirsDetector", pathPv: "DetectorDir" },
  { side: "analysis", statePv: "DirsAnalysis", pathPv: "AnalysisDir" },
] as const;

export function directoryTargets({ settings, environment, clock }: PartOptions): DirectoryTarget[] {
  const { local, ssh } = settings;
  const agent = environment["SSH_AUTH_SOCK"];
  return SIDES.map(({ side, statePv, pathPv }) => {
    const host = local[side];
    const top = local[`${side}-top-dir`];
    const identityFile = ssh["identity-file"];
    const tree =
      identityFile === "" && (agent === undefined || agent === "")
        ? treeWithout(
            `there is no SSH key for ${host}: set identity-file in the [ssh] section of globus.conf, or start an SSH agent`,
            { name: host, top },
          )
        : createSshTree(
            {
              host,
              port: ssh[`${side}-port`],
              user: local[`${side}-user-name`],
              login: identityFile === "" ? { agentSocket: agent as string } : { identityFile },
              knownHostsFile: ssh["known-hosts-file"],
              connectTimeoutSeconds: ssh.timeout,
              stepTimeoutSeconds: ssh.timeout,
              top,
              mode: ssh["directory-mode"],
            },
            clock,
          );
    return { tree, template: ssh["directory-template"], statePv, pathPv };
  });
}

/** Stands in for a tree that cannot be reached as configured. */
export const treeWithout = (
  sentence: string,
  { name, top }: { readonly name: string; readonly top: string },
): DirectoryTree => ({
  name,
  top,
  makeDirectories: () => Promise.reject(new ActionError(sentence)),
});
