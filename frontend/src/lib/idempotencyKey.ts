/** The key of an `Idempotency-Key` header: what is sent again after a lost answer keeps its key. */

export class IdempotencyKey {
  #last = { what: "", key: "" };

  /** Another `what` gets another key. */
  for(what: unknown): string {
    const text = JSON.stringify(what);
    if (this.#last.what !== text) this.#last = { what: text, key: randomKey() };
    return this.#last.key;
  }

  /** What was sent has arrived: the same words again are meant to be sent again. */
  renew(): void {
    this.#last = { what: "", key: "" };
  }
}

/** Not `crypto.randomUUID`: browsers give it to https and localhost only. */
function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `web-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
