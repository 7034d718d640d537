/** A broadcast being written: its parts, what the server says of it, and the sending of it. */

import { planBroadcast, previewBroadcast, sendBroadcast } from "$lib/api/broadcasts";
import { addSchedule } from "$lib/api/schedules";
import type {
  Broadcast,
  BroadcastDraft,
  BroadcastOrder,
  Fault,
  Language,
  Media,
  MessageButton,
  NewSchedule,
  Plan,
  Preview,
  TextFormat,
} from "$lib/api/types";
import { Attachments } from "./attachments.svelte";
import { IdempotencyKey } from "$lib/idempotencyKey";
import { cronOf, type Times } from "./cron";
import { getStored, setStored, thisTab } from "$lib/storage";

const STORED_DRAFT = "composer";
const STORED_KEYS = "composer-keys";
/** What this tab remembers; files are remembered besides, by what the server has. */
const REMEMBERED = [
  "text",
  "variants",
  "format",
  "to",
  "not",
  "silent",
  "protected",
  "linkPreview",
  "track",
  "buttons",
  "when",
  "at",
  "timezone",
  "name",
  "times",
  "maxLate",
  "quiet",
  "quietFrom",
  "quietUntil",
  "canary",
  "canaryCount",
  "canaryPercent",
  "canaryMinutes",
] as const;

export class Composer {
  text = $state("");
  variants = $state<Partial<Record<Language, string>>>({});
  /** Whose text is being written; empty is the one for everybody else. */
  language = $state<Language | "">("");
  format = $state<TextFormat>("plain");
  files = new Attachments();
  to = $state<string[]>(["all"]);
  not = $state<string[]>([]);
  silent = $state(false);
  protected = $state(false);
  linkPreview = $state(true);
  track = $state(false);
  buttons = $state<MessageButton[]>([]);
  when = $state<"now" | "later" | "again">("now");
  at = $state(""); // as <input type="datetime-local"> says it
  timezone = $state(Intl.DateTimeFormat().resolvedOptions().timeZone);
  /** Of a schedule: its name, and when it is due. */
  name = $state("");
  times = $state<Times>({ every: "week", at: "09:00", weekday: 1, day: 1, cron: "" });
  /** In minutes; null is the server's own limit. */
  maxLate = $state<number | null>(null);
  quiet = $state(false);
  quietFrom = $state("22:00");
  quietUntil = $state("08:00");
  canary = $state(false);
  canaryCount = $state<number | null>(20);
  canaryPercent = $state<number | null>(10);
  canaryMinutes = $state<number | null>(1);

  preview = $state.raw<Preview | null>(null);
  /** The text in sight, where it is not the main one. */
  variantPreview = $state.raw<Preview | null>(null);
  previewError = $state.raw<unknown>(null);
  plan = $state.raw<Plan | null>(null);
  #idempotencyKey = new IdempotencyKey(STORED_KEYS);

  constructor() {
    this.#restore();
  }

  /** What the server gets; buttons with nothing in them are still being written. */
  draft = $derived.by((): BroadcastDraft => {
    return {
      text: this.text,
      format: this.format,
      variants: filled(this.variants),
      media: this.files.ids,
      audience: { to: [...this.to], not: [...this.not] },
      options: {
        silent: this.silent,
        protected: this.protected,
        link_preview: this.linkPreview,
        track: this.track,
        buttons: this.#filledButtons().map((button) => [asSent(button)]),
      },
      quiet: this.quiet ? `${this.quietFrom}-${this.quietUntil}` : null,
      canary: this.canary ? this.canaryCount : null,
      canary_limit: this.canary ? (this.canaryPercent ?? 0) / 100 : null,
      canary_wait: this.canary ? seconds(this.canaryMinutes) : null,
      max_late: this.when === "now" ? null : seconds(this.maxLate),
    };
  });

  /** One broadcast, now or later. */
  get order(): BroadcastOrder {
    if (this.when !== "later") return this.draft;
    return { ...this.draft, at: this.at, timezone: this.timezone };
  }

  /** The same broadcast again and again. */
  get schedule(): NewSchedule {
    const cron = cronOf(this.times);
    return { ...this.draft, name: this.name.trim(), cron, timezone: this.timezone };
  }

