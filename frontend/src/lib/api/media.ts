/** Files for broadcasts. */

import type { Media, MediaKind } from "./types";
import { upload, type Progress } from "./upload";

/** Rejects with Problem, or when aborted. */
export function uploadMedia(file: File, kind: MediaKind, progress: Progress): Promise<Media> {
  const form = new FormData();
  form.set("kind", kind);
  form.set("file", file, file.name);
  return upload<Media>("/api/v1/media", form, progress);
}
