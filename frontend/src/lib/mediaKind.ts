/** As what kind of media Telegram takes a file of this computer. */

import type { MediaKind } from "$lib/api/types";

const PHOTO_BYTES = 10 * 1024 * 1024; // what Telegram takes as a photo
const PHOTOS = ["image/jpeg", "image/png", "image/webp"];

export function kindOf({ type, size }: Pick<File, "type" | "size">): MediaKind {
  if (PHOTOS.includes(type) && size <= PHOTO_BYTES) return "photo";
  return type === "video/mp4" ? "video" : "document";
}
