/** Short messages that say a thing was done or could not be; read aloud by screen readers. */

export interface Notice {
  id: number;
  kind: "success" | "error";
  text: string;
}

const SHOWN_MS = { success: 5_000, error: 10_000 }; // an error has more to read

class Notices {
  items = $state<Notice[]>([]);
  #next = 1;

  success(text: string): void {
    this.#add("success", text);
  }

  error(text: string): void {
    this.#add("error", text);
  }

  dismiss(id: number): void {
    this.items = this.items.filter((notice) => notice.id !== id);
  }

  #add(kind: Notice["kind"], text: string): void {
    const id = this.#next++;
    this.items.push({ id, kind, text });
    setTimeout(() => this.dismiss(id), SHOWN_MS[kind]);
  }
}

export const notices = new Notices();
