/** What surrounds a broadcast: its edits and recalls, who decided what, its numbers. */

import { getNumbers, listEvents, listOperations } from "$lib/api/broadcastChanges";
import type { BroadcastEvent, Numbers, Operation } from "$lib/api/types";

export class Aftermath {
  operations = $state.raw<Operation[]>([]);
  events = $state.raw<BroadcastEvent[]>([]);
  numbers = $state.raw<Numbers | null>(null);
  readonly #id: number;

  constructor(id: number) {
    this.#id = id;
  }

  /** Whether an edit or a recall is under way. */
  get busy(): boolean {
    return this.operations.some((one) => ["preparing", "running"].includes(one.status));
  }

  /** Whether it was taken back: then nobody is sent it again. */
  get recalled(): boolean {
    return this.operations.some((one) => one.kind === "recall");
  }

  async look(signal: AbortSignal): Promise<void> {
    const [operations, events, numbers] = await Promise.all([
      listOperations(this.#id, signal),
      listEvents(this.#id, signal),
      getNumbers(this.#id, signal),
    ]);
    this.operations = operations.items;
    this.events = events.items;
    this.numbers = numbers;
  }
}
