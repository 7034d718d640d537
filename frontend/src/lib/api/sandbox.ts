/** The Telegram simulator's people; these routes exist in sandbox mode only. */

import { raw } from "./client";
import type { CallbackAnswer, Person, PhoneMessage } from "./types";

const PEOPLE = "/api/v1/sandbox/people";
const PAGE = 100;

type PersonPage = { people: Person[]; total: number };

export const listPeople = (after: number, signal?: AbortSignal) =>
  raw<PersonPage>("GET", `${PEOPLE}?limit=${PAGE}&after=${after}`, undefined, signal);

export const addPerson = (first_name: string, last_name: string, language_code: string) =>
  raw<Person>("POST", PEOPLE, { first_name, last_name: last_name || undefined, language_code });

export const listPhoneMessages = (id: number, signal?: AbortSignal) =>
  raw<{ messages: PhoneMessage[] }>("GET", `${PEOPLE}/${id}/messages`, undefined, signal);

export const listAnswers = (id: number) =>
  raw<{ answers: CallbackAnswer[] }>("GET", `/api/v1/sandbox/callbacks?person=${id}`);

const act = (id: number, action: string, sent: unknown) =>
  raw<Person>("POST", `${PEOPLE}/${id}/${action}`, sent);

export const pressStart = (id: number, payload: string) =>
  act(id, "start", payload ? { payload } : {});
export const sendText = (id: number, text: string) => act(id, "send", { text });

/** `content` is the file in base64. */
export interface SentFile {
  content: string;
  name: string;
  mime: string;
  caption: string;
}

export const sendFile = (id: number, kind: "photo" | "document" | "video", file: SentFile) =>
  act(id, kind, file);
export const pressButton = (id: number, message_id: number, data: string) =>
  act(id, "press", { message_id, data });
export const setBlocked = (id: number, blocked: boolean) =>
  act(id, blocked ? "block" : "unblock", {});
