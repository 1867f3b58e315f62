import { beforeEach, expect, test } from "vitest";
import { ledgerTrouble, watchedLogin, watchedPort } from "../../src/assemble/watched-ports.ts";
import { Troubles } from "../../src/base/troubles.ts";
import { HealthBook } from "../../src/controller/health/health-book.ts";
import { AccessDeniedError, UnavailableError } from "../../src/controller/ports/call.ts";
import { FakeClock } from "../support/fakes/fake-clock.ts";

let health: HealthBook;
/** One look at the login of Data Management, which ends as `answer` does. */
let looked: (answer: () => Promise<string>) => Promise<string>;
beforeEach(() => {
  health = new HealthBook(new FakeClock());
  let next: () => Promise<string>;
  const look = watchedLogin({ health }, "DM", () => next());
  looked = (answer) => {
    next = answer;
    return look({});
  };
});
const holds = async (): Promise<string> => "holds";
const stateOf = (part: "DM" | "Globus" | "Ledger"): string => health.healthOf(part).state;
const refuse = (): Promise<never> => Promise.reject(new AccessDeniedError("the password is wrong"));
const away = (): Promise<never> => Promise.reject(new UnavailableError("DM does not answer"));

test("where nobody looks a port stays as it is", () => {
  const port = { ask: away };
  expect(watchedPort({}, { part: "DM" }, port, ["ask"])).toBe(port);
});

test("a login that holds says nothing of the service, which may not have been asked", async () => {
  await looked(holds);
  expect(stateOf("DM")).toBe("Unknown");
});

test("a login that is refused is trouble until one is taken, whatever else the service answers", async () => {
  await expect(looked(refuse)).rejects.toThrow("password");
  expect(health.healthOf("DM")).toMatchObject({
    state: "Trouble",
    message: expect.stringMatching(/^The password is wrong\. Since /) as string,
  });
  health.use("DM").succeeded();
  expect(stateOf("DM")).toBe("Trouble");
  await looked(holds);
  expect(stateOf("DM")).toBe("OK");
});

test("a service that is away when the login is looked at is down until it answers anything", async () => {
  await expect(looked(away)).rejects.toThrow("does not answer");
  expect(stateOf("DM")).toBe("Down");
  health.use("DM").succeeded();
  expect(stateOf("DM")).toBe("OK");
  await looked(holds);
  expect(stateOf("DM"), "what has answered is not forgotten").toBe("OK");
});

test("a service that nobody but the look at its login asks is not down for ever", async () => {
  await expect(looked(away)).rejects.toThrow("does not answer");
  await looked(holds);
  expect(stateOf("DM")).toBe("Unknown");
});

test("a login that a person must renew is told with what to do", async () => {
  const look = async () => ({ state: "LoginNeeded" });
  await watchedLogin({ health }, "Globus", look, ({ state }) => (state === "LoginNeeded" ? "Run it" : undefined))({});
  expect(health.healthOf("Globus").message).toMatch(/^Run it\. Since /);
});

test("a ledger that fails is down, and operators are told as before", () => {
  const troubles = new Troubles();
  const told: string[] = [];
  troubles.listen(({ sentence }) => told.push(sentence));
  const { trouble } = ledgerTrouble({ troubles, health }, "the ledger");
  trouble?.ends("It works.");
  expect([stateOf("Ledger"), told]).toEqual(["OK", []]);
  trouble?.begins("The ledger /data/ledger cannot be written: no space left on device.");
  expect(health.healthOf("Ledger")).toMatchObject({
    state: "Down",
    message: expect.stringMatching(/^The ledger .*no space left.* Since /) as string,
  });
  trouble?.ends("The ledger /data/ledger works again.");
  expect([stateOf("Ledger"), told.length]).toEqual(["OK", 2]);
});

test("without operators to tell there is no trouble to take", () => {
  expect(ledgerTrouble({ health }, "the ledger")).toEqual({});
});
