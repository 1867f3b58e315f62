import { expect, test } from "vitest";
import { type TroubleEvent, Troubles } from "../../src/base/troubles.ts";

test("a trouble is told once when it begins and once when it is over, to everybody who listens", () => {
  const troubles = new Troubles();
  const heard: [TroubleEvent[], TroubleEvent[]] = [[], []];
  const [one, other] = heard.map((events) => troubles.listen((event) => events.push(event)));
  const disk = troubles.of("disk");
  disk.ends("never heard: it has not begun");
  disk.begins("full");
  disk.begins("still full");
  other!();
  disk.ends("room again");
  disk.begins("full once more");
  one!();
  const full = { sentence: "full", isOver: false };
  expect(heard).toEqual([
    [full, { sentence: "room again", isOver: true }, { sentence: "full once more", isOver: false }],
    [full],
  ]);
});

test("who listens later hears of what lasts, and not of what is over", () => {
  const troubles = new Troubles();
  troubles.of("a").begins("a fails");
  troubles.of("b").begins("b fails");
  troubles.of("a").ends("a works again");
  const heard: TroubleEvent[] = [];
  troubles.listen((event) => heard.push(event));
  expect(heard).toEqual([{ sentence: "b fails", isOver: false }]);
});
