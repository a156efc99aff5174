pack { id = "flood-ladder", version = "1.0.1", api = 1, license = "MIT",
  summary = "times out who says too much too fast, longer each time, and forgets after a day",
  settings = {
    messages = { type = "int", default = 8, min = 2, max = 200, help = "more than this …" },
    within = { type = "duration", default = "10s", min = "1s", max = "1m", help = "… in this time" },
    network_messages = { type = "int", default = 40, min = 5, max = 1000, help = "the same for all accounts of one network that are new" } } }

local said = window("said", { keep = "1m", entries = 8192 })
local networks = window("networks", { keep = "1m", entries = 8192 })

rule "too-fast" { on = "message", exempt = { "trusted", "bots" },
  when = function(m)
    -- A timeout begins a new count, so that a step of the ladder is for a new flood and not for the rest of the old one.
    local id = m.user.id
    local floods = kv.get(id)
    local key = floods and id .. "/" .. floods or id
    said:add(key)
    local count = said:count(key, settings.within)
    if count <= settings.messages then return end
    kv.add(id, 1, "10m")
    return { messages = count }
  end,
  act = { "redact", "timeout", reason = "flood", ladder = { "30s", "5m", "30m", "1d" }, forget = "1d" } }

rule "network-too-fast" { on = "message", exempt = { "known", "trusted", "bots" },
  when = function(m)
    if m.user.network == "" then return end
    networks:add(m.user.network)
    local count = networks:count(m.user.network, settings.within)
    if count > settings.network_messages and networks:users(m.user.network, settings.within) > 1 then
      return { messages = count }
    end
  end,
  act = { "hold", reason = "flood_of_a_network" } }

test "a fast talker is timed out, a slow one is not" {
  { from = "eve", say = "one {n}", times = 8, every = "500ms", expect = "allow" },
  { from = "eve", say = "and one more", expect = { "redact", "timeout" }, rule = "too-fast" },
  { from = "bob", say = "hello {n}", times = 30, every = "2s", expect = "allow" } }

test "the rest of a flood is no second flood" {
  { from = "eve", say = "{n}", times = 9, every = "100ms" },
  { from = "eve", say = "{n}", times = 8, every = "100ms", expect = "allow" },
  { from = "eve", say = "again", expect = "timeout" } }

test "many new accounts of one network" {
  { from = "bot{n}", network = "n1", say = "hi", times = 40, every = "100ms", expect = "allow" },
  { from = "last", network = "n1", say = "hi", every = "100ms", expect = "hold", rule = "network-too-fast" },
  { from = "other", network = "n2", say = "hi", expect = "allow" } }
