/**
 * A process of its own for what may wait for a file system for ever: it holds up neither this process nor its end. What
 * it does is its program's; here it is begun, spoken to, and ended.
 */
import { type ChildProcess, fork } from "node:child_process";

export interface ProcessOptions<FromChild> {
  /** Of JavaScript. */
  readonly program: string;
  readonly execArgv?: readonly string[];
  readonly heard: (message: FromChild) => void;
}

/** How a process has ended. */
export interface ProcessEnd {
  /** Behind the name of the process: `was ended by SIGKILL`. */
  readonly how: string;
  /** Undefined where a signal has ended it, or it could not be begun. */
  readonly code: number | undefined;
}

export class ProcessApart<ToChild extends object, FromChild> {
  readonly gone: Promise<ProcessEnd>;
  hasEnded = false;
  readonly #child: ChildProcess;

  constructor({ program, execArgv = [], heard }: ProcessOptions<FromChild>) {
    // A group of its own: the interrupt that a terminal sends to ours is not for it.
    this.#child = fork(program, {
      detached: true,
      execArgv: [...execArgv],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    this.#child.on("message", (message) => heard(message as FromChild));
    this.gone = new Promise((resolve) => {
      const end = (how: string, code?: number): void => {
        this.hasEnded = true;
        resolve({ how, code });
      };
      this.#child.once("error", (error) => end(`cannot be run: ${error.message}`));
      this.#child.once("exit", (code, signal) =>
        code === null ? end(`was ended by ${signal}`) : end(`ended with ${code}`, code),
      );
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Resolves when the message has left. */
  send(message: ToChild): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#child.send(message, (error) => (error === null ? resolve() : reject(error)));
    });
  }

  /** Whether this process stays because that one is there. */
  hold(isHeld: boolean): void {
    const how = isHeld ? "ref" : "unref";
    this.#child[how]();
    this.#child.channel?.[how]();
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }
}

/** For the program: ends its process when nobody listens any more, also where that was before its modules were read. */
export function endWithListener(): void {
  process.on("disconnect", () => process.exit(0));
  if (!process.connected) process.exit(0);
}
