/** Inside Telegram, a Mini App's address says in its fragment who opened it, signed by Telegram. */

/** What the server checks, or null where the page was not opened by Telegram. */
export function initDataOf(hash: string): string | null {
  return new URLSearchParams(hash.slice(1)).get("tgWebAppData") || null;
}

/** Where a proven person goes: a code is to be confirmed first. */
export function afterProof({ code }: { code: string | null }): string {
  return code ? `/link#${encodeURIComponent(code)}` : "/messages";
}
