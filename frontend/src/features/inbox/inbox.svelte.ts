/** The operators' list of conversations, kept fresh. */

import { listThreads, type ThreadFilter } from "$lib/api/inbox";
import type { Page, Thread } from "$lib/api/types";
import { refreshed } from "./threads";

const PAGE = 30;

export class Inbox {
  status = $state<ThreadFilter["status"]>("open");
  /** Empty is anybody's. */
  assigned = $state<"" | "me" | "none">("");
  label = $state("");
  q = $state("");
  items = $state.raw<Thread[]>([]);
  cursor = $state<string>();
  loading = $state(false);
  loaded = $state(false);
  /** Every label seen since the page was opened, to choose from. */
  labels = $state.raw<string[]>([]);

  get empty(): boolean {
    return this.loaded && this.items.length === 0;
  }

  filter = $derived.by((): ThreadFilter => ({
    status: this.status,
    assigned: this.assigned || undefined,
    label: this.label || undefined,
    q: this.q.trim() || undefined,
  }));

  /** Forgets what another filter showed. */
  clear(): void {
    this.items = [];
    this.cursor = undefined;
    this.loaded = false;
  }

  async refresh(signal: AbortSignal): Promise<void> {
    const first = await listThreads(this.filter, PAGE, undefined, signal);
    if (signal.aborted) return;
    const onlyPage = this.items.length <= PAGE;
    this.items = refreshed(this.items, first);
    if (onlyPage || !first.next_cursor) this.cursor = first.next_cursor ?? undefined;
    this.loaded = true;
    this.#learn(first);
  }

  /** The next page; a filter chosen meanwhile drops it. */
  async more(): Promise<void> {
    const { filter } = this;
    this.loading = true;
    try {
      const page = await listThreads(filter, PAGE, this.cursor);
      if (filter !== this.filter) return;
      // A thread that was written to meanwhile has moved to the front, and comes once more.
      const known = new Set(this.items.map(({ chat }) => chat.id));
      this.items = [...this.items, ...page.items.filter(({ chat }) => !known.has(chat.id))];
      this.cursor = page.next_cursor ?? undefined;
      this.#learn(page);
    } finally {
      this.loading = false;
    }
  }

  #learn({ items }: Page<Thread>): void {
    const labels = new Set([...this.labels, ...items.flatMap((thread) => thread.labels)]);
    if (labels.size > this.labels.length) this.labels = [...labels].sort();
  }
}
