import { crc32, deflateSync, inflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { cutOut, fewerColours, pixelsOf, png } from "../../tools/pictures/png.mjs";

const HEADER_BYTES = 104;
/** A screen of an X server as Xvfb keeps it, of one colour for each pixel: 0xRRCC00 at row RR, column CC. */
function screen(width: number, height: number, bitsPerPixel = 32): Buffer {
  const head = Buffer.alloc(HEADER_BYTES + 12);
  const words: Readonly<Record<number, number>> = {
    0: HEADER_BYTES,
    4: width,
    5: height,
    11: bitsPerPixel,
    12: 4 * width,
    19: 1, // an entry of the colour map
  };
  for (const [index, word] of Object.entries(words)) head.writeUInt32BE(word, 4 * Number(index));
  const pixels = Buffer.alloc(4 * width * height);
  for (let row = 0; row < height; row += 1)
    for (let column = 0; column < width; column += 1)
      pixels.writeUInt32LE(0xff_00_00_00 + row * 0x1_00_00 + column * 0x1_00, 4 * (row * width + column));
  return Buffer.concat([head, pixels]);
}

describe("a part of a screen of an X server", () => {
  test("has the pixels of that part, without what lies in their fourth byte", () => {
    const { width, height, pixels } = cutOut(screen(5, 4), { x: 2, y: 1, width: 2, height: 2 });
    expect([width, height, ...pixels]).toEqual([2, 2, 0x01_02_00, 0x01_03_00, 0x02_02_00, 0x02_03_00]);
  });

  test("lies on the screen", () => {
    expect(() => cutOut(screen(5, 4), { x: 4, y: 0, width: 2, height: 2 })).toThrow(
      "A window of 2 x 2 at 4,0 is not on a screen of 5 x 4.",
    );
  });

  test("is of a screen of 32 bits a pixel", () => {
    expect(() => cutOut(screen(5, 4, 16), { x: 0, y: 0, width: 1, height: 1 })).toThrow("16 bits a pixel, not 32");
  });
});

describe("a PNG", () => {
  const RED = 0xff_00_00;
  const GREY = 0xbb_bb_bb;
  const made = png({ width: 3, height: 2, pixels: Uint32Array.of(GREY, RED, GREY, GREY, GREY, RED) });

  test("says its size, and has a palette of the colours in their order", () => {
    expect(made.subarray(1, 4).toString("latin1")).toBe("PNG");
    expect(chunkOf(made, "IHDR").toString("hex")).toBe("00000003000000020803000000");
    expect(chunkOf(made, "PLTE").toString("hex")).toBe("bbbbbbff0000");
  });

  test("has each row after the number of its filter, which is none", () => {
    expect([...inflateSync(chunkOf(made, "IDAT"))]).toEqual([0, 0, 1, 0, 0, 0, 0, 1]);
  });

  test("ends each part with the sum that the format asks for", () => {
    expect(made.subarray(-4).toString("hex"), "the sum of an empty IEND, which is the same in each PNG").toBe(
      "ae426082",
    );
  });

  test("of more colours than a palette has is refused", () => {
    const pixels = Uint32Array.from({ length: 300 }, (_, index) => index);
    expect(() => png({ width: 300, height: 1, pixels })).toThrow("The picture has 300 colours: a palette has 256.");
  });
});

describe("a PNG of a browser", () => {
  const PIXELS = [0x10_20_30, 0x11_22_33, 0xff_00_80, 0x00_00_00, 0x7f_7f_7f, 0x01_02_03];
  /** Three pixels wide, two rows high, each row with its filter. */
  function browserPng(filters: readonly number[], channels: 3 | 4): Buffer {
    const bytes = PIXELS.map((pixel) => [pixel >> 16, (pixel >> 8) & 0xff, pixel & 0xff, 0xff].slice(0, channels));
    const rows = [bytes.slice(0, 3).flat(), bytes.slice(3).flat()];
    const filtered = rows.flatMap((row, index) => [
      filters[index] as number,
      ...row.map((byte, at) => {
        const left = row[at - channels] ?? 0;
        const above = rows[index - 1]?.[at] ?? 0;
        const corner = at < channels ? 0 : (rows[index - 1]?.[at - channels] ?? 0);
        const nearest = [left, above, corner].reduce((best, one) =>
          Math.abs(left + above - corner - one) < Math.abs(left + above - corner - best) ? one : best,
        );
        return (byte - ([0, left, above, (left + above) >> 1, nearest][filters[index] as number] as number)) & 0xff;
      }),
    ]);
    const head = Buffer.from("000000030000000208000000", "hex");
    head[9] = channels === 3 ? 2 : 6;
    const part = (type: string, data: Buffer): Buffer => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(data.length);
      const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
      const sum = Buffer.alloc(4);
      sum.writeUInt32BE(crc32(body));
      return Buffer.concat([length, body, sum]);
    };
    return Buffer.concat([
      Buffer.alloc(8),
      part("IHDR", Buffer.concat([head, Buffer.alloc(1)])),
      part("IDAT", deflateSync(Buffer.from(filtered))),
      part("IEND", Buffer.alloc(0)),
    ]);
  }

  test.each([0, 1, 2, 3, 4])("has its pixels again, where filter %i was used", (filter) => {
    for (const channels of [3, 4] as const) {
      const { width, height, pixels } = pixelsOf(browserPng([filter, filter], channels));
      expect([width, height, ...pixels], `of ${channels} channels`).toEqual([3, 2, ...PIXELS]);
    }
  });

  test("keeps the colours that it has most of, and takes the nearest of them for the others", () => {
    const often = Array.from({ length: 256 }, (_, index) => index << 8);
    const pixels = Uint32Array.of(...often, ...often, 0x00_05_01, 0x02_fe_00);
    const few = fewerColours({ width: pixels.length, height: 1, pixels }).pixels;
    expect(few.slice(-2)).toEqual(Uint32Array.of(0x00_05_00, 0x00_fe_00));
    expect(new Set(few).size).toBe(256);
  });
});

/** What a part of a PNG holds. */
function chunkOf(made: Buffer, type: string): Buffer {
  const at = made.indexOf(type, 0, "latin1");
  return made.subarray(at + 4, at + 4 + made.readUInt32BE(at - 4));
}
