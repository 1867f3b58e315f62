/** The browser's time and timers, for the whole page. */

export interface PageClock {
  /** Milliseconds since 1970; may step. */
  now(): number;
  /** Runs `action` once. @returns calls it off */
  after(seconds: number, action: () => void): () => void;
  /** Runs `action` again and again. @returns ends that */
  every(seconds: number, action: () => void): () => void;
}

export const browserClock: PageClock = {
  now: () => Date.now(),
  after(seconds, action) {
    const timer = setTimeout(action, seconds * 1000);
    return () => clearTimeout(timer);
  },
  every(seconds, action) {
    const timer = setInterval(action, seconds * 1000);
    return () => clearInterval(timer);
  },
};
