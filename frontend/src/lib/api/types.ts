/** The shapes of /api/v1: those of the server's OpenAPI document, by `npm run types`. */

import type { components, paths } from "./schema";

type Schemas = components["schemas"];

export type Site = Schemas["Site"];
export type Session = Schemas["Session"];
export type User = Schemas["User"];
export type Role = User["role"];
export type Language = User["language"];
export type ChatBrief = Schemas["ChatBrief"];
export type ChatStatus = ChatBrief["status"];
export type Chat = Schemas["Chat"];
export type TelegramState = Schemas["TelegramState"];
export type LinkOffer = Schemas["TelegramCode"];
export type InboxMessage = Schemas["MemberMessage"];
export type Fault = Schemas["Fault"];
export type MessageButton = Schemas["Button"];
export type BroadcastOptions = Schemas["Options"];
export type BroadcastDraft = Schemas["Draft"];
export type BroadcastOrder = Schemas["NewBroadcast"];
export type Media = Schemas["Media"];
export type MediaKind = Media["kind"];
export type Topic = Schemas["Topic"];
export type TopicChoice = Schemas["TopicChoice"];
export type TextFormat = Schemas["Broadcast"]["format"];
export type Edit = Schemas["Edit"];
export type Operation = Schemas["Operation"];
export type Recallable = Schemas["Recallable"];
export type BroadcastEvent = Schemas["Event"];
export type Statistics = Schemas["Statistics"];
export type Bucket = Schemas["Bucket"];
export type LinkClicks = Schemas["LinkClicks"];
export type Schedule = Schemas["Schedule"];
export type NewSchedule = Schemas["NewSchedule"];
export type Plan = Schemas["Plan"];
export type Preview = Schemas["Preview"];
export type BroadcastStatus = Schemas["Broadcast"]["status"];
export type Delivery = Schemas["Delivery"];
export type DeliveryState = Delivery["state"];
export type PartStatus = Schemas["Part"];
export type SystemStatus = Schemas["Status"];

export type ChatQuery = NonNullable<paths["/api/v1/chats"]["get"]["parameters"]["query"]>;
export type ChatFilter = Omit<ChatQuery, "limit" | "cursor">;
export type LinkPreview = Schemas["LinkPreview"];
export type TelegramEntry = Schemas["TelegramEntry"];
export type WidgetLogin = Schemas["WidgetLogin"];
export type Thread = Schemas["Thread"];
export type ThreadWithNotes = Schemas["ThreadWithNotes"];
export type ThreadChanges = Schemas["ThreadPatch"];
export type ThreadMessage = Schemas["ThreadMessage"];
export type ThreadFile = ThreadMessage["files"][number];
export type Note = Schemas["Note"];
export type InboxSettings = Schemas["InboxSettings"];
export type Operator = Schemas["OperatorList"]["items"][number];
export type Token = Schemas["Token"];
export type NewToken = Schemas["NewToken"];
export type Scope = NewToken["scopes"][number];
export type Person = Schemas["SimulatedPerson"];
export type NewPerson = Schemas["NewPerson"];
export type Entity = Schemas["PhoneEntity"];
export type InlineButton = Schemas["InlineButton"];
export type PhoneMessage = Schemas["PhoneMessage"];
export type SentFile = Schemas["SendFile"];
export type CallbackAnswer = Schemas["CallbackAnswer"];

/** The server says `options` and `media` as it stored them. */
export type Broadcast = Omit<Schemas["Broadcast"], "options" | "media"> & {
  options: BroadcastOptions;
  media: Pick<Media, "id" | "kind">[];
};

export interface Changed {
  broadcast: Broadcast;
  operation: Operation | null;
}

export interface Page<T> {
  items: T[];
  next_cursor?: string | null;
}
