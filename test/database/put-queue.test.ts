import { expect, test } from "vitest";
import { PutQueue, type WaitingPut } from "../../src/database/put-queue.ts";

class Waiting implements WaitingPut {
  isDone = false;
  readonly name: number;
  constructor(name: number) {
    this.name = name;
  }
  begin(): void {}
}

function queueOf(count: number): { readonly queue: PutQueue; readonly puts: readonly Waiting[] } {
  const queue = new PutQueue();
  const puts = Array.from({ length: count }, (_, index) => new Waiting(index));
  for (const put of puts) queue.push(put);
  return { queue, puts };
}

function takeAll(queue: PutQueue): (number | undefined)[] {
  const names: (number | undefined)[] = [];
  while (!queue.isEmpty) names.push((queue.take() as Waiting | undefined)?.name);
  return names;
}

function giveUp(queue: PutQueue, put: Waiting): void {
  put.isDone = true;
  queue.giveUp();
}

test("puts are taken in the order in which they came, also when others come in between", () => {
  const { queue } = queueOf(3);
  expect((queue.take() as Waiting).name).toBe(0);
  queue.push(new Waiting(3));
  expect(takeAll(queue)).toEqual([1, 2, 3]);
  expect(queue.take()).toBeUndefined();
});

test.each([
  ["the first", (index: number) => index > 0],
  ["the last", (index: number) => index < 9],
  ["every second", (index: number) => index % 2 === 0],
  ["most", (index: number) => index === 7],
  ["all", () => false],
])("puts that are given up are never taken: %s", (_, stays) => {
  const { queue, puts } = queueOf(10);
  for (const put of puts) if (!stays(put.name)) giveUp(queue, put);
  const left = puts.map(({ name }) => name).filter(stays);
  expect(queue.isEmpty).toBe(left.length === 0);
  expect(takeAll(queue)).toEqual(left);
});

test("puts given up after others were taken leave the rest in order", () => {
  const { queue, puts } = queueOf(8);
  for (let count = 0; count < 3; count++) queue.take();
  for (const put of puts.slice(4, 7)) giveUp(queue, put);
  expect(takeAll(queue)).toEqual([3, 7]);
});
