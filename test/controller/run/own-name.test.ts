import { describe, expect, test } from "vitest";
import { allPvs } from "../../../src/controller/pvs/index.ts";
import { isOwnName, TEXT_INPUTS } from "../../../src/controller/run/own-name.ts";

const NAME = "2bmb:Globus:EmailSubject";

test.each([
  `<${NAME}>`,
  ` <${NAME}> `,
  `<ca://${NAME}>`,
  `<pva://${NAME}>`,
  `<${NAME}.VAL>`,
  `<${NAME}$>`,
  `<ca://${NAME}.VAL$ {"longString":true}>`,
])("%s is what Phoebus shows of a disconnected PV", (text) => {
  expect(isOwnName(text, NAME)).toBe(true);
});

test.each([
  "",
  NAME,
  "<>",
  `<${NAME}2>`,
  `<${NAME}.DESC>`,
  `<2bmb:Globus:EmailFrom>`,
  `See <${NAME}>`,
  `<${NAME}> and more`,
  "<b>Your data</b>",
])("%j may be meant", (text) => {
  expect(isOwnName(text, NAME)).toBe(false);
});

describe("the texts that are looked at", () => {
  test("are all inputs and settings without a number", () => {
    expect(TEXT_INPUTS).toEqual(
      expect.arrayContaining([
        "EmailSubject",
        "EditUserBadge",
        "ManualName",
        "DeleteName",
        "ExperimentNameOverride",
        "EsafStart",
      ]),
    );
    for (const name of TEXT_INPUTS) expect(allPvs().get(name)?.kind).not.toBe("result");
  });
});
