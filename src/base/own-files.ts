/**
 * Names of the files that this program puts among a beamline's data for a while: whatever watches or lists data takes
 * none of them for data, its own or those of another such program.
 */
const OWN = ".globus-ioc-";

/** What the check before beam time writes; more may follow. */
export const CHECK_FILE = `${OWN}check`;
/** What a watch over directories writes to see that it sees; more follows. */
export const CANARY_FILE = `${OWN}canary-`;

/** What a deletion writes into a scan's folder to see that it is the one that the destinations were compared with. */
export const PRUNE_FILE = `${OWN}prune-`;

/** A file before it has its name: that, cut where it would be too long, and eight hexadecimal digits of its copy. */
export const PART_FILE = /^(.+)\.([0-9a-f]{8})\.part$/s;

/** Files that are never a scan's, whatever made them. */
export const isMark = (name: string): boolean => name.startsWith(OWN);

export const isOwnFile = (name: string): boolean => isMark(name) || (name.endsWith(".part") && PART_FILE.test(name));
