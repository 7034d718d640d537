/** The shapes of /api/v1, as the server's OpenAPI document gives them. Times are RFC 3339 in UTC. */

export type Role = "member" | "operator" | "admin";
export type Language = "en" | "ru";
export type ChatStatus = "active" | "stopped" | "blocked" | "left";
export type ChatType = "private" | "group" | "supergroup" | "channel";
export type TextFormat = "plain" | "html";
export type DeliveryState = "pending" | "sending" | "sent" | "failed" | "skipped" | "unknown";
export type BroadcastStatus =
  "draft" | "scheduled" | "running" | "paused" | "halted" | "cancelled" | "done";

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

/** One place where an input is wrong: `offset` counts code points, `line` and `column` from 1. */
export interface Fault {
  field: string;
  message: string;
  offset?: number | null;
  line?: number | null;
  column?: number | null;
}

export interface Site {
  name: string;
  version: string;
  bot_username: string | null;
  bot_url: string | null;
  sandbox: boolean;
  languages: Language[];
  default_language: Language;
}

export interface ChatBrief {
  id: number;
  type: ChatType;
  name: string;
  username: string | null;
  status: ChatStatus;
}

export interface User {
  id: number;
  email: string;
  name: string;
  role: Role;
  language: Language;
  disabled: boolean;
  created_at: string;
  chat: ChatBrief | null;
}

export interface Session {
  user: User | null;
  csrf_token: string;
}

export interface TelegramState {
  linked: boolean;
  chat: ChatBrief | null;
  bot_username: string | null;
}

export interface LinkOffer {
  code: string;
  url: string;
  qr_svg: string;
  expires_at: string;
}

export interface InboxMessage {
  id: string;
  kind: "broadcast" | "in" | "out";
  text: string | null;
  html: string | null;
  state: DeliveryState | null;
  at: string;
}

export interface Chat {
  id: number;
  type: ChatType;
  status: ChatStatus;
  name: string;
  username: string | null;
  language: string | null;
  user: { id: number; name: string; email: string } | null;
  created_at: string;
}

export interface Audience {
  to: string[];
  not: string[];
}

export interface UrlButton {
  text: string;
  url: string;
}

export interface BroadcastOptions {
  silent?: boolean;
  protected?: boolean;
  link_preview?: boolean;
  buttons?: UrlButton[][];
}

export interface BroadcastDraft {
  text: string;
  format: TextFormat;
  audience: Audience;
  options?: BroadcastOptions;
}

export interface Preview {
  html: string;
  length: number;
  limit: number;
  faults: Fault[];
  count: number;
  seconds: number;
}

export interface Broadcast {
  id: number;
  key: string | null;
  status: BroadcastStatus;
  audience: Audience;
  total: number;
  pending: number;
  sending: number;
  sent: number;
  failed: number;
  skipped: number;
  unknown: number;
  reasons: Record<string, number>;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
  seconds: number | null;
  rate: number | null;
  text: string;
  format: TextFormat;
  html: string;
  options: BroadcastOptions;
  note: string | null;
  created_by: { id: number; name: string } | null;
}

export interface Delivery {
  chat_id: number;
  name: string;
  username: string | null;
  user_id: number | null;
  state: DeliveryState;
  reason: string | null;
  attempts: number;
  message_id: number | null;
  updated_at: string;
}

export interface PartStatus {
  state: string | null;
  holder: string | null;
  heartbeat_at: string | null;
}

export interface SystemStatus {
  parts: Record<string, PartStatus>;
  queue: { pending: number; oldest_seconds: number | null };
  flood_until: string | null;
  version: string;
  schema: string | null;
}

/** A simulated person of the Telegram simulator. */
export interface Person {
  id: number;
  first_name: string;
  last_name: string | null;
  username: string | null;
  language_code: string | null;
  started: boolean;
  blocked: boolean;
  latency_ms: number;
  messages: number;
  last_text: string | null;
}

export interface Entity {
  type: string;
  offset: number;
  length: number;
  url?: string;
  language?: string;
}

export interface InlineButton {
  text: string;
  callback_data?: string;
  url?: string;
}

export interface ReplyMarkup {
  inline_keyboard?: InlineButton[][];
  keyboard?: (string | { text: string })[][];
  remove_keyboard?: boolean;
}

export interface PhoneMessage {
  message_id: number;
  from: "bot" | "person";
  date: number;
  edit_date: number | null;
  deleted: boolean;
  text: string | null;
  entities: Entity[];
  reply_markup: ReplyMarkup | null;
  photo: unknown;
  document: unknown;
  caption: string | null;
}

export interface CallbackAnswer {
  id: string;
  data: string;
  text: string | null;
  show_alert: boolean;
  answered: boolean;
}
