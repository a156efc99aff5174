pack { id = "copypasta-raid", version = "1.0.0", api = 1, license = "MIT",
  summary = "stops many people who say nearly the same, and takes back what they said before",
  settings = {
    users = { type = "int", default = 3, min = 2, max = 50, help = "as many people as this make a raid" },
    repeats = { type = "int", default = 5, min = 3, max = 100, help = "… or one person who says it as often as this" },
    likeness = { type = "number", default = 0.55, min = 0.3, max = 1, help = "1 is the same text" },
    min_chars = { type = "int", default = 20, min = 6, help = "shorter texts are alike by chance" } } }

local seen = window("seen", { keep = "2m", entries = 4096 })

local function alike(m)
  if #m.text < settings.min_chars then return end
  seen:add(m.room, m.text)
  return seen:similar(m.text, settings.likeness)
end

rule "same-text" { on = "message", exempt = { "trusted", "bots" },
  when = function(m)
    local count, users, entries = alike(m)
    if not count then return end
    if users >= settings.users then return { similar = count, users = users, entries = entries } end
    if count >= settings.repeats then
      return { similar = count, users = users, entries = entries }, { "redact", reason = "repeated_text", sweep = "2m" }
    end
  end,
  act = { "redact", "timeout", reason = "copypasta_raid", time = "10m", sweep = "2m" } }
