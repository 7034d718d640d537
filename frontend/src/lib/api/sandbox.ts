/** The Telegram simulator's people; these routes exist in sandbox mode only. */

import { api, body } from "./client";
import type { NewPerson, Person, SentFile } from "./types";

const PAGE = 100;

export const listPeople = (after: number, signal?: AbortSignal) =>
  body(api.GET("/api/v1/sandbox/people", { params: { query: { limit: PAGE, after } }, signal }));

/** One person, as there is no `count`. */
export const addPerson = (person: NewPerson) =>
  body(api.POST("/api/v1/sandbox/people", { body: person })) as Promise<Person>;

const of = (person_id: number) => ({ params: { path: { person_id } } });

export const listPhoneMessages = (id: number, signal?: AbortSignal) =>
  body(api.GET("/api/v1/sandbox/people/{person_id}/messages", { ...of(id), signal }));

export const listAnswers = (person: number) =>
  body(api.GET("/api/v1/sandbox/callbacks", { params: { query: { person } } }));

export const pressStart = (id: number, payload: string) =>
  body(api.POST("/api/v1/sandbox/people/{person_id}/start", { ...of(id), body: { payload } }));

export const sendText = (id: number, text: string) =>
  body(api.POST("/api/v1/sandbox/people/{person_id}/send", { ...of(id), body: { text } }));

export const sendFile = (id: number, kind: "photo" | "document" | "video", file: SentFile) =>
  body(
    api.POST("/api/v1/sandbox/people/{person_id}/{kind}", {
      params: { path: { person_id: id, kind } },
      body: file,
    }),
  );

export const pressButton = (id: number, message_id: number, data: string) =>
  body(
    api.POST("/api/v1/sandbox/people/{person_id}/press", {
      ...of(id),
      body: { message_id, data },
    }),
  );

export const block = (id: number) =>
  body(api.POST("/api/v1/sandbox/people/{person_id}/block", { ...of(id), body: {} }));

export const unblock = (id: number) =>
  body(
    api.POST("/api/v1/sandbox/people/{person_id}/{action}", {
      params: { path: { person_id: id, action: "unblock" } },
    }),
  );
