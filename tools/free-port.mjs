/** Finds a port of loopback for a server that is started next. */
import { createServer } from "node:net";

/** Free for TCP a moment ago; below the range for outgoing connections, of which what is measured makes many. */
export async function freePort() {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const server = createServer();
    const free = await new Promise((resolve) => {
      server.once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
    });
    if (free) return port;
  }
}
