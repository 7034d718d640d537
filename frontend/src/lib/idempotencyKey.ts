/** The key of an `Idempotency-Key` header: what is sent again after a lost answer keeps its key. */

import { getStored, setStored } from "$lib/storage";

/** After a day the same words are rather meant anew. */
const KEPT_MS = 24 * 3600 * 1000;
const MOST_KEPT = 10;

interface Attempt {
  what: string;
  key: string;
  at: number;
}

export class IdempotencyKey {
  #last = { what: "", key: "" };
  readonly #storedAs: string | null;

  /** `storedAs`: the browser remembers under this name what has not arrived, over a reload, too. */
  constructor(storedAs: string | null = null) {
    this.#storedAs = storedAs;
  }

  /** Another `what` gets another key. */
  for(what: unknown): string {
    const text = JSON.stringify(what);
    if (this.#last.what !== text) {
      const attempts = this.#attempts();
      const key = attempts.find((attempt) => attempt.what === text)?.key ?? randomKey();
      this.#last = { what: text, key };
      // All of them, for each tab may have one: before it is sent, as the answer may never come.
      this.#store([{ what: text, key, at: Date.now() }, ...without(attempts, text)]);
    }
    return this.#last.key;
  }

  /** What was sent has arrived: the same words again are meant to be sent again. */
  renew(): void {
    this.#store(without(this.#attempts(), this.#last.what));
    this.#last = { what: "", key: "" };
  }

  #attempts(): Attempt[] {
    if (this.#storedAs === null) return [];
    try {
      const stored = JSON.parse(getStored(this.#storedAs) ?? "[]") as Attempt[];
      return stored.filter((attempt) => attempt.at > Date.now() - KEPT_MS);
    } catch {
      return [];
    }
  }

  #store(attempts: Attempt[]): void {
    if (this.#storedAs === null) return;
    const kept = attempts.slice(0, MOST_KEPT);
    setStored(this.#storedAs, kept.length ? JSON.stringify(kept) : null);
  }
}

function without(attempts: Attempt[], what: string): Attempt[] {
  return attempts.filter((attempt) => attempt.what !== what);
}

/** Not `crypto.randomUUID`: browsers give it to https and localhost only. */
function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `web-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
