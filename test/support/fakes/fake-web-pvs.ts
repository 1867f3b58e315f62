/** This IOC's PVs as the web server sees them, in memory: every PV is there, and remembers who put what. */
import type { ClientIdentity } from "../../../src/base/client-identity.ts";
import { allPvs, type PvSuffix } from "../../../src/controller/pvs/index.ts";
import type { WebLook, WebPvs, WebRefusal, WebValue } from "../../../src/web/ports.ts";

export class FakeWebPvs implements WebPvs {
  readonly puts: { readonly suffix: PvSuffix; readonly value: string | number; readonly by: ClientIdentity }[] = [];
  /** What the next puts are refused with. */
  refusal: WebRefusal | undefined;
  /** As the table says that they begin, and 0 where it says nothing. */
  readonly #looks = new Map<PvSuffix, WebLook>(
    [...allPvs()].map(([suffix, { initial = 0 }]) => [suffix, { value: initial, severity: 0 }]),
  );
  readonly #listeners = new Map<PvSuffix, Set<() => void>>();

  look(suffix: PvSuffix): WebLook {
    return this.#looks.get(suffix)!;
  }
  whenPosted(suffix: PvSuffix, posted: () => void): () => void {
    const listeners = this.#listeners.get(suffix) ?? new Set();
    this.#listeners.set(suffix, listeners.add(posted));
    return () => listeners.delete(posted);
  }
  put(suffix: PvSuffix, value: string | number, by: ClientIdentity): WebRefusal | undefined {
    this.puts.push({ suffix, value, by });
    return this.refusal;
  }
  /** The program writes a PV. */
  post(suffix: PvSuffix, value: WebValue, severity = 0, states?: readonly string[]): void {
    this.#looks.set(suffix, { value, severity, ...(states !== undefined && { states }) });
    for (const posted of this.#listeners.get(suffix) ?? []) posted();
  }
  /** PVs that are followed. */
  get followed(): number {
    return [...this.#listeners.values()].filter(({ size }) => size > 0).length;
  }
}
