pack { id = "link-gate", version = "1.0.0", api = 1, license = "MIT",
  summary = "holds links of people who have not been here for long",
  settings = {
    min_age = { type = "duration", default = "1h", help = "an account this old may post links" },
    min_messages = { type = "int", default = 10, min = 0, help = "… when it has said as much as this" },
    allow = { type = "domains", default = { "wikipedia.org" }, help = "links that anyone may post" } } }

local allowed = list "allow"

rule "link-from-new-account" { on = { "message", "edit" }, exempt = "trusted",
  when = function(m)
    if m.user:older_than(settings.min_age) and m.user.messages >= settings.min_messages then return end
    for _, link in ipairs(m.links) do
      if not allowed:has(link.host) then return { host = link.host } end
    end
  end,
  act = { "hold", reason = "new_account_link" } }

test "held until there is history" {
  { from = "eve", say = "free skins https://skins.example/x", expect = "hold" }, { wait = "2h" },
  { from = "eve", say = "chat", times = 12, expect = "allow" }, { from = "eve", say = "https://eve.example/p", expect = "allow" } }