  /** The text in sight. */
  get words(): string {
    return this.language ? (this.variants[this.language] ?? "") : this.text;
  }

  set words(words: string) {
    if (this.language) this.variants[this.language] = words;
    else this.text = words;
  }

  get empty(): boolean {
    return this.text.trim() === "" && this.files.items.length === 0;
  }

  /** What the preview says of the text in sight. */
  get shown(): Preview | null {
    return this.variantPreview ?? this.preview;
  }

  /** Faults worth showing: that an untouched message is empty is no news. */
  get faults(): Fault[] {
    const faults = this.preview?.faults ?? [];
    return this.empty ? faults.filter((fault) => fault.field !== "text") : faults;
  }

  /** Those of the text in sight. */
  get textFaults(): Fault[] {
    const field = this.language ? `variants.${this.language}` : "text";
    return this.faults.filter((fault) => fault.field === field);
  }

  /** What is wrong with the fields whose names begin like this. */
  faultsOf(...fields: string[]): string[] {
    return this.faults
      .filter((fault) => fields.some((field) => fault.field.startsWith(field)))
      .map((fault) => fault.message);
  }

  /** The faults of the button at `index` of `buttons`, which counts the empty ones too. */
  buttonFaults(index: number): string[] {
    const row = this.#filledButtons().indexOf(this.buttons[index]!);
    return row < 0 ? [] : this.faultsOf(`options.buttons.${row}.`);
  }

  /** Asks the server; an aborted question changes nothing. */
  async look(signal?: AbortSignal): Promise<Preview | null> {
    try {
      // The server shows one text at a time: the one in sight goes as the main text of a second
      // question.
      const variant = this.language && this.words ? { text: this.words, variants: {} } : null;
      const [preview, shown] = await Promise.all([
        previewBroadcast(this.draft, signal),
        variant && previewBroadcast({ ...this.draft, ...variant }, signal),
      ]);
      this.preview = preview;
      this.variantPreview = shown;
      this.previewError = null;
      return this.preview;
    } catch (error) {
      // A newer text is asked about already: this one's failure is nobody's business.
      if (signal?.aborted) return null;
      this.previewError = error;
      return null;
    }
  }

  /** A dry run of what `send` would do now. */
  async rehearse(): Promise<void> {
    this.plan = await planBroadcast(this.draft);
  }

  /** Sends the draft. After a lost answer, and a reload, the same draft has the same key. */
  async send(): Promise<Broadcast> {
    const broadcast = await sendBroadcast(this.order, this.#idempotencyKey.for(this.order));
    this.#idempotencyKey.renew();
    this.#forget();
    return broadcast;
  }

  async repeat(): Promise<void> {
    await addSchedule(this.schedule);
    this.#forget();
  }

  /** Keeps the draft in this tab, so that leaving the page by mistake costs nothing. */
  save(): void {
    const parts = REMEMBERED.map((name) => [name, this[name]]);
    const kept = { ...Object.fromEntries(parts), files: this.files.kept };
    setStored(STORED_DRAFT, this.empty ? null : JSON.stringify(kept), thisTab);
  }

  #forget(): void {
    setStored(STORED_DRAFT, null, thisTab);
  }

  #filledButtons(): MessageButton[] {
    return this.buttons.filter((button) => button.text || button.url || button.topic_off);
  }

  #restore(): void {
    const kept = parse(getStored(STORED_DRAFT, thisTab));
    for (const name of REMEMBERED) {
      // Name by name: a draft of an older version of the page lacks some, and must not bring
      // others.
      if (name in kept) Object.assign(this, { [name]: kept[name] });
    }
    this.files.restore((kept.files ?? []) as Media[]);
  }
}

function parse(text: string | null): Record<string, unknown> {
  try {
    return text ? (JSON.parse(text) as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function filled(variants: Partial<Record<Language, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(variants).filter(([, text]) => text.trim() !== ""));
}

function seconds(minutes: number | null): number | null {
  return minutes === null ? null : Math.round(minutes * 60);
}

function asSent({ text, url, topic_off }: MessageButton): MessageButton {
  return topic_off ? { text, topic_off } : { text, url: url ?? "" };
}
