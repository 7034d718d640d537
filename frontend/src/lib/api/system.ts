import { get } from "./client";
import type { SystemStatus } from "./types";

export const getStatus = (signal?: AbortSignal) => get<SystemStatus>("/status", { signal });
