/** What scans are at facilities, and how long they rest, without their directory. integration.md §4.1 for PAL-XFEL. */

interface Preset {
  /** As of a trigger's settings. */
  readonly scans: string;
  readonly exclude: readonly string[];
  readonly quietSeconds: number;
}

/** Folders and files that are nobody's data. */
export const NOISE = ["scratch/", ".*", "*.tmp", "*.part"];

export const PRESETS = {
  /** Below `/xfel/ffs/dat`, as the next two. */
  "pal-xfel": { scans: "{exp:ue_*|ms_*}/rawData/{scan:*_DIR}", exclude: NOISE, quietSeconds: 60 },
  /** Integrated data are written again and again, by people. */
  "pal-xfel-dat": { scans: "{exp:ue_*|ms_*}/dat/{scan}", exclude: NOISE, quietSeconds: 300 },
  /** Where data of all experiments land first, until they are moved or linked to rawData. */
  "pal-xfel-live": { scans: "scan/{scan:*_DIR}", exclude: NOISE, quietSeconds: 60 },
  /** Below the detector's data directory; one file is one scan. */
  aps: { scans: "{ym:????-??}/{exp}/{file:*.h5}", exclude: NOISE, quietSeconds: 30 },
} as const satisfies Readonly<Record<string, Preset>>;
