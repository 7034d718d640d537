import { api, body } from "./client";

export const getStatus = (signal?: AbortSignal) => body(api.GET("/api/v1/status", { signal }));
