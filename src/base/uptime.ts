/** How long something has run, as people and `uptime` write it. It does not know when that began. */

/** `3 days, 04:05:06`; without days below one. */
export function uptime(seconds: number): string {
  const whole = Math.floor(seconds);
  const two = (value: number): string => String(value).padStart(2, "0");
  const clock = `${two(Math.floor(whole / 3600) % 24)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
  return whole < 86400 ? clock : `${Math.floor(whole / 86400)} days, ${clock}`;
}
