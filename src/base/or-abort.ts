/**
 * Waiting for work that cannot be called off itself, e.g. a file system that does not answer: the wait ends, the work
 * is left alone.
 */

/**
 * What `work` gives; rejects with the signal's reason as soon as it is aborted, and then nobody hears how the work
 * ends.
 */
export function orAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason as Error);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}
