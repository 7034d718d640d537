/** The Telegram simulator's people; these routes exist in sandbox mode only. */

import { get, post } from "./client";
import type { CallbackAnswer, Person, PhoneMessage } from "./types";

const person = (id: number) => `/sandbox/people/${id}`;

export const listPeople = (after: number | null, signal?: AbortSignal) =>
  get<{ people: Person[]; total: number }>("/sandbox/people", {
    query: { limit: 100, after },
    signal,
  });
export const addPerson = (first_name: string, last_name: string, language_code: string) =>
  post<Person>("/sandbox/people", {
    first_name,
    last_name: last_name || undefined,
    language_code,
  });
export const listPhoneMessages = (id: number, signal?: AbortSignal) =>
  get<{ messages: PhoneMessage[] }>(`${person(id)}/messages`, { signal });
export const listAnswers = (id: number) =>
  get<{ answers: CallbackAnswer[] }>("/sandbox/callbacks", { query: { person: id } });

export const pressStart = (id: number, payload: string) =>
  post<Person>(`${person(id)}/start`, payload ? { payload } : {});
export const sendText = (id: number, text: string) => post<Person>(`${person(id)}/send`, { text });
export const pressButton = (id: number, message_id: number, data: string) =>
  post<Person>(`${person(id)}/press`, { message_id, data });
export const setBlocked = (id: number, blocked: boolean) =>
  post<Person>(`${person(id)}/${blocked ? "block" : "unblock"}`);
