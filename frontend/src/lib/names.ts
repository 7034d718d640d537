/** Names for what the API says in words of its own. */

import { isPlain, parseWord } from "./audience";
import { i18n, t, word } from "$lib/i18n/index.svelte";

/** "lang:ru" as "language: Russian". */
export function nameWord(text: string): string {
  const parsed = parseWord(text);
  if (!parsed) return text;
  const kind = t(`word.${parsed.kind}`);
  if (isPlain(parsed.kind)) return kind;
  return `${kind}: ${nameValue(parsed.kind, parsed.value)}`;
}

export function languageName(code: string): string {
  try {
    return new Intl.DisplayNames(i18n.language, { type: "language" }).of(code) ?? code;
  } catch {
    return code;
  }
}

function nameValue(kind: string, value: string): string {
  if (kind === "lang") return languageName(value);
  if (kind === "role") return word("role", value);
  return value;
}

export function topicTitle(topic: { title: string; title_ru: string | null }): string {
  return (i18n.language === "ru" && topic.title_ru) || topic.title;
}
