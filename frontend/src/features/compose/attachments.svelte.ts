/** The files of a message being written: uploaded as soon as they are chosen. */

import { uploadMedia } from "$lib/api/media";
import type { Media, MediaKind } from "$lib/api/types";
import { kindOf } from "$lib/mediaKind";

export class Attachment {
  /** As the server has it; null until it is there. */
  media = $state.raw<Media | null>(null);
  /** The share that is uploaded, 0 to 1. */
  progress = $state(0);
  error = $state.raw<unknown>(null);
  readonly name: string;
  readonly kind: MediaKind;
  #controller = new AbortController();

  constructor(name: string, kind: MediaKind) {
    this.name = name;
    this.kind = kind;
  }

  async upload(file: File): Promise<void> {
    const { signal } = this.#controller;
    try {
      const onprogress = (share: number) => (this.progress = share);
      this.media = await uploadMedia(file, this.kind, { onprogress, signal });
    } catch (error) {
      if (!signal.aborted) this.error = error;
    }
  }

  abort(): void {
    this.#controller.abort();
  }
}

export class Attachments {
  items = $state<Attachment[]>([]);

  get ids(): number[] {
    return this.items.flatMap((item) => item.media?.id ?? []);
  }

  get busy(): boolean {
    return this.items.some((item) => item.media === null && !item.error);
  }

  /** What is uploaded, to find it again after the page was left. */
  get kept(): Media[] {
    return this.items.flatMap((item) => item.media ?? []);
  }

  /** `asFiles` sends pictures and videos as they are, not compressed. */
  add(files: Iterable<File>, asFiles: boolean): void {
    for (const file of files) {
      this.items.push(new Attachment(file.name, asFiles ? "document" : kindOf(file)));
      // From the list and not as it was made: only that one is followed by Svelte.
      void this.items.at(-1)!.upload(file);
    }
  }

  remove(index: number): void {
    this.items.splice(index, 1)[0]?.abort();
  }

  restore(kept: Media[]): void {
    this.items = kept.map((media) => {
      const item = new Attachment(media.name, media.kind);
      item.media = media;
      return item;
    });
  }
}
