/** Finds a TCP port of loopback for a server that is started later. */
import net from "node:net";
import { AppError } from "../base/errors.ts";

/** The preferred port if TCP has it free on loopback, else any; says so when it had to move. */
export async function freePort(preferred: number, write: (line: string) => void, who: string): Promise<number> {
  const own = await tryPort(preferred);
  if (own !== undefined) return own;
  const other = await tryPort(0);
  if (other === undefined) throw new AppError("There is no free port on 127.0.0.1.");
  write(`Port ${preferred} is taken; ${who} uses ${other}.`);
  return other;
}

function tryPort(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once("error", () => resolve(undefined));
    server.listen(port, "127.0.0.1", () => {
      const { port: bound } = server.address() as net.AddressInfo;
      server.close(() => resolve(bound));
    });
  });
}
