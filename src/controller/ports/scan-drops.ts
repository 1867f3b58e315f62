/** Scans that a person has put in by hand while no process could be asked: one small file each, beside the ledger. */

/** A scan that a person names. */
export interface HandScan {
  /** As the source host names it, absolute. */
  readonly file: string;
  /** Where it goes; absent: to every destination. */
  readonly destinations?: readonly string[];
}

/** One file of the drop folder; `problem`: why it holds no scan, a clause. */
export type Drop = { readonly name: string } & ({ readonly scan: HandScan } | { readonly problem: string });

export interface ScanDrops {
  /** The folder, for sentences. */
  readonly folder: string;
  /** What lies there, the oldest first; of many the first. Nothing where there is no folder. @throws ActionError */
  look(): Promise<readonly Drop[]>;
  /** Its scan is in the ledger. @throws ActionError */
  remove(name: string): Promise<void>;
  /** @returns where it lies from now on @throws ActionError */
  setAside(name: string): Promise<string>;
}
