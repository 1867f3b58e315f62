/**
 * A picture of the screen of an X server as a small PNG. Xvfb keeps its screen in a file in the form of xwd; of it a
 * part is cut out and written with a palette. Reads no file.
 */
import { crc32, deflateSync } from "node:zlib";

/** Bytes of an entry of the colour map that follows xwd's header. */
const COLOUR_BYTES = 12;
/** A PNG with a palette has at most so many colours. */
const MOST_COLOURS = 256;

/**
 * The pixels of a part of a screen, row by row, as 0xRRGGBB.
 * @param xwd what Xvfb keeps: 32 bits a pixel, blue first
 */
export function cutOut(xwd, { x, y, width, height }) {
  const word = (index) => xwd.readUInt32BE(4 * index);
  const [headerBytes, , , , screenWidth, screenHeight] = [0, 1, 2, 3, 4, 5].map(word);
  const [bitsPerPixel, bytesPerLine] = [11, 12].map(word);
  const colours = word(19);
  if (bitsPerPixel !== 32) throw new Error(`The X server's screen has ${bitsPerPixel} bits a pixel, not 32.`);
  if (x < 0 || y < 0 || x + width > screenWidth || y + height > screenHeight)
    throw new Error(
      `A window of ${width} x ${height} at ${x},${y} is not on a screen of ${screenWidth} x ${screenHeight}.`,
    );
  const start = headerBytes + COLOUR_BYTES * colours;
  const pixels = new Uint32Array(width * height);
  for (let row = 0; row < height; row += 1)
    for (let column = 0; column < width; column += 1)
      pixels[row * width + column] = xwd.readUInt32LE(start + (y + row) * bytesPerLine + 4 * (x + column)) & 0xff_ff_ff;
  return { width, height, pixels };
}

/** @param picture of at most 256 colours, which a screen of MEDM has */
export function png({ width, height, pixels }) {
  const indexByColour = new Map();
  const rows = Buffer.alloc(height * (width + 1));
  pixels.forEach((colour, at) => {
    if (!indexByColour.has(colour)) indexByColour.set(colour, indexByColour.size);
    rows[Math.floor(at / width) * (width + 1) + 1 + (at % width)] = indexByColour.get(colour);
  });
  if (indexByColour.size > MOST_COLOURS)
    throw new Error(`The picture has ${indexByColour.size} colours: a palette has ${MOST_COLOURS}.`);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3, 0, 0, 0], 8); // 8 bits a pixel, with a palette
  const palette = Buffer.from([...indexByColour.keys()].flatMap((one) => [one >> 16, (one >> 8) & 0xff, one & 0xff]));
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", header),
    chunk("PLTE", palette),
    chunk("IDAT", deflateSync(rows, { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const whole = Buffer.alloc(body.length + 8);
  whole.writeUInt32BE(data.length, 0);
  body.copy(whole, 4);
  whole.writeUInt32BE(crc32(body), body.length + 4);
  return whole;
}
