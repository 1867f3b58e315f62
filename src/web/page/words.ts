/** Names of PVs as words: `DaqRawFilesDone` is "DAQ raw files done", so that who reads the page can find the PV. */

/** Words that keep their letters. */
const KEPT: Readonly<Record<string, string>> = {
  Daq: "DAQ",
  Dm: "DM",
  Eta: "ETA",
  Gup: "GUP",
  Ioc: "IOC",
  Ssh: "SSH",
  Url: "URL",
  Globus: "Globus",
  Esafs: "ESAFs",
  Esaf: "ESAF",
  TomoScan: "TomoScan",
};

/** The words of a PV's name. @param stem what the group says already, as `DaqRaw` */
export function labelOf(suffix: string, stem = ""): string {
  const behind = suffix.startsWith(stem) ? suffix.slice(stem.length) : "";
  const rest = /^[A-Z\d]/.test(behind) ? behind : suffix; // Esaf is no stem of Esafs
  const words = rest.match(/TomoScan|[A-Z]+(?=[A-Z][a-z]|\d|$)|[A-Z]?[a-z]+|[A-Z]+|\d+/g) ?? [rest];
  const text = words.map(inSentence).join(" ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function inSentence(word: string): string {
  if (/^([A-Z]{2,}|\d+)$/.test(word)) return word;
  return KEPT[word] ?? word.toLowerCase();
}
