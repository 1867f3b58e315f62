/**
 * Loaded into the IOC that tools/soak.mjs watches, before the program itself. To each message from there it collects
 * garbage and answers with what is then held: bytes of the heap and beside it, resident bytes, and Node's active
 * resources by kind.
 */
process.on("message", () => {
  globalThis.gc();
  const { heapUsed, external, rss } = process.memoryUsage();
  const resources = {};
  for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1;
  process.send({ heapUsed, external, rss, resources });
});
process.channel.unref(); // the wire to soak.mjs must not keep the program alive
