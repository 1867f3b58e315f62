/** The Channel Access engine as a library: `globus-ioc/ca`. Explicit names only; what is not here is internal. */
export type { ClientIdentity } from "../base/client-identity.ts";
export { type Clock, systemClock } from "../base/clock.ts";
export { createLog, type Log, type LogSink, silentLog } from "../base/log.ts";
export { DBE_ALARM, DBE_LOG, DBE_PROPERTY, DBE_VALUE } from "../epics/facts.ts";
export { nodeNetwork } from "../net/node-network.ts";
export type { Network } from "../net/transport.ts";
export {
  type CaClientConfig,
  type CaServerConfig,
  clientConfig,
  isolatedClient,
  isolatedServer,
  serverConfig,
} from "./ca-config.ts";
export { type CaClient, type CaClientOptions, createCaClient, type PvOptions } from "./client/client.ts";
export { connected$, text$, value$ } from "./client/observe.ts";
export type { Reading } from "./client/reading.ts";
export type { GetOptions, MonitorOptions, PutOptions, PvInfo, RemotePv } from "./client/remote-pv.ts";
export {
  PUT_PENDING,
  PUT_WAITING,
  type PutListener,
  type PvSource,
  type ServerPv,
  type Subscription,
} from "./server/pv-source.ts";
export { CaServer } from "./server/server.ts";
export { RIGHT_READ, RIGHT_WRITE } from "./wire/constants.ts";
export { DbrSample, type NumericArray, type ValueArray } from "./wire/dbr-codec.ts";
export { DBR, type DbrType, type Native } from "./wire/dbr-layout.ts";
export { ECA, ecaName } from "./wire/status.ts";
