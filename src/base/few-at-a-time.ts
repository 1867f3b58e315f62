/**
 * Work on many things, a few at once, so that a service is neither flooded nor waited for one thing after the other.
 */

/**
 * @param limit how many may be under way at once
 * @returns what `work` gave, in the order of `items`
 * @throws what the first failing `work` threw; nothing more is begun then, and what is under way is left to end
 */
export async function fewAtATime<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  let next = 0;
  let failed = false;
  const worker = async (): Promise<void> => {
    while (next < items.length && !failed) {
      const index = next++;
      try {
        results[index] = await work(items[index] as T);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return results;
}
