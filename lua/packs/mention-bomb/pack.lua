pack { id = "mention-bomb", version = "1.0.1", api = 1, license = "MIT",
  summary = "stops who calls many people at once, or again and again",
  settings = {
    most = { type = "int", default = 5, min = 1, max = 100, help = "people in one message" },
    within = { type = "duration", default = "1m", min = "5s", max = "10m" },
    most_within = { type = "int", default = 12, min = 2, max = 500, help = "people in that time" } } }

local called = window("called", { keep = "10m", entries = 8192 })

local function distinct(names)
  if #names < 2 then return #names end
  local seen, count = {}, 0
  for _, name in ipairs(names) do
    if not seen[name] then
      seen[name] = true
      count = count + 1
    end
  end
  return count
end

rule "too-many-at-once" { on = { "message", "edit" }, exempt = { "trusted", "bots" },
  when = function(m)
    local count = distinct(m.mentions)
    if count > settings.most then return { mentions = count } end
  end,
  act = { "redact", "timeout", reason = "mention_bomb", ladder = { "5m", "1h", "1d" }, forget = "7d" } }

rule "too-many-in-a-while" { on = "message", exempt = { "trusted", "bots" },
  when = function(m)
    local count = distinct(m.mentions)
    if count == 0 or count > settings.most then return end
    for _ = 1, count do called:add(m.user.id) end
    local all = called:count(m.user.id, settings.within)
    if all > settings.most_within then return { mentions = all } end
  end,
  act = { "hold", reason = "many_mentions" } }

test "a bomb" {
  { from = "eve", say = "@a @b @c hello", expect = "allow" },
  { from = "eve", say = "@a @b @c @d @e @f look", expect = { "redact", "timeout" } },
  { from = "eve", say = "@a @a @a @a @a @a hey", expect = "allow" },
  { from = "eve", say = "mail me at a@b.example", expect = "allow" } }

test "one after the other" {
  { from = "eve", say = "@one{n} @two{n} hi", times = 6, expect = "allow" },
  { from = "eve", say = "@x hi", expect = "hold" }, { wait = "2m" },
  { from = "eve", say = "@x hi", expect = "allow" } }

test "trusted people may call a meeting" {
  { from = "ann", trust = "trusted", say = "@a @b @c @d @e @f @g", expect = "allow" } }
