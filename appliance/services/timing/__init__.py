"""When something is due: times as people write them, time zones, cron expressions."""
