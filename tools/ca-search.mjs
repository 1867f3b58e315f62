/**
 * Asks for a PV by UDP until a server of this machine answers: how the tests and the benchmark know that an IOC is up.
 * Written by hand so that it trusts nothing of what it helps to measure. Source: the Channel Access protocol's
 * CA_PROTO_VERSION and CA_PROTO_SEARCH messages.
 */
import { createSocket } from "node:dgram";

const HOST = "127.0.0.1";
const PERIOD_SECONDS = 0.1;
const HEADER_BYTES = 16;
const VERSION = 0;
const SEARCH = 6;
const NO_REPLY_WANTED = 5; // from those that do not have the name
const MINOR_VERSION = 13;

/** @returns a function that gives up; calling it again does nothing */
export function searchUntilAnswered(name, port, answered) {
  const question = Buffer.concat([
    header(VERSION, 0, 0),
    header(SEARCH, padded(name).length, NO_REPLY_WANTED),
    padded(name),
  ]);
  const socket = createSocket("udp4");
  const ask = () => socket.send(question, port, HOST, () => undefined);
  const timer = setInterval(ask, PERIOD_SECONDS * 1000);
  socket.on("error", () => undefined); // nobody listens yet
  socket.on("message", (reply) => {
    for (let at = 0; at + HEADER_BYTES <= reply.length; at += HEADER_BYTES + reply.readUInt16BE(at + 2)) {
      if (reply.readUInt16BE(at) === SEARCH) answered();
    }
  });
  socket.bind(0, HOST, ask);
  let open = true;
  return () => {
    if (open) socket.close();
    open = false;
    clearInterval(timer);
  };
}

function header(message, payloadBytes, dataType) {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.writeUInt16BE(message, 0);
  bytes.writeUInt16BE(payloadBytes, 2);
  bytes.writeUInt16BE(dataType, 4);
  bytes.writeUInt16BE(MINOR_VERSION, 6);
  bytes.writeUInt32BE(message === SEARCH ? 1 : 0, 8);
  bytes.writeUInt32BE(message === SEARCH ? 1 : 0, 12);
  return bytes;
}

/** NUL-terminated, to a multiple of eight bytes. */
function padded(name) {
  const bytes = Buffer.alloc(Math.ceil((name.length + 1) / 8) * 8);
  bytes.write(name, "latin1");
  return bytes;
}
