/** What this site is; asked once at the start. */

import { getSite } from "$lib/api/account";
import type { Site } from "$lib/api/types";

class SiteStore {
  value = $state<Site | null>(null);

  get name(): string {
    return this.value?.name ?? "Appliance";
  }

  get sandbox(): boolean {
    return this.value?.sandbox ?? false;
  }

  async load(): Promise<void> {
    this.value = await getSite();
  }
}

export const site = new SiteStore();
