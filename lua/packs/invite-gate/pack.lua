pack { id = "invite-gate", version = "1.0.0", api = 1, license = "MIT",
  summary = "keeps invitations to other places out, but for those you allow",
  settings = {
    places = { type = "patterns", default = {
      "^https?://(www\\.)?discord\\.gg/", "^https?://(www\\.)?discord(app)?\\.com/invite/", "^https?://(t|telegram)\\.me/(\\+|joinchat/|\\w{5,})",
      "^https?://chat\\.whatsapp\\.com/", "^https?://(www\\.)?guilded\\.gg/i/", "^https?://signal\\.group/", "^https?://matrix\\.to/#/",
      "^https?://line\\.me/(R/)?ti/", "^https?://join\\.skype\\.com/", "^https?://(www\\.)?revolt\\.chat/invite/", "^https?://vk\\.me/join/" } },
    allow = { type = "patterns", default = {}, help = "invitations that are yours" },
    join_within = { type = "duration", default = "10m", help = "an invitation this soon after we saw somebody first is a raid's or a spammer's" } } }

local places, allow = list "places", list "allow"

local function invitation(m)
  for _, link in ipairs(m.links) do
    if places:has(link.url) and not allow:has(link.url) then return link end
  end
end

rule "invitation" { on = { "message", "edit" }, exempt = "trusted",
  when = function(m)
    local link = invitation(m)
    if not link then return end
    if m.user:older_than(settings.join_within) then return { url = link.url } end
    return { url = link.url }, { "redact", "timeout", reason = "invitation_by_newcomer", time = "1h" }
  end,
  act = { "redact", reason = "invitation" } }

test "invitations are found, however they are written" {
  { wait = "1s" },
  { from = "eve", say = "join https://discord.gg/abcdef", expect = { "redact", "timeout" } },
  { from = "old", age = "30d", say = "discord.gg/abcdef", expect = "redact" },
  { from = "old", say = "t.me/+AbCdEfGh", expect = "redact" },
  { from = "old", say = "hxxps://chat[.]whatsapp[.]com/AbCd", expect = "redact" },
  { from = "old", say = "we talk on discord, and on telegram", expect = "allow" },
  { from = "old", say = "https://discord.com/blog", expect = "allow" } }

test "your own are allowed" {
  { settings = { allow = { "discord\\.gg/ours$" } } },
  { from = "eve", say = "https://discord.gg/ours", expect = "allow" }, { from = "eve", say = "https://discord.gg/theirs", expect = "redact" } }

test "trusted people may invite" {
  { from = "ann", trust = "trusted", say = "https://discord.gg/abcdef", expect = "allow" } }
