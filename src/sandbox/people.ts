/**
 * Who and what the simulated beamline is about: the proposal that its TomoScan shows, the people on it, the staff, the
 * run and the beamtimes. The TomoScan simulation and the DM and scheduling twins all take them from here, so that they
 * agree. All invented.
 */

export interface SimulatedPerson {
  readonly badge: string;
  readonly firstName: string;
  readonly lastName: string;
  /** As its owner typed it; absent for a person without an address. */
  readonly email?: string;
  readonly institution: string;
}

const GOETTINGEN = "University of Goettingen";

/** The principal investigator: TomoScan's UserName, UserLastName, UserBadge, UserEmail and UserInstitution. */
const pi: SimulatedPerson = {
  badge: "208112",
  firstName: "Emmy",
  lastName: "Noether",
  email: "emmy.noether@example.org",
  institution: GOETTINGEN,
};

/** The other experimenters: one address in capitals, one person with an accent, one without an address. */
const experimenters: readonly SimulatedPerson[] = [
  {
    badge: "211002",
    firstName: "Chien-Shiung",
    lastName: "Wu",
    email: "CS.Wu@Example.ORG",
    institution: "Columbia University",
  },
  {
    badge: "211347",
    firstName: "Irène",
    lastName: "Joliot-Curie",
    email: "irene@example.org",
    institution: "Institut du Radium",
  },
  { badge: "214590", firstName: "Lise", lastName: "Meitner", institution: GOETTINGEN },
];

/** Beamline contacts: first the primary, then the secondary. */
const contacts: readonly SimulatedPerson[] = [
  {
    badge: "11111",
    firstName: "Rosalind",
    lastName: "Franklin",
    email: "franklin@beamline.example",
    institution: "Beamline",
  },
  {
    badge: "58903",
    firstName: "Kathleen",
    lastName: "Lonsdale",
    email: "lonsdale@beamline.example",
    institution: "Beamline",
  },
];

/** Known to DM, on another proposal; may be added by badge. */
const others: readonly SimulatedPerson[] = [
  { badge: "219876", firstName: "Dorothy", lastName: "Hodgkin", email: "hodgkin@example.org", institution: "Oxford" },
];

/** On the safety form of the proposal, but not on the proposal: one has no address. Known to DM. */
const esafOnly: readonly SimulatedPerson[] = [
  {
    badge: "221450",
    firstName: "Katherine",
    lastName: "Johnson",
    email: "k.johnson@example.org",
    institution: "Langley",
  },
  { badge: "223018", firstName: "Henrietta", lastName: "Leavitt", institution: "Harvard Observatory" },
];

/** All people of the simulated beamline. */
export const PEOPLE = { pi, experimenters, esafOnly, contacts, others } as const;

/** The proposal in beam now, and TomoScan's ProposalNumber, ProposalTitle and ESAFNumber. */
export const PROPOSAL = {
  gupId: "1014288",
  esafId: "302911",
  title: "Symmetry and conservation in granular flows",
} as const;

/** Station and beamline of the sandbox, as DM and the scheduling service call them. */
export const STATION = { name: "2BM", beamline: "2-BM-A,B", experimentType: "2BM" } as const;

/** Everyone that the DM twin knows by name. */
export const EVERYONE: readonly SimulatedPerson[] = [pi, ...experimenters, ...esafOnly, ...contacts, ...others];

/* ── When ─────────────────────────────────────────────────────────────── */

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** The facility's zone. */
export const ZONE = "America/Chicago";
/** An Intl of its own: what the program under test makes of times is held against this. */
const wallClock = new Intl.DateTimeFormat("sv-SE", {
  timeZone: ZONE,
  dateStyle: "short",
  timeStyle: "medium",
});

export interface Span {
  readonly start: Date;
  readonly end: Date;
}

