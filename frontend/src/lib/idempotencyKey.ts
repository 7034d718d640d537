/** Keys for `Idempotency-Key`: the same thing sent again after a lost answer has the same key. */

export class Attempt {
  #last = { what: "", key: "" };

  /** Another `what` gets another key. */
  keyFor(what: unknown): string {
    const text = JSON.stringify(what);
    if (this.#last.what !== text) this.#last = { what: text, key: randomKey() };
    return this.#last.key;
  }

  /** What was sent has arrived: the same words again are meant to be sent again. */
  arrived(): void {
    this.#last = { what: "", key: "" };
  }
}

/** Not `crypto.randomUUID`: browsers give it to https and localhost only. */
function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `web-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
