/** Told how each use of a service ended, for the health that is shown. It neither asks a service nor changes a call. */

export interface ServiceUse {
  succeeded(): void;
  /** @param thrown what the call threw; what tells nothing about the service is ignored */
  failed(thrown: unknown): void;
  /** A failure that was told is over, and nothing proves that all is well. */
  forget(): void;
}

/** Where nobody looks. */
export const silentUse: ServiceUse = { succeeded: () => {}, failed: () => {}, forget: () => {} };

/** A port whose calls with these names tell how they ended. The port is a plain object of functions. */
export function seen<T extends object>(port: T, names: readonly (keyof T)[], use: ServiceUse): T {
  const wrapped = names.map((name) => {
    const call = port[name] as (...args: readonly unknown[]) => Promise<unknown>;
    return [name, (...args: readonly unknown[]) => told(() => call.apply(port, [...args]), use)] as const;
  });
  return { ...port, ...(Object.fromEntries(wrapped) as Partial<T>) };
}

/** Does the work, and tells how it ended. */
export async function told<R>(work: () => Promise<R>, use: ServiceUse): Promise<R> {
  try {
    const result = await work();
    use.succeeded();
    return result;
  } catch (thrown) {
    use.failed(thrown);
    throw thrown;
  }
}
