/** Composing: languages, files, times, and what is done with a broadcast afterwards. */

import type { Text } from "./translate";

export const enSending = {
  "composer.variant": "Whose text",
  "composer.variant.main": "Everybody",
  "composer.variant.hint":
    "For people who use this language. Left empty, they get the text for everybody.",
  "composer.files": "Files",
  "composer.files.hint":
    "Photos up to 10 MB, videos and documents up to 50 MB; several make an album.",
  "composer.files.add": "Add files",
  "composer.files.remove": "Remove {name}",
  "composer.files.uploading": "Uploading {name}",
  "composer.files.raw": "Send pictures as files, not compressed",
  "composer.files.wait": "The files are still being uploaded.",
  "media.photo": "photo",
  "media.video": "video",
  "media.document": "file",
  "composer.when": "When",
  "composer.when.now": "Now",
  "composer.when.later": "Later",
  "composer.when.at": "Date and time",
  "composer.when.zone": "Time zone",
  "composer.when.missing": "Choose the date and the time first.",
  "composer.track": "Count clicks on links",
  "composer.track.hint": "Links lead over this site, which counts and passes on.",
  "composer.quiet": "Keep quiet hours",
  "composer.quiet.hint":
    "By the recipient's own clock; whoever is in them gets it when they are over.",
  "composer.quiet.from": "Quiet from",
  "composer.quiet.until": "Quiet until",
  "composer.canary": "Try it on a few people first",
  "composer.canary.hint":
    "When too many of them cannot be reached or block the bot, the rest is not sent until you say so.",
  "composer.canary.count": "How many people",
  "composer.canary.limit": "At most, in %",
  "composer.button.off": "Add an opt-out button",
  "composer.button.off.text": "No more of this, please",
  "composer.button.off.topic": "Topic to opt out of",
  "composer.confirm.now": "Sending starts at once.",
  "composer.confirm.later": "Sending starts at {at}.",
  "word.groups": "groups",
  "word.channels": "channels",
  "word.topic": "topic",
} satisfies Record<string, Text>;
