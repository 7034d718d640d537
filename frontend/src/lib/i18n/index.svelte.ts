/** The language of the page: the profile's, else the one chosen here before, else the browser's. */

import type { Language } from "$lib/api/types";
import { getStored, setStored } from "$lib/storage";
import { en, type Texts } from "./en";
import { ru } from "./ru";
import { chooseLanguage, render, type Gaps } from "./translate";

export type Key = keyof Texts;

export const LANGUAGES: readonly Language[] = ["en", "ru"];
export const LANGUAGE_NAMES: Record<Language, string> = { en: "English", ru: "Русский" };

const CATALOGUES: Record<Language, Texts> = { en, ru };

class I18n {
  language = $state<Language>(initial());

  constructor() {
    document.documentElement.lang = this.language;
  }

  use(language: Language): void {
    this.language = language;
    document.documentElement.lang = language;
    setStored("language", language);
  }
}

function initial(): Language {
  const chosen = getStored("language");
  return chooseLanguage(chosen ? [chosen] : navigator.languages, LANGUAGES, "en");
}

export const i18n = new I18n();

/** The text for `key` in the page's language; follows the language wherever it is rendered. */
export function t(key: Key, gaps: Gaps = {}): string {
  return render(CATALOGUES[i18n.language][key], gaps, i18n.language);
}

/** Like `t`, for words of the server that may be newer than this page: those are shown as they are. */
export function word(prefix: string, value: string): string {
  const key = `${prefix}.${value}`;
  return key in en ? t(key as Key) : value;
}
