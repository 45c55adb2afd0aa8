/** Reading of untrusted JSON objects: a field of another kind than expected counts as absent. */

export interface HandbrakeFields {
  /** Numbers count as text too: HandBrake writes some of its choices either way. */
  text(name: string): string;
  number(name: string): number | null;
  flag(name: string, absent?: boolean): boolean;
  list(name: string): readonly unknown[];
}

/** The fields of a value; of anything but an object, none. */
export function fieldsOf(value: unknown): HandbrakeFields {
  const of = (name: string): unknown =>
    typeof value === "object" && value !== null && Object.hasOwn(value, name)
      ? (value as Record<string, unknown>)[name]
      : undefined;
  return {
    text: (name) => {
      const field = of(name);
      if (typeof field === "number") return String(field);
      return typeof field === "string" ? field : "";
    },
    number: (name) => {
      const field = of(name);
      const parsed =
        typeof field === "string" && field.trim() !== ""
          ? Number(field)
          : field;
      return typeof parsed === "number" && Number.isFinite(parsed)
        ? parsed
        : null;
    },
    flag: (name, absent = false) => {
      const field = of(name);
      if (typeof field === "boolean") return field;
      return typeof field === "number" ? field !== 0 : absent;
    },
    list: (name) => {
      const field = of(name);
      return Array.isArray(field) ? field : [];
    },
  };
}

/** An entry of a table under a name from outside: never what objects inherit. */
export function entryNamed<T>(
  table: Readonly<Record<string, T>>,
  name: string,
): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
