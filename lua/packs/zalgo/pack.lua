pack { id = "zalgo", version = "1.0.0", api = 1, license = "MIT",
  summary = "takes away text that climbs over its neighbours, and text that hides",
  settings = {
    marks = { type = "int", default = 5, min = 2, max = 50, help = "marks on one letter" },
    invisible = { type = "int", default = 6, min = 1, max = 500, help = "invisible characters that are not part of emoji" } } }

rule "piled-marks" { on = { "message", "edit", "nick" },
  when = function(m)
    local stats = m.stats
    if stats.marks_run >= settings.marks then return { marks = stats.marks_run } end
  end,
  act = { "redact", reason = "zalgo" } }

rule "invisible" { on = { "message", "edit", "nick" },
  when = function(m)
    local stats = m.stats
    -- Families and flags are emoji that are joined by invisible characters.
    local hidden = stats.invisible - 3 * stats.emoji
    -- Some scripts need them: Persian has one for every few letters.
    if hidden >= settings.invisible and hidden * 3 > stats.letters then return { invisible = hidden } end
  end,
  act = { "hold", reason = "invisible_text" } }

test "zalgo goes, languages with marks stay" {
  { from = "eve", say = "H̵̢̛̛͓̩̐̾͝e̶̡̛̤͉̊͌̕͜ comes", expect = "redact" },
  { from = "ann", say = "Việt Nam, café, Ελλάδα, שָׁלוֹם", expect = "allow" },
  { from = "ann", say = "สวัสดีครับ ที่นี่", expect = "allow" }, { from = "ann", say = "नमस्ते दुनिया", expect = "allow" } }

test "hidden text is held, emoji and Persian are not" {
  { from = "eve", say = "a​​​​​​​​b", expect = "hold" },
  { from = "ann", say = "👨‍👩‍👧‍👦 👩‍💻 🏳️‍🌈 ❤️", expect = "allow" },
  { from = "ann", say = "می‌خواهم کتاب‌های خوب بخوانم", expect = "allow" } }
