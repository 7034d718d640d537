/** Inside Telegram, a Mini App's address says in its fragment who opened it, signed by Telegram. */

/** What the server checks, or null where the page was not opened by Telegram. */
export function initDataOf(hash: string): string | null {
  return new URLSearchParams(hash.slice(1)).get("tgWebAppData") || null;
}

/**
 * Who the data says it is about, to ask by. Nothing is proven by it: the link may be somebody
 * else's, with data of his own, and this may be no Mini App at all.
 */
export function nameIn(initData: string): string | null {
  try {
    const user: unknown = JSON.parse(new URLSearchParams(initData).get("user") ?? "null");
    const { first_name, last_name, username } = (user ?? {}) as Record<string, unknown>;
    const words = [first_name, last_name, username && `@${String(username)}`];
    return words.filter((word) => typeof word === "string" && word).join(" ") || null;
  } catch {
    return null;
  }
}

/** Where a proven person goes: a code is to be confirmed first. */
export function afterProof({ code }: { code: string | null }): string {
  return code ? `/link#${encodeURIComponent(code)}` : "/messages";
}
