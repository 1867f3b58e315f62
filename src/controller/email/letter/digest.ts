/** A fingerprint of texts: equal for equal lists of texts, and for no others. */

/** SHA-256, in hexadecimal digits. */
export async function digestOf(texts: readonly string[]): Promise<string> {
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(JSON.stringify(texts)));
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
