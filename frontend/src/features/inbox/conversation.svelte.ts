/** One conversation: its messages, kept fresh, and what operators do with it. */

import * as api from "$lib/api/inbox";
import type { Note, Thread, ThreadChanges, ThreadMessage } from "$lib/api/types";
import type { Progress } from "$lib/api/upload";
import { IdempotencyKey } from "$lib/idempotencyKey";
import { joined } from "./threads";

const PAGE = 40;

export class Conversation {
  thread = $state.raw<Thread | null>(null);
  notes = $state.raw<Note[]>([]);
  /** Oldest first. */
  messages = $state.raw<ThreadMessage[]>([]);
  /** Where the older ones begin; undefined when all are here. */
  older = $state<string>();
  loading = $state(false);
  readonly id: number;
  #loaded = false;
  #idempotencyKey = new IdempotencyKey();
  #version = "";

  constructor(id: number) {
    this.id = id;
  }

  async refresh(signal?: AbortSignal): Promise<void> {
    const [{ notes, ...thread }, page] = await Promise.all([
      api.getThread(this.id, signal),
      api.listThreadMessages(this.id, PAGE, undefined, signal),
    ]);
    this.thread = thread;
    this.notes = notes;
    this.#take(page.items);
    // The first time only: later the first page ends within what is shown.
    if (!this.#loaded) this.older = page.next_cursor ?? undefined;
    this.#loaded = true;
  }

  async showOlder(): Promise<void> {
    this.loading = true;
    try {
      const page = await api.listThreadMessages(this.id, PAGE, this.older);
      this.#take(page.items);
      this.older = page.next_cursor ?? undefined;
    } finally {
      this.loading = false;
    }
  }

  /** What has been seen is read. */
  async read(): Promise<void> {
    await api.markRead(this.id);
    if (this.thread) this.thread = { ...this.thread, unread: 0 };
  }

  async reply(text: string): Promise<void> {
    this.#take([await api.sendReply(this.id, text, this.#idempotencyKey.for(text))]);
    this.#idempotencyKey.renew();
  }

  async sendFile(file: File, caption: string, progress: Progress): Promise<void> {
    // Not by the content: 50 MB would have to be read for it, and these tell files apart.
    const key = this.#idempotencyKey.for([file.name, file.size, file.lastModified, caption]);
    this.#take([await api.sendFile(this.id, file, caption, key, progress)]);
    this.#idempotencyKey.renew();
  }

  async change(changes: ThreadChanges): Promise<void> {
    this.thread = await api.changeThread(this.id, changes);
  }

  async note(text: string): Promise<void> {
    this.notes = [...this.notes, await api.addNote(this.id, text)];
  }

  async forgetNote(id: number): Promise<void> {
    await api.deleteNote(this.id, id);
    this.notes = this.notes.filter((note) => note.id !== id);
  }

  /** What is shown changes only with the messages, so that nobody's place in them is lost. */
  #take(found: ThreadMessage[]): void {
    const messages = joined(this.messages, found);
    const version = JSON.stringify(messages);
    if (version === this.#version) return;
    this.#version = version;
    this.messages = messages;
  }
}
