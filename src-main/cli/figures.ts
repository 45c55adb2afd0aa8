/** Figures as people read them. All pure; `–` stands for what is not known. */

const sizeUnits = ["B", "kB", "MB", "GB", "TB"] as const;

/** Decimal, as drives and players count: `950 kB`, `1.2 GB`. */
export function formatBytes(sizeBytes: number | null): string {
  if (sizeBytes === null || !Number.isFinite(sizeBytes)) return "–";
  let value = Math.max(0, sizeBytes);
  let unit = 0;
  // 999.5 would be shown as 1000.
  while (value >= 999.5 && unit < sizeUnits.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit > 0 && value < 9.95 ? 1 : 0;
  return `${value.toFixed(digits)} ${sizeUnits[unit] ?? "B"}`;
}

/** `0:07`, `3:05`, `1:02:03`; days count as hours. */
export function formatClock(seconds: number | null): string {
  if (seconds === null || !Number.isFinite(seconds)) return "–";
  const whole = Math.max(0, Math.round(seconds));
  const two = (n: number): string => String(n).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  const rest = two(whole % 60);
  return hours > 0
    ? `${String(hours)}:${two(minutes)}:${rest}`
    : `${String(minutes)}:${rest}`;
}

/** For the past: `3.4 s` where a clock would be too coarse. */
export function formatElapsed(seconds: number): string {
  return seconds < 59.95
    ? `${Math.max(0, seconds).toFixed(1)} s`
    : formatClock(seconds);
}

/** `48 fps`. */
export function formatRate(framesPerSecond: number): string {
  if (!(framesPerSecond > 0)) return "–";
  return `${framesPerSecond.toFixed(framesPerSecond < 9.95 ? 1 : 0)} fps`;
}

/** `2.1x` playing speed. */
export function formatSpeed(speedRatio: number): string {
  if (!(speedRatio > 0) || !Number.isFinite(speedRatio)) return "–";
  return `${speedRatio.toFixed(speedRatio < 9.95 ? 1 : 0)}x`;
}

/** `48 %`; 100 % only when nothing is left. */
export function formatShare(ratio: number): string {
  const percent = Math.floor(Math.min(1, Math.max(0, ratio)) * 100);
  return `${String(percent)} %`;
}

/** `62 % smaller`, `3 % larger`. */
export function formatSaving(beforeBytes: number, afterBytes: number): string {
  if (!(beforeBytes > 0)) return "–";
  const percent = Math.round((1 - afterBytes / beforeBytes) * 100);
  if (percent === 0) return "the same size";
  return percent > 0
    ? `${String(percent)} % smaller`
    : `${String(-percent)} % larger`;
}
