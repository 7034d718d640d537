/** Audience words as the server takes them: `all`, `linked`, `lang:ru`, `user:ann@example.org`… */

export const PLAIN_KINDS = ["all", "linked", "unlinked", "groups", "channels"] as const;
export const VALUE_KINDS = ["topic", "lang", "role", "user", "chat"] as const;

export type PlainKind = (typeof PLAIN_KINDS)[number];
export type ValueKind = (typeof VALUE_KINDS)[number];
export type Kind = PlainKind | ValueKind;

export interface Word {
  kind: Kind;
  value: string;
}

/** null for a word this site does not know. */
export function parseWord(word: string): Word | null {
  if ((PLAIN_KINDS as readonly string[]).includes(word)) {
    return { kind: word as PlainKind, value: "" };
  }
  const colon = word.indexOf(":");
  const kind = word.slice(0, colon);
  const value = word.slice(colon + 1);
  if (colon > 0 && value && (VALUE_KINDS as readonly string[]).includes(kind)) {
    return { kind: kind as ValueKind, value };
  }
  return null;
}

export function isPlain(kind: Kind): kind is PlainKind {
  return (PLAIN_KINDS as readonly string[]).includes(kind);
}

/** Adds a word once. */
export function withWord(words: string[], word: string): string[] {
  return words.includes(word) ? words : [...words, word];
}
