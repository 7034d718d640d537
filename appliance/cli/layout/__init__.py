"""How answers look to people: tables, times by their clock."""
