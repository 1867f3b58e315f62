/**
 * Loaded into an IOC before its own code: one of its changes to files fails, or is its last. The file FAULTS_FILES
 * names says which: `{ "id": 1, "part": "/autosave/", "at": 3, "effect": "fail" }` is the third change of a path that
 * holds the part, counted from when the id was new. A write leaves half of what was to be written. When that has
 * happened, the id stands in the same file with `.hit` behind its name.
 */
import fs, { closeSync, openSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const control = process.env.FAULTS_FILES;
const CHANGES = ["open", "writeFile", "appendFile", "rename", "rm", "unlink", "mkdir", "chmod", "copyFile", "truncate"];
const OF_HANDLES = ["write", "writev", "writeFile", "appendFile", "sync", "datasync", "truncate", "chmod"];
const real = { ...fs.promises, openSync, closeSync, writeSync, writeFileSync, readFileSync };
const pathByHandle = new WeakMap();
let id;
let count = 0;

function order() {
  try {
    return JSON.parse(real.readFileSync(control, "utf8"));
  } catch {
    return {};
  }
}

/** Whether this change is the one. @param half writes the first half of it */
function strike(path, half) {
  const wanted = order();
  if (wanted.id !== id) {
    id = wanted.id;
    count = 0;
  }
  if (wanted.part === undefined || !String(path).includes(wanted.part)) return;
  count++;
  if (count !== wanted.at) return;
  half?.();
  real.writeFileSync(`${control}.hit`, String(id));
  if (wanted.effect === "kill") process.kill(process.pid, "SIGKILL");
  throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC", errno: -28 });
}

const halfOf = (data) =>
  typeof data === "string" ? data.slice(0, data.length / 2) : data.subarray(0, data.length / 2);
/** Reads are no changes. */
const changes = (name, flags = "r") => name !== "open" || /[wa+]/.test(String(flags));

for (const name of CHANGES) {
  fs.promises[name] = async (path, ...rest) => {
    if (changes(name, rest[0]))
      strike(path, /^(write|append)File$/.test(name) ? () => leaveHalf(path, rest[0]) : undefined);
    const result = await real[name](path, ...rest);
    if (name === "open") pathByHandle.set(result, path); // a folder is opened to be synced
    return result;
  };
}
function leaveHalf(path, data) {
  const file = real.openSync(path, "w");
  real.writeSync(file, halfOf(data));
  real.closeSync(file);
}

const probe = await real.open(process.execPath, "r");
const handles = Object.getPrototypeOf(probe);
await probe.close();
for (const name of OF_HANDLES) {
  const method = handles[name];
  handles[name] = async function (...args) {
    const path = pathByHandle.get(this);
    const isText = typeof args[0] === "string" || ArrayBuffer.isView(args[0]);
    if (path !== undefined)
      strike(path, isText && name.startsWith("write") ? () => real.writeSync(this.fd, halfOf(args[0])) : undefined);
    return method.apply(this, args);
  };
}

/* Streams, and whoever works without promises */

const pathByNumber = new Map();
const { open, write, writev } = fs;
fs.open = (path, flags, ...rest) => {
  const done = rest.at(-1);
  try {
    if (changes("open", flags)) strike(path);
  } catch (error) {
    return void process.nextTick(done, error);
  }
  return open(path, flags, ...rest.slice(0, -1), (error, number) => {
    if (!error && changes("open", flags)) pathByNumber.set(number, path);
    done(error, number);
  });
};
const guarded =
  (method) =>
  (number, data, ...rest) => {
    try {
      if (pathByNumber.has(number)) strike(pathByNumber.get(number));
    } catch (error) {
      return void process.nextTick(rest.at(-1), error);
    }
    return method(number, data, ...rest);
  };
fs.write = guarded(write);
fs.writev = guarded(writev);
for (const name of ["writeFileSync", "appendFileSync", "renameSync", "mkdirSync", "rmSync", "openSync"]) {
  const method = fs[name];
  fs[name] = (path, ...rest) => {
    if (name !== "openSync" || changes("open", rest[0])) strike(path);
    return method(path, ...rest);
  };
}
syncBuiltinESMExports();
