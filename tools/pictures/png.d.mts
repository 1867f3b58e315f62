/** Types of png.mjs for the tests. */
interface Picture {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint32Array;
}
export function cutOut(
  xwd: Buffer,
  part: { readonly x: number; readonly y: number; readonly width: number; readonly height: number },
): Picture;
export function pixelsOf(bytes: Buffer): Picture;
export function fewerColours(picture: Picture): Picture;
export function png(picture: Picture): Buffer;
