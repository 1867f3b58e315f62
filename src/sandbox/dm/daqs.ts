/**
 * All DAQs and uploads of the simulated Data Management service. Each looks at its directory whenever any of them is
 * asked for.
 */
import type { Clock } from "../../base/clock.ts";
import { type DaqFault, type DaqForm, type DaqKind, type DaqOrder, DmDaq } from "./daq.ts";
import type { DmSources } from "./sources.ts";

export class DmDaqs {
  #fault: DaqFault | undefined;
  readonly #clock: Clock;
  readonly #sources: DmSources;
  readonly #daqs = new Map<string, DmDaq>();

  constructor(clock: Clock, sources: DmSources) {
    this.#clock = clock;
    this.#sources = sources;
  }
  /** From now on; what has come to pass under the fault before stays. */
  change(fault: DaqFault | undefined): void {
    this.#look();
    this.#fault = fault;
  }
  start(order: DaqOrder): DaqForm {
    const daq = new DmDaq(order, this.#now(), this.#sources.filesIn(order.dataDirectory));
    this.#daqs.set(daq.id, daq);
    return daq.startForm();
  }
  /** Stops the newest DAQ under way for this experiment and this very directory text; undefined when no DAQ is. */
  stopDaq(experimentName: string, dataDirectory: string): DaqForm | undefined {
    this.#look();
    const running = [...this.#daqs.values()].findLast(
      ({ order, status }) =>
        order.kind === "daq" &&
        status === "running" &&
        order.experimentName === experimentName &&
        order.dataDirectory === dataDirectory,
    );
    running?.stop(this.#now());
    return running?.form();
  }
  stopUpload(id: string): DaqForm | undefined {
    const upload = this.#find("upload", id);
    upload?.abort(this.#now());
    return upload?.form();
  }
  find(kind: DaqKind, id: string): DaqForm | undefined {
    return this.#find(kind, id)?.form();
  }
  /** All of them, oldest first, of all experiments and stations. */
  list(kind: DaqKind): readonly DaqForm[] {
    this.#look();
    return [...this.#daqs.values()].filter(({ order }) => order.kind === kind).map((daq) => daq.form());
  }
  #find(kind: DaqKind, id: string): DmDaq | undefined {
    this.#look();
    const daq = this.#daqs.get(id);
    return daq?.order.kind === kind ? daq : undefined;
  }
  #look(): void {
    for (const daq of this.#daqs.values()) {
      if (daq.underWay) daq.look(this.#now(), this.#sources.filesIn(daq.order.dataDirectory), this.#fault);
    }
  }
  #now(): number {
    return this.#clock.now() / 1000;
  }
}
