/**
 * A camera's simulated file plugin (areaDetector's HDF1): its PVs, and the file that it writes. Its memory is its own,
 * as the camera's IOC is: PVs that were lost with TomoScan's IOC, which serves them here, get their values again.
 */
import path from "node:path";
import type { CaClient } from "../../ca/client/client.ts";
import { PvGroup } from "./pvs.ts";
import { DetectorFile } from "./scan-file.ts";

const SUFFIXES = [
  "FilePath",
  "FilePath_RBV",
  "FilePathExists_RBV",
  "FileName",
  "FileName_RBV",
  "FileNumber",
  "FileNumber_RBV",
  "FullFileName_RBV",
  "Capture",
  "Capture_RBV",
  "NumCapture",
  "NumCapture_RBV",
  "NumCaptured_RBV",
  "FileTemplate",
  "WriteStatus",
  "WriteMessage",
] as const;
type Suffix = (typeof SUFFIXES)[number];

export class FilePlugin {
  /** As FilePluginPVPrefix names it. */
  readonly prefix: string;
  readonly #pvs: PvGroup;
  /** Folder that the detector host shows as its `/`. */
  readonly #root: string;
  /** What the plugin has put. */
  readonly #memory = new Map<Suffix, string | number>([["FileTemplate", "%s%s_%3.3d.h5"]]);
  #file: DetectorFile | undefined;

  constructor(client: CaClient, prefix: string, root: string) {
    this.prefix = prefix;
    this.#pvs = new PvGroup(client, prefix, SUFFIXES);
    this.#root = root;
    this.#pvs.onConnection(() => void this.#restore());
  }

  /** The last file, as the detector host names it; empty before the first. */
  get fullFileName(): string {
    return String(this.#memory.get("FullFileName_RBV") ?? "");
  }

  get hasFailed(): boolean {
    return this.#memory.get("WriteStatus") === 1;
  }

  /** Where a path of the detector host is on this machine. */
  placeOf(name: string): string {
    return path.join(this.#root, path.normalize(`/${name}`));
  }

  async usePath(filePath: string, exists: boolean): Promise<void> {
    await this.#put("FilePath", filePath);
    await this.#put("FilePath_RBV", filePath);
    await this.#put("FilePathExists_RBV", exists ? 1 : 0);
  }

  /** Opens the next file, and takes its number. Where the disk refuses, WriteStatus says so. */
  async capture(filePath: string, fileName: string, images: number): Promise<void> {
    await this.#file?.close(); // of a scan whose server was killed
    this.#file = undefined;
    const number = Math.max(1, await this.#pvs.number("FileNumber"));
    await this.#put("FileName", fileName);
    await this.#put("FileName_RBV", fileName);
    await this.#put("NumCapture", images);
    await this.#put("NumCapture_RBV", images);
    await this.#put("NumCaptured_RBV", 0);
    const file = `${filePath.replace(/\/?$/, "/")}${fileName}_${String(number).padStart(3, "0")}.h5`;
    await this.#put("FullFileName_RBV", file);
    await this.#put("FileNumber", number + 1);
    await this.#put("FileNumber_RBV", number + 1);
    await this.#pvs.send("Capture", 1);
    await this.#put("Capture_RBV", 1);
    await this.#tried(async () => {
      this.#file = await DetectorFile.create(this.placeOf(file), number);
    });
  }

  /** @param images of this scan, until now */
  async write(images: number, bytes: number): Promise<void> {
    await this.#tried(async () => this.#file?.append(bytes));
    if (this.#file !== undefined) await this.#put("NumCaptured_RBV", images);
  }

  async endCapture(): Promise<void> {
    await this.#pvs.send("Capture", 0);
    await this.#file?.close();
    this.#file = undefined;
    await this.#put("Capture_RBV", 0);
  }

  /** Opens the last file again and writes behind its end, as TomoScan does with its theta array. */
  async append(bytes: number): Promise<void> {
    await this.#tried(async () => {
      const file = await DetectorFile.reopen(this.placeOf(this.fullFileName), bytes);
      await file.append(bytes);
      await file.close();
    });
  }

  async close(): Promise<void> {
    this.#pvs.close();
    await this.#file?.close();
  }

  async #tried(work: () => Promise<void>): Promise<void> {
    let message = "";
    try {
      await work();
    } catch (thrown) {
      message = String(thrown);
    }
    await this.#put("WriteStatus", message === "" ? 0 : 1);
    await this.#put("WriteMessage", message);
  }

  async #put(suffix: Suffix, value: string | number): Promise<void> {
    this.#memory.set(suffix, value);
    await this.#pvs.put(suffix, value);
  }

  async #restore(): Promise<void> {
    for (const [suffix, value] of this.#memory) await this.#pvs.put(suffix, value);
  }
}
