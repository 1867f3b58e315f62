/**
 * TomoScan's PVs that the program reads and writes, by a name of ours. A site can give its own suffixes (globus.conf).
 */

/** A PV of TomoScan: where its suffix is configured, whether an experiment needs it. */
export interface TomoScanRow {
  /** Suffix where globus.conf says nothing else. */
  readonly suffix: string;
  readonly required: boolean;
}

/** The PVs that say who has the beam; together they are the tag. */
export const TOMOSCAN_PVS = {
  yearMonth: { suffix: "ExperimentYearMonth", required: true },
  lastName: { suffix: "UserLastName", required: true },
  proposalNumber: { suffix: "ProposalNumber", required: true },
  proposalTitle: { suffix: "ProposalTitle", required: true },
  email: { suffix: "UserEmail", required: false },
  firstName: { suffix: "UserName", required: false },
  badge: { suffix: "UserBadge", required: false },
  esafNumber: { suffix: "ESAFNumber", required: false },
} as const satisfies Readonly<Record<string, TomoScanRow>>;

export type TomoScanKey = keyof typeof TOMOSCAN_PVS;
export const TOMOSCAN_KEYS = Object.keys(TOMOSCAN_PVS) as TomoScanKey[];

/** TomoScan's PVs that tell of its scans (integration.md §1.2, §1.3). */
const SCAN_PVS = {
  startScan: "StartScan",
  abortScan: "AbortScan",
  scanStatus: "ScanStatus",
  imagesSaved: "ImagesSaved",
  fullFileName: "FullFileName",
  filePluginPrefix: "FilePluginPVPrefix",
  copyToAnalysisDir: "CopyToAnalysisDir",
  remoteAnalysisDir: "RemoteAnalysisDir",
} as const;
export type TomoScanScanKey = keyof typeof SCAN_PVS;
export const TOMOSCAN_SCAN_KEYS = Object.keys(SCAN_PVS) as TomoScanScanKey[];

/** The PVs of areaDetector's file plugin that tell of a scan's file; their prefix is what FilePluginPVPrefix holds. */
export const FILE_PLUGIN_PVS = {
  pluginFile: "FullFileName_RBV",
  numCapture: "NumCapture",
  numCaptured: "NumCaptured_RBV",
  writeStatus: "WriteStatus",
} as const;
export type FilePluginKey = keyof typeof FILE_PLUGIN_PVS;
export const FILE_PLUGIN_KEYS = Object.keys(FILE_PLUGIN_PVS) as FilePluginKey[];

/** TomoScan's other PVs: of its scans, and what is written by Tag, compared with the settings, or set by Dirs. */
const MORE_TOMOSCAN_PVS = {
  ...SCAN_PVS,
  institution: "UserInstitution",
  infoUpdate: "UserInfoUpdate",
  esafDoi: "ESAFDOINumber",
  detectorTopDir: "DetectorTopDir",
  filePath: "FilePath",
  filePathExists: "FilePathExists",
} as const;
export type AnyTomoScanKey = TomoScanKey | keyof typeof MORE_TOMOSCAN_PVS;

/** A PV's suffix where globus.conf says nothing else. */
export const tomoScanSuffix = (key: AnyTomoScanKey): string =>
  key in TOMOSCAN_PVS
    ? TOMOSCAN_PVS[key as TomoScanKey].suffix
    : MORE_TOMOSCAN_PVS[key as keyof typeof MORE_TOMOSCAN_PVS];
