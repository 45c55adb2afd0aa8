/** What people call a browser and its system, as far as it says so: the first that fits, as most claim to be others as well. */
export function browserOf(userAgent: string): {
  readonly browser: string;
  readonly system: string;
} {
  return {
    browser: firstOf(browsers, userAgent) ?? "Browser",
    system: firstOf(systems, userAgent) ?? "?",
  };
}

const browsers: readonly (readonly [RegExp, string])[] = [
  [/Edg(e|A|iOS)?\//, "Edge"],
  [/OPR\//, "Opera"],
  [/SamsungBrowser\//, "Samsung Internet"],
  [/(Firefox|FxiOS)\//, "Firefox"],
  [/(Chrome|CriOS|Chromium)\//, "Chrome"],
  [/Safari\//, "Safari"],
];

const systems: readonly (readonly [RegExp, string])[] = [
  [/iPhone/, "iPhone"],
  [/iPad/, "iPad"],
  [/Android/, "Android"],
  [/Windows/, "Windows"],
  [/Mac OS X/, "macOS"],
  [/CrOS/, "ChromeOS"],
  [/Linux/, "Linux"],
];

function firstOf(
  list: readonly (readonly [RegExp, string])[],
  text: string,
): string | null {
  return list.find(([form]) => form.test(text))?.[1] ?? null;
}
