/**
 * Seconds behind an unclear answer, or a first look, at which what may have begun is looked for; not there at the last,
 * it has not begun (docs/what-happens-once.md).
 */
export const LOOKS_SECONDS = [5, 30] as const;
