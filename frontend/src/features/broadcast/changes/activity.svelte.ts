/** What happens to a broadcast: its edits and recalls, its history, its statistics. */

import { getStatistics, listEvents, listOperations } from "$lib/api/broadcastChanges";
import type { BroadcastEvent, Operation, Statistics } from "$lib/api/types";

export class Activity {
  operations = $state.raw<Operation[]>([]);
  events = $state.raw<BroadcastEvent[]>([]);
  statistics = $state.raw<Statistics | null>(null);
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

  async load(signal: AbortSignal): Promise<void> {
    const [operations, events, statistics] = await Promise.all([
      listOperations(this.#id, signal),
      listEvents(this.#id, signal),
      getStatistics(this.#id, signal),
    ]);
    this.operations = operations.items;
    this.events = events.items;
    this.statistics = statistics;
  }
}
