/** Numbers for people, by locale. Pure. */

/** Making one takes longer than drawing the row it is for: each kind is made once per locale. */
const numberFormats = new Map<string, Intl.NumberFormat>();

function numberText(
  value: number,
  locale: string,
  options: Intl.NumberFormatOptions,
): string {
  const { style, unit, maximumFractionDigits: digits } = options;
  const key = `${locale} ${style ?? ""} ${unit ?? ""} ${String(digits)}`;
  let format = numberFormats.get(key);
  if (format === undefined) {
    format = new Intl.NumberFormat(locale, options);
    numberFormats.set(key, format);
  }
  return format.format(value);
}

const byteUnits = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];

/** Decimal units, as disks and file managers count: 1 MB = 1,000,000 bytes. */
export function formatBytes(sizeBytes: number, locale: string): string {
  let value = sizeBytes;
  let unit = 0;
  while (Math.abs(value) >= 999.5 && unit < byteUnits.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return numberText(value, locale, {
    style: "unit",
    unit: byteUnits[unit] as string,
    unitDisplay: unit === 0 ? "long" : "short",
    maximumFractionDigits: value >= 100 || unit === 0 ? 0 : 1,
  });
}

/** `1:02:03`, `2:03`: the length of a film. */
export function formatClock(durationS: number): string {
  const whole = Math.max(0, Math.round(durationS));
  const [hours, minutes, seconds] = [
    Math.floor(whole / 3600),
    Math.floor(whole / 60) % 60,
    whole % 60,
  ];
  const two = (value: number): string => String(value).padStart(2, "0");
  return hours > 0
    ? `${hours}:${two(minutes)}:${two(seconds)}`
    : `${minutes}:${two(seconds)}`;
}

/** `2 hr, 5 min`, `40 sec`: time left or spent, two units at most. */
export function formatSpan(durationS: number, locale: string): string {
  const whole = Math.max(0, Math.round(durationS));
  const unit = (value: number, name: string): string =>
    numberText(value, locale, {
      style: "unit",
      unit: name,
      unitDisplay: "short",
    });
  if (whole < 60) return unit(whole, "second");
  const minutes = Math.round(whole / 60);
  if (minutes < 60) return unit(minutes, "minute");
  const rest = minutes % 60;
  const hours = unit(Math.floor(minutes / 60), "hour");
  return rest === 0 ? hours : `${hours} ${unit(rest, "minute")}`;
}

export function formatPercent(ratio: number, locale: string): string {
  return numberText(ratio, locale, {
    style: "percent",
    maximumFractionDigits: 0,
  });
}

export function formatNumber(
  value: number,
  locale: string,
  digits = 0,
): string {
  return numberText(value, locale, { maximumFractionDigits: digits });
}

/** Date and time of something that happened. */
export function formatMoment(atMs: number, locale: string): string {
  return new Intl.DateTimeFormat(locale, {
    dateStyle: "medium",
    timeStyle: "short",
  }).format(atMs);
}
