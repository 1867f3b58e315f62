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

/** TomoScan's other PVs that are written by Tag, or compared with the settings, or set by Dirs. */
const MORE_TOMOSCAN_PVS = {
  institution: "UserInstitution",
  infoUpdate: "UserInfoUpdate",
  esafDoi: "ESAFDOINumber",
  detectorTopDir: "DetectorTopDir",
  remoteAnalysisDir: "RemoteAnalysisDir",
  filePath: "FilePath",
  filePathExists: "FilePathExists",
} as const;
export type AnyTomoScanKey = TomoScanKey | keyof typeof MORE_TOMOSCAN_PVS;

/** A PV's suffix where globus.conf says nothing else. */
export const tomoScanSuffix = (key: AnyTomoScanKey): string =>
  key in TOMOSCAN_PVS
    ? TOMOSCAN_PVS[key as TomoScanKey].suffix
    : MORE_TOMOSCAN_PVS[key as keyof typeof MORE_TOMOSCAN_PVS];
