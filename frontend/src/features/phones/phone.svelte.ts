/** One simulated phone: its messages, kept fresh, and what its owner can do. */

import * as sandbox from "$lib/api/sandbox";
import type { CallbackAnswer, Person, PhoneMessage } from "$lib/api/types";
import { kindOf } from "$lib/mediaKind";
import { base64 } from "./base64";
import { poll } from "$lib/poll";

const EVERY_MS = 1_000;

export class Phone {
  messages = $state.raw<PhoneMessage[]>([]);
  /** The bot's latest answer to a pressed button. */
  answer = $state.raw<CallbackAnswer | null>(null);
  loaded = $state(false);
  error = $state.raw<unknown>(null);
  busy = $state(false);
  readonly id: number;
  #onPerson: (person: Person) => void;
  #seenAnswers: Set<string> | null = null;
  #version = "";

  constructor(id: number, onPerson: (person: Person) => void) {
    this.id = id;
    this.#onPerson = onPerson;
  }

  /** The reply keyboard that shows now: the latest one that the bot sent and did not take away. */
  keyboard = $derived.by((): string[][] => keyboardOf(this.messages));

  /** Returns the function that ends it. */
  watch(): () => void {
    return poll(
      (signal) => this.refresh(signal),
      EVERY_MS,
      (error) => (this.error = error),
    );
  }

  async refresh(signal?: AbortSignal): Promise<void> {
    const { messages } = await sandbox.listPhoneMessages(this.id, signal);
    // Compared as text: new objects each second would draw every message anew and lose what is
    // selected.
    const version = JSON.stringify(messages);
    if (version !== this.#version) {
      this.#version = version;
      this.messages = messages;
    }
    this.loaded = true;
    this.error = null;
    if (this.#seenAnswers) await this.#lookForAnswer();
  }

  start = (payload: string) => this.#act(() => sandbox.pressStart(this.id, payload));
  send = (text: string) => this.#act(() => sandbox.sendText(this.id, text));
  sendFile = (file: File, caption: string) =>
    this.#act(async () => {
      const content = base64(new Uint8Array(await file.arrayBuffer()));
      const sent = { content, name: file.name, mime: file.type, caption };
      return sandbox.sendFile(this.id, kindOf(file), sent);
    });
  block = (blocked: boolean) =>
    this.#act(() => (blocked ? sandbox.block(this.id) : sandbox.unblock(this.id)));

  async press(message: PhoneMessage, data: string): Promise<boolean> {
    this.answer = null;
    // Only answers that come after this press are news.
    this.#seenAnswers ??= new Set((await sandbox.listAnswers(this.id)).answers.map(key));
    return this.#act(() => sandbox.pressButton(this.id, message.message_id, data));
  }

  /** True when it went well. */
  async #act(work: () => Promise<Person>): Promise<boolean> {
    this.busy = true;
    try {
      this.#onPerson(await work());
      await this.refresh();
      return true;
    } catch (error) {
      this.error = error;
      return false;
    } finally {
      this.busy = false;
    }
  }

  async #lookForAnswer(): Promise<void> {
    const { answers } = await sandbox.listAnswers(this.id);
    for (const answer of answers) {
      if (this.#seenAnswers!.has(key(answer))) continue;
      this.#seenAnswers!.add(key(answer));
      if (answer.answered && answer.text) this.answer = answer;
    }
  }
}

/** A press is listed at once and again, changed, when the bot has answered it. */
function key(answer: CallbackAnswer): string {
  return `${answer.id}:${answer.answered}`;
}

export function keyboardOf(messages: PhoneMessage[]): string[][] {
  for (const message of [...messages].reverse()) {
    const markup = message.from === "bot" ? message.reply_markup : null;
    if (markup?.remove_keyboard) return [];
    if (markup?.keyboard) {
      return markup.keyboard.map((row) => row.map((button) => button.text));
    }
  }
  return [];
}

const MEDIA = [
  "photo",
  "document",
  "video",
  "animation",
  "audio",
  "voice",
  "video_note",
  "sticker",
] as const;

export interface PhoneMedia {
  kind: (typeof MEDIA)[number];
  name: string;
}

/** What a message carries besides words. An animation is a document, too: the rarer word counts. */
export function mediaOf(message: PhoneMessage): PhoneMedia | null {
  const kind = MEDIA.findLast((one) => message[one]);
  if (!kind) return null;
  return { kind, name: kind === "photo" ? "" : (message[kind]?.file_name ?? "") };
}
