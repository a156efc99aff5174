pack { id = "caps-and-repeats", version = "1.1.0", api = 1, license = "MIT",
  summary = "shouting, long runs of one letter, one word over and over, walls of emoji",
  settings = {
    caps = { type = "number", default = 0.8, min = 0.3, max = 1, help = "share of capitals" },
    caps_letters = { type = "int", default = 20, min = 5, help = "letters that a text needs to be shouted" },
    run = { type = "int", default = 25, min = 5, help = "one character so often in a row" },
    words = { type = "int", default = 8, min = 3, help = "one word so often, and more than half of the text" },
    emoji = { type = "int", default = 20, min = 3 } } }

rule "shouting" { on = { "message", "edit" }, exempt = "trusted",
  when = function(m)
    local share, letters = text.caps(m.text)
    if letters >= settings.caps_letters and share >= settings.caps then return { share = share } end
  end,
  act = { "warn", reason = "shouting" } }

rule "repeats" { on = { "message", "edit" }, exempt = "trusted",
  when = function(m)
    local stats = m.stats
    -- Rulers and dots are no words: code and logs have them.
    if stats.run >= settings.run and stats.letters * 2 > stats.chars then return { run = stats.run } end
    if stats.emoji >= settings.emoji then return { emoji = stats.emoji } end
    if stats.words < settings.words then return end
    local most, all, word = text.commonest(m.text)
    if most >= settings.words and most * 2 > all then return { word = word, times = most } end
  end,
  act = { "redact", reason = "repeats" } }

test "shouting is warned of" {
  { from = "eve", say = "WHY DOES NOBODY EVER ANSWER ME HERE", expect = "warn" },
  { from = "eve", say = "OK THANKS", expect = "allow" }, { from = "eve", say = "The HTTP and TLS RFCs are on my desk", expect = "allow" },
  { from = "ann", trust = "trusted", say = "WHY DOES NOBODY EVER ANSWER ME HERE", expect = "allow" } }

test "repeats go" {
  { from = "eve", say = "noooooooooooooooooooooooooooooooo", expect = "redact" },
  { from = "eve", say = "spam spam spam spam spam spam spam spam spam", expect = "redact" },
  { from = "eve", edit = "noooooooooooooooooooooooooooooooo", before = "no", expect = "redact" },
  { from = "eve", say = "🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉", expect = "redact" },
  { from = "bob", say = "nooooo way", expect = "allow" }, { from = "bob", say = "---------------------------------------- log", expect = "allow" },
  { from = "bob", say = "that that that is is that that is not is not is that it it is", expect = "allow" } }
