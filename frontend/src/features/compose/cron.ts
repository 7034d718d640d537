/** Cron expressions for the times people mean mostly. */

export type Every = "day" | "workday" | "week" | "month" | "own";

export interface Times {
  every: Every;
  /** As <input type="time"> says it. */
  at: string;
  /** 0 is Sunday, as cron counts. */
  weekday: number;
  day: number;
  /** The expression itself, where `every` is "own". */
  cron: string;
}

export function cronOf({ every, at, weekday, day, cron }: Times): string {
  const [hour = 0, minute = 0] = at.split(":").map(Number);
  const time = `${minute} ${hour}`;
  switch (every) {
    case "day":
      return `${time} * * *`;
    case "workday":
      return `${time} * * 1-5`;
    case "week":
      return `${time} * * ${weekday}`;
    case "month":
      return `${time} ${day} * *`;
    case "own":
      return cron.trim();
  }
}
