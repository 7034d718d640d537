/** The state of one form: under way or not, and what was wrong the last time. */

import { Problem } from "$lib/api/problem";

export class Submission {
  busy = $state(false);
  #error = $state.raw<unknown>(null);
  #fields: string[];

  /** `fields` show their faults themselves; what names none of them is a matter of the whole form. */
  constructor(fields: string[] = []) {
    this.#fields = fields;
  }

  get status(): number | null {
    return this.#error instanceof Problem ? this.#error.status : null;
  }

  /** What the server said of the whole; empty when it said nothing. */
  get detail(): string {
    return this.#error instanceof Problem ? this.#error.detail : "";
  }

  /** The error to show above the form, or null when every fault stands beside its field. */
  get general(): unknown {
    if (!(this.#error instanceof Problem)) return this.#error;
    const { faults } = this.#error;
    const placed = faults.every((fault) => this.#fields.includes(fault.field));
    return faults.length > 0 && placed ? null : this.#error;
  }

  of(field: string): string[] {
    return this.#error instanceof Problem ? this.#error.of(field) : [];
  }

  /** Does `work`, once at a time; true when it went well. */
  async run(event: Event | null, work: () => Promise<unknown>): Promise<boolean> {
    event?.preventDefault();
    // A second press of the button while the first is under way must not send twice.
    if (this.busy) return false;
    this.busy = true;
    this.#error = null;
    try {
      await work();
      return true;
    } catch (error) {
      this.#error = error;
      return false;
    } finally {
      this.busy = false;
    }
  }
}
