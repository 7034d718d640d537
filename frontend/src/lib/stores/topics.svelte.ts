/** The topics of the site, for choosing one. */

import { listTopics } from "$lib/api/topics";
import type { Topic } from "$lib/api/types";

class Topics {
  items = $state.raw<Topic[]>([]);

  /** What is shown stays until the answer comes, and where none does. */
  async load(): Promise<void> {
    try {
      this.items = (await listTopics()).items;
    } catch {
      // Choosing a topic is not offered; everything else works, and says when it does not.
    }
  }
}

export const topics = new Topics();
