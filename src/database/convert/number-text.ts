/**
 * Numbers as text, as base's cvtFast.c and as C write them: texts.ts reads the other direction. channel-access.md §2.7;
 * compared with softIoc in test/interop/convert-softioc.test.ts.
 */
import type { FieldType } from "../record-type.ts";

/** Digits where a record has no PREC. */
const DEFAULT_PRECISION = 6;

/** @param precision digits after the point, for DOUBLE and FLOAT; below 0 is 17. channel-access.md §2.7 */
export function numberToText(value: number, type: FieldType, precision = DEFAULT_PRECISION): string {
  if (type === "DOUBLE") return floatingToText(value, precision < 0 ? 17 : precision, false);
  if (type === "FLOAT") return floatingToText(value, precision < 0 ? 17 : precision, true);
  return String(value);
}

function floatingToText(value: number, precision: number, single: boolean): string {
  const magnitude = Math.abs(value);
  if (precision > 8 || (single ? magnitude >= 1e8 : magnitude > 1e16)) {
    const digits = Math.min(precision, single ? 12 : 17);
    return exponential(value, digits).padStart(digits + (single ? 6 : 7));
  }
  if (Number.isNaN(value)) return "nan";
  const sign = value < 0 ? "-" : "";
  return (
    sign + (magnitude > 1e7 ? fixedExactly(magnitude, Math.min(precision, 3)) : fixed(magnitude, precision, single))
  );
}

/**
 * Up to 10⁷: the fraction is cut one digit behind `precision`, and that digit rounded half up. In float arithmetic for
 * a FLOAT.
 */
function fixed(magnitude: number, precision: number, single: boolean): string {
  const places = 10 ** precision;
  const rounded: (value: number) => number = single ? Math.fround : (one) => one;
  const whole = Math.trunc(magnitude);
  const digits = Math.trunc(rounded(rounded(rounded(magnitude - whole) * places) * 10));
  const fraction = Math.trunc((digits + 5) / 10);
  const carry = fraction >= places ? 1 : 0;
  if (precision === 0) return String(whole + carry);
  return `${whole + carry}.${String(fraction - carry * places).padStart(precision, "0")}`;
}

/** As C's %.{precision}f, which rounds an exact half to the even digit. @param magnitude above 10⁷ and at most 10¹⁶ */
function fixedExactly(magnitude: number, precision: number): string {
  const scaled = (magnitude % 1) * 10 ** precision;
  const isHalf = scaled % 1 === 0.5;
  const lastDigit = precision === 0 ? magnitude : scaled;
  const isEven = Math.floor(lastDigit) % 2 === 0;
  if (!isHalf || !isEven) return magnitude.toFixed(precision);
  const kept = String(Math.floor(magnitude));
  return precision === 0 ? kept : `${kept}.${String(Math.floor(scaled)).padStart(precision, "0")}`;
}

/** As C's %.{digits}e. */
function exponential(value: number, digits: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  const negative = value < 0 || Object.is(value, -0);
  const [mantissa = "", power = ""] = roundHalfEven(Math.abs(value), digits).split("e");
  const exponent = `${power[0] ?? "+"}${power.slice(1).padStart(2, "0")}`;
  return `${negative ? "-" : ""}${mantissa}e${exponent}`;
}

/** The most digits that `toExponential` gives; a number with more digits is no exact half of fewer. */
const MOST_DIGITS = 100;

/** `toExponential` rounds an exact half up, C to the even digit. */
function roundHalfEven(magnitude: number, digits: number): string {
  const exact = magnitude.toExponential(MOST_DIGITS);
  const [mantissa = "", power = ""] = exact.split("e");
  const end = digits === 0 ? 1 : digits + 2;
  const isHalf = /^\.?50*$/.test(mantissa.slice(end));
  const last = Number(mantissa[end - 1]);
  return isHalf && last % 2 === 0 ? `${mantissa.slice(0, end)}e${power}` : magnitude.toExponential(digits);
}

/** As C's %.{digits}g. @param digits at most 15: so many stand in the shortest text */
export function generalNumber(value: number, digits: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "nan" : value < 0 ? "-inf" : "inf";
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  if (Number.isInteger(value) && Math.abs(value) < 10 ** digits) return String(value);
  const magnitude = Math.abs(value);
  const isNearHalf = /5e/.test(magnitude.toExponential(digits));
  const rounded = isNearHalf ? roundHalfEven(magnitude, digits - 1) : magnitude.toExponential(digits - 1);
  const sign = value < 0 ? "-" : "";
  const [mantissa = "", exponent = ""] = rounded.split("e");
  const power = Number(exponent);
  if (power >= -4 && power < digits) return `${sign}${Number(rounded)}`;
  const trimmed = mantissa.includes(".") ? mantissa.replace(/\.?0+$/, "") : mantissa;
  return `${sign}${trimmed}e${exponent[0] ?? "+"}${exponent.slice(1).padStart(2, "0")}`;
}
