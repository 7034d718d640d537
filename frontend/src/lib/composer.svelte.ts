/** A broadcast being written: its parts, what the server says of it, and the sending of it. */

import { previewBroadcast, sendBroadcast } from "$lib/api/broadcasts";
import type {
  Broadcast,
  BroadcastDraft,
  Fault,
  Preview,
  TextFormat,
  UrlButton,
} from "$lib/api/types";
import { recall, remember, thisTab } from "$lib/memory";

const MEMORY = "composer";

export class Composer {
  text = $state("");
  format = $state<TextFormat>("plain");
  to = $state<string[]>(["all"]);
  not = $state<string[]>([]);
  silent = $state(false);
  protected = $state(false);
  linkPreview = $state(true);
  buttons = $state<UrlButton[]>([]);

  preview = $state.raw<Preview | null>(null);
  previewError = $state.raw<unknown>(null);
  #attempt = { body: "", key: "" };

  constructor() {
    this.#restore();
  }

  /** What the server gets; buttons with nothing in them are still being written. */
  draft = $derived.by((): BroadcastDraft => {
    const buttons = this.#filledButtons().map(({ text, url }) => [{ text, url }]);
    return {
      text: this.text,
      format: this.format,
      audience: { to: [...this.to], not: [...this.not] },
      options: {
        silent: this.silent,
        protected: this.protected,
        link_preview: this.linkPreview,
        buttons,
      },
    };
  });

  get empty(): boolean {
    return this.text.trim() === "";
  }

  /** Faults worth showing: that an untouched message is empty is no news. */
  get faults(): Fault[] {
    const faults = this.preview?.faults ?? [];
    return this.empty ? faults.filter((fault) => fault.field !== "text") : faults;
  }

  get textFaults(): Fault[] {
    return this.faults.filter((fault) => fault.field === "text");
  }

  get audienceFaults(): Fault[] {
    return this.faults.filter((fault) => fault.field.startsWith("audience"));
  }

  /** The faults of the button at `index` of `buttons`, which counts the empty ones too. */
  buttonFaults(index: number): string[] {
    const row = this.#filledButtons().indexOf(this.buttons[index]!);
    return this.faults
      .filter((fault) => row >= 0 && fault.field.startsWith(`options.buttons.${row}.`))
      .map((fault) => fault.message);
  }

  /** Asks the server; an aborted question changes nothing. */
  async look(signal?: AbortSignal): Promise<Preview | null> {
    try {
      this.preview = await previewBroadcast(this.draft, signal);
      this.previewError = null;
      return this.preview;
    } catch (error) {
      if (signal?.aborted) return null;
      this.previewError = error;
      return null;
    }
  }

  /** Sends the draft. Pressed again after a lost answer, the same draft has the same key. */
  async send(): Promise<Broadcast> {
    const body = JSON.stringify(this.draft);
    if (this.#attempt.body !== body) this.#attempt = { body, key: randomKey() };
    const broadcast = await sendBroadcast(this.draft, this.#attempt.key);
    remember(MEMORY, null, thisTab);
    return broadcast;
  }

  /** Keeps the draft in this tab, so that leaving the page by mistake costs nothing. */
  save(): void {
    remember(MEMORY, this.empty ? null : JSON.stringify(this.draft), thisTab);
  }

  #filledButtons(): UrlButton[] {
    return this.buttons.filter((button) => button.text !== "" || button.url !== "");
  }

  #restore(): void {
    const draft = parse(recall(MEMORY, thisTab));
    if (!draft) return;
    this.text = draft.text;
    this.format = draft.format ?? "plain";
    this.to = draft.audience.to;
    this.not = draft.audience.not ?? [];
    this.silent = draft.options?.silent ?? false;
    this.protected = draft.options?.protected ?? false;
    this.linkPreview = draft.options?.link_preview ?? true;
    this.buttons = (draft.options?.buttons ?? []).flat();
  }
}

function parse(text: string | null): BroadcastDraft | null {
  try {
    return text ? (JSON.parse(text) as BroadcastDraft) : null;
  } catch {
    return null;
  }
}

/** Not `crypto.randomUUID`: browsers give it to https and localhost only. */
function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `web-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
