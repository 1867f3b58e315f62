/** The user and the home of a process whose user has no entry in the passwd database. */
import { expect, test } from "vitest";
import { accountName, homeFolder } from "../../src/base/account.ts";

const noEntry = (): string => {
  throw new Error("uv_os_get_passwd returned ENOENT");
};

test("a user is called what the passwd database says, whatever the environment does", () => {
  expect(accountName({ USER: "other" }, () => "op", 12345)).toBe("op");
});

test.each([
  ["USER", { USER: "op", LOGNAME: "other" }, "op"],
  ["LOGNAME", { USER: "", LOGNAME: "op" }, "op"],
  ["the number", {}, "12345"],
])("a user without an entry is called by %s", (_what, environment, name) => {
  expect(accountName(environment, noEntry, 12345)).toBe(name);
});

test("the home is HOME, then that of the passwd database, then the root folder", () => {
  expect(homeFolder({ HOME: "/home/op" }, noEntry)).toBe("/home/op");
  expect(homeFolder({ HOME: "" }, () => "/home/entry")).toBe("/home/entry");
  expect(homeFolder({}, noEntry)).toBe("/");
});
