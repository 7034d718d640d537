/** A list that grows page by page. */

import type { Page } from "$lib/api/types";

type Fetch<T> = (cursor?: string) => Promise<Page<T>>;

export class PagedList<T> {
  items = $state<T[]>([]);
  cursor = $state<string>();
  loading = $state(true);
  error = $state<unknown>(null);
  #fetch: Fetch<T>;
  #turn = 0; // an answer that comes after a newer question is dropped

  constructor(fetch: Fetch<T>) {
    this.#fetch = fetch;
  }

  get empty(): boolean {
    return !this.loading && !this.error && this.items.length === 0;
  }

  /** Starts anew; what is shown stays until the answer comes. */
  reload(): Promise<void> {
    return this.#load(undefined, (page) => page.items);
  }

  more(): Promise<void> {
    return this.#load(this.cursor, (page) => [...this.items, ...page.items]);
  }

  replace(item: T, same: (other: T) => boolean): void {
    this.items = this.items.map((other) => (same(other) ? item : other));
  }

  async #load(cursor: string | undefined, merge: (page: Page<T>) => T[]): Promise<void> {
    const turn = ++this.#turn;
    this.loading = true;
    this.error = null;
    try {
      const page = await this.#fetch(cursor);
      if (turn !== this.#turn) return;
      this.items = merge(page);
      this.cursor = page.next_cursor ?? undefined;
    } catch (error) {
      if (turn === this.#turn) this.error = error;
    } finally {
      if (turn === this.#turn) this.loading = false;
    }
  }
}
