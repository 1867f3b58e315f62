/**
 * Our answers beside the samples that Globus publishes of its own: the same fields with values of the same types. Where
 * a sample says null, the real service may say anything.
 */

/** An answer of a simulated service, or a sample of one, as the Python SDK has it. */
export interface SdkAnswer {
  readonly status: number;
  readonly json: Readonly<Record<string, unknown>>;
  /** The SDK's class of a failure. */
  readonly error?: string;
  readonly code?: string;
  readonly request_id?: string;
}

/** Names the kind of a document of Transfer: of it the value counts too. */
const KIND = "DATA_TYPE";

/**
 * Every way in which `ours` differs in shape from `sample`: a missing or foreign field, another type, another kind of
 * document.
 */
export function differences(sample: unknown, ours: unknown, at = "answer"): string[] {
  if (sample === null) return [];
  if (typeof sample !== typeof ours || Array.isArray(sample) !== Array.isArray(ours) || ours === null) {
    return [`${at} is ${ours === null ? "null" : typeof ours}, published: ${typeof sample}`];
  }
  if (Array.isArray(sample)) {
    const [first] = sample as unknown[];
    return first === undefined
      ? []
      : (ours as unknown[]).flatMap((one, index) => differences(first, one, `${at}[${index}]`));
  }
  if (typeof sample !== "object") return [];
  const [theirs, mine] = [sample as Record<string, unknown>, ours as Record<string, unknown>];
  const isOtherKind = typeof theirs[KIND] === "string" && KIND in mine && theirs[KIND] !== mine[KIND];
  return [
    ...(isOtherKind ? [`${at}.${KIND} is ${String(mine[KIND])}, published: ${theirs[KIND] as string}`] : []),
    ...Object.keys(theirs).flatMap((name) =>
      name in mine ? differences(theirs[name], mine[name], `${at}.${name}`) : [`${at}.${name} is missing`],
    ),
    ...Object.keys(mine).flatMap((name) => (name in theirs ? [] : [`${at}.${name} is not published`])),
  ];
}
