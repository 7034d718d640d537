/** Topics, and which of them the caller's own chat gets. */

import { api, body } from "./client";

export interface NewTopic {
  name: string;
  title?: string;
  title_ru?: string;
  default_on: boolean;
}

export const listTopics = () => body(api.GET("/api/v1/topics"));
export const addTopic = (topic: NewTopic) => body(api.POST("/api/v1/topics", { body: topic }));
export const deleteTopic = (name: string) =>
  body(api.DELETE("/api/v1/topics/{name}", { params: { path: { name } } }));

export const getMyTopics = () => body(api.GET("/api/v1/users/me/topics"));
/** Topics that are not named stay as they are. */
export const chooseMyTopics = (topics: Record<string, boolean>) =>
  body(api.PUT("/api/v1/users/me/topics", { body: { topics } }));
