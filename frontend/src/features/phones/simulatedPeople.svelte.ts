/** The simulated people, as many as are looked at: the list is searched here, the simulator has no search. */

import { listPeople } from "$lib/api/sandbox";
import type { Person } from "$lib/api/types";

const MOST_PAGES = 20; // 2,000 people; more make no better list to look at

export class People {
  items = $state.raw<Person[]>([]);
  total = $state(0);
  loaded = $state(false);

  async load(signal?: AbortSignal): Promise<void> {
    const found: Person[] = [];
    let after = 0;
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const { people, total } = await listPeople(after, signal);
      found.push(...people);
      this.total = total;
      if (people.length === 0 || found.length >= total) break;
      after = people.at(-1)!.id;
    }
    this.items = found;
    this.loaded = true;
  }

  put(person: Person): void {
    const known = this.items.some((other) => other.id === person.id);
    this.items = known
      ? this.items.map((other) => (other.id === person.id ? person : other))
      : [...this.items, person];
    if (!known) this.total += 1;
  }

  find(id: number): Person | undefined {
    return this.items.find((person) => person.id === id);
  }
}

export function fullName(person: Person): string {
  return [person.first_name, person.last_name].filter(Boolean).join(" ");
}

export function matches(person: Person, q: string): boolean {
  const words = `${fullName(person)} ${person.username ?? ""} ${person.id}`.toLowerCase();
  return words.includes(q.trim().toLowerCase());
}
