/** Names and order of the days, by locale. */

/** 2024-01-07 was a Sunday, as `day` 0 of WeekHours. */
const aSunday = Date.UTC(2024, 0, 7);
const dayMs = 24 * 3600 * 1000;

export function dayName(
  day: number,
  locale: string,
  length: "short" | "long",
): string {
  return new Intl.DateTimeFormat(locale, {
    weekday: length,
    timeZone: "UTC",
  }).format(aSunday + day * dayMs);
}

/** Days in the order people of that locale write a week; Monday first where nobody tells. */
export function daysInOrder(locale: string): number[] {
  const first = firstDay(locale) % 7;
  return Array.from({ length: 7 }, (_, at) => (first + at) % 7);
}

interface WithWeekInfo {
  getWeekInfo?: () => { firstDay: number };
  weekInfo?: { firstDay: number };
}

/** 1 Monday to 7 Sunday, as ECMA-402 counts. */
function firstDay(locale: string): number {
  const info = new Intl.Locale(locale) as unknown as WithWeekInfo;
  return (info.getWeekInfo?.() ?? info.weekInfo)?.firstDay ?? 1;
}
