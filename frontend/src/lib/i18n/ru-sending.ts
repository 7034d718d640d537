import type { enSending } from "./en-sending";
import type { Text } from "./translate";

export const ruSending: Record<keyof typeof enSending, Text> = {
  "composer.variant": "Для кого текст",
  "composer.variant.main": "Для всех",
  "composer.variant.hint":
    "Для тех, у кого этот язык. Если оставить пустым, они получат текст для всех.",
  "composer.files": "Файлы",
  "composer.files.hint":
    "Фото до 10 МБ, видео и документы до 50 МБ; несколько вместе станут альбомом.",
  "composer.files.add": "Добавить файлы",
  "composer.files.remove": "Убрать {name}",
  "composer.files.uploading": "Загружается {name}",
  "composer.files.raw": "Отправить картинки файлами, без сжатия",
  "composer.files.wait": "Файлы ещё загружаются.",
  "media.photo": "фото",
  "media.video": "видео",
  "media.document": "файл",
  "composer.when": "Когда",
  "composer.when.now": "Сейчас",
  "composer.when.later": "Позже",
  "composer.when.at": "Дата и время",
  "composer.when.zone": "Часовой пояс",
  "composer.when.missing": "Сначала выберите дату и время.",
  "composer.track": "Считать переходы по ссылкам",
  "composer.track.hint": "Ссылки пойдут через этот сайт: он считает переход и ведёт дальше.",
  "composer.quiet": "Соблюдать тихие часы",
  "composer.quiet.hint":
    "По часам получателя: если у него тихие часы, сообщение придёт, когда они закончатся.",
  "composer.quiet.from": "Тихо с",
  "composer.quiet.until": "Тихо до",
  "composer.canary": "Сначала проверить на нескольких",
  "composer.canary.hint":
    "Если слишком многих из них не удастся достичь или они заблокируют бота, остальным без вашего решения ничего не уйдёт.",
  "composer.canary.count": "Сколько человек",
  "composer.canary.limit": "Не больше, %",
  "composer.button.off": "Добавить кнопку отписки",
  "composer.button.off.text": "Больше такого не присылать",
  "composer.button.off.topic": "От какой темы отписка",
  "composer.confirm.now": "Отправка начнётся сразу.",
  "composer.confirm.later": "Отправка начнётся {at}.",
  "word.groups": "группы",
  "word.channels": "каналы",
  "word.topic": "тема",
};
