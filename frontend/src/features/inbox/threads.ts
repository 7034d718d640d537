/** Lists that grow at one end while somebody reads them, as pure functions. */

import type { Page, Thread, ThreadMessage } from "$lib/api/types";

/**
 * The list after its first page was read again. What was known and is not on the page stays only
 * where it lies behind it: anything else has moved to the front or no longer fits the filter.
 */
export function refreshed(known: Thread[], first: Page<Thread>): Thread[] {
  const last = first.items.at(-1);
  if (!first.next_cursor || !last) return first.items;
  const fresh = new Set(first.items.map(({ chat }) => chat.id));
  const behind = known.filter(
    ({ chat, last_at }) => !fresh.has(chat.id) && Date.parse(last_at) <= Date.parse(last.last_at),
  );
  return [...first.items, ...behind];
}

/** How many conversations wait to be read; with a `+` where the page does not hold them all. */
export function waitingOf({ items, next_cursor }: Page<Thread>): string {
  const waiting = items.filter(({ unread }) => unread > 0).length;
  if (waiting === 0) return "";
  return waiting === items.length && next_cursor ? `${waiting}+` : String(waiting);
}

/** Messages in the order they were written; the newer knowledge of one counts. */
export function joined(known: ThreadMessage[], found: ThreadMessage[]): ThreadMessage[] {
  const all = new Map(known.map((message) => [message.id, message]));
  for (const message of found) all.set(message.id, message);
  return [...all.values()].sort((a, b) => Date.parse(a.at) - Date.parse(b.at) || a.id - b.id);
}

/** Adds a label once, however it is spaced; an empty one is none. */
export function withLabel(labels: string[], label: string): string[] {
  const words = label.trim().replace(/\s+/g, " ");
  return words === "" || labels.includes(words) ? labels : [...labels, words];
}

export type Look = "image" | "sound" | "other";

/** How a file is shown: what browsers show inline, or as something to download. */
export function lookOf({ kind, mime }: { kind: string; mime: string | null }): Look {
  if (kind === "photo" || /^image\/(jpeg|png|webp|gif)$/.test(mime ?? "")) return "image";
  if (kind === "voice" || kind === "audio") return "sound";
  return "other";
}
