/** How a client is named in the log. */
import { expect, test } from "vitest";
import { clientText, IOC_SHELL } from "../../src/base/client-identity.ts";

test.each([
  [
    "its user, host and port, and the address",
    { user: "op1", host: "ws1", peer: "10.0.0.5:51234" },
    "op1@ws1:51234 (10.0.0.5)",
  ],
  ["the address alone where that is its host", { user: "op1", host: "10.0.0.5", peer: "10.0.0.5:1" }, "op1@10.0.0.5:1"],
  ["what the socket shows where it says nothing", { user: "", host: "", peer: "10.0.0.5:1" }, "unknown@10.0.0.5:1"],
  ["the shell as the shell", IOC_SHELL, "the IOC's shell"],
  [
    "signs that could be taken for ours as question marks",
    { user: "root@console:1 (10.0.0.1) wrote\n", host: "\x1b[2J:1", peer: "10.0.0.5:1" },
    "root?console?1?10.0.0.1?wrote?@?2J?1:1 (10.0.0.5)",
  ],
  [
    "a long name by its beginning",
    { user: "x".repeat(500), host: "h", peer: "10.0.0.5:1" },
    `${"x".repeat(64)}@h:1 (10.0.0.5)`,
  ],
  [
    "a web token that was checked",
    { user: "web:start", host: "10.0.0.5", peer: "10.0.0.5:1", isProven: true as const },
    "web:start@10.0.0.5:1",
  ],
  [
    "a web token that is only claimed, with a question mark",
    { user: "web:start", host: "10.0.0.5", peer: "10.0.0.5:1" },
    "web?start@10.0.0.5:1",
  ],
])("%s", (_, client, text) => {
  expect(clientText(client)).toBe(text);
});
