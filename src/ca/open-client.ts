/**
 * A client by the environment. Host names in its address lists are looked up before it is there; as long as no name
 * server answers for a name, as where the host starts before its network is up, that name is looked up again.
 */

import type { Cancel } from "../base/clock.ts";
import type { Environment } from "../base/environment.ts";
import { type CaClient, type CaClientOptions, createCaClient } from "./client/client.ts";
import { type Lookup, resolvedClientConfig } from "./host-names.ts";

/** From one look-up of a name to the next. */
const LOOK_AGAIN_SECONDS = 30;

export interface OpenClientOptions extends Omit<CaClientOptions, "config"> {
  readonly environment: Environment;
  /** Called with a sentence for each value that cannot be used, once. */
  readonly warn: (sentence: string) => void;
  /** Default: the system's. */
  readonly find?: Lookup | undefined;
}

export async function openCaClient({ environment, warn, find, ...options }: OpenClientOptions): Promise<CaClient> {
  const told = new Set<string>();
  const look = async () => {
    const { config, warnings, mayFindMore } = await resolvedClientConfig(environment, find);
    for (const warning of warnings) if (!told.has(warning)) warn(warning);
    for (const warning of warnings) told.add(warning);
    return { config, mayFindMore };
  };
  const first = await look();
  const client = createCaClient({ ...options, config: first.config });
  let cancel: Cancel = () => {};
  let isClosed = false;
  const goOn = (mayFindMore: boolean): void => {
    if (mayFindMore && !isClosed) cancel = options.clock.after(LOOK_AGAIN_SECONDS, () => void lookAgain());
  };
  const lookAgain = async (): Promise<void> => {
    const { config, mayFindMore } = await look();
    client.askAlso(config);
    goOn(mayFindMore);
  };
  goOn(first.mayFindMore);
  const close = async (): Promise<void> => {
    isClosed = true;
    cancel();
    await client.close();
  };
  return {
    pv: (name, pvOptions) => client.pv(name, pvOptions),
    onException: (listener) => client.onException(listener),
    askAlso: (servers) => client.askAlso(servers),
    close,
    [Symbol.asyncDispose]: close,
  };
}
