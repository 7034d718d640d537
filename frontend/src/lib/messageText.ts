/** The text of a message as the reader sees it. */

/**
 * What the server says in codes before the words, `[photo × 3] the hall`, in the reader's language.
 * `name` gives the word for a kind, or the code itself where there is none.
 */
export function inWords(text: string, name: (kind: string) => string): string {
  return text.replace(
    /^\[([a-z_]+)( × \d+)?\]/,
    (_, kind: string, count = "") => `[${name(kind)}${count}]`,
  );
}
