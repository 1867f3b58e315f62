/** Triggers that facilities start from, without their directory. integration.md §4.1 for PAL-XFEL. */
import type { TriggerTexts } from "./tree-trigger.ts";

type Preset = Omit<TriggerTexts, "root">;

/** Folders and files that are nobody's data. */
export const NOISE = ["scratch/", ".*", "*.tmp", "*.part"];

export const TRIGGER_PRESETS: Readonly<Record<"pal-xfel" | "aps-tomography", readonly Preset[]>> = {
  /** Below `/xfel/ffs/dat`. */
  "pal-xfel": [
    {
      name: "raw-marker",
      scans: "{exp:ue_*|ms_*}/rawData/{scan:*_DIR}",
      exclude: NOISE,
      complete: "marker .done .complete",
    },
    { name: "raw-next", scans: "{exp:ue_*|ms_*}/rawData/{scan:*_DIR}", exclude: NOISE, complete: "next" },
    { name: "raw-quiet", scans: "{exp:ue_*|ms_*}/rawData/{scan:*_DIR}", exclude: NOISE, complete: "quiet 60" },
    /** Integrated data are written again and again, by people. */
    { name: "dat", scans: "{exp:ue_*|ms_*}/dat/{scan}", exclude: NOISE, complete: "quiet 300" },
  ],
  /** Below the detector's data directory; one file is one scan. */
  "aps-tomography": [
    { name: "file-quiet", scans: "{ym:????-??}/{exp}/{file:*.h5}", exclude: NOISE, complete: "quiet 30" },
    { name: "file-next", scans: "{ym:????-??}/{exp}/{file:*.h5}", exclude: NOISE, complete: "next" },
  ],
};
