import { IntlMessageFormat } from "intl-messageformat";
import { de } from "./de.ts";
import { en, type MessageKey } from "./en.ts";

/** Languages there are texts for; a new one is one more file and one more line. */
const catalogues = { en, de } as const;
export type Language = keyof typeof catalogues;
export const languages = Object.keys(catalogues) as Language[];

type Values = Readonly<Record<string, string | number>>;

/** The language in use; numbers, dates and sizes follow the system's full locale of it. */
class Messages {
  language = $state<Language>("en");
  #formats = new Map<string, IntlMessageFormat>();

  /** `de-AT` where the system says so and the language is German, else plain `de`. */
  readonly locale: string = $derived(
    navigator.languages.find((one) => one.split("-")[0] === this.language) ??
      this.language,
  );

  /** The text of a key, with its values put in by ICU rules (plurals, numbers). */
  text(key: MessageKey, values?: Values): string {
    const { language } = this;
    const name = `${language} ${key}`;
    let format = this.#formats.get(name);
    if (format === undefined) {
      format = new IntlMessageFormat(catalogues[language][key], this.locale);
      this.#formats.set(name, format);
    }
    return String(format.format(values));
  }
}

export const messages = new Messages();

/** The text of a key in the language in use. Reactive. */
export function t(key: MessageKey, values?: Values): string {
  return messages.text(key, values);
}

/** The first language of the system we have texts for. */
export function systemLanguage(): Language {
  for (const wanted of navigator.languages) {
    const found = languages.find((one) => one === wanted.split("-")[0]);
    if (found !== undefined) return found;
  }
  return "en";
}
