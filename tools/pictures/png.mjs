/**
 * Small PNGs, with a palette: of a part of the screen of an X server, which Xvfb keeps in a file in the form of xwd,
 * and of what a browser gives. Reads no file.
 */
import { crc32, deflateSync, inflateSync } from "node:zlib";

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

/**
 * The pixels of a PNG as a browser writes it: 8 bits a colour, with or without alpha, which is left out, and not
 * interlaced.
 */
export function pixelsOf(bytes) {
  const parts = [];
  let head;
  for (let at = 8; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    const type = bytes.toString("latin1", at + 4, at + 8);
    const data = bytes.subarray(at + 8, at + 8 + length);
    if (type === "IHDR") head = data;
    else if (type === "IDAT") parts.push(data);
    at += length + 12;
  }
  const [width, height] = [head.readUInt32BE(0), head.readUInt32BE(4)];
  const channels = { 2: 3, 6: 4 }[head[9]];
  if (head[8] !== 8 || channels === undefined || head[12] !== 0)
    throw new Error(`A PNG of ${head[8]} bits, of the kind ${head[9]}, is not what a browser gives.`);
  const rows = unfiltered(inflateSync(Buffer.concat(parts)), width * channels, height, channels);
  const pixels = Uint32Array.from({ length: width * height }, (_, pixel) => rows.readUIntBE(pixel * channels, 3));
  return { width, height, pixels };
}

/** Undoes what each row says was done to it. PNG specification 9.2 */
function unfiltered(filtered, rowBytes, height, channels) {
  const rows = Buffer.alloc(rowBytes * height);
  for (let row = 0; row < height; row += 1) {
    const from = row * (rowBytes + 1);
    const filter = filtered[from];
    for (let byte = 0; byte < rowBytes; byte += 1) {
      const at = row * rowBytes + byte;
      const left = byte < channels ? 0 : rows[at - channels];
      const above = row === 0 ? 0 : rows[at - rowBytes];
      const aboveLeft = row === 0 || byte < channels ? 0 : rows[at - rowBytes - channels];
      const guess = [0, left, above, (left + above) >> 1, paeth(left, above, aboveLeft)][filter];
      rows[at] = filtered[from + 1 + byte] + guess;
    }
  }
  return rows;
}

function paeth(left, above, aboveLeft) {
  const [toLeft, toAbove, toBoth] = [above - aboveLeft, left - aboveLeft, left + above - 2 * aboveLeft].map(Math.abs);
  if (toLeft <= toAbove && toLeft <= toBoth) return left;
  return toAbove <= toBoth ? above : aboveLeft;
}

/** The picture in the colours that it has most of, as many as a palette holds: others become the nearest of them. */
export function fewerColours({ pixels, ...size }) {
  const counts = new Map();
  for (const colour of pixels) counts.set(colour, (counts.get(colour) ?? 0) + 1);
  const kept = [...counts].sort(([, one], [, other]) => other - one).slice(0, MOST_COLOURS);
  const becomes = new Map(kept.map(([colour]) => [colour, colour]));
  for (const colour of counts.keys())
    if (!becomes.has(colour)) {
      const distances = kept.map(([one]) => distance(one, colour));
      becomes.set(colour, kept[distances.indexOf(Math.min(...distances))][0]);
    }
  return { ...size, pixels: pixels.map((colour) => becomes.get(colour)) };
}

const distance = (one, other) =>
  [16, 8, 0].reduce((sum, bits) => sum + (((one >> bits) & 0xff) - ((other >> bits) & 0xff)) ** 2, 0);

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