/** The facility's wall clock, as if it were UTC: whole seconds, as milliseconds since 1970. */
const wallTime = (at: Date): number => Date.parse(`${wallClock.format(at).replace(" ", "T")}Z`);
/** Milliseconds by which the facility's clock is ahead of UTC, less than 0. */
const offsetAt = (at: Date): number => wallTime(at) - Math.floor(at.getTime() / 1000) * 1000;

/** Year, month (from 0) and day at the facility. */
function localParts(at: Date): { readonly year: number; readonly month: number; readonly day: number } {
  const local = new Date(wallTime(at));
  return { year: local.getUTCFullYear(), month: local.getUTCMonth(), day: local.getUTCDate() };
}

/** When a day begins at the facility; `month` (from 0) and `day` may lie outside their range, as in Date.UTC. */
export function midnight(year: number, month: number, day: number): Date {
  const wall = Date.UTC(year, month, day);
  // The clock changes at 2 in the morning: at UTC's midnight it still has the offset of the facility's.
  return new Date(wall - offsetAt(new Date(wall)));
}

/** `YYYY-MM` at the facility: TomoScan's ExperimentYearMonth. */
export function yearMonth(at: Date): string {
  const { year, month } = localParts(at);
  return `${year}-${String(month + 1).padStart(2, "0")}`;
}

/** The run of four months that `at` lies in: `2026-3` from September to December. Runs meet without a gap. */
export function runAt(at: Date): Span & { readonly runName: string } {
  const { year, month } = localParts(at);
  const third = Math.floor(month / 4);
  const next = midnight(year, third * 4 + 4, 1);
  return {
    runName: `${year}-${third + 1}`,
    start: midnight(year, third * 4, 1),
    end: new Date(next.getTime() - 1000),
  };
}

/** The beamtime of PROPOSAL: five days around `at` that begin in its month. */
export function beamtimeAt(at: Date): Span {
  const { year, month, day } = localParts(at);
  const first = Math.max(1, day - 1);
  return { start: midnight(year, month, first), end: midnight(year, month, first + 5) };
}

/** How an offset is spelt: `-06:00`, `-0600` or `-06`. */
export type OffsetSpelling = "±hh:mm" | "±hhmm" | "±hh";

/** ISO text at the facility, with its offset. */
export function localIso(at: Date, spelling: OffsetSpelling = "±hh:mm"): string {
  const hours = String(-offsetAt(at) / HOUR).padStart(2, "0");
  const minutes = { "±hh:mm": ":00", "±hhmm": "00", "±hh": "" }[spelling];
  return `${new Date(wallTime(at)).toISOString().slice(0, 19)}-${hours}${minutes}`;
}

/** A safety form (ESAF) of the station. */
export interface SafetyForm extends Span {
  readonly esafId: string;
  readonly title: string;
  readonly status: "Approved" | "Pending";
  readonly doi?: string;
  readonly users: readonly SimulatedPerson[];
}

/**
 * Forms of the station, in no order: the present form, that of the next group (scheduling-service.ts), a form of the
 * staff, and a form of the year before.
 */
export function esafsAt(at: Date): readonly SafetyForm[] {
  const { start, end } = beamtimeAt(at);
  const span = (first: number, last: number): Span => ({
    start: new Date(start.getTime() + first * DAY),
    end: new Date(start.getTime() + last * DAY),
  });
  const approved = { status: "Approved" } as const;
  return [
    { esafId: "302950", title: "Insulin under pressure", status: "Pending", users: others, ...span(7, 9) },
    {
      ...approved,
      esafId: PROPOSAL.esafId,
      title: PROPOSAL.title,
      doi: "10.99999/sandbox/302911",
      users: [pi, ...experimenters.slice(1), ...esafOnly],
      start,
      end,
    },
    { ...approved, esafId: "302874", title: "Commissioning", users: contacts, ...span(-3, -1) },
    { ...approved, esafId: "285102", title: "Insulin at rest", users: others, ...span(-366, -362) },
  ];
}
