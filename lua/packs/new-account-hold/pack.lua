pack { id = "new-account-hold", version = "1.2.0", api = 1, license = "MIT",
  summary = "lets a moderator see what newcomers say first, if it looks like an advertisement, or always",
  settings = {
    min_age = { type = "duration", default = "1d", help = "older accounts are not held" },
    min_messages = { type = "int", default = 5, min = 0, help = "… nor those that have said as much" },
    what = { type = "choice", default = "suspicious", choices = { "suspicious", "all" } },
    score = { type = "int", default = 3, min = 1, max = 10, help = "how many signs make it suspicious" },
    money = { type = "words", default = "money.txt", help = "talk of gain" },
    work = { type = "words", default = "work.txt", help = "talk of jobs" },
    call = { type = "words", default = "call.txt", help = "calls to write, come or click" },
    adult = { type = "words", default = "adult.txt", help = "talk of nudity and dates" } } }

local topics = { money = list "money", work = list "work", call = list "call", adult = list "adult" }

-- How an advertisement tends to look. Each sign alone is innocent.
local function signs(m)
  local stats, found = m.stats, {}
  local function sign(name) found[#found + 1] = name end

  if #m.links > 0 then sign "link" end
  for _, link in ipairs(m.links) do
    if link.shortener or link.address then
      sign "hidden_link"
      break
    end
  end
  if #m.mentions > 0 or m.text:find("@%w") then sign "handle" end
  if text.match(m.text, "[+(]?\\d[\\d\\s().-]{8,}\\d") then sign "number" end
  if text.match(m.text, "[$€£₽₿]\\s?\\d|\\d[\\d.,]*\\s?([$€£₽₿]|usd|eur|usdt|btc|руб)") then sign "sum" end
  if stats.emoji >= 4 then sign "emoji" end
  if stats.chars >= 200 then sign "long" end
  if stats.lines >= 5 then sign "lines" end
  if stats.upper >= 20 and stats.upper * 2 > stats.letters then sign "capitals" end
  for name, words in pairs(topics) do
    if words:find(m.text) then sign(name) end
  end
  -- Letters of one alphabet inside a word of another are a disguise; names of things with an ending are not.
  if stats.mixed > 0 then
    sign "mixed_letters"
    sign "disguise"
  end
  if stats.mixed > 2 then sign "more_disguise" end
  return found
end

rule "newcomer" { on = { "message", "edit" }, exempt = { "known", "trusted", "bots" },
  when = function(m)
    if m.user:older_than(settings.min_age) or m.user.messages >= settings.min_messages then return end
    if settings.what == "all" then return { messages = m.user.messages } end
    local found = signs(m)
    if #found >= settings.score then return { signs = array(found) } end
  end,
  act = { "hold", reason = "newcomer" } }

test "an advertisement waits, a greeting does not" {
  { from = "eve", say = "hello everybody, is the meeting today?", expect = "allow" },
  { from = "eve", say = "💰💰💰💰 Earn $500 a day! Write @easymoney or https://bit.ly/xyz", expect = "hold" },
  { from = "bob", say = "see https://wikipedia.org/wiki/Cat", expect = "allow" },
  { from = "mal", say = "Прибыль от 100$ в день, пишите @boss, рaботa для всех", expect = "hold" } }

test "what begins as a greeting stays one" {
  { from = "eve", say = "hello everybody", expect = "allow" },
  { from = "eve", edit = "💰💰💰💰 Earn $500 a day! Write @easymoney or https://bit.ly/xyz", before = "hello everybody", expect = "hold" },
  { from = "eve", edit = "hello, everybody", before = "hello everybody", expect = "allow" } }

test "words tell as much as signs" {
  { from = "eve", say = "Looking for people to work from home, good income, DM me for details", expect = "hold" },
  { from = "mal", say = "Здpaвcтвyйтe! Haбиpaю кoмaндy", expect = "hold" },
  { from = "bob", say = "how do I invest in a better keyboard?", expect = "allow" },
  { from = "ann", say = "is there a job queue in this library? write me if you know", expect = "allow" } }

test "who is known is not held" {
  { from = "ann", trust = "known", say = "💰💰💰💰 Earn $500 a day! Write @easymoney or https://bit.ly/xyz", expect = "allow" },
  { from = "old", age = "2d", say = "💰💰💰💰 Earn $500 a day! Write @easymoney or https://bit.ly/xyz", expect = "allow" } }

test "everything can be held" {
  { settings = { what = "all", min_messages = 2 } },
  { from = "eve", say = "hello", expect = "hold" },
  { from = "bob", messages = 2, say = "hello", expect = "allow" } }
