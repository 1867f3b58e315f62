/** Types of letters.mjs for the screens' writer. */
export function widthOf(text: string, size: number, isBold?: boolean): number;
export function lineHeight(size: number): number;
