import {
  languages,
  messages,
  systemLanguage,
  type Language,
} from "../messages/messages.svelte.ts";

export type Theme = "system" | "light" | "dark";
const themes: readonly Theme[] = ["system", "light", "dark"];

/** How this window looks and speaks; kept per browser, not per node. */
export class Preferences {
  readonly #storage: Storage;
  theme = $state<Theme>("system");

  constructor(storage: Storage) {
    this.#storage = storage;
    const theme = storage.getItem("theme");
    this.setTheme(themes.find((one) => one === theme) ?? "system");
    const language = storage.getItem("language");
    messages.language =
      languages.find((one) => one === language) ?? systemLanguage();
    document.documentElement.lang = messages.language;
  }

  setTheme(theme: Theme): void {
    this.theme = theme;
    this.#storage.setItem("theme", theme);
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  }

  setLanguage(language: Language): void {
    messages.language = language;
    this.#storage.setItem("language", language);
    document.documentElement.lang = language;
  }
}
