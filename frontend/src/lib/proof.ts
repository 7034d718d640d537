/**
 * Proofs from Telegram that come in the fragment of an address: a Mini App is opened with one, and
 * the page that the Login Widget leads to comes back with one.
 */

import type { WidgetLogin } from "$lib/api/types";

/** What Telegram signed; the server checks it. */
export type Proof = { initData: string } | { widget: WidgetLogin };

/** Undefined where the address brings none; null: whoever was at Telegram's page said no there. */
export function proofIn(hash: string): Proof | null | undefined {
  const words = new URLSearchParams(hash.slice(1));
  const result = words.get("tgAuthResult");
  if (result !== null) return readResult(result);
  const initData = words.get("tgWebAppData");
  return initData ? { initData } : undefined;
}

/** Base64 of JSON, with or without padding; `false` when nobody agreed. */
function readResult(result: string): Proof | null {
  try {
    // `atob` knows one alphabet only; a space is what a "+" became in an address.
    const letters = result.replace(/[- ]/g, "+").replace(/_/g, "/");
    const bytes = Uint8Array.from(atob(letters), (letter) => letter.charCodeAt(0));
    const found: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return isWidget(found) ? { widget: found } : null;
  } catch {
    return null;
  }
}

function isWidget(found: unknown): found is WidgetLogin {
  return typeof found === "object" && found !== null && "id" in found && "hash" in found;
}

/**
 * Who the proof says it is about, to ask by. Nothing is proven by it: the link may be somebody
 * else's, with their data, and this may be no Mini App at all.
 */
export function nameIn(proof: Proof): string | null {
  const person = "widget" in proof ? proof.widget : userOf(proof.initData);
  const { first_name, last_name, username } = (person ?? {}) as Record<string, unknown>;
  const words = [first_name, last_name, username && `@${String(username)}`];
  return words.filter((word) => typeof word === "string" && word).join(" ") || null;
}

function userOf(initData: string): unknown {
  try {
    return JSON.parse(new URLSearchParams(initData).get("user") ?? "null");
  } catch {
    return null;
  }
}

/** Where a proven person goes: a code is to be confirmed first. */
export function afterProof({ code }: { code: string | null }): string {
  return code ? `/link#${encodeURIComponent(code)}` : "/messages";
}
